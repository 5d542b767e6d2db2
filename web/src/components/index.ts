/** `@tidings/client/components`: importing this defines the elements. They take properties and ask by `tidings-…` events. */

export { Announcer } from "./announcer.ts";
export { Bell } from "./bell.ts";
export { ConnectionState } from "./connection.ts";
export { EventLog } from "./event-log.ts";
export { emit, on, type TidingsEvents } from "./events.ts";
export { Feed } from "./feed.ts";
export { FeedItem } from "./feed-item.ts";
export { FollowSearch } from "./follow-search.ts";
export { Following } from "./following.ts";
export { TidingsMap } from "./map.ts";
export { PreferencesDialog } from "./preferences.ts";
export { Shortcuts, shortcutsOn } from "./shortcuts.ts";
export { SignIn } from "./sign-in.ts";
export { Suggestions } from "./suggestions.ts";
export { Tally } from "./tally.ts";
export { ThemeToggle } from "./theme.ts";
