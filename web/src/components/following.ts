import { css, html, LitElement, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import type { Follow, Followable } from "../client/index.ts";
import { emit } from "./events.ts";
import { icon } from "./icons.ts";
import { iconOfTopic, kindOfTopic } from "./look.ts";
import { base, controls } from "./styles.ts";

/** What the user follows, each with a way to mute it and to let it go. */
@customElement("tidings-following")
export class Following extends LitElement {
  static override styles = [
    base,
    controls,
    css`
      li {
        display: flex;
        align-items: center;
        gap: 0.75rem;
        padding: 0.45rem 0.6rem 0.45rem 1.1rem;
        border-top: 1px solid var(--line);
      }
      .kind {
        color: var(--accent);
      }
      .silent .kind {
        color: var(--muted);
      }
      .name {
        flex: 1;
        min-width: 0;
        display: grid;
        font-size: 0.9063rem;
      }
      .name > * {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      small {
        font-size: 0.8125rem;
        color: var(--muted);
      }
      .buttons {
        display: flex;
        flex: none;
      }
    `,
  ];

  @property({ attribute: false }) follows: readonly Follow[] = [];
  /** What is known of the topics that are followed. */
  @property({ attribute: false }) known: ReadonlyMap<string, Followable> = new Map();
  @property({ attribute: false }) muted: ReadonlySet<string> = new Set();

  override render(): TemplateResult {
    return html`<ul>
      ${repeat(
        this.follows,
        ({ topic }) => topic,
        ({ topic }) => this.#row(topic),
      )}
    </ul>`;
  }

  #row(topic: string): TemplateResult {
    const followable = this.known.get(topic);
    const title = followable?.title ?? topic;
    const silent = this.muted.has(topic);
    const mute = silent ? `Unmute ${title}` : `Mute ${title}`;
    return html`<li class=${silent ? "silent" : ""}>
      <span class="kind">${icon(iconOfTopic(followable?.kind ?? kindOfTopic(topic)), 18)}</span>
      <span class="name" title=${topic}
        ><span>${title}</span>${silent ? html`<small>Muted</small>` : subtitle(followable?.subtitle)}</span
      >
      <span class="buttons">
        <button class="icon-button" type="button" aria-pressed=${silent} aria-label=${mute} title=${mute}
          @click=${() => emit(this, "tidings-mute", { topic, muted: !silent })}>
          ${icon(silent ? "bellOff" : "bell", 18)}
        </button>
        <button class="icon-button" type="button" aria-label="Unfollow ${title}" title="Unfollow"
          @click=${() => emit(this, "tidings-follow", { topics: [topic], follow: false })}>
          ${icon("close", 18)}
        </button>
      </span>
    </li>`;
  }
}

function subtitle(text: string | undefined): TemplateResult | typeof nothing {
  return text ? html`<small>${text}</small>` : nothing;
}
