const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `3 min ago`, in the words of `locale`; a date once it is a week old. Both times in milliseconds since 1970. */
export function relativeTime(then: number, now: number, locale: string): string {
  const seconds = Math.round((then - now) / 1000);
  const age = Math.abs(seconds);
  if (age >= 7 * DAY) return new Intl.DateTimeFormat(locale, { dateStyle: "medium" }).format(then);
  const words = new Intl.RelativeTimeFormat(locale, { numeric: "auto", style: "short" });
  if (age < 10) return words.format(0, "second");
  if (age < MINUTE) return words.format(seconds, "second");
  if (age < HOUR) return words.format(Math.trunc(seconds / MINUTE), "minute");
  if (age < DAY) return words.format(Math.trunc(seconds / HOUR), "hour");
  return words.format(Math.trunc(seconds / DAY), "day");
}

/** A date and time as a person in `timeZone` writes it; in UTC if the browser does not know the zone. */
export function absoluteTime(time: string, locale: string, timeZone: string): string {
  const style = { dateStyle: "medium", timeStyle: "short" } as const;
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return time;
  try {
    return new Intl.DateTimeFormat(locale, { ...style, timeZone }).format(date);
  } catch {
    return new Intl.DateTimeFormat("en", { ...style, timeZone: "UTC" }).format(date);
  }
}

/** Minutes after midnight ↔ `HH:MM`, as a time field wants it. */
export function clockOf(minute: number): string {
  const two = (value: number) => String(value).padStart(2, "0");
  return `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
}

export function minuteOf(clock: string): number {
  const [hours = 0, minutes = 0] = clock.split(":").map(Number);
  return hours * 60 + minutes;
}
