/** An answer that was not what was asked for: RFC 9457 `application/problem+json`, or the nearest to it. */
export class Problem extends Error {
  override readonly name = "Problem";

  /**
   * @param status the HTTP status; 0 when there was no answer at all
   * @param title what went wrong
   * @param detail what to do about it; may be empty
   * @param url with 421: the gateway that serves the user, if it is known
   */
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
    readonly url: string | null = null,
  ) {
    super(detail ? `${title}: ${detail}` : title);
  }

  /** Signed out, or not allowed: asking again will not help. */
  get isAuth(): boolean {
    return this.status === 401 || this.status === 403;
  }

  /** Whether the same request may succeed later. */
  get isTransient(): boolean {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

/** The problem that a failed response describes. */
export async function problemOf(response: Response): Promise<Problem> {
  const body = (await response.json().catch(() => ({}))) as {
    title?: string;
    detail?: unknown;
    url?: unknown;
  };
  const title = body.title ?? (response.statusText || `HTTP ${response.status}`);
  const detail = typeof body.detail === "string" ? body.detail : "";
  const url = typeof body.url === "string" ? body.url : null;
  return new Problem(response.status, title, detail, url);
}
