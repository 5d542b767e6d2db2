import { html, LitElement, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { idsOf, isUnread, type State, type Thread } from "../client/index.ts";
import { emit } from "./events.ts";
import { feedItemStyle } from "./feed-item.style.ts";
import { type IconName, icon } from "./icons.ts";
import { iconOfTopic, kindOfTopic, lookOf, nameOfKind, nameOfPriority } from "./look.ts";
import { base, controls } from "./styles.ts";
import { absoluteTime, relativeTime } from "./time.ts";

/** One notification: what happened, why it came, and what may be done with it. */
@customElement("tidings-feed-item")
export class FeedItem extends LitElement {
  static override styles = [base, controls, feedItemStyle];

  @property({ attribute: false }) thread!: Thread;
  /** Milliseconds since 1970, for the relative time. */
  @property({ type: Number }) now = Date.now();
  @property() locale = "en";
  @property() timeZone = "UTC";
  /** What people call the followed topic. */
  @property() topicTitle = "";

  override render(): TemplateResult {
    const { notification } = this.thread.head;
    const look = lookOf(notification.kind);
    const fresh = isUnread(this.thread.state);
    return html`
      <div class="item ${look.tone} ${fresh ? "unread" : ""} ${notification.priority}">
        ${fresh ? html`<span class="dot" aria-hidden="true"></span>` : nothing}
        <span class="look" title=${nameOfKind(notification.kind)}>${icon(look.icon, 20)}</span>
        <div class="head">
          <h3>
            ${fresh ? html`<span class="sr-only">Unread.</span>` : nothing} ${this.#priority()}
            <span>${notification.title}</span>
          </h3>
          <time datetime=${notification.created_at} title=${this.#absolute(notification.created_at)}
            >${relativeTime(Date.parse(notification.created_at), this.now, this.locale)}</time
          >
        </div>
        ${notification.body ? html`<p>${notification.body}</p>` : nothing} ${this.#digest()}
        <div class="meta">${this.#topic()} ${this.#times()} ${this.#earlier()} ${this.#link()}
          <span class="actions">${this.#actions(fresh)}</span>
        </div>
      </div>
    `;
  }

  #priority(): TemplateResult | typeof nothing {
    const { priority } = this.thread.head.notification;
    const name = nameOfPriority(priority);
    return name === null ? nothing : html`<span class="badge">${icon("alert", 13)}${name}</span>`;
  }

  /** A digest stands for several events and shows a sample of them. */
  #digest(): TemplateResult | typeof nothing {
    const { count, items } = this.thread.head.notification;
    if (items.length === 0) return nothing;
    const rest = count - items.length;
    return html`<ul class="digest">
      ${items.map((item) => html`<li>${item}</li>`)} ${rest > 0 ? html`<li class="muted">and ${rest} more</li>` : nothing}
    </ul>`;
  }

  #topic(): TemplateResult | typeof nothing {
    const { topic } = this.thread.head.notification;
    if (topic === null) return nothing;
    return html`<span class="topic" title="You follow ${topic}"
      >${icon(iconOfTopic(kindOfTopic(topic)), 14)}${this.topicTitle || topic}</span
    >`;
  }

  #times(): TemplateResult {
    const { event_time: time } = this.thread.head.notification;
    return html`<span class="when">Happened <time datetime=${time}>${this.#absolute(time)}</time></span>`;
  }

  #earlier(): TemplateResult | typeof nothing {
    const { length } = this.thread.earlier;
    return length === 0
      ? nothing
      : html`<span>${length} earlier ${length === 1 ? "update" : "updates"}</span>`;
  }

  #link(): TemplateResult | typeof nothing {
    const { url } = this.thread.head.notification;
    return safe(url) ? html`<a href=${url} rel="noopener noreferrer" target="_blank">Read more</a>` : nothing;
  }

  #absolute(time: string): string {
    return absoluteTime(time, this.locale, this.timeZone);
  }

  #actions(fresh: boolean): TemplateResult {
    const { topic } = this.thread.head.notification;
    const toggle = fresh
      ? this.#action("check", "Mark as read", () => this.mark("read"))
      : this.#action("envelope", "Mark as unread", () => this.mark("unread"));
    const mute = this.#action("bellOff", `Mute ${this.topicTitle || topic}`, () =>
      emit(this, "tidings-mute", { topic: topic ?? "", muted: true }),
    );
    return html`${toggle} ${topic === null ? nothing : mute}
    ${this.#action("archive", "Dismiss", () => this.mark("dismissed"))}`;
  }

  #action(name: IconName, label: string, act: () => void): TemplateResult {
    return html`<button class="icon-button" type="button" title=${label} aria-label=${label} @click=${act}>
      ${icon(name, 18)}
    </button>`;
  }

  /** Says of the whole thread what became of it. */
  mark(state: State): void {
    emit(this, "tidings-mark", { ids: idsOf(this.thread), state });
  }
}

/** Only what leads to a page; a template must not be able to run script. */
function safe(url: string | null): url is string {
  return url !== null && /^https?:\/\//i.test(url);
}
