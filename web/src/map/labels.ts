import type { Point } from "./projection.ts";

export interface Label {
  readonly x: number;
  readonly y: number;
  readonly anchor: "start" | "end" | "middle";
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

const HEIGHT = 15;
const PER_LETTER = 8.5;
/** Points within so many pixels are neighbours. */
const NEAR = 60;

/** Where to write each text beside its point so that none covers another; those that find no room are null. */
export function placeLabels(
  points: readonly (Point & { readonly text: string })[],
): readonly (Label | null)[] {
  const taken: Box[] = points.map(({ x, y }) => ({ left: x - 4, top: y - 4, right: x + 4, bottom: y + 4 }));
  return points.map((point, index) => {
    const others = taken.filter((_, other) => other !== index);
    const found = candidates(point, away(point, points)).find(
      (label) => !others.some((box) => overlap(box, boxOf(label, point.text))),
    );
    if (found === undefined) return null;
    taken.push(boxOf(found, point.text));
    return found;
  });
}

/** Away from the neighbours, the nearest counting most; nowhere for a point that stands alone. */
function away(point: Point, points: readonly Point[]): Point {
  const pushes = points.map(({ x, y }) => {
    const [dx, dy] = [point.x - x, point.y - y];
    const distance = Math.hypot(dx, dy);
    const push = distance === 0 || distance > NEAR ? 0 : 1 / distance ** 2;
    return { x: dx * push, y: dy * push };
  });
  return pushes.reduce((sum, { x, y }) => ({ x: sum.x + x, y: sum.y + y }), { x: 0, y: 0 });
}

/** Places for a label; first those that lie in the direction `to`. */
function candidates({ x, y }: Point, to: Point): readonly Label[] {
  const places: readonly Label[] = [
    { x: x + 10, y: y + 5, anchor: "start" },
    { x: x - 10, y: y + 5, anchor: "end" },
    { x, y: y - 11, anchor: "middle" },
    { x, y: y + 21, anchor: "middle" },
    { x: x + 9, y: y - 8, anchor: "start" },
    { x: x + 9, y: y + 18, anchor: "start" },
    { x: x - 9, y: y - 8, anchor: "end" },
    { x: x - 9, y: y + 18, anchor: "end" },
    { x: x + 10, y: y + 32, anchor: "start" },
    { x: x - 10, y: y - 22, anchor: "end" },
  ];
  const side = { start: 20, middle: 0, end: -20 };
  const fits = (label: Label) => {
    const [dx, dy] = [side[label.anchor], label.y - 5 - y];
    return (dx * to.x + dy * to.y) / Math.hypot(dx, dy);
  };
  return places.toSorted((a, b) => fits(b) - fits(a));
}

function boxOf({ x, y, anchor }: Label, text: string): Box {
  const width = text.length * PER_LETTER;
  const left = anchor === "start" ? x : anchor === "end" ? x - width : x - width / 2;
  return { left, top: y - HEIGHT + 3, right: left + width, bottom: y + 3 };
}

function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}
