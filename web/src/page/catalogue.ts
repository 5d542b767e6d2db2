import type { Api, Followable } from "../client/index.ts";
import { kindOfTopic } from "../components/look.ts";
import { codeOf, endsOf } from "../map/places.ts";

/** As many airports as the map is drawn with; the API gives no more at once. */
const AIRPORTS = 100;

const NEW_YORK = ["airport:JFK", "airport:EWR", "airport:LGA"];

/** Routes with many flights a day; others are suggested where these are not announced. */
const BUSY_ROUTES = ["route:EWR-ORD", "route:JFK-LAX", "route:LGA-ATL", "route:JFK-SFO"];

export interface Suggested {
  /** The three New York airports, as far as they are announced. */
  readonly bundle: readonly Followable[];
  readonly single: readonly Followable[];
}

/** What the sources have announced, as far as this page has asked. */
export class Catalogue {
  readonly #known = new Map<string, Followable>();

  constructor(private readonly api: Api) {}

  get known(): ReadonlyMap<string, Followable> {
    return this.#known;
  }

  async search(q: string, limit = 12): Promise<readonly Followable[]> {
    return this.#keep(await this.api.topics(q ? { q, limit } : { limit }));
  }

  /** Asks for what is not known yet of `topics`, and of the ends of routes and flights among them. */
  async resolve(topics: readonly string[]): Promise<void> {
    await this.#lookUpAll(topics);
    // A flight's ends are known only once it is.
    await this.#lookUpAll(topics.flatMap((topic) => endsOf(topic, this.#known) ?? []));
  }

  /** The airports for the map. */
  async airports(): Promise<void> {
    this.#keep(await this.api.topics({ kind: "airport", limit: AIRPORTS }));
  }

  /** Something of each kind to begin with; whatever there is when there are no airports. */
  async suggest(): Promise<Suggested> {
    await this.resolve([...NEW_YORK, ...BUSY_ROUTES]);
    const bundle = this.#announced(NEW_YORK);
    if (bundle.length === 0) return { bundle, single: await this.search("", 6) };
    const busy = this.#announced(BUSY_ROUTES);
    const [routes, flights] = await Promise.all([
      busy.length > 0 ? busy : this.api.topics({ kind: "route", limit: BUSY_ROUTES.length }),
      this.api.topics({ kind: "flight", limit: 2 }),
    ]);
    return { bundle, single: this.#keep([...bundle, ...routes, ...flights]) };
  }

  #announced(topics: readonly string[]): readonly Followable[] {
    return topics.map((topic) => this.#known.get(topic)).filter((found) => found !== undefined);
  }

  async #lookUpAll(topics: readonly string[]): Promise<void> {
    const unknown = [...new Set(topics)].filter((topic) => !this.#known.has(topic));
    await Promise.all(unknown.map((topic) => this.#lookUp(topic)));
  }

  async #lookUp(topic: string): Promise<void> {
    this.#keep(await this.api.topics({ q: codeOf(topic), kind: kindOfTopic(topic), limit: 5 }));
  }

  #keep(found: readonly Followable[]): readonly Followable[] {
    for (const followable of found) this.#known.set(followable.topic, followable);
    return found;
  }
}
