import { css, html, LitElement, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { type IconName, icon } from "./icons.ts";
import { base, controls } from "./styles.ts";

const THEMES = ["system", "light", "dark"] as const;
type Theme = (typeof THEMES)[number];

const ICONS: Record<Theme, IconName> = { system: "system", light: "sun", dark: "moon" };

/** Goes round from the system's theme to light to dark; `public/theme.js` restores it before anything is drawn. */
@customElement("tidings-theme")
export class ThemeToggle extends LitElement {
  static override styles = [
    base,
    controls,
    css`
      :host {
        display: inline-block;
      }
      button {
        width: 40px;
        height: 40px;
      }
    `,
  ];

  @state() private theme: Theme = stored();

  override render(): TemplateResult {
    const label = `Theme: ${this.theme}`;
    return html`<button class="icon-button" type="button" aria-label=${label} title=${label} @click=${this.#next}>
      ${icon(ICONS[this.theme], 20)}
    </button>`;
  }

  #next(): void {
    this.theme = THEMES[(THEMES.indexOf(this.theme) + 1) % THEMES.length] ?? "system";
    localStorage.setItem("tidings-theme", this.theme);
    document.documentElement.dataset.theme = this.theme;
  }
}

function stored(): Theme {
  const name = localStorage.getItem("tidings-theme");
  return THEMES.find((theme) => theme === name) ?? "system";
}
