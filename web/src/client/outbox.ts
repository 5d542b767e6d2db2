import { retryDelay } from "./backoff.ts";
import { Problem } from "./problem.ts";

export interface OutboxEvents<T> {
  accepted(item: T): void;
  /** For good: the gateway says that it will never take it. */
  refused(item: T, problem: Problem): void;
}

/** Sends one after another, in order, each until it is taken or refused for good. */
export class Outbox<T> {
  readonly #waiting: T[] = [];
  #sending = false;

  constructor(
    private readonly send: (item: T) => Promise<void>,
    private readonly events: OutboxEvents<T>,
  ) {}

  push(item: T): void {
    this.#waiting.push(item);
    if (!this.#sending) void this.#drain();
  }

  async #drain(): Promise<void> {
    this.#sending = true;
    for (let item = this.#waiting[0]; item !== undefined; item = this.#waiting[0]) {
      await this.#deliver(item);
      this.#waiting.shift();
    }
    this.#sending = false;
  }

  async #deliver(item: T): Promise<void> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        await this.send(item);
        return this.events.accepted(item);
      } catch (error) {
        const problem = error instanceof Problem ? error : new Problem(0, String(error), "");
        if (!problem.isTransient) return this.events.refused(item, problem);
        await new Promise((resolve) => setTimeout(resolve, retryDelay(attempt, 0, Math.random())));
      }
    }
  }
}
