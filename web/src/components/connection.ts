import { css, html, LitElement, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { CLOSED, type Connection, type Status } from "../client/connection.ts";
import { base, controls } from "./styles.ts";
import { relativeTime } from "./time.ts";

const WORDS: Record<Status, readonly [name: string, meaning: string]> = {
  connecting: ["Connecting", "Fetching your inbox and opening the stream."],
  replaying: ["Catching up", "What you missed is coming in, in order."],
  live: ["Live", "Events arrive as they happen."],
  reconnecting: ["Reconnecting", "The stream broke. It resumes where it stopped; nothing is lost."],
  offline: ["Offline", "The browser has no network. The stream resumes where it stopped when it is back."],
  closed: ["Not connected", "The stream has ended."],
};

/** Reasons of the gateway's `bye` and `reset`, in words. */
const REASONS: Record<string, string> = {
  drain: "The gateway restarts.",
  slow: "This page was too slow to take what came.",
  "token-expired": "The session has expired.",
  limit: "Too many streams are open for this user.",
  moved: "Another gateway takes over.",
};

/** Whether the stream is live, in a word, a shape and a colour; opens to say more. */
@customElement("tidings-connection")
export class ConnectionState extends LitElement {
  static override styles = [
    base,
    controls,
    css`
      :host {
        display: inline-block;
      }
      button {
        display: inline-flex;
        align-items: center;
        gap: 0.5rem;
        min-height: 34px;
        padding: 0 0.8rem 0 0.65rem;
        border-radius: 17px;
        border-color: var(--line);
        font-size: 0.875rem;
        font-weight: 550;
        anchor-name: --connection;
      }
      button:hover {
        background: var(--hover);
      }
      .lamp {
        width: 9px;
        height: 9px;
        border-radius: 50%;
        background: var(--lamp);
      }
      .live { --lamp: var(--good); }
      .connecting, .replaying, .reconnecting { --lamp: var(--warning); }
      .offline, .closed { --lamp: var(--danger); }
      .live .lamp {
        animation: beat 2.4s ease-out infinite;
      }
      .reconnecting .lamp, .connecting .lamp, .replaying .lamp {
        background: none;
        border: 2px solid var(--lamp);
        border-right-color: transparent;
        width: 12px;
        height: 12px;
        animation: turn 0.9s linear infinite;
      }
      .offline .lamp, .closed .lamp {
        border-radius: 2px;
      }
      @keyframes beat {
        from { box-shadow: 0 0 0 0 color-mix(in srgb, var(--lamp) 55%, transparent); }
        to { box-shadow: 0 0 0 8px transparent; }
      }
      @keyframes turn {
        to { transform: rotate(1turn); }
      }
      [popover] {
        position: fixed;
        inset: 64px 1rem auto auto;
        width: min(320px, calc(100vw - 2rem));
        margin: 0;
        padding: 1rem 1.1rem;
        border: 1px solid var(--line);
        border-radius: 14px;
        color: var(--ink);
        background: var(--surface);
        box-shadow: var(--shadow-large);
        font-size: 0.9063rem;
      }
      dl {
        display: grid;
        grid-template-columns: auto 1fr;
        gap: 0.25rem 1rem;
        margin-top: 0.8rem;
        font-size: 0.8438rem;
      }
      dt {
        color: var(--muted);
      }
      dd {
        overflow-wrap: anywhere;
      }
    `,
  ];

  @property({ attribute: false }) connection: Connection = CLOSED;
  /** Whether this tab keeps the connection, or another tab does. */
  @property({ type: Boolean }) leads = true;
  /** Where the stream stands. */
  @property() cursor: string | null = null;
  @property({ type: Number }) now = Date.now();

  override render(): TemplateResult {
    const { status, attempt } = this.connection;
    const [name, meaning] = WORDS[status];
    return html`
      <button class=${status} type="button" popovertarget="more">
        <span class="lamp" aria-hidden="true"></span>
        <span><span class="sr-only">Stream: </span>${name}</span>
        ${attempt > 1 ? html`<span class="muted">attempt ${attempt}</span>` : nothing}
      </button>
      <span class="sr-only" role="status">Stream: ${name}</span>
      <div id="more" popover>
        <p>${meaning}</p>
        ${this.#details()}
      </div>
    `;
  }

  #details(): TemplateResult {
    const { reason, since } = this.connection;
    return html`<dl>
      ${reason === null ? nothing : html`<dt>Reason</dt><dd>${REASONS[reason] ?? reason}</dd>`}
      <dt>Since</dt><dd>${relativeTime(since, this.now, "en")}</dd>
      <dt>Connection</dt><dd>${this.leads ? "kept by this tab, shared with others" : "shared: another tab keeps it"}</dd>
      <dt>Cursor</dt><dd class="mono">${this.cursor ?? "none yet"}</dd>
    </dl>`;
  }
}
