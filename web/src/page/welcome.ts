import { html, LitElement, svg, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { type IconName, icon } from "../components/icons.ts";
import { base, controls } from "../components/styles.ts";
import { BORDERS, HEIGHT, LAND, WIDTH } from "../map/land.ts";
import { arc, type Point } from "../map/projection.ts";
import { welcomeStyle } from "./welcome.style.ts";

const PROMISES: readonly (readonly [IconName, string, string])[] = [
  ["departure", "As it happens", "A delay is on your screen a moment after the airline says so."],
  ["route", "Never a gap, never twice", "A broken connection resumes at the very event where it stopped."],
  ["bellOff", "Only what concerns you", "You choose airports, routes and flights, and mute what you like."],
];

/** Lines on the map's own grid, for the eye and not for information. */
const LINES: readonly (readonly [Point, Point])[] = [
  [
    { x: 90, y: 60 },
    { x: 520, y: 470 },
  ],
  [
    { x: 75, y: 390 },
    { x: 640, y: 215 },
  ],
  [
    { x: 620, y: 190 },
    { x: 320, y: 270 },
  ],
  [
    { x: 500, y: 120 },
    { x: 810, y: 560 },
  ],
  [
    { x: 640, y: 215 },
    { x: 860, y: 190 },
  ],
  [
    { x: 30, y: 240 },
    { x: 330, y: 260 },
  ],
];

/** What a visitor sees who has not signed in. */
@customElement("tidings-welcome")
export class Welcome extends LitElement {
  static override styles = [base, controls, welcomeStyle];

  @property() error = "";
  @property({ type: Boolean }) busy = false;

  override render(): TemplateResult {
    return html`
      <svg class="map" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="xMidYMin slice" aria-hidden="true">
        <path class="land" d=${LAND} /><path class="borders" d=${BORDERS} />
        <g>${LINES.map(([from, to]) => svg`<path class="line" pathLength="1" d=${arc(from, to)} />`)}</g>
      </svg>
      <main class="content">
        <div>
          <h1>The moment a flight changes, you know.</h1>
          <p class="lead">Follow an airport, a route or a single flight. Delays, cancellations, departures and landings
            come to this page live.</p>
          <ul>
            ${PROMISES.map(
              ([name, title, text]) => html`<li>
              <span class="art">${icon(name)}</span><div><strong>${title}</strong><p>${text}</p></div>
            </li>`,
            )}
          </ul>
        </div>
        <tidings-sign-in .error=${this.error} .busy=${this.busy}></tidings-sign-in>
      </main>
    `;
  }
}
