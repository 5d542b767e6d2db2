import type { RawFrame } from "../frame.ts";

/** How a stream ended, as far as its source can tell. */
export type Failure =
  /** The source reconnects by itself, and resumes. */
  | { readonly kind: "retrying" }
  /** It is over; open anew, not before `floor` milliseconds. */
  | { readonly kind: "ended"; readonly floor: number }
  /** It was refused for good; `status` where the source may know it. */
  | { readonly kind: "refused"; readonly status: number | null };

export interface Handlers {
  opened(): void;
  frame(raw: RawFrame): void;
  failed(failure: Failure): void;
}

/** Opens a stream at `url` and reports to `handlers` until the returned function is called. */
export type Source = (url: string, handlers: Handlers) => () => void;
