import { css, html, LitElement, type TemplateResult } from "lit";
import { customElement } from "lit/decorators.js";
import { icon } from "./icons.ts";
import { preferencesStyle } from "./preferences.style.ts";
import { base, controls } from "./styles.ts";

const KEYS: readonly (readonly [keys: string, meaning: string])[] = [
  ["/", "Search for something to follow"],
  ["g", "Go to the inbox"],
  ["j  k", "Next, previous notification"],
  ["Enter", "Open it and mark it as read"],
  ["r  u", "Mark as read, as unread"],
  ["e", "Dismiss"],
  ["?", "This help"],
];

/** Whether single keys act beyond the inbox; can be turned off (WCAG 2.1.4). */
export function shortcutsOn(): boolean {
  return localStorage.getItem("tidings-shortcuts") !== "off";
}

/** What the keyboard can do. */
@customElement("tidings-shortcuts")
export class Shortcuts extends LitElement {
  static override styles = [
    base,
    controls,
    preferencesStyle,
    css`
      dl {
        display: grid;
        grid-template-columns: auto 1fr;
        gap: 0.6rem 1.2rem;
        align-items: center;
      }
      kbd {
        padding: 2px 8px;
        border: 1px solid var(--line-strong);
        border-bottom-width: 2px;
        border-radius: 7px;
        font: 600 0.8438rem var(--mono);
        white-space: pre;
      }
      .body {
        gap: 1.1rem;
      }
    `,
  ];

  show(): void {
    this.renderRoot.querySelector("dialog")?.showModal();
  }

  override render(): TemplateResult {
    return html`<dialog aria-labelledby="title"><form method="dialog">
      <div class="head">
        <h2 id="title">Keyboard</h2>
        <button class="icon-button" aria-label="Close">${icon("close")}</button>
      </div>
      <div class="body">
        <dl>${KEYS.map(([keys, meaning]) => html`<dt><kbd>${keys}</kbd></dt><dd>${meaning}</dd>`)}</dl>
        <label class="check">
          <input type="checkbox" ?checked=${shortcutsOn()} @change=${this.#onToggle} />
          Use / g and ? anywhere on the page
        </label>
      </div>
    </form></dialog>`;
  }

  #onToggle(event: Event): void {
    localStorage.setItem("tidings-shortcuts", (event.target as HTMLInputElement).checked ? "on" : "off");
  }
}
