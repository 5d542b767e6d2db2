import { expect, test } from "vitest";
import { parseFrame } from "../src/client/frame.ts";

test("a notification comes with the cursor behind it", () => {
  const frame = parseFrame({ event: "notification", id: "v1.abc", data: '{"id":"n1","title":"Late"}' });
  expect(frame).toEqual({
    type: "notification",
    cursor: "v1.abc",
    notification: { id: "n1", title: "Late" },
  });
});

test("an id alone is a heartbeat", () => {
  expect(parseFrame({ event: "", id: "v1.abc", data: "" })).toEqual({ type: "heartbeat", cursor: "v1.abc" });
});

test.each([
  ["an event of a newer gateway", { event: "presence", id: "c", data: "{}" }],
  ["broken JSON", { event: "notification", id: "c", data: "{" }],
  ["JSON that is no object", { event: "ready", id: "c", data: "7" }],
])("%s is unknown, and no error", (_, raw) => {
  expect(parseFrame(raw)).toEqual({ type: "unknown", cursor: "c" });
});
