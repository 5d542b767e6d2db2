import { type Entry, type Inbox, isUnread, stateOf } from "./inbox.ts";
import type { State } from "./types.ts";

/** Notifications with one collapse key: only the newest matters, those that were read before are its history. */
export interface Thread {
  readonly head: Entry;
  readonly earlier: readonly Entry[];
  readonly state: State;
}

/** How many are unread; `more` when older ones that are not held were unread too. */
export interface Unread {
  readonly count: number;
  readonly more: boolean;
}

/** What to show: newest first, collapsed by key, without what was dismissed. */
export function threads(inbox: Inbox): readonly Thread[] {
  const groups = new Map<string, Entry[]>();
  for (const entry of inbox.entries) {
    if (entry.replaced) continue;
    const { collapse_key: key, id } = entry.notification;
    const name = key === null ? `id ${id}` : `key ${key}`;
    const group = groups.get(name);
    if (group) group.push(entry);
    else groups.set(name, [entry]);
  }
  return [...groups.values()].flatMap((group) => thread(inbox, group));
}

function thread(inbox: Inbox, entries: readonly Entry[]): readonly Thread[] {
  const [head, ...earlier] = entries;
  if (head === undefined) return [];
  const state = stateOf(inbox, head);
  return state === "dismissed" ? [] : [{ head, earlier, state }];
}

/** Derived from what is shown, so that badge and list cannot disagree. */
export function unread(inbox: Inbox): Unread {
  return { count: threads(inbox).filter((t) => isUnread(t.state)).length, more: inbox.more };
}

/** Ids for a receipt about the whole thread: the head and what it replaced. */
export function idsOf(thread: Thread): readonly string[] {
  return [thread.head, ...thread.earlier].map((entry) => entry.notification.id);
}
