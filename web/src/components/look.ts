import type { Priority } from "../client/index.ts";
import type { IconName } from "./icons.ts";

export type Tone = "danger" | "warning" | "good" | "info" | "neutral";

export interface Look {
  readonly icon: IconName;
  readonly tone: Tone;
}

/** By a word that the kind holds; kinds are the rules' own, so an unknown one looks plain. */
const LOOKS: readonly (readonly [RegExp, Look])[] = [
  [/cancel/, { icon: "cancel", tone: "danger" }],
  [/delay|late/, { icon: "clock", tone: "warning" }],
  [/divert|fail/, { icon: "alert", tone: "danger" }],
  [/depart|left/, { icon: "departure", tone: "info" }],
  [/arriv|land/, { icon: "arrival", tone: "good" }],
  [/commit|push/, { icon: "commit", tone: "info" }],
  [/schedul/, { icon: "plane", tone: "neutral" }],
];

const PLAIN: Look = { icon: "bell", tone: "neutral" };

export function lookOf(kind: string): Look {
  return LOOKS.find(([word]) => word.test(kind))?.[1] ?? PLAIN;
}

/** `flight.delayed` → `Flight delayed`. */
export function nameOfKind(kind: string): string {
  const words = kind.replace(/[._-]+/g, " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** What is said of a priority; nothing of the usual ones. */
export function nameOfPriority(priority: Priority): string | null {
  return priority === "critical" ? "Critical" : priority === "high" ? "Important" : null;
}

export function iconOfTopic(kind: string): IconName {
  if (kind === "airport") return "pin";
  if (kind === "route") return "route";
  if (kind === "flight") return "departure";
  return kind === "repo" || kind === "repository" ? "commit" : "star";
}

/** `airport:JFK` → `airport`. */
export function kindOfTopic(topic: string): string {
  return topic.split(":", 1)[0] ?? "";
}
