import { css, html, LitElement, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import type { Unread } from "../client/index.ts";
import { emit } from "./events.ts";
import { icon } from "./icons.ts";
import { base, controls } from "./styles.ts";

/** `7`, `99+`; with a plus also when older ones are unread that are not held. */
export function badgeOf({ count, more }: Unread): string {
  if (count > 99) return "99+";
  return more ? `${count}+` : count === 0 ? "" : String(count);
}

/** A bell with the number of unread notifications. */
@customElement("tidings-bell")
export class Bell extends LitElement {
  static override styles = [
    base,
    controls,
    css`
      :host {
        display: inline-block;
        margin-right: 0.7rem;
      }
      button {
        position: relative;
        width: 40px;
        height: 40px;
      }
      .count {
        position: absolute;
        top: 1px;
        left: 19px;
        min-width: 19px;
        padding: 0 5px;
        border-radius: 10px;
        font-size: 0.6875rem;
        font-weight: 700;
        line-height: 19px;
        text-align: center;
        font-variant-numeric: tabular-nums;
        color: var(--on-danger);
        background: var(--danger-fill);
        box-shadow: 0 0 0 2px var(--surface);
      }
    `,
  ];

  @property({ attribute: false }) unread: Unread = { count: 0, more: false };

  override render(): TemplateResult {
    const badge = badgeOf(this.unread);
    const label = badge === "" ? "Inbox, nothing unread" : `Inbox, ${badge} unread`;
    return html`<button class="icon-button" type="button" aria-label=${label} title=${label} @click=${this.#open}>
      ${icon("bell", 22)} ${badge === "" ? nothing : html`<span class="count" aria-hidden="true">${badge}</span>`}
    </button>`;
  }

  #open(): void {
    emit(this, "tidings-open", { what: "inbox" });
  }
}
