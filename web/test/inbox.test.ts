import { describe, expect, test } from "vitest";
import { EMPTY, LIMIT, reduce, stateOf } from "../src/client/inbox.ts";
import { threads, unread } from "../src/client/threads.ts";
import { arrival, inboxOf, readState, receipt, snapshot } from "./builders.ts";

const ids = (inbox: ReturnType<typeof inboxOf>) => inbox.entries.map((entry) => entry.notification.id);
const states = (inbox: ReturnType<typeof inboxOf>) =>
  Object.fromEntries(inbox.entries.map((entry) => [entry.notification.id, stateOf(inbox, entry)]));

describe("what the log says", () => {
  test("the newest stands first, before what the snapshot held", () => {
    const inbox = inboxOf(
      { type: "snapshot", snapshot: snapshot({ n2: "read", n1: "read" }) },
      arrival("n3"),
      arrival("n4"),
    );
    expect(ids(inbox)).toEqual(["n4", "n3", "n2", "n1"]);
  });

  test("the same notification twice is once, and keeps its state", () => {
    const inbox = inboxOf(arrival("n1"), readState(["n1"], "read"), arrival("n1"));
    expect(states(inbox)).toEqual({ n1: "read" });
  });

  test("a repeated frame still moves the cursor on", () => {
    const once = inboxOf(arrival("n1"));
    const again = reduce(once, { ...arrival("n1"), cursor: "further" });
    expect(again.cursor).toBe("further");
    expect(again.entries).toBe(once.entries);
  });

  test("a state only moves forward, and unread takes it back", () => {
    const inbox = inboxOf(arrival("n1"), readState(["n1"], "read"), readState(["n1"], "seen"));
    expect(states(inbox)).toEqual({ n1: "read" });
    expect(states(reduce(inbox, readState(["n1"], "unread")))).toEqual({ n1: "unread" });
  });

  test("a read state without ids concerns everything before it and nothing after it", () => {
    const inbox = inboxOf(arrival("n1"), arrival("n2"), readState([], "read"), arrival("n3"));
    expect(states(inbox)).toEqual({ n1: "read", n2: "read", n3: "unread" });
  });

  test("a heartbeat moves the cursor and nothing else", () => {
    const before = inboxOf(arrival("n1"));
    const after = reduce(before, { type: "heartbeat", cursor: "later" });
    expect(after).toEqual({ ...before, cursor: "later" });
  });

  test("a reset changes nothing until its snapshot is there", () => {
    const before = inboxOf(arrival("n1"));
    const reset = { reason: "expired", snapshot: "/v1/notifications", cursor: "c9" };
    expect(reduce(before, { type: "reset", cursor: "c9", reset })).toBe(before);
  });

  test("a snapshot replaces what was held", () => {
    const inbox = inboxOf(arrival("gone"), { type: "snapshot", snapshot: snapshot({ n2: "unread" }) });
    expect(ids(inbox)).toEqual(["n2"]);
    expect(inbox.cursor).toBe("snapshot");
  });

  test("memory is bounded: the oldest make room", () => {
    const frames = Array.from({ length: LIMIT + 5 }, (_, index) => arrival(`n${index}`));
    const inbox = inboxOf(...frames);
    expect(inbox.entries).toHaveLength(LIMIT);
    expect(ids(inbox)[0]).toBe(`n${LIMIT + 4}`);
  });
});

describe("what this device hopes", () => {
  test("a receipt shows at once", () => {
    const inbox = inboxOf(arrival("n1"), { type: "mark", receipt: receipt("r9", ["n1"], "read") });
    expect(states(inbox)).toEqual({ n1: "read" });
    expect(inbox.entries[0]?.state).toBe("unread");
  });

  test("a refused receipt leaves what the log says", () => {
    const inbox = inboxOf(
      arrival("n1"),
      { type: "mark", receipt: receipt("r9", ["n1"], "read") },
      { type: "refused", id: "r9" },
    );
    expect(states(inbox)).toEqual({ n1: "unread" });
  });

  test("the log's echo confirms it, though the gateway gave it another id", () => {
    const inbox = inboxOf(
      arrival("n1"),
      { type: "mark", receipt: receipt("r9", ["n1"], "read") },
      { type: "accepted", id: "r9" },
      readState(["n1"], "read", { id: "other", device: "this-tab" }),
    );
    expect(inbox.pending).toEqual([]);
    expect(states(inbox)).toEqual({ n1: "read" });
  });

  test("another device's word afterwards wins", () => {
    const inbox = inboxOf(
      arrival("n1"),
      { type: "mark", receipt: receipt("r9", ["n1"], "read") },
      readState(["n1"], "read", { id: "r9", device: "this-tab" }),
      readState(["n1"], "unread", { id: "r10", device: "phone" }),
    );
    expect(states(inbox)).toEqual({ n1: "unread" });
  });

  test("a snapshot keeps what has not been accepted and drops what has", () => {
    const inbox = inboxOf(
      arrival("n1"),
      { type: "mark", receipt: receipt("sent", ["n1"], "read") },
      { type: "accepted", id: "sent" },
      { type: "mark", receipt: receipt("waiting", ["n1"], "dismissed") },
      { type: "snapshot", snapshot: snapshot({ n1: "read" }) },
    );
    expect(inbox.pending.map((p) => p.id)).toEqual(["waiting"]);
  });
});

describe("the unread count", () => {
  test("counts what is unread or merely seen", () => {
    const inbox = inboxOf({
      type: "snapshot",
      snapshot: snapshot({ a: "unread", b: "seen", c: "read", d: "dismissed" }),
    });
    expect(unread(inbox)).toEqual({ count: 2, more: false });
  });

  test("says when older ones that are not held are unread too, until all are read", () => {
    const inbox = inboxOf({ type: "snapshot", snapshot: snapshot({ a: "unread" }, 70) });
    expect(unread(inbox)).toEqual({ count: 1, more: true });
    expect(unread(reduce(inbox, readState([], "read")))).toEqual({ count: 0, more: false });
  });

  test("a collapse key counts once, and reading it leaves nothing", () => {
    const flight = { collapse_key: "flight:B615" };
    const inbox = inboxOf(arrival("n1", flight), arrival("n2", flight), arrival("n3"));
    expect(unread(inbox).count).toBe(2);
    const read = reduce(inbox, { type: "mark", receipt: receipt("r", ["n2"], "read") });
    expect(unread(read).count).toBe(1);
  });
});

describe("threads", () => {
  const flight = { collapse_key: "flight:B615" };

  test("a newer one replaces an unread one of its collapse key", () => {
    const inbox = inboxOf(arrival("n1", flight), arrival("n2", flight));
    expect(threads(inbox).map((t) => [t.head.notification.id, t.earlier])).toEqual([["n2", []]]);
  });

  test("one that is critical is not replaced by older news that it overtook", () => {
    const critical = { ...flight, priority: "critical", event_time: "2026-01-10T15:00:00Z" } as const;
    const older = { ...flight, event_time: "2026-01-10T14:00:00Z" };
    const newer = { ...flight, event_time: "2026-01-10T16:00:00Z" };
    const heads = (inbox: ReturnType<typeof inboxOf>) => threads(inbox).map((t) => t.head.notification.id);
    expect(heads(inboxOf(arrival("n1", critical), arrival("n2", older)))).toEqual(["n1"]);
    expect(heads(inboxOf(arrival("n1", critical), arrival("n2", older), arrival("n3", newer)))).toEqual([
      "n3",
    ]);
  });

  test("one that was replaced does not come back when it is sent again", () => {
    const inbox = inboxOf(arrival("n1", flight), arrival("n2", flight), arrival("n1", flight));
    expect(threads(inbox).map((t) => t.head.notification.id)).toEqual(["n2"]);
  });

  test("the newest heads what was read before, in the place of the newest", () => {
    const inbox = inboxOf(
      arrival("n1", flight),
      readState(["n1"], "read"),
      arrival("n2"),
      arrival("n3", flight),
    );
    const shown = threads(inbox).map((t) => [
      t.head.notification.id,
      t.earlier.map((e) => e.notification.id),
    ]);
    expect(shown).toEqual([
      ["n3", ["n1"]],
      ["n2", []],
    ]);
  });

  test("what was dismissed is gone", () => {
    const inbox = inboxOf(arrival("n1"), { type: "mark", receipt: receipt("r", ["n1"], "dismissed") });
    expect(threads(inbox)).toEqual([]);
  });

  test("nothing makes nothing", () => {
    expect(threads(EMPTY)).toEqual([]);
  });
});
