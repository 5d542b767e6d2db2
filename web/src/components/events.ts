import type { Preferences, State } from "../client/index.ts";

/** What components ask of their page, as `tidings-…` events that bubble; they hold no connection of their own. */
export interface TidingsEvents {
  "tidings-mark": { readonly ids: readonly string[]; readonly state: State };
  "tidings-mute": { readonly topic?: string; readonly kind?: string; readonly muted: boolean };
  "tidings-follow": { readonly topics: readonly string[]; readonly follow: boolean };
  "tidings-sign-in": { readonly user: string };
  "tidings-sign-out": Record<string, never>;
  "tidings-save-preferences": Preferences;
  "tidings-only": { readonly kind: string | null };
  "tidings-open": { readonly what: "inbox" | "preferences" | "shortcuts" };
}

export function emit<K extends keyof TidingsEvents>(
  from: EventTarget,
  name: K,
  detail: TidingsEvents[K],
): void {
  from.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
}

/** Listens with the detail's type known. */
export function on<K extends keyof TidingsEvents>(
  target: EventTarget,
  name: K,
  act: (detail: TidingsEvents[K]) => void,
): void {
  target.addEventListener(name, (event) => act((event as CustomEvent<TidingsEvents[K]>).detail));
}
