import type { Api, Followable } from "../client/index.ts";
import { kindOfTopic } from "../components/look.ts";
import { codeOf, endsOf } from "../map/places.ts";

/** As many airports as the map is drawn with; the API gives no more at once. */
const AIRPORTS = 100;

const NEW_YORK = ["airport:JFK", "airport:EWR", "airport:LGA"];

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

  /** Asks for what is not known yet of `topics`, and of the ends of routes among them. */
  async resolve(topics: readonly string[]): Promise<void> {
    const wanted = new Set(topics.flatMap((topic) => [topic, ...(endsOf(topic) ?? [])]));
    await Promise.all(
      [...wanted].filter((topic) => !this.#known.has(topic)).map((topic) => this.#lookUp(topic)),
    );
  }

  /** The airports for the map. */
  async airports(): Promise<void> {
    this.#keep(await this.api.topics({ kind: "airport", limit: AIRPORTS }));
  }

  /** Something of each kind to begin with; whatever there is when there are no airports. */
  async suggest(): Promise<Suggested> {
    await this.resolve(NEW_YORK);
    const bundle = NEW_YORK.map((topic) => this.#known.get(topic)).filter((found) => found !== undefined);
    if (bundle.length === 0) return { bundle, single: await this.search("", 6) };
    const [routes, flights] = await Promise.all([
      this.api.topics({ kind: "route", limit: 4 }),
      this.api.topics({ kind: "flight", limit: 2 }),
    ]);
    return { bundle, single: this.#keep([...bundle, ...routes, ...flights]) };
  }

  async #lookUp(topic: string): Promise<void> {
    this.#keep(await this.api.topics({ q: codeOf(topic), kind: kindOfTopic(topic), limit: 5 }));
  }

  #keep(found: readonly Followable[]): readonly Followable[] {
    for (const followable of found) this.#known.set(followable.topic, followable);
    return found;
  }
}
