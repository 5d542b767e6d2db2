import { css, html, LitElement, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import type { Thread } from "../client/index.ts";
import { emit } from "./events.ts";
import { icon } from "./icons.ts";
import { lookOf, nameOfKind } from "./look.ts";
import { base, controls } from "./styles.ts";

/** How many threads there are of each kind, the most frequent first. */
export function tally(threads: readonly Thread[]): readonly (readonly [kind: string, count: number])[] {
  const counts = new Map<string, number>();
  for (const { head } of threads) {
    const { kind } = head.notification;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return [...counts].toSorted(([, a], [, b]) => b - a);
}

/** What the inbox holds, by kind; a kind that is pressed is shown alone. */
@customElement("tidings-tally")
export class Tally extends LitElement {
  static override styles = [
    base,
    controls,
    css`
      ul {
        display: flex;
        gap: 0.5rem;
        padding: 0.15rem 1.1rem 0.9rem;
        overflow-x: auto;
        scrollbar-width: none;
      }
      button {
        display: inline-flex;
        align-items: center;
        gap: 0.45rem;
        min-height: 34px;
        padding: 0 0.8rem 0 0.6rem;
        border-radius: 17px;
        border-color: var(--line);
        font-size: 0.875rem;
        white-space: nowrap;
        --tone: var(--muted);
        --tone-soft: var(--hover);
      }
      button:hover,
      button[aria-pressed="true"] {
        background: var(--tone-soft);
      }
      button[aria-pressed="true"] {
        border-color: var(--tone);
      }
      svg {
        color: var(--tone);
      }
      .danger { --tone: var(--danger); --tone-soft: var(--danger-soft); }
      .warning { --tone: var(--warning); --tone-soft: var(--warning-soft); }
      .good { --tone: var(--good); --tone-soft: var(--good-soft); }
      .info { --tone: var(--info); --tone-soft: var(--info-soft); }
      strong {
        font-weight: 650;
        font-variant-numeric: tabular-nums;
      }
    `,
  ];

  @property({ attribute: false }) threads: readonly Thread[] = [];
  /** The kind that is shown alone; null = all. */
  @property() only: string | null = null;

  override render(): TemplateResult | typeof nothing {
    const counts = tally(this.threads);
    if (counts.length === 0) return nothing;
    return html`<ul aria-label="Show one kind alone">
      ${counts.map(
        ([kind, count]) => html`<li>
        <button type="button" class=${lookOf(kind).tone} aria-pressed=${this.only === kind} @click=${() => this.#choose(kind)}>
          ${icon(lookOf(kind).icon, 17)}${nameOfKind(kind)}<strong>${count}</strong>
        </button>
      </li>`,
      )}
    </ul>`;
  }

  #choose(kind: string): void {
    emit(this, "tidings-only", { kind: this.only === kind ? null : kind });
  }
}
