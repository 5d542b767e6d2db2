/** `@tidings/client`: a user's notifications, live, in any page. */

export { Api, type ApiOptions } from "./api.ts";
export type { Connection, Status } from "./connection.ts";
export type { RawFrame } from "./frame.ts";
export { type Entry, type Inbox, isUnread, stateOf } from "./inbox.ts";
export { Problem } from "./problem.ts";
export { eventSource } from "./sources/eventsource.ts";
export { type FetchOptions, fetchSource } from "./sources/fetch.ts";
export { MemorySource } from "./sources/memory.ts";
export type { Failure, Handlers, Source } from "./sources/source.ts";
export { type StreamOptions, TidingsStream } from "./stream.ts";
export { idsOf, type Thread, threads, type Unread, unread } from "./threads.ts";
export type * from "./types.ts";
