import { html, type TemplateResult } from "lit";

const PLANE =
  "M12 2c.9 0 1.5 1.3 1.5 2.8V9l8 5v2l-8-2.4V18l2.5 2v1.6l-4-1.1-4 1.1V20l2.5-2v-4.4L2.5 16v-2l8-5V4.8C10.5 3.3 11.1 2 12 2z";

/** Strokes on a grid of 24; a path that begins with "fill " is filled instead. */
const PATHS = {
  alert: "M12 4 2.8 19.5h18.4zM12 10v4.2M12 16.9v.1",
  archive: "M4 8.5v10.5h16V8.5M3 4.5h18v4H3zM9.5 12.5h5",
  bell: "M6 16.5V11a6 6 0 1 1 12 0v5.5l1.5 2h-15zM10 21h4",
  bellOff: "M8 6.6A6 6 0 0 1 18 11v4M16.5 18.5h-12l1.5-2V11c0-.6.1-1.2.3-1.8M10 21h4M3.5 3.5l17 17",
  cancel: "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM6 6l12 12",
  check: "m5 12.5 4.5 4.5L19 7.5",
  checkAll: "m2.5 12.5 4.5 4.5 8.5-9M11.5 16.5l.5.5 9-9.5",
  chevron: "m6 9.5 6 6 6-6",
  clock: "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM12 7.5V12l3 2.2",
  close: "M6 6l12 12M18 6 6 18",
  commit: "M12 8.2a3.8 3.8 0 1 0 0 7.6 3.8 3.8 0 0 0 0-7.6zM2.5 12h5.7M15.8 12h5.7",
  copy: "M9 9h11v11H9zM5.5 15H4V4h11v1.5",
  envelope: "M3.5 6h17v12.5h-17zM3.5 7l8.5 6.5L20.5 7",
  help: "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM9.7 9.6c.2-1.3 1.2-2 2.4-2 1.3 0 2.3.8 2.3 2 0 1.7-2.3 1.8-2.3 3.5M12 16.3v.1",
  inbox: "M4 13.5 6.5 5h11L20 13.5V19H4zM4 13.5h4.5l1.2 2.5h4.6l1.2-2.5H20",
  info: "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM12 11v5.5M12 7.5v.1",
  leave: "M10 4H5v16h5M14.5 8l4 4-4 4M18 12H9.5",
  log: "M3.5 5h17v14h-17zM7 9.5l2.5 2.5L7 14.5M12 15h4.5",
  moon: "M19.5 14.5A8 8 0 1 1 9.5 4.5a6.5 6.5 0 0 0 10 10z",
  pause: "M8.5 5.5v13M15.5 5.5v13",
  pin: "M12 21s-6.5-5.7-6.5-11A6.5 6.5 0 0 1 18.5 10c0 5.3-6.5 11-6.5 11zM12 7.7a2.3 2.3 0 1 0 0 4.6 2.3 2.3 0 0 0 0-4.6z",
  plane: `fill ${PLANE}`,
  play: "M8 5.5 18 12 8 18.5z",
  plus: "M12 5v14M5 12h14",
  route:
    "M5.5 15.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5zM18.5 3.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5zM8 18h6.5a3 3 0 0 0 0-6h-5a3 3 0 0 1 0-6H16",
  search: "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM15.5 15.5 20.5 20.5",
  settings:
    "M4 7h9M17 7h3M4 17h3M11 17h9M15 4.8a2.2 2.2 0 1 0 0 4.4 2.2 2.2 0 0 0 0-4.4zM9 14.8a2.2 2.2 0 1 0 0 4.4 2.2 2.2 0 0 0 0-4.4z",
  star: "m12 3.8 2.5 5.2 5.7.8-4.1 4 1 5.7-5.1-2.7-5.1 2.7 1-5.7-4.1-4 5.7-.8z",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M18.7 5.3l-1.4 1.4M6.7 17.3l-1.4 1.4",
  system: "M3.5 5h17v11h-17zM8.5 20h7M12 16v4",
  trash: "M4.5 6.5h15M9 6V4h6v2M6.5 6.5 7.5 20h9l1-13.5M10 10.5v6M14 10.5v6",
} as const;

export type IconName = keyof typeof PATHS | "departure" | "arrival";

const TURNED: Partial<Record<IconName, string>> = {
  departure: "rotate(45 12 12)",
  arrival: "rotate(135 12 12)",
};

/** An icon for the eye alone; whoever uses it writes the words beside it. */
export function icon(name: IconName, size = 20): TemplateResult {
  const path = name === "departure" || name === "arrival" ? PATHS.plane : PATHS[name];
  const filled = path.startsWith("fill ");
  return html`<svg width=${size} height=${size} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    <path
      d=${filled ? path.slice(5) : path}
      transform=${TURNED[name] ?? ""}
      fill=${filled ? "currentColor" : "none"}
      stroke=${filled ? "none" : "currentColor"}
      stroke-width="1.7"
      stroke-linecap="round"
      stroke-linejoin="round"
    />
  </svg>`;
}
