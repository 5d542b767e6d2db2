/** The gateway's JSON, field by field as `docs/wire.md` gives it. Times are ISO 8601, UTC. */

export type Priority = "low" | "normal" | "high" | "critical";
export type State = "unread" | "seen" | "read" | "dismissed";

/** What a user sees. `topic` is null when the event itself named the user. */
export interface Notification {
  readonly id: string;
  readonly user: string;
  readonly rule: string;
  readonly kind: string;
  readonly topic: string | null;
  readonly title: string;
  readonly body: string;
  readonly url: string | null;
  readonly priority: Priority;
  readonly collapse_key: string | null;
  readonly locale: string;
  readonly event_id: string;
  readonly event_type: string;
  readonly event_time: string;
  readonly created_at: string;
  readonly expires_at: string | null;
  readonly count: number;
  readonly items: readonly string[];
}

/** A device said that these became `state`; no ids = all so far. */
export interface ReadState {
  readonly id: string;
  readonly notifications: readonly string[];
  readonly state: State;
  readonly at: string;
  readonly device: string | null;
}

/** `GET /v1/notifications`: newest first, true as of `cursor`. */
export interface Snapshot {
  readonly cursor: string;
  readonly unread: number;
  readonly notifications: readonly (Notification & { readonly state: State })[];
}

export interface Ready {
  readonly user: string;
  readonly cursor: string;
  readonly resumed: boolean;
}

export interface Reset {
  readonly reason: string;
  readonly snapshot: string;
  readonly cursor: string;
}

/** This client was too slow: so many notifications were left out of the stream. */
export interface Summary {
  readonly count: number;
  readonly snapshot: string;
}

export interface Bye {
  readonly reason: string;
  readonly reconnect: boolean;
  /** With `moved`: the stream's address at the gateway that serves the user now. */
  readonly url?: string;
}

export interface Me {
  readonly user: string;
  readonly roles: readonly string[];
  readonly development: boolean;
}

export interface Follow {
  readonly topic: string;
  readonly since: string;
}

/** Something that may be followed: `airport:JFK`. Degrees north and east, where it has a place. */
export interface Followable {
  readonly topic: string;
  readonly kind: string;
  readonly title: string;
  readonly subtitle: string;
  readonly latitude: number | null;
  readonly longitude: number | null;
}

/** Minutes after local midnight; ISO weekdays on which it starts, none = every day. */
export interface QuietHours {
  readonly start_minute: number;
  readonly end_minute: number;
  readonly days: readonly number[];
}

export interface Preferences {
  readonly locale: string;
  readonly time_zone: string;
  readonly muted_topics: readonly string[];
  readonly muted_kinds: readonly string[];
  readonly channels: Readonly<Record<string, readonly string[]>>;
  readonly quiet_hours: QuietHours | null;
  readonly caps: Readonly<Record<string, number>>;
  readonly digests: Readonly<Record<string, string>>;
}
