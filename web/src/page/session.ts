import { Api, type Follow, type Me, type Preferences, Problem, TidingsStream } from "../client/index.ts";
import { Catalogue, type Suggested } from "./catalogue.ts";

export type Phase = "starting" | "signed-out" | "signed-in";

/** Milliseconds between two looks for what may be followed, while nothing has been announced yet. */
const ANNOUNCED = 3000;

/**
 * The page's state: who is signed in, what they follow and prefer, and their stream. Fires `change` when something
 * else than the stream changed, `stream` when a stream begins, `problem` (a `CustomEvent<string>`) when something failed.
 */
export class Session extends EventTarget {
  readonly api = new Api();
  readonly catalogue = new Catalogue(this.api);
  phase: Phase = "starting";
  me: Me | null = null;
  stream: TidingsStream | null = null;
  follows: readonly Follow[] = [];
  preferences: Preferences | null = null;
  /** What to begin with; null until the sources have been asked. */
  suggested: Suggested | null = null;
  /** Why nobody is signed in, when that needs saying. */
  error = "";

  get followed(): ReadonlySet<string> {
    return new Set(this.follows.map(({ topic }) => topic));
  }

  /** Goes on with the cookie's session, if there is one. */
  async resume(): Promise<void> {
    try {
      await this.#enter(await this.api.me());
    } catch (error) {
      const signedOut = error instanceof Problem && error.isAuth;
      this.#leave(signedOut ? "" : messageOf(error));
    }
  }

  async signIn(user: string): Promise<void> {
    try {
      await this.api.signIn(user);
      await this.#enter(await this.api.me());
    } catch (error) {
      this.#leave(messageOf(error));
    }
  }

  async signOut(): Promise<void> {
    await this.#attempt(() => this.api.signOut());
    this.#leave("");
  }

  async follow(topics: readonly string[], follow: boolean): Promise<void> {
    const change = (topic: string) => (follow ? this.api.follow(topic) : this.api.unfollow(topic));
    await this.#attempt(() => Promise.all(topics.map(change)));
    await this.#attempt(() => this.refresh());
  }

  async mute(muted: boolean, { topic, kind }: { topic?: string; kind?: string }): Promise<void> {
    const { preferences } = this;
    if (preferences === null) return;
    await this.save({
      ...preferences,
      muted_topics:
        topic === undefined
          ? preferences.muted_topics
          : withOrWithout(preferences.muted_topics, topic, muted),
      muted_kinds:
        kind === undefined ? preferences.muted_kinds : withOrWithout(preferences.muted_kinds, kind, muted),
    });
  }

  async save(preferences: Preferences): Promise<boolean> {
    const saved = await this.#attempt(() => this.api.savePreferences(preferences));
    if (saved) this.preferences = preferences;
    this.#changed();
    return saved;
  }

  /** Reads again what another tab or device may have changed. */
  async refresh(): Promise<void> {
    const [follows, preferences] = await Promise.all([this.api.follows(), this.api.preferences()]);
    this.follows = follows.toSorted((a, b) => b.since.localeCompare(a.since));
    this.preferences = preferences;
    this.#changed();
    await this.#adoptZone(preferences);
    await this.catalogue.resolve(follows.map(({ topic }) => topic));
    this.#changed();
  }

  /** A newcomer's times are in UTC: take the browser's zone, once, so that whoever chooses UTC later keeps it. */
  async #adoptZone(preferences: Preferences): Promise<void> {
    const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
    const done = `tidings-zone ${this.me?.user}`;
    if (localStorage.getItem(done) !== null) return;
    localStorage.setItem(done, timeZone);
    if (preferences.time_zone === "UTC" && timeZone !== "UTC")
      await this.save({ ...preferences, time_zone: timeZone });
  }

  async #enter(me: Me): Promise<void> {
    this.me = me;
    this.error = "";
    this.phase = "signed-in";
    const stream = new TidingsStream({ api: this.api, user: me.user });
    this.stream = stream;
    stream.addEventListener("change", () => this.#onStream(stream));
    stream.addEventListener("problem", (event) => this.#problem((event as CustomEvent<Error>).detail));
    this.dispatchEvent(new Event("stream"));
    stream.start();
    this.#changed();
    await this.#attempt(() => this.refresh());
    await this.#lookAround();
  }

  #leave(error: string): void {
    this.stream?.close();
    Object.assign(this, {
      stream: null,
      me: null,
      follows: [],
      preferences: null,
      phase: "signed-out",
      error,
    });
    this.#changed();
  }

  #onStream(stream: TidingsStream): void {
    const { status, reason } = stream.connection;
    if (stream === this.stream && status === "closed" && reason === "signed-out") {
      this.#leave("You have been signed out. Sign in again to go on where you stopped.");
    }
  }

  /** What may be followed, again and again until the sources have announced something. */
  async #lookAround(): Promise<void> {
    const { stream } = this;
    while (stream !== null && stream === this.stream) {
      await this.#attempt(async () => {
        await this.catalogue.airports();
        this.suggested = await this.catalogue.suggest();
      });
      this.#changed();
      if (this.catalogue.known.size > 0) return;
      await new Promise((resolve) => setTimeout(resolve, ANNOUNCED));
    }
  }

  /** Does it; what fails is told, not thrown. */
  async #attempt(act: () => Promise<unknown>): Promise<boolean> {
    try {
      await act();
      return true;
    } catch (error) {
      this.#problem(error);
      return false;
    }
  }

  #problem(error: unknown): void {
    this.dispatchEvent(new CustomEvent("problem", { detail: messageOf(error) }));
  }

  #changed(): void {
    this.dispatchEvent(new Event("change"));
  }
}

function withOrWithout(list: readonly string[], item: string, wanted: boolean): readonly string[] {
  const others = list.filter((other) => other !== item);
  return wanted ? [...others, item] : others;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
