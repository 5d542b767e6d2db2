import { geoAlbersUsa } from "d3-geo";

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Scale and shift from the map's own units to the shown ones. */
export interface View {
  readonly scale: number;
  readonly x: number;
  readonly y: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

// The projection that `land.ts` was drawn with; Alaska and Hawaii are inset.
const albers = geoAlbersUsa().scale(1300).translate([487.5, 305]);

/** Where a place is on the map; null when it is not in the United States. */
export function project(longitude: number, latitude: number): Point | null {
  const point = albers([longitude, latitude]);
  return point === null ? null : { x: point[0], y: point[1] };
}

/** The nearest view that holds all points with some room around them; the whole map when there are none. */
export function viewOf(points: readonly Point[], shown: Size, whole: Size): View {
  const [left, right] = extent(points.map((point) => point.x));
  const [top, bottom] = extent(points.map((point) => point.y));
  const base = Math.min(shown.width / whole.width, shown.height / whole.height);
  if (left === undefined || right === undefined || top === undefined || bottom === undefined) {
    return centred({ x: whole.width / 2, y: whole.height / 2 }, base, shown);
  }
  const room = 1.5;
  const close = Math.min(shown.width / ((right - left) * room), shown.height / ((bottom - top) * room));
  const scale = Math.max(base, Math.min(base * 4, close));
  return centred(kept({ x: (left + right) / 2, y: (top + bottom) / 2 }, scale, shown, whole), scale, shown);
}

export function apply(view: View, point: Point): Point {
  return { x: point.x * view.scale + view.x, y: point.y * view.scale + view.y };
}

/** A quadratic curve that bows to the north, as a flight's path looks on such a map. */
export function arc(from: Point, to: Point): string {
  const bow = Math.hypot(to.x - from.x, to.y - from.y) * 0.18;
  const control = { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 - bow };
  const at = ({ x, y }: Point) => `${x.toFixed(1)},${y.toFixed(1)}`;
  return `M${at(from)}Q${at(control)} ${at(to)}`;
}

function extent(values: readonly number[]): [number, number] | [undefined, undefined] {
  return values.length === 0 ? [undefined, undefined] : [Math.min(...values), Math.max(...values)];
}

/** A centre that shows no more than needed of what lies beyond the map's edge. */
function kept(centre: Point, scale: number, shown: Size, whole: Size): Point {
  const within = (value: number, span: number, limit: number) => {
    const half = span / scale / 2;
    return half * 2 >= limit ? limit / 2 : Math.min(Math.max(value, half), limit - half);
  };
  return { x: within(centre.x, shown.width, whole.width), y: within(centre.y, shown.height, whole.height) };
}

function centred(centre: Point, scale: number, shown: Size): View {
  return { scale, x: shown.width / 2 - centre.x * scale, y: shown.height / 2 - centre.y * scale };
}
