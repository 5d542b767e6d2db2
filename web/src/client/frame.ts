import type { Bye, Notification, ReadState, Ready, Reset, Summary } from "./types.ts";

/** One event of the stream as it came; `event` is empty for a heartbeat, which is an id alone. */
export interface RawFrame {
  readonly event: string;
  readonly id: string;
  readonly data: string;
}

export type Frame =
  | { readonly type: "notification"; readonly cursor: string; readonly notification: Notification }
  | { readonly type: "read-state"; readonly cursor: string; readonly readState: ReadState }
  | { readonly type: "ready"; readonly cursor: string; readonly ready: Ready }
  | { readonly type: "reset"; readonly cursor: string; readonly reset: Reset }
  | { readonly type: "summary"; readonly cursor: string; readonly summary: Summary }
  | { readonly type: "bye"; readonly cursor: string; readonly bye: Bye }
  | { readonly type: "heartbeat"; readonly cursor: string }
  | { readonly type: "unknown"; readonly cursor: string };

/** The events that a client listens to by name; EventSource hides all others. */
export const EVENTS = ["notification", "read-state", "ready", "reset", "summary", "bye"] as const;

/** What a raw frame says. A newer gateway may send what this version does not know: that is `unknown`, no error. */
export function parseFrame(raw: RawFrame): Frame {
  const cursor = raw.id;
  if (raw.event === "" && raw.data === "") return { type: "heartbeat", cursor };
  const data = parseJson(raw.data);
  if (data === undefined) return { type: "unknown", cursor };
  switch (raw.event) {
    case "notification":
      return { type: "notification", cursor, notification: data as Notification };
    case "read-state":
      return { type: "read-state", cursor, readState: data as ReadState };
    case "ready":
      return { type: "ready", cursor, ready: data as Ready };
    case "reset":
      return { type: "reset", cursor, reset: data as Reset };
    case "summary":
      return { type: "summary", cursor, summary: data as Summary };
    case "bye":
      return { type: "bye", cursor, bye: data as Bye };
    default:
      return { type: "unknown", cursor };
  }
}

function parseJson(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
