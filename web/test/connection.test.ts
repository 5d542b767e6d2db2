import { describe, expect, test } from "vitest";
import { retryDelay } from "../src/client/backoff.ts";
import { CLOSED, type Connection, next, type Signal } from "../src/client/connection.ts";

const reached = (...signals: Signal[]): Connection =>
  signals.reduce((connection, signal, index) => next(connection, signal, index), CLOSED);

describe("a connection's life", () => {
  test.each<[Signal[], Connection["status"]]>([
    [["started"], "connecting"],
    [["started", "opened"], "replaying"],
    [["started", "opened", "ready"], "live"],
    [["started", "opened", "ready", "lost"], "reconnecting"],
    [["started", "opened", "ready", "lost", "opened", "ready"], "live"],
    [["started", "opened", "reset"], "connecting"],
    [["started", "offline"], "offline"],
    [["started", "offline", "lost"], "offline"],
    [["started", "offline", "online"], "reconnecting"],
    [["started", "opened", "ready", "offline", "frame"], "live"],
    [["started", "closed", "opened", "ready", "lost"], "closed"],
    [["started", "closed", "started"], "connecting"],
  ])("%j ends in %s", (signals, status) => {
    expect(reached(...signals).status).toBe(status);
  });

  test("attempts are counted until it is live again", () => {
    expect(reached("started", "lost", "lost", "lost").attempt).toBe(3);
    expect(reached("started", "lost", "lost", "opened", "ready").attempt).toBe(0);
  });

  test("a reason stays until the stream is back", () => {
    const lost = next(reached("started", "opened", "ready"), "lost", 9, "drain");
    expect(next(lost, "lost", 10).reason).toBe("drain");
    expect(next(lost, "opened", 11).reason).toBeNull();
  });

  test("a signal that means nothing leaves the very same value", () => {
    const live = reached("started", "opened", "ready");
    expect(next(live, "frame", 99)).toBe(live);
  });
});

describe("the wait before the next attempt", () => {
  test("is never below what the server asks", () => {
    for (const random of [0, 0.5, 0.999]) expect(retryDelay(0, 4000, random)).toBeGreaterThan(4000);
  });

  test("grows, is spread, and has an end", () => {
    expect(retryDelay(0, 0, 0)).toBe(250);
    expect(retryDelay(0, 0, 1)).toBe(500);
    expect(retryDelay(3, 0, 1)).toBe(4000);
    expect(retryDelay(1000, 0, 1)).toBe(30_000);
  });
});
