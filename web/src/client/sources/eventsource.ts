import { EVENTS } from "../frame.ts";
import type { Handlers, Source } from "./source.ts";

/**
 * The browser's own EventSource: the session cookie signs in, and the browser reconnects with `Last-Event-ID`,
 * honouring the server's `retry:`. It shows neither heartbeats nor a refusal's status.
 */
export function eventSource(): Source {
  return (url: string, handlers: Handlers) => {
    const stream = new EventSource(url, { withCredentials: true });
    stream.onopen = () => handlers.opened();
    stream.onerror = () => {
      const gaveUp = stream.readyState === EventSource.CLOSED;
      handlers.failed(gaveUp ? { kind: "refused", status: null } : { kind: "retrying" });
    };
    for (const event of [...EVENTS, "message"]) {
      stream.addEventListener(event, (message: MessageEvent<string>) =>
        handlers.frame({ event, id: message.lastEventId, data: message.data }),
      );
    }
    return () => stream.close();
  };
}
