import { createParser, type EventSourceMessage } from "eventsource-parser";
import type { Handlers, Source } from "./source.ts";

export interface FetchOptions {
  /** Called before each connect, so that a refreshed token is used. */
  readonly token?: () => string | Promise<string>;
  /** Silence longer than this many milliseconds means a dead line; the gateway beats every 15 s. */
  readonly silence?: number;
  /** Another `fetch` than the browser's: one that signs requests, say. */
  readonly fetch?: typeof fetch;
}

/** Events by `fetch`: for an `Authorization` header, and to see what EventSource hides (heartbeats, statuses). */
export function fetchSource({
  token,
  silence = 40_000,
  fetch = globalThis.fetch,
}: FetchOptions = {}): Source {
  return (url, handlers) => {
    const abort = new AbortController();
    const watch = watchdog(silence, () => abort.abort("silence"));
    void read(url, handlers, { token, fetch, signal: abort.signal, beat: watch.beat }).finally(watch.stop);
    return () => abort.abort("closed");
  };
}

interface Reading {
  readonly token: FetchOptions["token"];
  readonly fetch: typeof fetch;
  readonly signal: AbortSignal;
  readonly beat: () => void;
}

async function read(url: string, handlers: Handlers, reading: Reading): Promise<void> {
  const { signal, beat } = reading;
  let floor = 0;
  try {
    const response = await open(url, reading);
    if (response.ok && response.body !== null) {
      handlers.opened();
      await pump(response.body, handlers, beat, (retry) => {
        floor = retry;
      });
    } else {
      handlers.failed({ kind: "refused", status: response.status });
      return;
    }
  } catch {
    // Cut off, silent for too long, or closed by us: the signal knows.
  }
  if (signal.reason !== "closed") handlers.failed({ kind: "ended", floor });
}

async function open(url: string, { token, fetch, signal }: Reading): Promise<Response> {
  const headers: Record<string, string> = { Accept: "text/event-stream" };
  if (token) headers.Authorization = `Bearer ${await token()}`;
  return fetch(url, { headers, signal, cache: "no-store", credentials: "same-origin" });
}

async function pump(
  body: ReadableStream<Uint8Array>,
  handlers: Handlers,
  beat: () => void,
  onRetry: (milliseconds: number) => void,
): Promise<void> {
  let id = "";
  const parser = createParser({
    onRetry,
    onEvent: (message: EventSourceMessage) => {
      id = message.id ?? id;
      handlers.frame({ event: message.event ?? "message", id, data: message.data });
    },
  });
  const decoder = new TextDecoder();
  for await (const bytes of chunks(body)) {
    beat();
    const text = decoder.decode(bytes, { stream: true });
    parser.feed(text);
    const alone = heartbeatId(text);
    if (alone !== null) handlers.frame({ event: "", id: alone, data: "" });
  }
}

/** Not every browser can iterate over a stream yet. */
async function* chunks(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}

/**
 * A heartbeat is a block of `id:` alone; the parser, like EventSource, rightly dispatches nothing for it. One that
 * comes in two chunks is not seen here: then the next one moves the cursor.
 */
function heartbeatId(text: string): string | null {
  return /(?:^|\n\r?\n)id: ?(\S+)\r?\n\r?\n$/.exec(text)?.[1] ?? null;
}

function watchdog(milliseconds: number, bark: () => void): { beat: () => void; stop: () => void } {
  let timer = setTimeout(bark, milliseconds);
  return {
    beat: () => {
      clearTimeout(timer);
      timer = setTimeout(bark, milliseconds);
    },
    stop: () => clearTimeout(timer),
  };
}
