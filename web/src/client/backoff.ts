const BASE_MS = 500;
const LIMIT_MS = 30_000;

/**
 * Milliseconds until the next attempt. The server's `retry:` is a floor; jitter only ever adds to it, so that a
 * fleet that was cut off together does not come back together.
 *
 * @param attempt how many have failed, from 0
 * @param floor the server's `retry:` in milliseconds, 0 if it named none
 * @param random from 0 up to 1
 */
export function retryDelay(attempt: number, floor: number, random: number): number {
  const span = Math.min(LIMIT_MS, BASE_MS * 2 ** Math.min(attempt, 16));
  return floor + Math.round(span * (0.5 + random / 2));
}
