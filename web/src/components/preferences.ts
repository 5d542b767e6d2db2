import { html, LitElement, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import type { Preferences, QuietHours } from "../client/index.ts";
import { emit } from "./events.ts";
import { icon } from "./icons.ts";
import { nameOfKind } from "./look.ts";
import { preferencesStyle } from "./preferences.style.ts";
import { base, controls } from "./styles.ts";
import { clockOf, minuteOf } from "./time.ts";

const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const NIGHT: QuietHours = { start_minute: 22 * 60, end_minute: 7 * 60, days: [] };

/** How the user wants to be told; a dialog that hands the whole back when it is saved. */
@customElement("tidings-preferences")
export class PreferencesDialog extends LitElement {
  static override styles = [base, controls, preferencesStyle];

  @property({ attribute: false }) preferences: Preferences | null = null;
  /** Kinds that are known, muted or not. */
  @property({ attribute: false }) kinds: readonly string[] = [];
  @property({ attribute: false }) titles: ReadonlyMap<string, string> = new Map();
  /** Languages that the rules have texts in, as BCP 47 tags. */
  @property({ attribute: false }) locales: readonly string[] = ["en", "de"];
  @state() private draft: Preferences | null = null;

  show(): void {
    this.draft = this.preferences;
    this.updateComplete.then(() => this.renderRoot.querySelector("dialog")?.showModal());
  }

  protected override updated(): void {
    const quiet = this.draft?.quiet_hours;
    const empty = quiet?.start_minute === quiet?.end_minute;
    const end = this.renderRoot.querySelector<HTMLInputElement>("#end");
    end?.setCustomValidity(empty ? "Choose another time than the one it begins at." : "");
  }

  override render(): TemplateResult | typeof nothing {
    const { draft } = this;
    if (draft === null) return nothing;
    return html`<dialog aria-labelledby="title" @close=${this.#onClose}>
      <form method="dialog">
        <div class="head">
          <h2 id="title">Preferences</h2>
          <button class="icon-button" value="cancel" aria-label="Close" formnovalidate>${icon("close")}</button>
        </div>
        <div class="body">
          ${this.#language(draft)} ${this.#quietHours(draft.quiet_hours)} ${this.#mutedKinds(draft)} ${this.#mutedTopics(draft)}
        </div>
        <div class="foot">
          <button class="button" value="cancel" formnovalidate>Cancel</button>
          <button class="button primary" value="save">Save</button>
        </div>
      </form>
    </dialog>`;
  }

  #language(draft: Preferences): TemplateResult {
    const locales = [...new Set([...this.locales, draft.locale])];
    return html`<fieldset class="pair">
      <legend>Language and time</legend>
      <label>Language
        <select .value=${draft.locale} @change=${(e: Event) => this.#set({ locale: valueIn(e) })}>
          ${locales.map((tag) => html`<option value=${tag} ?selected=${tag === draft.locale}>${nameOfLocale(tag)}</option>`)}
        </select>
      </label>
      <label>Time zone
        <select .value=${draft.time_zone} @change=${(e: Event) => this.#set({ time_zone: valueIn(e) })}>
          ${zones(draft.time_zone).map((zone) => html`<option ?selected=${zone === draft.time_zone}>${zone}</option>`)}
        </select>
      </label>
    </fieldset>`;
  }

  #quietHours(quiet: QuietHours | null): TemplateResult {
    return html`<fieldset>
      <legend>Quiet hours</legend>
      <label class="check">
        <input type="checkbox" .checked=${quiet !== null} @change=${(e: Event) => this.#set({ quiet_hours: isChecked(e) ? NIGHT : null })} />
        Hold everything but critical notifications, and deliver it afterwards
      </label>
      ${quiet === null ? nothing : this.#span(quiet)}
    </fieldset>`;
  }

  #span(quiet: QuietHours): TemplateResult {
    const set = (change: Partial<QuietHours>) => this.#set({ quiet_hours: { ...quiet, ...change } });
    return html`<div class="pair">
        <label>From <input type="time" required .value=${clockOf(quiet.start_minute)}
          @change=${(e: Event) => set({ start_minute: minuteOf(valueIn(e)) })} /></label>
        <label>To <input id="end" type="time" required .value=${clockOf(quiet.end_minute)}
          @change=${(e: Event) => set({ end_minute: minuteOf(valueIn(e)) })} /></label>
      </div>
      <div class="days" role="group" aria-label="On which days it begins; none means every day">
        ${DAYS.map((name, index) => {
          const days = toggled(quiet.days, index + 1);
          return html`<button type="button" aria-pressed=${quiet.days.includes(index + 1)} @click=${() => set({ days })}>${name}</button>`;
        })}
      </div>`;
  }

  #mutedKinds(draft: Preferences): TemplateResult {
    const kinds = [...new Set([...this.kinds, ...draft.muted_kinds])].sort();
    return html`<fieldset>
      <legend>What to be told of</legend>
      ${kinds.length === 0 ? html`<p class="muted">Kinds of notifications appear here once the first has come.</p>` : nothing}
      <div class="kinds">
        ${kinds.map(
          (kind) => html`<label class="check">
          <input type="checkbox" .checked=${!draft.muted_kinds.includes(kind)}
            @change=${() => this.#set({ muted_kinds: toggled(draft.muted_kinds, kind) })} />
          ${nameOfKind(kind)}
        </label>`,
        )}
      </div>
    </fieldset>`;
  }

  #mutedTopics(draft: Preferences): TemplateResult | typeof nothing {
    if (draft.muted_topics.length === 0) return nothing;
    return html`<fieldset>
      <legend>Muted</legend>
      <ul>
        ${draft.muted_topics.map(
          (topic) => html`<li>
          <span>${this.titles.get(topic) ?? topic}</span>
          <button class="button quiet" type="button"
            @click=${() => this.#set({ muted_topics: toggled(draft.muted_topics, topic) })}>Unmute</button>
        </li>`,
        )}
      </ul>
    </fieldset>`;
  }

  #set(change: Partial<Preferences>): void {
    if (this.draft) this.draft = { ...this.draft, ...change };
  }

  #onClose(event: Event): void {
    const saved = (event.target as HTMLDialogElement).returnValue === "save";
    if (saved && this.draft) emit(this, "tidings-save-preferences", this.draft);
    this.draft = null;
  }
}

function valueIn(event: Event): string {
  return (event.target as HTMLInputElement | HTMLSelectElement).value;
}

function isChecked(event: Event): boolean {
  return (event.target as HTMLInputElement).checked;
}

function toggled<T>(list: readonly T[], item: T): readonly T[] {
  return list.includes(item) ? list.filter((other) => other !== item) : [...list, item];
}

function nameOfLocale(tag: string): string {
  return new Intl.DisplayNames([tag], { type: "language" }).of(tag) ?? tag;
}

/** All zones that the browser knows, its own first; the chosen one even if it is not among them. */
function zones(chosen: string): readonly string[] {
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return [...new Set([chosen, own, "UTC", ...Intl.supportedValuesOf("timeZone")])];
}
