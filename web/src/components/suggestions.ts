import { css, html, LitElement, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import type { Followable } from "../client/index.ts";
import { emit } from "./events.ts";
import { icon } from "./icons.ts";
import { iconOfTopic } from "./look.ts";
import { base, controls } from "./styles.ts";

/** Things to follow at one click, for whoever follows nothing yet. */
@customElement("tidings-suggestions")
export class Suggestions extends LitElement {
  static override styles = [
    base,
    controls,
    css`
      ul {
        display: flex;
        flex-wrap: wrap;
        justify-content: inherit;
        gap: 0.5rem;
        margin-top: 0.9rem;
      }
      :host([align="center"]) {
        display: grid;
        justify-items: center;
        justify-content: center;
      }
      :host([align="center"]) ul {
        justify-content: center;
      }
      li .button {
        min-height: 34px;
        font-size: 0.875rem;
        font-weight: 450;
        border-color: var(--line);
      }
      .button svg {
        color: var(--accent);
      }
      .primary svg {
        color: inherit;
      }
    `,
  ];

  /** Followed together, under `bundleName`; none of them if empty. */
  @property({ attribute: false }) bundle: readonly Followable[] = [];
  @property() bundleName = "";
  @property({ attribute: false }) single: readonly Followable[] = [];
  @property({ attribute: false }) followed: ReadonlySet<string> = new Set();

  override render(): TemplateResult {
    const missing = this.bundle.filter(({ topic }) => !this.followed.has(topic)).map(({ topic }) => topic);
    const single = this.single.filter(({ topic }) => !this.followed.has(topic));
    return html`
      ${
        missing.length === 0
          ? nothing
          : html`<button class="button primary" type="button" @click=${() => this.#follow(missing)}>
        ${icon("plus", 18)}Follow ${this.bundleName}
      </button>`
      }
      <ul>
        ${single.map(
          ({ topic, kind, title }) => html`<li>
            <button class="button" type="button" aria-label="Follow ${title}" @click=${() => this.#follow([topic])}>
              ${icon(iconOfTopic(kind), 16)}${title}
            </button>
          </li>`,
        )}
      </ul>
    `;
  }

  #follow(topics: readonly string[]): void {
    emit(this, "tidings-follow", { topics, follow: true });
  }
}
