import { html, LitElement, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import type { Notification } from "../client/index.ts";
import { base } from "./styles.ts";

/** Milliseconds between two announcements: a busy stream must not talk without end. */
const PAUSE = 4000;

/** What to say of notifications that came since the last word, oldest first. */
export function announcement(arrived: readonly Notification[]): string {
  const latest = arrived.at(-1);
  if (latest === undefined) return "";
  return arrived.length === 1 ? latest.title : `${arrived.length} new notifications. Latest: ${latest.title}`;
}

/** Tells screen readers of what arrives: what is critical at once, the rest gathered and when they pause. */
@customElement("tidings-announcer")
export class Announcer extends LitElement {
  static override styles = base;

  @state() private polite = "";
  @state() private urgent = "";
  #waiting: Notification[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  override render(): TemplateResult {
    return html`<div class="sr-only" role="status">${this.polite}</div>
      <div class="sr-only" role="alert">${this.urgent}</div>`;
  }

  announce(notification: Notification): void {
    if (notification.priority === "critical") {
      this.urgent = notification.title;
      return;
    }
    this.#waiting.push(notification);
    this.#timer ??= setTimeout(() => this.#speak(), this.polite === "" ? 0 : PAUSE);
  }

  #speak(): void {
    this.#timer = undefined;
    this.polite = announcement(this.#waiting);
    this.#waiting = [];
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#timer);
  }
}
