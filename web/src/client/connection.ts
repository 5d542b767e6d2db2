/**
 * The life of a connection. Everything that decides its status is in this table; whoever holds a socket only
 * reports signals.
 *
 *     connecting ──opened──▶ replaying ──ready──▶ live
 *         ▲                      │                 │
 *         └──reset / retry── reconnecting ◀──lost──┘        offline ◀──offline── any        closed ◀──closed── any
 */

export type Status = "connecting" | "replaying" | "live" | "reconnecting" | "offline" | "closed";

export type Signal =
  | "started"
  | "opened"
  | "frame"
  | "ready"
  | "reset"
  | "lost"
  | "offline"
  | "online"
  | "closed";

type Row = Partial<Record<Signal, Status>>;

const ANY: Row = { offline: "offline", closed: "closed" };

const TABLE: Record<Status, Row> = {
  connecting: { ...ANY, opened: "replaying", lost: "reconnecting" },
  replaying: { ...ANY, ready: "live", reset: "connecting", lost: "reconnecting" },
  live: { ...ANY, opened: "replaying", reset: "connecting", lost: "reconnecting" },
  reconnecting: { ...ANY, opened: "replaying", ready: "live" },
  // A browser may be wrong about the network (loopback needs none): what arrives is the better witness.
  offline: { closed: "closed", online: "reconnecting", opened: "replaying", ready: "live", frame: "live" },
  closed: { started: "connecting" },
};

export interface Connection {
  readonly status: Status;
  /** Attempts since it was last live. */
  readonly attempt: number;
  /** Why it is not live, where that is known: `drain`, `signed-out`, a sentence of the gateway. */
  readonly reason: string | null;
  /** Milliseconds since 1970 of the last change of status. */
  readonly since: number;
}

export const CLOSED: Connection = { status: "closed", attempt: 0, reason: null, since: 0 };

/** The connection after `signal` at `now`; signals that mean nothing in its status change nothing. */
export function next(
  connection: Connection,
  signal: Signal,
  now: number,
  reason: string | null = null,
): Connection {
  const status = TABLE[connection.status][signal];
  const attempt = attempts(connection.attempt, signal);
  if (status === undefined || status === connection.status) {
    return attempt === connection.attempt ? connection : { ...connection, attempt };
  }
  const settled = status === "live" || status === "replaying";
  return { status, attempt, since: now, reason: settled ? null : (reason ?? connection.reason) };
}

function attempts(count: number, signal: Signal): number {
  if (signal === "ready" || signal === "started") return 0;
  return signal === "lost" || signal === "reset" ? count + 1 : count;
}
