/**
 * The inbox as a value: snapshot, then frames in the log's order, plus receipts that are still under way.
 *
 * Rule 1: what the log says and what this device merely hopes are kept apart (`entries`, `pending`), so that a
 * refused receipt needs no undo and a snapshot may replace the one without losing the other.
 * Rule 2: counts are computed, never kept; a count that is kept drifts.
 * Rule 3: the same notification twice is once. Ids are the same at every replay, so the id decides.
 * Rule 4: the gateway folds its snapshot by the same rules (`tidings_gateway.core.inbox`): a state only moves forward,
 * `unread` alone takes it back, and of one collapse key a newer notification replaces an unread one, unless that is
 * critical and has overtaken it.
 */

import type { Frame } from "./frame.ts";
import type { Notification, ReadState, Snapshot, State } from "./types.ts";

export interface Entry {
  readonly notification: Notification;
  readonly state: State;
  /** A newer one of its collapse key came while it was unread: it is kept to know it again, and shown no more. */
  readonly replaced: boolean;
}

/** A receipt that the log has not confirmed yet. */
export interface Pending {
  readonly id: string;
  readonly notifications: readonly string[];
  readonly state: State;
  readonly device: string;
  /** The gateway took it; the log will say so soon. */
  readonly accepted: boolean;
}

export interface Inbox {
  /** Newest first, as the log says, at most `LIMIT`. */
  readonly entries: readonly Entry[];
  /** Behind the last frame that was applied; null before the first snapshot. */
  readonly cursor: string | null;
  /** Older notifications than those held were unread when the snapshot was taken. */
  readonly more: boolean;
  readonly pending: readonly Pending[];
}

export type Action =
  | Frame
  | { readonly type: "snapshot"; readonly snapshot: Snapshot }
  | { readonly type: "mark"; readonly receipt: Pending }
  | { readonly type: "accepted"; readonly id: string }
  | { readonly type: "refused"; readonly id: string };

/** Entries that are kept; older ones are a matter for the snapshot. */
export const LIMIT = 500;

export const EMPTY: Inbox = { entries: [], cursor: null, more: false, pending: [] };

/** The inbox after `action`; the same object if it changes nothing. */
export function reduce(inbox: Inbox, action: Action): Inbox {
  switch (action.type) {
    case "snapshot":
      return fromSnapshot(inbox, action.snapshot);
    case "notification":
      return advance(withNotification(inbox, action.notification), action.cursor);
    case "read-state":
      return advance(withReadState(inbox, action.readState), action.cursor);
    case "ready":
    case "heartbeat":
    case "unknown":
    case "bye":
      return advance(inbox, action.cursor);
    case "reset":
    case "summary":
      return inbox; // the snapshot that follows brings its own cursor
    case "mark":
      return { ...inbox, pending: [...inbox.pending, action.receipt] };
    case "accepted":
      return {
        ...inbox,
        pending: inbox.pending.map((p) => (p.id === action.id ? { ...p, accepted: true } : p)),
      };
    case "refused":
      return { ...inbox, pending: inbox.pending.filter((p) => p.id !== action.id) };
  }
}

function fromSnapshot(inbox: Inbox, snapshot: Snapshot): Inbox {
  const entries = snapshot.notifications.map(({ state, ...notification }) => ({
    notification,
    state,
    replaced: false,
  }));
  return {
    entries,
    cursor: snapshot.cursor,
    more: snapshot.unread > entries.filter((entry) => isUnread(entry.state)).length,
    // What was accepted is in the snapshot or about to arrive; what was not must go on showing.
    pending: inbox.pending.filter((p) => !p.accepted),
  };
}

function advance(inbox: Inbox, cursor: string): Inbox {
  return cursor === "" || cursor === inbox.cursor ? inbox : { ...inbox, cursor };
}

function withNotification(inbox: Inbox, notification: Notification): Inbox {
  if (inbox.entries.some((entry) => entry.notification.id === notification.id)) return inbox;
  const overtaken = isOvertaken(inbox.entries, notification);
  const fresh: Entry = { notification, state: "unread", replaced: overtaken };
  const older = overtaken ? inbox.entries : withReplaced(inbox.entries, notification.collapse_key);
  return { ...inbox, entries: [fresh, ...older.slice(0, LIMIT - 1)] };
}

function withReplaced(entries: readonly Entry[], key: string | null): readonly Entry[] {
  if (key === null) return entries;
  const newest = newestOf(entries, key);
  if (newest?.state !== "unread") return entries;
  return entries.map((entry) => (entry === newest ? { ...entry, replaced: true } : entry));
}

function newestOf(entries: readonly Entry[], key: string | null): Entry | undefined {
  return entries.find((entry) => !entry.replaced && entry.notification.collapse_key === key);
}

/** What is critical overtakes a backlog: older news of its key that come behind it are shown no more. */
function isOvertaken(entries: readonly Entry[], late: Notification): boolean {
  if (late.collapse_key === null) return false;
  const newest = newestOf(entries, late.collapse_key);
  return (
    newest?.state === "unread" &&
    newest.notification.priority === "critical" &&
    Date.parse(newest.notification.event_time) > Date.parse(late.event_time)
  );
}

function withReadState(inbox: Inbox, change: ReadState): Inbox {
  const all = change.notifications.length === 0;
  const ids = new Set(change.notifications);
  return {
    ...inbox,
    entries: inbox.entries.map((entry) =>
      all || ids.has(entry.notification.id) ? { ...entry, state: become(entry.state, change.state) } : entry,
    ),
    more: inbox.more && !(all && !isUnread(change.state)),
    pending: withoutConfirmed(inbox.pending, change),
  };
}

function withoutConfirmed(pending: readonly Pending[], change: ReadState): readonly Pending[] {
  const confirmed = pending.findIndex((p) => p.id === change.id || isEcho(p, change));
  return confirmed < 0 ? pending : pending.filter((_, index) => index !== confirmed);
}

/** The gateway may give a receipt an id of its own; device, state and ids tell it as well. */
function isEcho(pending: Pending, change: ReadState): boolean {
  return (
    pending.device === change.device &&
    pending.state === change.state &&
    pending.notifications.join() === change.notifications.join()
  );
}

/** Not read and not dismissed: what a badge counts. */
export function isUnread(state: State): boolean {
  return state === "unread" || state === "seen";
}

const ORDER: readonly State[] = ["unread", "seen", "read", "dismissed"];

/** Forward only, whichever device speaks last; `unread` takes it back. */
function become(state: State, said: State): State {
  return said === "unread" || ORDER.indexOf(said) > ORDER.indexOf(state) ? said : state;
}

/** The state to show: what the log says, and then what the receipts under way hope. */
export function stateOf(inbox: Inbox, { notification, state }: Entry): State {
  return inbox.pending
    .filter((p) => p.notifications.length === 0 || p.notifications.includes(notification.id))
    .reduce((reached, p) => become(reached, p.state), state);
}
