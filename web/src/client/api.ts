import { permitted } from "./gateways.ts";
import { Problem, problemOf } from "./problem.ts";
import type { Follow, Followable, Me, Preferences, Snapshot, State } from "./types.ts";

export interface ApiOptions {
  /** Where the gateway is; empty = where the page came from. */
  readonly baseUrl?: string;
  /** For a bearer token instead of the session cookie. */
  readonly token?: () => string | Promise<string>;
  /** Origins of further gateways that may be sent the token, where several with addresses of their own share the users. */
  readonly gateways?: readonly string[];
}

export interface ReceiptRequest {
  readonly id: string;
  readonly notifications: readonly string[];
  readonly state: State;
  readonly device: string;
}

/** The gateway's HTTP API, one method a route. Every method throws `Problem`. */
export class Api {
  readonly baseUrl: string;
  readonly #token: ApiOptions["token"];
  readonly #gateways: readonly string[];

  constructor({ baseUrl = "", token, gateways = [] }: ApiOptions = {}) {
    this.baseUrl = baseUrl.replace(/\/$/, "");
    this.#token = token;
    this.#gateways = gateways;
  }

  /** The address that a gateway names as another's, if we may go there; see `permitted`. */
  elsewhere(url: string): string | null {
    return permitted(url, this.baseUrl, this.#gateways);
  }

  me(): Promise<Me> {
    return this.#json("GET", "/v1/me");
  }

  /** Only where the gateway has a development issuer. */
  async signIn(user: string): Promise<void> {
    await this.#send("POST", "/v1/session", { user });
  }

  async signOut(): Promise<void> {
    await this.#send("DELETE", "/v1/session");
  }

  snapshot(limit = 100): Promise<Snapshot> {
    return this.#json("GET", `/v1/notifications?limit=${limit}`);
  }

  async sendReceipt(receipt: ReceiptRequest): Promise<void> {
    await this.#send("POST", "/v1/receipts", receipt);
  }

  async follows(): Promise<readonly Follow[]> {
    const answer = await this.#json<{ follows: readonly Follow[] }>("GET", "/v1/follows");
    return answer.follows;
  }

  async follow(topic: string): Promise<void> {
    await this.#send("PUT", `/v1/follows/${encodeURIComponent(topic)}`);
  }

  async unfollow(topic: string): Promise<void> {
    await this.#send("DELETE", `/v1/follows/${encodeURIComponent(topic)}`);
  }

  preferences(): Promise<Preferences> {
    return this.#json("GET", "/v1/preferences");
  }

  async savePreferences(preferences: Preferences): Promise<void> {
    await this.#send("PUT", "/v1/preferences", preferences);
  }

  /** What may be followed, best match first. */
  async topics(query: { q?: string; kind?: string; limit?: number }): Promise<readonly Followable[]> {
    const given = Object.entries(query).map(([name, value]) => [name, String(value)]);
    const search = new URLSearchParams(Object.fromEntries(given));
    const answer = await this.#json<{ topics: readonly Followable[] }>("GET", `/v1/topics?${search}`);
    return answer.topics;
  }

  async #json<T>(method: string, path: string): Promise<T> {
    const response = await this.#send(method, path).catch((error: unknown) =>
      this.#again(error, method, path),
    );
    return (await response.json()) as T;
  }

  /** Where another gateway serves the user: the same, asked once of that. */
  async #again(error: unknown, method: string, path: string): Promise<Response> {
    const away =
      error instanceof Problem && error.status === 421 && error.url ? this.elsewhere(error.url) : null;
    if (away === null) throw error;
    return this.#send(method, path, undefined, away.replace(/\/$/, ""));
  }

  async #send(method: string, path: string, body?: object, base = this.baseUrl): Promise<Response> {
    const headers: Record<string, string> = {};
    if (body) headers["Content-Type"] = "application/json";
    if (this.#token) headers.Authorization = `Bearer ${await this.#token()}`;
    const init: RequestInit = { method, headers, credentials: "same-origin", cache: "no-store" };
    // A receipt sent while the tab closes should still leave it.
    if (body) Object.assign(init, { body: JSON.stringify(body), keepalive: true });
    const response = await fetch(base + path, init).catch(unreachable);
    if (!response.ok) throw await problemOf(response);
    return response;
  }
}

function unreachable(): never {
  throw new Problem(0, "The gateway cannot be reached", "Check the network, or that the gateway is running.");
}
