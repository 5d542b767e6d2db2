import type { RawFrame } from "../frame.ts";
import type { Failure, Handlers, Source } from "./source.ts";

/** A stream without a network, for demonstrations and tests: whoever holds it says what arrives. */
export class MemorySource {
  /** Every URL that was opened, oldest first. */
  readonly opened: string[] = [];
  #handlers: Handlers | null = null;

  readonly source: Source = (url, handlers) => {
    this.opened.push(url);
    this.#handlers = handlers;
    return () => {
      if (this.#handlers === handlers) this.#handlers = null;
    };
  };

  get isOpen(): boolean {
    return this.#handlers !== null;
  }

  accept(): void {
    this.#handlers?.opened();
  }

  push(event: RawFrame["event"], id: string, data: object): void {
    this.#handlers?.frame({ event, id, data: JSON.stringify(data) });
  }

  fail(failure: Failure): void {
    this.#handlers?.failed(failure);
  }
}
