import { html, LitElement, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import type { Followable } from "../client/index.ts";
import { emit } from "./events.ts";
import { followSearchStyle } from "./follow-search.style.ts";
import { icon } from "./icons.ts";
import { iconOfTopic } from "./look.ts";
import { base, controls } from "./styles.ts";

/** Milliseconds of quiet before a search goes out. */
const SETTLE = 120;

/** Search over what may be followed; an ARIA combobox whose list follows and unfollows. */
@customElement("tidings-follow-search")
export class FollowSearch extends LitElement {
  static override styles = [base, controls, followSearchStyle];

  /** Looks up what matches, best first. */
  @property({ attribute: false }) search: (text: string) => Promise<readonly Followable[]> = async () => [];
  @property({ attribute: false }) followed: ReadonlySet<string> = new Set();
  @state() private text = "";
  @state() private found: readonly Followable[] | null = null;
  @state() private active = -1;
  @state() private error = "";
  #timer: ReturnType<typeof setTimeout> | undefined;

  override render(): TemplateResult {
    const open = this.found !== null || this.error !== "";
    return html`
      <div class="box" @focusout=${this.#onLeave}>
        <label class="sr-only" for="query">Search airports, routes and flights</label>
        <span class="lens">${icon("search", 18)}</span>
        <input
          id="query"
          role="combobox"
          aria-expanded=${open}
          aria-controls="results"
          aria-autocomplete="list"
          aria-activedescendant=${this.active >= 0 ? `result-${this.active}` : nothing}
          autocomplete="off"
          spellcheck="false"
          placeholder="Airport, route or flight: JFK, UA1545"
          .value=${this.text}
          @input=${this.#onInput}
          @focus=${this.#lookUp}
          @keydown=${this.#onKey}
        />
        <kbd aria-hidden="true">/</kbd>
        <div class="list" ?hidden=${!open}>${this.#results()}</div>
      </div>
    `;
  }

  override focus(): void {
    this.renderRoot.querySelector("input")?.focus();
  }

  #results(): TemplateResult {
    if (this.error) return html`<p class="note" role="alert">${this.error}</p>`;
    const found = this.found ?? [];
    const note = found.length === 0 ? `Nothing to follow matches “${this.text}”.` : "";
    return html`
      <ul id="results" role="listbox" aria-label="What may be followed">
        ${found.map((followable, index) => this.#result(followable, index))}
      </ul>
      <p class="note" role="status" ?hidden=${note === ""}>${note}</p>
    `;
  }

  #result(followable: Followable, index: number): TemplateResult {
    const followed = this.followed.has(followable.topic);
    return html`<li
      id="result-${index}"
      role="option"
      aria-selected=${index === this.active}
      class=${index === this.active ? "active" : ""}
      @pointerdown=${(event: Event) => event.preventDefault()}
      @click=${() => this.#toggle(followable)}
    >
      <span class="kind">${icon(iconOfTopic(followable.kind), 18)}</span>
      <span class="name"><span>${followable.title}</span><small>${followable.subtitle || followable.topic}</small></span>
      <span class="state ${followed ? "on" : ""}">${icon(followed ? "check" : "plus", 16)}${followed ? "Following" : "Follow"}</span>
    </li>`;
  }

  #onInput(event: Event): void {
    this.text = (event.target as HTMLInputElement).value;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#lookUp(), SETTLE);
  }

  async #lookUp(): Promise<void> {
    const asked = this.text;
    try {
      const found = await this.search(asked);
      if (asked !== this.text || !this.matches(":focus-within")) return; // typed on meanwhile, or gone
      this.found = found;
      this.error = "";
      this.active = asked === "" ? -1 : Math.min(0, found.length - 1);
    } catch (error) {
      this.error = error instanceof Error ? error.message : String(error);
    }
  }

  #onKey(event: KeyboardEvent): void {
    const found = this.found ?? [];
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      this.#move(event.key === "ArrowDown" ? 1 : -1, found.length);
    } else if (event.key === "Enter") {
      const chosen = found[this.active];
      if (chosen) this.#toggle(chosen);
    } else if (event.key === "Escape") {
      this.#close();
    }
  }

  #move(step: number, size: number): void {
    if (size === 0) return;
    this.active = (this.active + step + size) % size;
    this.updateComplete.then(() =>
      this.renderRoot.querySelector(".active")?.scrollIntoView({ block: "nearest" }),
    );
  }

  #toggle({ topic }: Followable): void {
    emit(this, "tidings-follow", { topics: [topic], follow: !this.followed.has(topic) });
  }

  #onLeave(): void {
    if (!this.matches(":focus-within")) this.#close();
  }

  #close(): void {
    this.found = null;
    this.error = "";
    this.active = -1;
  }
}
