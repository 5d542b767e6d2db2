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

/** Where to write each text beside its point so that none covers another; those that find no room are null. */
export function placeLabels(
  points: readonly (Point & { readonly text: string })[],
): readonly (Label | null)[] {
  const taken: Box[] = points.map(({ x, y }) => ({ left: x - 4, top: y - 4, right: x + 4, bottom: y + 4 }));
  return points.map((point, index) => {
    const others = taken.filter((_, other) => other !== index);
    const found = candidates(point).find(
      (label) => !others.some((box) => overlap(box, boxOf(label, point.text))),
    );
    if (found === undefined) return null;
    taken.push(boxOf(found, point.text));
    return found;
  });
}

function candidates({ x, y }: Point): readonly Label[] {
  return [
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
}

function boxOf({ x, y, anchor }: Label, text: string): Box {
  const width = text.length * PER_LETTER;
  const left = anchor === "start" ? x : anchor === "end" ? x - width : x - width / 2;
  return { left, top: y - HEIGHT + 3, right: left + width, bottom: y + 3 };
}

function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}
