import { html, LitElement, nothing, type SVGTemplateResult, svg, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { keyed } from "lit/directives/keyed.js";
import type { Notification } from "../client/index.ts";
import { placeLabels } from "../map/labels.ts";
import { BORDERS, HEIGHT, LAND, WIDTH } from "../map/land.ts";
import { type Atlas, codeOf, endsOf, lineOf, placeOf } from "../map/places.ts";
import { apply, arc, type Point, type Size, type View, viewOf } from "../map/projection.ts";
import { coalesced } from "./coalesce.ts";
import { lookOf, type Tone } from "./look.ts";
import { mapStyle } from "./map.style.ts";
import { setStyle } from "./set-style.ts";
import { base } from "./styles.ts";

/** Milliseconds that a pulse is seen, and how many at once. */
const PULSE = 6000;
const AT_ONCE = 6;

interface Pulse {
  readonly key: number;
  readonly topic: string;
  readonly tone: Tone;
  readonly text: string;
}

/** Where the followed airports and routes are; what arrives for one of them pulses there. */
@customElement("tidings-map")
export class TidingsMap extends LitElement {
  static override styles = [base, mapStyle];

  /** Every place that is known, followed or not. */
  @property({ attribute: false }) atlas: Atlas = new Map();
  @property({ attribute: false }) followed: ReadonlySet<string> = new Set();
  @state() private size: Size = { width: 800, height: 380 };
  #pulses: readonly Pulse[] = [];
  #count = 0;
  readonly #draw = coalesced(() => this.requestUpdate());
  readonly #resize = new ResizeObserver(([entry]) => {
    if (entry && entry.contentRect.width > 0) this.size = entry.contentRect;
  });

  override connectedCallback(): void {
    super.connectedCallback();
    this.#resize.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#resize.disconnect();
  }

  /** Lets the place of a notification's topic pulse, if it has one. */
  pulse({ topic, kind, title }: Notification): void {
    if (topic === null || (placeOf(topic, this.atlas) === null && lineOf(topic, this.atlas) === null)) return;
    this.#count += 1;
    const pulse: Pulse = { key: this.#count, topic, tone: lookOf(kind).tone, text: title };
    // One at a place: a newer one takes the older one's.
    this.#pulses = [...this.#pulses.filter((other) => other.topic !== topic), pulse].slice(-AT_ONCE);
    this.#draw();
    setTimeout(() => {
      this.#pulses = this.#pulses.filter((other) => other !== pulse);
      this.#draw();
    }, PULSE);
  }

  override render(): TemplateResult {
    const { width, height } = this.size;
    const view = this.#view();
    return html`<svg viewBox="0 0 ${width} ${height}" role="img" aria-label=${this.#description()}>
      <g class="land" ${setStyle({ transform: `translate(${view.x}px, ${view.y}px) scale(${view.scale})` })}>
        <path d=${LAND} /><path class="borders" d=${BORDERS} />
      </g>
      ${this.#unfollowed(view)} ${this.#routes(view)} ${this.#airports(view)} ${this.#pulses.map((pulse) => this.#pulse(pulse, view))}
      ${this.#callout(this.#pulses.at(-1), view)}
    </svg>`;
  }

  /** Topics to mark: followed places, the ends of followed routes. */
  #marked(): readonly string[] {
    const topics = [...this.followed].flatMap((topic) => endsOf(topic, this.atlas) ?? [topic]);
    return [...new Set(topics)].filter((topic) => placeOf(topic, this.atlas) !== null);
  }

  #view(): View {
    const points = this.#marked().map((topic) => placeOf(topic, this.atlas));
    return viewOf(
      points.filter((point) => point !== null),
      this.size,
      { width: WIDTH, height: HEIGHT },
    );
  }

  #description(): string {
    const routes = [...this.followed].filter((topic) => lineOf(topic, this.atlas) !== null);
    const places = this.#marked().map(codeOf).join(", ");
    if (places === "") return "Map of the United States; nothing on it is followed yet";
    return `Map of what you follow: ${places}${routes.length > 0 ? `, with ${routes.length} lines between them` : ""}`;
  }

  #unfollowed(view: View): readonly SVGTemplateResult[] {
    const marked = new Set(this.#marked());
    return [...this.atlas.values()]
      .filter(({ topic, kind }) => kind === "airport" && !marked.has(topic))
      .map(({ topic }) => placeOf(topic, this.atlas))
      .filter((point) => point !== null)
      .map((point) => svg`<circle class="other" r="1.6" ${setStyle(shift(apply(view, point)))} />`);
  }

  #routes(view: View): readonly SVGTemplateResult[] {
    return [...this.followed].flatMap((topic) => {
      const line = lineOf(topic, this.atlas);
      return line === null
        ? []
        : [svg`<path class="route" d=${arc(apply(view, line[0]), apply(view, line[1]))} />`];
    });
  }

  #airports(view: View): readonly SVGTemplateResult[] {
    const spots = this.#marked().flatMap((topic) => {
      const point = placeOf(topic, this.atlas);
      return point === null ? [] : [{ ...apply(view, point), text: codeOf(topic) }];
    });
    const labels = placeLabels(spots);
    return spots.map((spot, index) => {
      const label = labels[index];
      const text = label
        ? svg`<text x=${label.x - spot.x} y=${label.y - spot.y} text-anchor=${label.anchor}>${spot.text}</text>`
        : nothing;
      return svg`<g class="airport" ${setStyle(shift(spot))}><circle r="4.5" />${text}</g>`;
    });
  }

  #pulse({ key, topic, tone }: Pulse, view: View): TemplateResult | SVGTemplateResult {
    const line = lineOf(topic, this.atlas)?.map((point) => apply(view, point)) as [Point, Point] | undefined;
    // Keyed, so that each pulse is a new element whose animation starts anew.
    return svg`${keyed(
      key,
      svg`<g class="pulse ${tone}">
        ${line ? flight(line) : nothing}
        <g ${setStyle(shift(this.#spot(topic, view)))}>
          <circle class="ring" r="6" /><circle class="ring late" r="6" /><circle r="5" />
        </g>
      </g>`,
    )}`;
  }

  /** Where a topic's pulse is shown: at its place, or at a route's far end. */
  #spot(topic: string, view: View): Point {
    const point = placeOf(topic, this.atlas) ?? lineOf(topic, this.atlas)?.[1] ?? { x: 0, y: 0 };
    return apply(view, point);
  }

  /** What happened last, beside the place, turned inwards where the map's edge is near. */
  #callout(pulse: Pulse | undefined, view: View): SVGTemplateResult | typeof nothing {
    if (pulse === undefined) return nothing;
    const { x, y } = this.#spot(pulse.topic, view);
    const short = pulse.text.length > 48 ? `${pulse.text.slice(0, 47)}…` : pulse.text;
    const width = short.length * 6.6 + 26;
    const left = Math.min(Math.max(x - width / 2, 8), Math.max(8, this.size.width - width - 8));
    const top = y > 90 ? y - 66 : y + 34;
    return svg`${keyed(
      pulse.key,
      svg`<g class="callout ${pulse.tone}"><rect x=${left} y=${top} width=${width} height="28" rx="9" />
        <text x=${left + width / 2} y=${top + 18.5} text-anchor="middle">${short}</text></g>`,
    )}`;
  }
}

function shift({ x, y }: Point): { transform: string } {
  return { transform: `translate(${x.toFixed(1)}px, ${y.toFixed(1)}px)` };
}

function flight([from, to]: readonly [Point, Point]): SVGTemplateResult {
  const path = arc(from, to);
  return svg`<path class="flown" d=${path} pathLength="1" />
    <path class="plane" ${setStyle({ "offset-path": `path("${path}")` })}
      d="M9 0c0-.8-1-1.3-2.2-1.3H3.5L-.5-7h-2l2 5.7h-4L-6.5-3.5h-1.3L-7-0l-.8 3.5h1.3l2-2.2h4l-2 5.7h2l4-5.7h3.3C8 1.3 9 .8 9 0z" />`;
}
