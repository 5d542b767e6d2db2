/**
 * One connection for all tabs of a user. The tab that holds the Web Lock is the leader and keeps the stream; it
 * tells the others over a BroadcastChannel. A browser frees the lock of a tab that goes, so the next one leads.
 * Where either is missing (no secure context, an old browser) each tab leads itself.
 */

export interface TabEvents<M> {
  /** This tab leads from now on. */
  lead(): void;
  /** Something the leader said. */
  message(message: M): void;
  /** A new tab asks; only the leader is asked. Its answer, or null if it has none yet. */
  greet(): M | null;
}

type Envelope<M> = { readonly kind: "hello" } | { readonly kind: "tell"; readonly message: M };

export class Tabs<M> {
  #leads = false;
  #channel: BroadcastChannel | null = null;
  readonly #abort = new AbortController();
  #release: () => void = () => {};

  constructor(
    private readonly name: string,
    private readonly events: TabEvents<M>,
  ) {}

  get leads(): boolean {
    return this.#leads;
  }

  /** Joins the other tabs, unless `share` is false. */
  join(share: boolean): void {
    if (share && canShare()) this.#share();
    else this.#lead();
  }

  #share(): void {
    const channel = new BroadcastChannel(this.name);
    this.#channel = channel;
    channel.onmessage = ({ data }: MessageEvent<Envelope<M>>) => this.#receive(data);
    channel.postMessage({ kind: "hello" } satisfies Envelope<M>);
    const held = new Promise<void>((resolve) => {
      this.#release = resolve;
    });
    void navigator.locks
      .request(this.name, { signal: this.#abort.signal }, () => {
        this.#lead();
        return held;
      })
      .catch(() => {}); // left before it was its turn
  }

  /** The leader speaks; other tabs hold their tongue. */
  tell(message: M): void {
    if (this.#leads) this.#channel?.postMessage({ kind: "tell", message } satisfies Envelope<M>);
  }

  leave(): void {
    this.#leads = false;
    this.#abort.abort();
    this.#release();
    this.#channel?.close();
  }

  #lead(): void {
    this.#leads = true;
    this.events.lead();
  }

  #receive(envelope: Envelope<M>): void {
    if (envelope.kind === "tell") this.events.message(envelope.message);
    else if (this.#leads) this.#greet();
  }

  #greet(): void {
    const answer = this.events.greet();
    if (answer !== null) this.tell(answer);
  }
}

function canShare(): boolean {
  return typeof BroadcastChannel !== "undefined" && typeof navigator !== "undefined" && "locks" in navigator;
}
