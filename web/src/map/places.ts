import type { Followable } from "../client/index.ts";
import { type Point, project } from "./projection.ts";

/** Topics that can be shown: places by their coordinates, routes by those of their ends. */
export type Atlas = ReadonlyMap<string, Followable>;

const ROUTE = /^route:([^-]+)-(.+)$/;

/** As a flight's subtitle says its way: `United Air Lines Inc. · EWR → ORD`. */
const WAY = /(\w{3}) → (\w{3})/;

/** The airports at the ends of a route or a flight, as topics; null when `topic` is neither, or nobody said. */
export function endsOf(topic: string, atlas: Atlas): readonly [string, string] | null {
  const way = topic.startsWith("flight:") ? WAY.exec(atlas.get(topic)?.subtitle ?? "") : ROUTE.exec(topic);
  const [, from, to] = way ?? [];
  return from === undefined || to === undefined ? null : [`airport:${from}`, `airport:${to}`];
}

/** Where a topic is; null when nobody said, or it is off the map. */
export function placeOf(topic: string, atlas: Atlas): Point | null {
  const place = atlas.get(topic);
  if (place === undefined || place.latitude === null || place.longitude === null) return null;
  return project(place.longitude, place.latitude);
}

/** Both ends of a route or a flight on the map; null when either is unknown. */
export function lineOf(topic: string, atlas: Atlas): readonly [Point, Point] | null {
  const ends = endsOf(topic, atlas);
  if (ends === null) return null;
  const [from, to] = [placeOf(ends[0], atlas), placeOf(ends[1], atlas)];
  return from === null || to === null ? null : [from, to];
}

/** What people write of a topic on a map: `JFK` of `airport:JFK`. */
export function codeOf(topic: string): string {
  return topic.slice(topic.indexOf(":") + 1);
}
