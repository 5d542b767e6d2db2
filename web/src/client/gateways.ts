/**
 * The address of another gateway, if this page's token may go there: to the origin that the page asks anyway, or to one
 * that the page itself has named; never from https to http. Null otherwise: whoever can put an address into an answer
 * must not be able to send a token anywhere. "Of the same site" is no rule here, since a script cannot tell what a site is.
 *
 * @param url what the gateway says, absolute or a path
 * @param base the gateway that was asked; empty = where the page came from
 * @param origins those that the page has named
 */
export function permitted(url: string, base: string, origins: readonly string[]): string | null {
  const home = parsed(base, globalThis.location?.href);
  const there = home && parsed(url, home.href);
  if (!home || !there || there.username !== "" || there.password !== "") return null;
  if (there.origin === home.origin) return there.href;
  const isNamed = origins.some((origin) => parsed(origin)?.origin === there.origin);
  const isWeaker = home.protocol === "https:" && there.protocol === "http:";
  return isNamed && !isWeaker ? there.href : null;
}

function parsed(url: string, base?: string): URL | null {
  try {
    const found = new URL(url, base);
    return found.protocol === "https:" || found.protocol === "http:" ? found : null;
  } catch {
    return null;
  }
}
