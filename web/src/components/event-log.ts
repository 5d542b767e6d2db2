import { html, LitElement, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import type { RawFrame } from "../client/index.ts";
import { coalesced } from "./coalesce.ts";
import { eventLogStyle } from "./event-log.style.ts";
import { icon } from "./icons.ts";
import { base, controls } from "./styles.ts";

interface Line {
  readonly number: number;
  readonly at: Date;
  readonly raw: RawFrame;
}

/** Lines that are kept; the oldest make room. */
const LIMIT = 300;

/** A frame as it came over the wire. */
export function wireText({ event, id, data }: RawFrame): string {
  const fields = [
    event && `event: ${event}`,
    id && `id: ${id}`,
    ...(data ? data.split("\n").map((d) => `data: ${d}`) : []),
  ];
  return `${fields.filter(Boolean).join("\n")}\n\n`;
}

/** Every frame of the stream as it comes: to pause, to open, to copy. */
@customElement("tidings-event-log")
export class EventLog extends LitElement {
  static override styles = [base, controls, eventLogStyle];

  @state() private paused = false;
  @state() private filter = "";
  @state() private open: ReadonlySet<number> = new Set();
  @state() private said = "";
  #lines: readonly Line[] = [];
  #missed = 0;
  #count = 0;
  readonly #draw = coalesced(() => this.requestUpdate());

  /** Appends a frame; while paused it is only counted. */
  add(raw: RawFrame): void {
    this.#draw();
    if (this.paused) {
      this.#missed += 1;
      return;
    }
    this.#count += 1;
    this.#lines = [{ number: this.#count, at: new Date(), raw }, ...this.#lines.slice(0, LIMIT - 1)];
  }

  override render(): TemplateResult {
    const wanted = this.filter.toLowerCase();
    const shown = this.#lines.filter(({ raw }) => wireText(raw).toLowerCase().includes(wanted));
    return html`
      <div class="tools">
        <label class="sr-only" for="filter">Show frames that contain</label>
        <input id="filter" placeholder="Filter" spellcheck="false" @input=${this.#onFilter} />
        <button class="button" type="button" aria-pressed=${this.paused} @click=${this.#pause}>
          ${icon(this.paused ? "play" : "pause", 16)}${this.paused ? `Resume${this.#missed ? ` (${this.#missed} passed)` : ""}` : "Pause"}
        </button>
        <button class="button" type="button" ?disabled=${shown.length === 0} @click=${() => this.#copy(shown)}>
          ${icon("copy", 16)}Copy</button>
        <button class="button" type="button" ?disabled=${this.#lines.length === 0} @click=${this.#clear}>${icon("trash", 16)}Clear</button>
        <span class="sr-only" role="status">${this.said}</span>
      </div>
      ${
        shown.length === 0
          ? this.#empty()
          : html`<ol>${repeat(
              shown,
              (line) => line.number,
              (line) => this.#line(line),
            )}</ol>`
      }
    `;
  }

  #empty(): TemplateResult {
    return html`<p class="empty">${this.#lines.length === 0 ? "Frames of the stream appear here as they come in." : "No frame contains that."}</p>`;
  }

  #line({ number, at, raw }: Line): TemplateResult {
    const open = this.open.has(number);
    return html`<li>
      <button type="button" aria-expanded=${open} @click=${() => this.#toggle(number)}>
        <span class="chevron">${icon("chevron", 14)}</span>
        <time datetime=${at.toISOString()}>${clock(at)}</time>
        <span class="event ${raw.event || "heartbeat"}">${raw.event || "heartbeat"}</span>
        <span class="data">${raw.data}</span>
        <span class="id" title="id: ${raw.id}">…${raw.id.slice(-8)}</span>
      </button>
      ${open ? html`<pre tabindex="0"><span>event: ${raw.event}</span>\n<span>id: ${raw.id}</span>\n<span>data:</span> ${pretty(raw.data)}</pre>` : nothing}
    </li>`;
  }

  #onFilter(event: Event): void {
    this.filter = (event.target as HTMLInputElement).value;
  }

  #pause(): void {
    this.paused = !this.paused;
    this.#missed = 0;
  }

  #clear(): void {
    this.#lines = [];
    this.open = new Set();
    this.requestUpdate();
  }

  #toggle(number: number): void {
    const open = new Set(this.open);
    if (!open.delete(number)) open.add(number);
    this.open = open;
  }

  /** Oldest first, as the wire had it. */
  async #copy(lines: readonly Line[]): Promise<void> {
    const text = lines
      .toReversed()
      .map(({ raw }) => wireText(raw))
      .join("");
    try {
      await navigator.clipboard.writeText(text);
      this.said = `Copied ${lines.length} frames.`;
    } catch {
      this.said = "The browser does not let this page copy.";
    }
  }
}

function clock(at: Date): string {
  return `${at.toTimeString().slice(0, 8)}.${String(at.getMilliseconds()).padStart(3, "0")}`;
}

function pretty(data: string): string {
  try {
    return JSON.stringify(JSON.parse(data), null, 2);
  } catch {
    return data;
  }
}
