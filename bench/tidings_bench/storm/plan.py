"""What a storm is to do, and to whom: checked before anything is opened. Pure."""

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

#: Beyond loopback so many streams may be opened without being told to.
MODEST = 1_000
_SHARE = re.compile(r"([0-9]+(?:\.[0-9]+)?)%")


class Refused(ValueError):
    """It is not done; the text says why, and what would be needed."""


@dataclass(frozen=True, slots=True)
class Target:
    """A gateway as it was named on the command line.

    Attributes:
        base: path before `/v1/…`, without a slash at its end.
    """

    secure: bool
    host: str
    port: int
    base: str = ""

    @property
    def name(self) -> str:
        """For `Host:`, and for people."""
        usual = self.port == (443 if self.secure else 80)
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if usual else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """For HTTP clients."""
        return f"http{'s' if self.secure else ''}://{self.name}{self.base}"

    @property
    def is_loopback(self) -> bool:
        """Whether this machine is its own and only victim."""
        if self.host.lower() == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    def follow(self, location: str) -> str | None:
        """The path that a redirect points to; None when it leads to a host that nobody named."""
        parts = urlsplit(location)
        same_scheme = parts.scheme in ("", "https" if self.secure else "http")
        if not same_scheme or parts.netloc not in ("", self.name) or not parts.path.startswith("/"):
            return None
        return parts.path + (f"?{parts.query}" if parts.query else "")


@dataclass(frozen=True, slots=True)
class Plan:
    """How much.

    Attributes:
        streams: how many to open. rate: so many a second.
        seconds: how long in all.
        publish: events a second, each to one user.
        drop: the share of streams that is cut off at once, after `drop_at` seconds.
    """

    streams: int
    rate: float
    seconds: float
    publish: float = 0.0
    drop: float = 0.0
    drop_at: float = 0.0


def target(url: str) -> Target:
    """The gateway at `url`.

    Raises:
        Refused: it is no address of a gateway.
    """
    parts = urlsplit(url if "://" in url else f"http://{url}")
    try:
        port = parts.port
    except ValueError:
        port = 0
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0 or parts.query or parts.username:
        raise Refused(f"{url!r} is no address of a gateway: write http://127.0.0.1:8600 or https://push.example.com")
    secure = parts.scheme == "https"
    return Target(secure, parts.hostname, port or (443 if secure else 80), parts.path.rstrip("/"))


def share(text: str) -> float:
    """`50%` → 0.5.

    Raises:
        Refused: it is no share.
    """
    found = _SHARE.fullmatch(text.strip())
    if found is None or float(found[1]) > 100:
        raise Refused(f"{text!r} is no share: write 50%")
    return float(found[1]) / 100


def question(where: Target, plan: Plan, limit: int | None) -> str | None:
    """What must be agreed to before it begins; None on loopback.

    Raises:
        Refused: it is more than is done to another machine without a limit that allows it.
    """
    if where.is_loopback:
        return None
    allowed = MODEST if limit is None else limit
    if plan.streams > allowed:
        remedy = f"say --limit {plan.streams} if that machine is yours and its operators know"
        raise Refused(f"{plan.streams:,} streams to {where.host} are more than {allowed:,}: {remedy}")
    return f"This opens {plan.streams:,} streams to {where.name}. If you may do that, type its host's name"


def openings(plan: Plan) -> Iterator[float]:
    """When each stream is opened, in seconds from the start."""
    return (number / plan.rate for number in range(plan.streams))
