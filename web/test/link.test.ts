import { beforeEach, describe, expect, test, vi } from "vitest";
import type { Connection } from "../src/client/connection.ts";
import type { RawFrame } from "../src/client/frame.ts";
import { Link } from "../src/client/link.ts";
import { Problem } from "../src/client/problem.ts";
import { MemorySource } from "../src/client/sources/memory.ts";
import type { Snapshot } from "../src/client/types.ts";
import { snapshot } from "./builders.ts";

const READY = { user: "ada", cursor: "c", resumed: true };

/** A link over a memory source; each snapshot that is asked for is the next of `answers`, the last again and again. */
function arrange({ answers = [snapshot({ n1: "unread" })] as (Snapshot | Problem)[], signedIn = true } = {}) {
  const stream = new MemorySource();
  const seen = { statuses: [] as Connection[], frames: [] as RawFrame[], snapshots: 0 };
  const link = new Link(
    {
      source: stream.source,
      url: "/v1/stream",
      fetchSnapshot: async () => {
        const answer = answers.length > 1 ? answers.shift() : answers[0];
        if (answer === undefined || answer instanceof Problem) throw answer ?? new Problem(0, "none", "");
        return answer;
      },
      probe: async () => {
        if (!signedIn) throw new Problem(401, "Signed out", "");
      },
      elsewhere: (url) => (url.startsWith("https://other.example/") ? url : null),
    },
    {
      snapshot: () => {
        seen.snapshots += 1;
      },
      frame: (raw) => seen.frames.push(raw),
      connection: (connection) => seen.statuses.push(connection),
    },
  );
  return { link, stream, seen, status: () => seen.statuses.at(-1)?.status };
}

async function live(link: Link, stream: MemorySource): Promise<void> {
  link.start("c0");
  stream.accept();
  stream.push("ready", "c1", READY);
  await vi.advanceTimersByTimeAsync(0);
}

beforeEach(() => {
  vi.useFakeTimers();
});

describe("a link", () => {
  test("without a cursor asks for a snapshot and streams behind it", async () => {
    const { link, stream, seen } = arrange();
    link.start(null);
    await vi.advanceTimersByTimeAsync(0);
    expect(seen.snapshots).toBe(1);
    expect(stream.opened).toEqual(["/v1/stream?lastEventId=snapshot"]);
  });

  test("with a cursor needs no snapshot", async () => {
    const { link, stream, seen, status } = arrange();
    await live(link, stream);
    expect(seen.snapshots).toBe(0);
    expect(stream.opened).toEqual(["/v1/stream?lastEventId=c0"]);
    expect(status()).toBe("live");
  });

  test("comes back behind the last frame it saw", async () => {
    const { link, stream, status } = arrange();
    await live(link, stream);
    stream.push("notification", "c7", { id: "n7" });
    stream.fail({ kind: "ended", floor: 0 });
    expect(status()).toBe("reconnecting");
    await vi.advanceTimersByTimeAsync(1000);
    expect(stream.opened.at(-1)).toBe("/v1/stream?lastEventId=c7");
  });

  test("does not come back before the server's retry", async () => {
    const { link, stream } = arrange();
    await live(link, stream);
    stream.fail({ kind: "ended", floor: 5000 });
    await vi.advanceTimersByTimeAsync(5000);
    expect(stream.opened).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1000);
    expect(stream.opened).toHaveLength(2);
  });

  test("leaves a source alone that reconnects by itself", async () => {
    const { link, stream, status } = arrange();
    await live(link, stream);
    stream.push("bye", "c2", { reason: "drain", reconnect: true });
    stream.fail({ kind: "retrying" });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(stream.opened).toHaveLength(1);
    expect(status()).toBe("reconnecting");
  });

  test("stays away after a bye that says so", async () => {
    const { link, stream, seen } = arrange();
    await live(link, stream);
    stream.push("bye", "c2", { reason: "limit", reconnect: false });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(stream.isOpen).toBe(false);
    expect(seen.statuses.at(-1)).toMatchObject({ status: "closed", reason: "limit" });
  });

  test("goes where a moved stream says, behind the last frame, after the server's retry", async () => {
    const { link, stream } = arrange();
    await live(link, stream);
    stream.push("bye", "c5", { reason: "moved", reconnect: true, url: "https://other.example/v1/stream" });
    stream.fail({ kind: "ended", floor: 2000 });
    await vi.advanceTimersByTimeAsync(2000);
    expect(stream.opened).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1000);
    expect(stream.opened.at(-1)).toBe("https://other.example/v1/stream?lastEventId=c5");
  });

  test("stays there once it was live there", async () => {
    const { link, stream } = arrange();
    await live(link, stream);
    stream.push("bye", "c5", { reason: "moved", reconnect: true, url: "https://other.example/v1/stream" });
    stream.fail({ kind: "ended", floor: 0 });
    await vi.advanceTimersByTimeAsync(1000);
    stream.accept();
    stream.push("ready", "c6", READY);
    stream.fail({ kind: "ended", floor: 0 });
    await vi.advanceTimersByTimeAsync(1000);
    expect(stream.opened.at(-1)).toBe("https://other.example/v1/stream?lastEventId=c6");
  });

  test("comes home when the stream does not become live there", async () => {
    const { link, stream } = arrange();
    await live(link, stream);
    stream.push("bye", "c5", { reason: "moved", reconnect: true, url: "https://other.example/v1/stream" });
    stream.fail({ kind: "ended", floor: 0 });
    await vi.advanceTimersByTimeAsync(1000);
    stream.fail({ kind: "refused", status: 401 });
    await vi.advanceTimersByTimeAsync(5000);
    expect(stream.opened.at(-1)).toBe("/v1/stream?lastEventId=c5");
  });

  test("opens a moved stream itself where the source would go back to the old place", async () => {
    const { link, stream } = arrange();
    await live(link, stream);
    stream.push("bye", "c5", { reason: "moved", reconnect: true, url: "https://other.example/v1/stream" });
    stream.fail({ kind: "retrying" });
    await vi.advanceTimersByTimeAsync(3000);
    expect(stream.opened.at(-1)).toBe("https://other.example/v1/stream?lastEventId=c5");
  });

  test("goes nowhere that it may not go", async () => {
    const { link, stream } = arrange();
    await live(link, stream);
    stream.push("bye", "c5", { reason: "moved", reconnect: true, url: "https://thief.example/v1/stream" });
    stream.fail({ kind: "ended", floor: 0 });
    await vi.advanceTimersByTimeAsync(1000);
    expect(stream.opened.at(-1)).toBe("/v1/stream?lastEventId=c5");
  });

  test("two gateways that send it to and fro are asked less and less often", async () => {
    const { link, stream } = arrange();
    await live(link, stream);
    for (let round = 0; round < 20; round += 1) {
      stream.push("bye", "c5", { reason: "moved", reconnect: true, url: `https://other.example/${round}` });
      stream.fail({ kind: "ended", floor: 0 });
      await vi.advanceTimersByTimeAsync(1000);
    }
    expect(stream.opened.length).toBeLessThan(8);
  });

  test("after a reset takes a snapshot and goes on behind it", async () => {
    const { link, stream, seen } = arrange();
    await live(link, stream);
    stream.push("reset", "c9", { reason: "expired", snapshot: "/v1/notifications", cursor: "c9" });
    await vi.advanceTimersByTimeAsync(1000);
    expect(seen.snapshots).toBe(1);
    expect(stream.opened.at(-1)).toBe("/v1/stream?lastEventId=snapshot");
  });

  test("what was left out because this page was slow comes by a snapshot", async () => {
    const { link, stream, seen } = arrange();
    await live(link, stream);
    stream.push("summary", "", { count: 37, snapshot: "/v1/notifications" });
    await vi.advanceTimersByTimeAsync(1000);
    expect(seen.snapshots).toBe(1);
    expect(stream.opened.at(-1)).toBe("/v1/stream?lastEventId=snapshot");
  });

  test("waits longer after each reset in a row", async () => {
    const { link, stream, seen } = arrange();
    await live(link, stream);
    for (let round = 0; round < 6; round += 1) {
      stream.push("reset", "c9", { reason: "recreated", snapshot: "/v1/notifications", cursor: "c9" });
      await vi.advanceTimersByTimeAsync(1000);
    }
    expect(seen.snapshots).toBeLessThan(4);
  });

  test("asks again for a snapshot until the gateway is there", async () => {
    const down = new Problem(0, "The gateway cannot be reached", "");
    const { link, stream, status } = arrange({ answers: [down, down, snapshot({})] });
    link.start(null);
    await vi.advanceTimersByTimeAsync(0);
    expect(status()).toBe("reconnecting");
    await vi.advanceTimersByTimeAsync(10_000);
    expect(stream.opened).toHaveLength(1);
  });

  test("a refusal while signed out ends it", async () => {
    const { link, stream, seen } = arrange({ signedIn: false });
    await live(link, stream);
    stream.fail({ kind: "refused", status: null });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(seen.statuses.at(-1)).toMatchObject({ status: "closed", reason: "signed-out" });
    expect(stream.opened).toHaveLength(1);
  });

  test("a refusal while signed in is tried again", async () => {
    const { link, stream } = arrange();
    await live(link, stream);
    stream.fail({ kind: "refused", status: null });
    await vi.advanceTimersByTimeAsync(1000);
    expect(stream.opened).toHaveLength(2);
  });

  test("goes at once when the network returns", async () => {
    const { link, stream, status } = arrange();
    await live(link, stream);
    link.network(false);
    expect(status()).toBe("offline");
    link.network(true);
    expect(stream.opened).toHaveLength(2);
  });

  test("hears nothing of a stream that it has left", async () => {
    const { link, stream, seen } = arrange();
    await live(link, stream);
    link.stop();
    stream.push("notification", "c8", { id: "late" });
    expect(seen.frames.map((frame) => frame.event)).toEqual(["ready"]);
  });
});
