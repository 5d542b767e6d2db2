"""May this page act with the user's cookie? Pure.

A browser adds the cookie by itself, also for another site's page; where the request comes from tells them apart
(OWASP CSRF prevention, "Verifying Origin"; Fetch Metadata). A bearer token needs none of this: no page can send
one that it does not hold.
"""

from collections.abc import Collection

from .identity import Forbidden

_READS = frozenset({"GET", "HEAD", "OPTIONS"})


def check_origin(method: str, origin: str | None, fetch_site: str | None, allowed: Collection[str]) -> None:
    """Lets a request with a cookie pass, or not.

    Args:
        origin: the `Origin` header; compared as it is, so a suffix, a port or another case does not pass.
        fetch_site: the `Sec-Fetch-Site` header; older browsers send none.
        allowed: exact origins such as `https://app.example.com`.

    Raises:
        Forbidden: a write without an allowed origin, or a read from a page of another origin.
    """
    if origin is not None and origin in allowed:
        return
    if method.upper() not in _READS:
        raise Forbidden(_no(origin, "A write by cookie"))
    if origin is not None or fetch_site not in (None, "same-origin", "none"):
        raise Forbidden(_no(origin, "A read by cookie from another origin"))


def _no(origin: str | None, what: str) -> str:
    said = "came without an Origin header" if origin is None else "came from an origin that is not allowed"
    return f"{what} {said}. Add the page's origin to TIDINGS_ORIGINS, or send a bearer token instead of the cookie."
