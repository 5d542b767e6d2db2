/**
 * One connection's errands: fetch a snapshot, open the stream behind it, wait, come back. What the signals mean is
 * decided in `connection.ts`, how long to wait in `backoff.ts`, what frames mean in `inbox.ts`.
 */

import { retryDelay } from "./backoff.ts";
import { CLOSED, type Connection, next, type Signal } from "./connection.ts";
import { parseFrame, type RawFrame } from "./frame.ts";
import { Problem } from "./problem.ts";
import type { Failure, Source } from "./sources/source.ts";
import type { Bye, Snapshot } from "./types.ts";

export interface LinkOptions {
  readonly source: Source;
  /** The stream's address without a cursor. */
  readonly url: string;
  readonly fetchSnapshot: () => Promise<Snapshot>;
  /** Resolves when the session still stands; throws `Problem` otherwise. EventSource hides why it was refused. */
  readonly probe: () => Promise<unknown>;
  /** The address that a `bye` names, if this page may go there; null if not. */
  readonly elsewhere: (url: string) => string | null;
}

export interface LinkEvents {
  snapshot(snapshot: Snapshot): void;
  frame(raw: RawFrame): void;
  connection(connection: Connection): void;
}

/** Milliseconds that a client waits at least that was sent elsewhere and was told no other time. */
const MOVED_MS = 1000;

export class Link {
  #connection: Connection = CLOSED;
  #cursor: string | null = null;
  #close: () => void = () => {};
  /** Where the stream is: our gateway, or the one that it, or a later one, has sent us to. */
  #url: string;
  /** Where we were just sent, until the stream that said so has ended. */
  #sent: string | null = null;
  /** Whether the stream at `#url` has been live. */
  #arrived = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Grows with each new start or stop, so that an answer to an older one is recognised and dropped. */
  #epoch = 0;

  constructor(
    private readonly options: LinkOptions,
    private readonly events: LinkEvents,
  ) {
    this.#url = options.url;
  }

  /** Goes on from `cursor`, or from a fresh snapshot when there is none. */
  start(cursor: string | null): void {
    this.#cursor = cursor;
    this.#signal("started");
    this.#open();
  }

  stop(reason: string | null = null): void {
    this.#halt();
    this.#signal("closed", reason);
  }

  /** The browser says that the network came or went. */
  network(online: boolean): void {
    if (this.#connection.status === "closed") return;
    this.#signal(online ? "online" : "offline");
    if (online && this.#connection.status !== "live") this.#open();
  }

  #signal(signal: Signal, reason: string | null = null): void {
    const after = next(this.#connection, signal, Date.now(), reason);
    if (after === this.#connection) return;
    this.#connection = after;
    this.events.connection(after);
  }

  #halt(): number {
    this.#close();
    this.#close = () => {};
    clearTimeout(this.#timer);
    this.#epoch += 1;
    return this.#epoch;
  }

  #open(): void {
    const epoch = this.#halt();
    if (this.#cursor === null) void this.#fetchSnapshot(epoch);
    else this.#stream(this.#cursor, epoch);
  }

  async #fetchSnapshot(epoch: number): Promise<void> {
    try {
      const snapshot = await this.options.fetchSnapshot();
      if (epoch !== this.#epoch) return;
      this.events.snapshot(snapshot);
      this.#stream(snapshot.cursor, epoch);
    } catch (error) {
      if (epoch === this.#epoch) this.#retryOrStop(error);
    }
  }

  #stream(cursor: string, epoch: number): void {
    this.#cursor = cursor;
    const mine = (act: () => void) => () => epoch === this.#epoch && act();
    const url = `${this.#url}?lastEventId=${encodeURIComponent(cursor)}`;
    this.#close = this.options.source(url, {
      opened: mine(() => this.#signal("opened")),
      frame: (raw) => epoch === this.#epoch && this.#receive(raw),
      failed: (failure) => epoch === this.#epoch && this.#failed(failure),
    });
  }

  #receive(raw: RawFrame): void {
    if (raw.id !== "") this.#cursor = raw.id;
    const frame = parseFrame(raw);
    this.events.frame(raw);
    if (frame.type === "ready") this.#ready();
    else if (frame.type === "reset") this.#restart(frame.reset.reason);
    else if (frame.type === "summary") this.#restart("slow");
    else if (frame.type === "bye") this.#farewell(frame.bye);
    else this.#signal("frame");
  }

  #ready(): void {
    this.#arrived = true;
    this.#signal("ready");
  }

  /** Something was asked for that is gone, or left out: a snapshot is the truth, and the stream goes on behind it. */
  #restart(reason: string): void {
    this.#signal("reset", reason);
    this.#cursor = null;
    // Not at once: a topic that was recreated resets every client in the same instant.
    this.#later(0);
  }

  #farewell(bye: Bye): void {
    if (!bye.reconnect) {
      this.stop(bye.reason);
      return;
    }
    this.#sent = bye.url === undefined ? null : this.options.elsewhere(bye.url);
    this.#signal("lost", bye.reason);
  }

  /** Where to go after the end of a stream: where it sent us, else there again, but home if we never arrived there. */
  #next(): string {
    const next = this.#sent ?? (this.#arrived ? this.#url : this.options.url);
    this.#sent = null;
    this.#arrived = false;
    return next;
  }

  #failed(failure: Failure): void {
    const before = this.#url;
    this.#url = this.#next();
    if (this.#url !== before) this.#retry(null, failure.kind === "ended" ? failure.floor : MOVED_MS);
    else if (failure.kind === "retrying") this.#signal("lost");
    else if (failure.kind === "ended") this.#retry(null, failure.floor);
    else void this.#refused(this.#epoch, failure.status);
  }

  async #refused(epoch: number, status: number | null): Promise<void> {
    try {
      if (status === 401 || status === 403) throw new Problem(status, "Signed out", "");
      await this.options.probe();
      if (epoch === this.#epoch) this.#retry("The stream was refused");
    } catch (error) {
      if (epoch === this.#epoch) this.#retryOrStop(error);
    }
  }

  #retryOrStop(error: unknown): void {
    if (error instanceof Problem && error.isAuth) this.stop("signed-out");
    else this.#retry(error instanceof Error ? error.message : String(error));
  }

  #retry(reason: string | null, floor = 0): void {
    this.#signal("lost", reason);
    this.#later(floor);
  }

  #later(floor: number): void {
    this.#halt();
    const delay = retryDelay(Math.max(0, this.#connection.attempt - 1), floor, Math.random());
    this.#timer = setTimeout(() => this.#open(), delay);
  }
}
