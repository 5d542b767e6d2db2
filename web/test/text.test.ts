import { describe, expect, test } from "vitest";
import { lookOf, nameOfKind } from "../src/components/look.ts";
import { absoluteTime, clockOf, minuteOf, relativeTime } from "../src/components/time.ts";

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const NOW = Date.UTC(2026, 0, 10, 13);

describe("times", () => {
  test.each([
    [3 * SECOND, "now"],
    [42 * SECOND, "42 sec. ago"],
    [119 * SECOND, "1 min. ago"],
    [5 * HOUR, "5 hr. ago"],
    [26 * HOUR, "yesterday"],
    [24 * 9 * HOUR, "Jan 1, 2026"],
  ])("%d ms ago is %s", (age, words) => {
    expect(relativeTime(NOW - age, NOW, "en")).toBe(words);
  });

  test("speak the reader's language", () => {
    expect(relativeTime(NOW - 3 * HOUR, NOW, "de")).toBe("vor 3 Std.");
  });

  test("are told in the reader's zone, and in UTC where the browser does not know it", () => {
    const time = "2013-01-10T13:00:00Z";
    expect(absoluteTime(time, "en", "America/New_York").replaceAll(" ", " ")).toBe("Jan 10, 2013, 8:00 AM");
    expect(absoluteTime(time, "en", "Mars/Olympus").replaceAll(" ", " ")).toBe("Jan 10, 2013, 1:00 PM");
  });

  test("minutes after midnight are a time field's text and back", () => {
    for (const minute of [0, 59, 60, 1439]) expect(minuteOf(clockOf(minute))).toBe(minute);
  });
});

describe("kinds", () => {
  test("have a name, a shape and a tone, whatever topic they come by", () => {
    expect(nameOfKind("route.departed-late")).toBe("Route departed late");
    expect(lookOf("airport.delayed")).toEqual(lookOf("flight.delayed"));
    expect(lookOf("flight.cancelled").icon).not.toBe(lookOf("flight.delayed").icon);
  });

  test("that are unknown look plain", () => {
    expect(lookOf("message")).toEqual({ icon: "bell", tone: "neutral" });
  });
});
