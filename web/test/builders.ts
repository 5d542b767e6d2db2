import type { Frame } from "../src/client/frame.ts";
import { EMPTY, type Inbox, type Pending, reduce } from "../src/client/inbox.ts";
import type { Notification, ReadState, Snapshot, State } from "../src/client/types.ts";

const BASE: Notification = {
  id: "n1",
  user: "ada",
  rule: "delayed-for-airport",
  kind: "flight.delayed",
  topic: "airport:JFK",
  title: "B6 15 leaves 45 minutes late",
  body: "",
  url: null,
  priority: "normal",
  collapse_key: null,
  locale: "en",
  event_id: "e1",
  event_type: "tidings.flights.FlightDelayed",
  event_time: "2013-01-10T13:00:00Z",
  created_at: "2026-01-10T13:00:00Z",
  expires_at: null,
  count: 1,
  items: [],
};

export function notification(id: string, fields: Partial<Notification> = {}): Notification {
  return { ...BASE, id, ...fields };
}

export function arrival(id: string, fields: Partial<Notification> = {}): Frame {
  return { type: "notification", cursor: `after-${id}`, notification: notification(id, fields) };
}

export function readState(ids: readonly string[], state: State, fields: Partial<ReadState> = {}): Frame {
  const change = {
    id: "r1",
    notifications: ids,
    state,
    at: "2026-01-10T13:01:00Z",
    device: "phone",
    ...fields,
  };
  return { type: "read-state", cursor: `after-${change.id}`, readState: change };
}

/** Newest first, as the gateway gives it. */
export function snapshot(states: Record<string, State>, unread?: number): Snapshot {
  const notifications = Object.entries(states).map(([id, state]) => ({ ...notification(id), state }));
  const counted = notifications.filter((n) => n.state === "unread").length;
  return { cursor: "snapshot", unread: unread ?? counted, notifications };
}

export function receipt(id: string, ids: readonly string[], state: State): Pending {
  return { id, notifications: ids, state, device: "this-tab", accepted: false };
}

export function inboxOf(...actions: Parameters<typeof reduce>[1][]): Inbox {
  return actions.reduce(reduce, EMPTY);
}
