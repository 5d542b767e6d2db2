import type { Api, ReceiptRequest } from "./api.ts";
import { CLOSED, type Connection } from "./connection.ts";
import { parseFrame, type RawFrame } from "./frame.ts";
import { type Action, EMPTY, type Inbox, reduce } from "./inbox.ts";
import { Link } from "./link.ts";
import { Outbox } from "./outbox.ts";
import { eventSource } from "./sources/eventsource.ts";
import type { Source } from "./sources/source.ts";
import { Tabs } from "./tabs.ts";
import { type Unread, unread } from "./threads.ts";
import type { Notification, Snapshot, State } from "./types.ts";
import { uuid } from "./uuid.ts";

export interface StreamOptions {
  readonly api: Api;
  /** Whose stream; tabs of one user share a connection. */
  readonly user: string;
  /** How to reach the stream; the browser's EventSource unless told otherwise. */
  readonly source?: Source;
  /** One connection for all tabs (default), or one for each. */
  readonly share?: boolean;
}

/** What a leading tab tells the others; `state` is all at once, for a tab that has just come. */
type Update =
  | { readonly kind: "state"; readonly inbox: Inbox; readonly connection: Connection }
  | { readonly kind: "snapshot"; readonly snapshot: Snapshot }
  | { readonly kind: "frame"; readonly raw: RawFrame }
  | { readonly kind: "connection"; readonly connection: Connection };

/**
 * A user's notifications, live.
 *
 * Events: `change` (inbox or connection), `notification` (a `CustomEvent<Notification>`, new to this tab),
 * `frame` (a `CustomEvent<RawFrame>`, everything that came), `problem` (a `CustomEvent<Error>`: a receipt was refused).
 */
export class TidingsStream extends EventTarget {
  #inbox: Inbox = EMPTY;
  #connection: Connection = CLOSED;
  /** A tab that follows is told everything first; until then what it hears has no beginning. */
  #told = false;
  readonly #device = uuid();
  readonly #tabs: Tabs<Update>;
  readonly #link: Link;
  readonly #outbox: Outbox<ReceiptRequest>;
  readonly #share: boolean;

  constructor({ api, user, source = eventSource(), share = true }: StreamOptions) {
    super();
    this.#share = share;
    this.#tabs = new Tabs(`tidings:${user}`, {
      lead: () => this.#lead(),
      message: (update) => this.#follow(update),
      greet: () => this.#greet(),
    });
    this.#link = new Link(
      {
        source,
        url: `${api.baseUrl}/v1/stream`,
        fetchSnapshot: () => api.snapshot(),
        probe: () => api.me(),
        elsewhere: (url) => api.elsewhere(url),
      },
      {
        snapshot: (snapshot) => this.#publish({ kind: "snapshot", snapshot }),
        frame: (raw) => this.#publish({ kind: "frame", raw }),
        connection: (connection) => this.#publish({ kind: "connection", connection }),
      },
    );
    this.#outbox = new Outbox((receipt) => api.sendReceipt(receipt), {
      accepted: ({ id }) => this.#dispatch({ type: "accepted", id }),
      refused: ({ id }, problem) => {
        this.#dispatch({ type: "refused", id });
        this.dispatchEvent(new CustomEvent("problem", { detail: problem }));
      },
    });
  }

  get inbox(): Inbox {
    return this.#inbox;
  }

  get connection(): Connection {
    return this.#connection;
  }

  get unread(): Unread {
    return unread(this.#inbox);
  }

  /** Whether this tab keeps the connection. */
  get leads(): boolean {
    return this.#tabs.leads;
  }

  start(): void {
    this.#setConnection({ ...CLOSED, status: "connecting", since: Date.now() });
    this.#tabs.join(this.#share);
    addEventListener("online", this.#onNetwork);
    addEventListener("offline", this.#onNetwork);
  }

  /** Ends it for this tab; another tab takes the connection over. */
  close(): void {
    removeEventListener("online", this.#onNetwork);
    removeEventListener("offline", this.#onNetwork);
    this.#tabs.leave();
    this.#link.stop();
  }

  /** Shown at once; sent, and sent again, until the gateway has it. No ids = all so far. */
  mark(notifications: readonly string[], state: State): void {
    const receipt = {
      id: uuid(),
      notifications,
      state,
      device: this.#device,
    };
    this.#dispatch({ type: "mark", receipt: { ...receipt, accepted: false } });
    this.#outbox.push(receipt);
  }

  #onNetwork = (): void => {
    if (this.#tabs.leads) this.#link.network(navigator.onLine);
  };

  #lead(): void {
    this.#told = true;
    this.#link.start(this.#inbox.cursor);
  }

  #greet(): Update | null {
    if (this.#inbox.cursor === null) return null;
    return { kind: "state", inbox: { ...this.#inbox, pending: [] }, connection: this.#connection };
  }

  #publish(update: Update): void {
    this.#tabs.tell(update);
    this.#apply(update);
  }

  #follow(update: Update): void {
    if (this.#tabs.leads) return;
    this.#told ||= update.kind === "state" || update.kind === "snapshot";
    if (this.#told) this.#apply(update);
  }

  #apply(update: Update): void {
    switch (update.kind) {
      case "state":
        this.#setInbox({ ...update.inbox, pending: this.#inbox.pending });
        this.#setConnection(update.connection);
        break;
      case "snapshot":
        this.#dispatch({ type: "snapshot", snapshot: update.snapshot });
        break;
      case "connection":
        this.#setConnection(update.connection);
        break;
      case "frame":
        this.#receive(update.raw);
        break;
    }
  }

  #receive(raw: RawFrame): void {
    this.dispatchEvent(new CustomEvent<RawFrame>("frame", { detail: raw }));
    const frame = parseFrame(raw);
    const known = this.#inbox.entries;
    this.#dispatch(frame);
    if (frame.type === "notification" && this.#inbox.entries !== known) {
      this.dispatchEvent(new CustomEvent<Notification>("notification", { detail: frame.notification }));
    }
  }

  #dispatch(action: Action): void {
    this.#setInbox(reduce(this.#inbox, action));
  }

  #setInbox(inbox: Inbox): void {
    if (inbox === this.#inbox) return;
    this.#inbox = inbox;
    this.dispatchEvent(new Event("change"));
  }

  #setConnection(connection: Connection): void {
    this.#connection = connection;
    this.dispatchEvent(new Event("change"));
  }
}
