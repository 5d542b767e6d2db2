import { describe, expect, test } from "vitest";
import type { Followable } from "../src/client/index.ts";
import { placeLabels } from "../src/map/labels.ts";
import { endsOf, lineOf, placeOf } from "../src/map/places.ts";
import { apply, project, viewOf } from "../src/map/projection.ts";

const WHOLE = { width: 975, height: 610 };
const SHOWN = { width: 800, height: 400 };

const airport = (code: string, latitude: number | null, longitude: number | null): [string, Followable] => [
  `airport:${code}`,
  { topic: `airport:${code}`, kind: "airport", title: code, subtitle: "", latitude, longitude },
];
const ATLAS = new Map([
  airport("JFK", 40.64, -73.78),
  airport("LAX", 33.94, -118.41),
  airport("LHR", 51.47, -0.45),
]);

describe("places", () => {
  test("New York is east of Los Angeles, and north of it", () => {
    const [jfk, lax] = [placeOf("airport:JFK", ATLAS), placeOf("airport:LAX", ATLAS)];
    expect(jfk?.x).toBeGreaterThan(lax?.x ?? Number.POSITIVE_INFINITY);
    expect(jfk?.y).toBeLessThan(lax?.y ?? 0);
  });

  test("what is off the map or unknown has no place", () => {
    expect(placeOf("airport:LHR", ATLAS)).toBeNull();
    expect(placeOf("flight:UA1", ATLAS)).toBeNull();
  });

  test("a route has two ends, and a line when both are known", () => {
    expect(endsOf("route:JFK-LAX", ATLAS)).toEqual(["airport:JFK", "airport:LAX"]);
    expect(endsOf("airport:JFK", ATLAS)).toBeNull();
    expect(lineOf("route:JFK-LAX", ATLAS)).toHaveLength(2);
    expect(lineOf("route:JFK-XXX", ATLAS)).toBeNull();
  });
});

test("a flight has the ends that its subtitle tells", () => {
  const flight = {
    topic: "flight:AA1",
    kind: "flight",
    title: "AA1",
    subtitle: "American Airlines Inc. · JFK → LAX",
  };
  const atlas = new Map([...ATLAS, ["flight:AA1", { ...flight, latitude: null, longitude: null }] as const]);
  expect(endsOf("flight:AA1", atlas)).toEqual(["airport:JFK", "airport:LAX"]);
  expect(lineOf("flight:AA1", atlas)).toEqual(lineOf("route:JFK-LAX", atlas));
  expect(endsOf("flight:AA1", ATLAS)).toBeNull();
});

describe("the view", () => {
  test("nothing to show shows the whole land", () => {
    const view = viewOf([], SHOWN, WHOLE);
    expect(view.scale).toBeCloseTo(400 / 610);
    expect(apply(view, { x: 487.5, y: 305 })).toEqual({ x: 400, y: 200 });
  });

  test("all points are inside, also those at the edge", () => {
    const points = [project(-73.78, 40.64), project(-157.92, 21.32), project(-122.3, 47.4)].filter(
      (p) => p !== null,
    );
    const view = viewOf(points, SHOWN, WHOLE);
    for (const { x, y } of points.map((point) => apply(view, point))) {
      expect(x).toBeGreaterThanOrEqual(0);
      expect(x).toBeLessThanOrEqual(SHOWN.width);
      expect(y).toBeGreaterThanOrEqual(0);
      expect(y).toBeLessThanOrEqual(SHOWN.height);
    }
  });

  test("a single place is not magnified without end", () => {
    const view = viewOf([{ x: 500, y: 300 }], SHOWN, WHOLE);
    expect(view.scale).toBeCloseTo((400 / 610) * 4);
  });
});

test("labels of neighbours stand away from one another", () => {
  const [west, east] = placeLabels([
    { x: 100, y: 100, text: "EWR" },
    { x: 112, y: 101, text: "JFK" },
  ]);
  expect([west?.anchor, east?.anchor]).toEqual(["end", "start"]);
});

test("labels of neighbours do not cover one another", () => {
  const points = ["JFK", "LGA", "EWR"].map((text, index) => ({
    x: 100 + index * 6,
    y: 100 - index * 3,
    text,
  }));
  const placed = placeLabels(points);
  expect(placed.every((label) => label !== null)).toBe(true);
  expect(new Set(placed.map((label) => `${label?.x} ${label?.y}`)).size).toBe(3);
});
