import { css, html, LitElement, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import type { TidingsStream } from "../client/index.ts";
import { emit } from "../components/events.ts";
import { icon } from "../components/icons.ts";
import { base, controls } from "../components/styles.ts";
import { logo } from "./logo.ts";

/** The page's bar: name, connection, bell, theme, account. */
@customElement("tidings-header")
export class Header extends LitElement {
  static override styles = [
    base,
    controls,
    css`
      :host {
        position: sticky;
        top: 0;
        z-index: 20;
        background: color-mix(in srgb, var(--surface) 88%, transparent);
        backdrop-filter: blur(14px);
        border-bottom: 1px solid var(--line);
      }
      header {
        display: flex;
        align-items: center;
        gap: 0.35rem;
        max-width: 1320px;
        min-height: 60px;
        margin: 0 auto;
        padding: 0 1.25rem;
      }
      .name {
        display: flex;
        align-items: center;
        gap: 0.65rem;
        margin-right: auto;
        font-size: 1.1875rem;
        font-weight: 750;
        letter-spacing: -0.02em;
      }
      tidings-connection {
        margin-right: 0.4rem;
      }
      .account {
        display: grid;
        place-items: center;
        width: 34px;
        height: 34px;
        margin-left: 0.35rem;
        border-radius: 50%;
        font-weight: 700;
        color: var(--accent);
        background: var(--accent-soft);
        text-transform: uppercase;
      }
      [popover] {
        position: fixed;
        inset: 64px max(1rem, calc(50vw - 640px)) auto auto;
        min-width: 220px;
        margin: 0;
        padding: 6px;
        border: 1px solid var(--line);
        border-radius: 14px;
        color: var(--ink);
        background: var(--surface);
        box-shadow: var(--shadow-large);
      }
      [popover] p {
        padding: 0.5rem 0.7rem 0.6rem;
        font-size: 0.875rem;
        color: var(--muted);
      }
      [popover] strong {
        display: block;
        font-size: 0.9688rem;
        color: var(--ink);
        overflow-wrap: anywhere;
      }
      [popover] button {
        display: flex;
        align-items: center;
        gap: 0.7rem;
        width: 100%;
        min-height: 40px;
        padding: 0 0.7rem;
        font-size: 0.9375rem;
      }
      [popover] button:hover {
        background: var(--hover);
      }
      @media (max-width: 560px) {
        header {
          padding: 0 0.75rem;
          gap: 0;
        }
        .name span {
          display: none;
        }
      }
    `,
  ];

  @property() user = "";
  @property({ attribute: false }) stream: TidingsStream | null = null;
  @property({ type: Number }) now = Date.now();
  /** Changes with every change of the stream, so that this is drawn again. */
  @property({ type: Number }) version = 0;

  override render(): TemplateResult {
    return html`<header>
      <div class="name">${logo(30)}<span>Tidings</span></div>
      ${this.stream ? this.#signedIn(this.stream) : nothing}
      <tidings-theme></tidings-theme>
      ${this.stream ? this.#account() : nothing}
    </header>`;
  }

  #signedIn(stream: TidingsStream): TemplateResult {
    return html`<tidings-connection
        .connection=${stream.connection}
        .leads=${stream.leads}
        .cursor=${stream.inbox.cursor}
        .now=${this.now}
      ></tidings-connection>
      <tidings-bell .unread=${stream.unread}></tidings-bell>`;
  }

  #account(): TemplateResult {
    return html`<button class="account" type="button" popovertarget="account" aria-label="Account of ${this.user}">
        ${this.user.slice(0, 1)}
      </button>
      <div id="account" popover>
        <p>Signed in as <strong>${this.user}</strong></p>
        ${this.#entry("settings", "Preferences", () => emit(this, "tidings-open", { what: "preferences" }))}
        ${this.#entry("help", "Keyboard", () => emit(this, "tidings-open", { what: "shortcuts" }))}
        ${this.#entry("leave", "Sign out", () => emit(this, "tidings-sign-out", {}))}
      </div>`;
  }

  #entry(name: "settings" | "help" | "leave", label: string, act: () => void): TemplateResult {
    const choose = () => {
      this.renderRoot.querySelector<HTMLElement>("#account")?.hidePopover();
      act();
    };
    return html`<button type="button" @click=${choose}>${icon(name)}${label}</button>`;
  }
}
