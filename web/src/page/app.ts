import { html, LitElement, nothing, type TemplateResult } from "lit";
import { customElement, query, state } from "lit/decorators.js";
import { type Notification, type RawFrame, type TidingsStream, threads } from "../client/index.ts";
import { badgeOf } from "../components/bell.ts";
import { coalesced } from "../components/coalesce.ts";
import { icon } from "../components/icons.ts";
import {
  type Announcer,
  type EventLog,
  type Feed,
  type FollowSearch,
  on,
  type PreferencesDialog,
  type Shortcuts,
  shortcutsOn,
  type TidingsEvents,
  type TidingsMap,
} from "../components/index.ts";
import { base, controls, panel } from "../components/styles.ts";
import { appStyle } from "./app.style.ts";
import "./header.ts";
import "./welcome.ts";
import { following, nothingYet, tabs, type View } from "./parts.ts";
import { Session } from "./session.ts";

/** The page. Its state is the session's; this draws it and passes on what the components ask for. */
@customElement("tidings-app")
export class App extends LitElement {
  static override styles = [base, controls, panel, appStyle];

  readonly #session = new Session();
  readonly #draw = coalesced(() => {
    this.version += 1;
  });
  @state() private version = 0;
  @state() private now = Date.now();
  @state() private view: View = "inbox";
  @state() private logOpen = false;
  @state() private busy = false;
  @state() private toast = "";
  #toastTimer: ReturnType<typeof setTimeout> | undefined;

  @query("tidings-feed") private feed!: Feed | null;
  @query("tidings-map") private map!: TidingsMap | null;
  @query("tidings-event-log") private eventLog!: EventLog | null;
  @query("tidings-announcer") private announcer!: Announcer | null;
  @query("tidings-follow-search") private search!: FollowSearch | null;
  @query("tidings-preferences") private preferences!: PreferencesDialog | null;
  @query("tidings-shortcuts") private shortcuts!: Shortcuts | null;

  constructor() {
    super();
    const session = this.#session;
    session.addEventListener("change", this.#draw);
    session.addEventListener("stream", () => session.stream && this.#watch(session.stream));
    session.addEventListener("problem", (event) => this.#say((event as CustomEvent<string>).detail));
    this.#listen();
    setInterval(() => {
      this.now = Date.now();
    }, 10_000);
    addEventListener("keydown", (event) => this.#onKey(event));
    addEventListener("focus", () => session.phase === "signed-in" && void session.refresh().catch(() => {}));
    void session.resume();
  }

  #listen(): void {
    const session = this.#session;
    on(this, "tidings-mark", ({ ids, state }) => session.stream?.mark(ids, state));
    on(this, "tidings-follow", ({ topics, follow }) => void session.follow(topics, follow));
    on(this, "tidings-mute", (detail) => void this.#mute(detail));
    on(this, "tidings-save-preferences", (preferences) => void this.#save(preferences));
    on(this, "tidings-sign-in", ({ user }) => void this.#signIn(user));
    on(this, "tidings-sign-out", () => void session.signOut());
    on(this, "tidings-open", ({ what }) => this.#open(what));
  }

  #watch(stream: TidingsStream): void {
    stream.addEventListener("change", this.#draw);
    stream.addEventListener("frame", (event) => this.eventLog?.add((event as CustomEvent<RawFrame>).detail));
    stream.addEventListener("notification", (event) => {
      const { detail } = event as CustomEvent<Notification>;
      this.map?.pulse(detail);
      this.announcer?.announce(detail);
    });
  }

  async #signIn(user: string): Promise<void> {
    this.busy = true;
    await this.#session.signIn(user);
    this.busy = false;
  }

  async #mute({ muted, ...what }: TidingsEvents["tidings-mute"]): Promise<void> {
    await this.#session.mute(muted, what);
    this.#say(muted ? "Muted. Unmute it under Following or in the preferences." : "Unmuted.");
  }

  async #save(preferences: TidingsEvents["tidings-save-preferences"]): Promise<void> {
    if (await this.#session.save(preferences)) this.#say("Preferences saved.");
  }

  async #open(what: TidingsEvents["tidings-open"]["what"]): Promise<void> {
    if (what === "preferences") this.preferences?.show();
    else if (what === "shortcuts") this.shortcuts?.show();
    else {
      this.view = "inbox";
      await this.updateComplete;
      this.feed?.focusFirst();
    }
  }

  #say(text: string): void {
    this.toast = text;
    clearTimeout(this.#toastTimer);
    this.#toastTimer = setTimeout(() => {
      this.toast = "";
    }, 6000);
  }

  #onKey(event: KeyboardEvent): void {
    const typing = event
      .composedPath()
      .some((node) => node instanceof HTMLInputElement || node instanceof HTMLSelectElement);
    if (typing || event.ctrlKey || event.metaKey || event.altKey || !shortcutsOn()) return;
    if (event.key === "/") this.#toSearch();
    else if (event.key === "g") void this.#open("inbox");
    else if (event.key === "?") void this.#open("shortcuts");
    else return;
    event.preventDefault();
  }

  async #toSearch(): Promise<void> {
    this.view = "following";
    await this.updateComplete;
    this.search?.focus();
  }

  protected override updated(): void {
    const { stream } = this.#session;
    const badge = stream === null ? "" : badgeOf(stream.unread);
    document.title = badge === "" ? "Tidings" : `(${badge}) Tidings`;
  }

  override render(): TemplateResult {
    const { phase, stream, me, error } = this.#session;
    return html`
      <tidings-header .user=${me?.user ?? ""} .stream=${stream} .now=${this.now} .version=${this.version}></tidings-header>
      ${stream ? this.#main(stream) : nothing}
      ${phase === "signed-out" ? html`<tidings-welcome .error=${error} .busy=${this.busy}></tidings-welcome>` : nothing}
      <p class="toast" role="status" ?hidden=${this.toast === ""}>${this.toast}</p>
    `;
  }

  #main(stream: TidingsStream): TemplateResult {
    return html`
      <main class="show-${this.view} ${this.logOpen ? "log-open" : ""}">
        <h1 class="sr-only">Your notifications</h1>
        <div class="watch">${this.#map()} ${this.#feed(stream)}</div>
        ${following(this.#session)}
      </main>
      ${this.#log()} ${tabs(this.view, (view) => this.#show(view))} ${this.#dialogs(stream)}
      <tidings-announcer></tidings-announcer>
    `;
  }

  #map(): TemplateResult {
    const { catalogue, followed } = this.#session;
    return html`<tidings-map .atlas=${new Map(catalogue.known)} .followed=${followed}></tidings-map>`;
  }

  #feed(stream: TidingsStream): TemplateResult {
    const { preferences } = this.#session;
    return html`<tidings-feed
      .threads=${threads(stream.inbox)}
      .titles=${this.#titles()}
      .now=${this.now}
      .locale=${preferences?.locale ?? "en"}
      .timeZone=${preferences?.time_zone ?? "UTC"}
      .loading=${stream.inbox.cursor === null}
    >
      ${nothingYet(this.#session)}
    </tidings-feed>`;
  }

  #log(): TemplateResult {
    const shown = this.logOpen || this.view === "events";
    return html`<section class="log ${shown ? "open" : ""} show-${this.view}" aria-labelledby="log">
      <button class="handle" type="button" aria-expanded=${this.logOpen} aria-controls="frames" @click=${this.#toggleLog}>
        ${icon("log", 18)}<span id="log">Raw events</span><span class="chevron">${icon("chevron", 16)}</span>
      </button>
      <tidings-event-log id="frames" ?hidden=${!shown}></tidings-event-log>
    </section>`;
  }

  #toggleLog(): void {
    this.logOpen = !this.logOpen;
  }

  #show(view: View): void {
    this.view = view;
    scrollTo({ top: 0 });
  }

  #dialogs(stream: TidingsStream): TemplateResult {
    const kinds = stream.inbox.entries.map((entry) => entry.notification.kind);
    return html`<tidings-preferences .preferences=${this.#session.preferences} .kinds=${[...new Set(kinds)]} .titles=${this.#titles()}></tidings-preferences>
      <tidings-shortcuts></tidings-shortcuts>`;
  }

  #titles(): ReadonlyMap<string, string> {
    return new Map([...this.#session.catalogue.known].map(([topic, { title }]) => [topic, title]));
  }
}
