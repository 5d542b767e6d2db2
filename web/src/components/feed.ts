import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { isUnread, type State, type Thread } from "../client/index.ts";
import "./tally.ts";
import { emit, type TidingsEvents } from "./events.ts";
import type { FeedItem } from "./feed-item.ts";
import "./feed-item.ts";
import { feedStyle } from "./feed.style.ts";
import { icon } from "./icons.ts";
import { base, controls, panel } from "./styles.ts";

/** How many are shown at first, and how many more at a time. */
const PAGE = 50;

/** When more than so many come at once, sliding them in would show a hole instead of news. */
const BURST = 3;

const KEYS: Readonly<Record<string, State>> = { e: "dismissed", r: "read", u: "unread" };

/**
 * The notifications as a feed (WAI-ARIA's feed pattern): j and k go down and up, Enter opens, e dismisses, r and u
 * mark as read and unread. The keys act only while a notification has the focus, so that no speech input trips them.
 */
@customElement("tidings-feed")
export class Feed extends LitElement {
  static override styles = [base, controls, panel, feedStyle];

  @property({ attribute: false }) threads: readonly Thread[] = [];
  /** Topic → what people call it. */
  @property({ attribute: false }) titles: ReadonlyMap<string, string> = new Map();
  @property({ type: Number }) now = Date.now();
  @property() locale = "en";
  @property() timeZone = "UTC";
  @property({ type: Boolean }) loading = false;
  @state() private filter: "all" | "unread" = "all";
  @state() private limit = PAGE;
  /** The kind that is shown alone; null = all. */
  @state() private only: string | null = null;

  /** Ids that were here at the last update: what is new may be animated, what was loaded may not. */
  #known: ReadonlySet<string> = new Set();
  #fresh: ReadonlySet<string> = new Set();

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has("threads")) return;
    const ids = this.threads.map((thread) => thread.head.notification.id);
    const fresh = this.#known.size > 0 ? ids.filter((id) => !this.#known.has(id)) : [];
    this.#fresh = new Set(fresh.length > BURST ? [] : fresh);
    this.#known = new Set(ids);
  }

  override render(): TemplateResult {
    const ofKind = this.threads.filter(
      ({ head }) => this.only === null || head.notification.kind === this.only,
    );
    const unread = ofKind.filter((thread) => isUnread(thread.state));
    const shown = this.filter === "all" ? ofKind : unread;
    return html`
      <section class="panel" aria-labelledby="heading">
        <div class="panel-head">
          <h2 id="heading">Inbox</h2>
          <div class="filter" role="group" aria-label="Show">
            ${this.#tab("all", "All")} ${this.#tab("unread", `Unread ${unread.length || ""}`)}
          </div>
          <button class="button quiet" type="button" ?disabled=${unread.length === 0} @click=${() => this.#markAll(unread)}>
            ${icon("checkAll", 18)}<span class="wide">Mark all as read</span><span class="narrow sr-only">Mark all as read</span>
          </button>
        </div>
        <tidings-tally .threads=${this.threads} .only=${this.only} @tidings-only=${this.#onOnly}></tidings-tally>
        ${shown.length > 0 ? this.#list(shown) : this.#empty()}
      </section>
    `;
  }

  #tab(filter: "all" | "unread", label: string): TemplateResult {
    const pressed = this.filter === filter;
    return html`<button type="button" aria-pressed=${pressed} @click=${() => this.#show(filter)}>${label}</button>`;
  }

  #onOnly({ detail }: CustomEvent<TidingsEvents["tidings-only"]>): void {
    this.only = detail.kind;
    this.limit = PAGE;
  }

  #show(filter: "all" | "unread"): void {
    this.filter = filter;
    this.limit = PAGE;
  }

  #list(shown: readonly Thread[]): TemplateResult {
    const page = shown.slice(0, this.limit);
    const rest = shown.length - page.length;
    return html`
      <div role="feed" aria-labelledby="heading" aria-busy=${this.loading} @keydown=${this.#onKey}>
        ${repeat(
          page,
          (thread) => thread.head.notification.id,
          (thread, index) => this.#item(thread, index, shown.length),
        )}
      </div>
      ${rest > 0 ? html`<button class="button quiet more" type="button" @click=${this.#more}>Show ${Math.min(PAGE, rest)} older</button>` : nothing}
    `;
  }

  #item(thread: Thread, index: number, size: number): TemplateResult {
    const { id, title, topic } = thread.head.notification;
    return html`<article
      tabindex="0"
      aria-posinset=${index + 1}
      aria-setsize=${size}
      aria-label=${title}
      class=${this.#fresh.has(id) ? "fresh" : ""}
    >
      <tidings-feed-item
        .thread=${thread}
        .now=${this.now}
        .locale=${this.locale}
        .timeZone=${this.timeZone}
        .topicTitle=${(topic && this.titles.get(topic)) || ""}
      ></tidings-feed-item>
    </article>`;
  }

  #empty(): TemplateResult {
    if (this.loading)
      return html`<div class="empty" aria-busy="true">${[1, 2, 3].map(() => html`<span class="bone"></span>`)}</div>`;
    if (this.filter === "unread" && this.threads.length > 0) {
      return html`<div class="empty"><span class="art">${icon("check", 28)}</span><h3>All caught up</h3>
        <p class="muted">Everything here has been read.</p></div>`;
    }
    return html`<div class="empty"><slot name="empty"></slot></div>`;
  }

  #more(): void {
    this.limit += PAGE;
  }

  #markAll(unread: readonly Thread[]): void {
    emit(this, "tidings-mark", { ids: unread.map((thread) => thread.head.notification.id), state: "read" });
  }

  #onKey(event: KeyboardEvent): void {
    const article = event.target instanceof HTMLElement ? event.target.closest("article") : null;
    if (article === null || event.ctrlKey || event.metaKey || event.altKey) return;
    if (this.#act(event.key, article, event.target === article)) event.preventDefault();
  }

  #act(key: string, article: HTMLElement, onArticle: boolean): boolean {
    const item = article.querySelector<FeedItem>("tidings-feed-item");
    const next = article.nextElementSibling as HTMLElement | null;
    const previous = article.previousElementSibling as HTMLElement | null;
    if (key === "j" || (onArticle && key === "ArrowDown")) next?.focus();
    else if (key === "k" || (onArticle && key === "ArrowUp")) previous?.focus();
    else if (key === "Enter" && onArticle) this.#open(item);
    else if (key in KEYS) this.#mark(item, KEYS[key] as State, next ?? previous);
    else return false;
    return true;
  }

  #open(item: FeedItem | null): void {
    item?.mark("read");
    item?.shadowRoot?.querySelector<HTMLAnchorElement>("a")?.click();
  }

  /** What is dismissed goes, so the focus moves to a neighbour first. */
  #mark(item: FeedItem | null, state: State, neighbour: HTMLElement | null): void {
    if (state === "dismissed") neighbour?.focus();
    item?.mark(state);
  }

  /** For whoever opens the inbox from elsewhere. */
  focusFirst(): void {
    this.renderRoot.querySelector<HTMLElement>("article")?.focus();
  }
}
