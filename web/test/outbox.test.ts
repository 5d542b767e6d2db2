import { beforeEach, expect, test, vi } from "vitest";
import { Outbox } from "../src/client/outbox.ts";
import { Problem } from "../src/client/problem.ts";

beforeEach(() => {
  vi.useFakeTimers();
});

/** An outbox whose sends answer with `answers` in turn: null = taken. */
function arrange(answers: (Problem | null)[]) {
  const log: string[] = [];
  const outbox = new Outbox<string>(
    async (item) => {
      log.push(`send ${item}`);
      const answer = answers.shift();
      if (answer) throw answer;
    },
    { accepted: (item) => log.push(`accepted ${item}`), refused: (item) => log.push(`refused ${item}`) },
  );
  return { outbox, log };
}

test("what fails for now is sent again, and later ones wait their turn", async () => {
  const { outbox, log } = arrange([new Problem(503, "Draining", ""), null, null]);
  outbox.push("a");
  outbox.push("b");
  await vi.advanceTimersByTimeAsync(10_000);
  expect(log).toEqual(["send a", "send a", "accepted a", "send b", "accepted b"]);
});

test("what is refused for good is given up, and the next goes out", async () => {
  const { outbox, log } = arrange([new Problem(422, "No such state", ""), null]);
  outbox.push("a");
  outbox.push("b");
  await vi.advanceTimersByTimeAsync(0);
  expect(log).toEqual(["send a", "refused a", "send b", "accepted b"]);
});

test("it serves again after it was empty", async () => {
  const { outbox, log } = arrange([]);
  outbox.push("a");
  await vi.advanceTimersByTimeAsync(0);
  outbox.push("b");
  await vi.advanceTimersByTimeAsync(0);
  expect(log).toEqual(["send a", "accepted a", "send b", "accepted b"]);
});
