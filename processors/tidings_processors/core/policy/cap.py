"""Rate caps: at most so many an hour, of a kind, of a rule, or of all together."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

HOUR_MS = 3_600_000


class Full(NamedTuple):
    """A cap that is reached: which (`*` = all together), at how many an hour, and when there is room again (ms)."""

    key: str
    limit: int
    until_ms: int


class Telling(NamedTuple):
    """That a user was told: when (ms), and of what."""

    at_ms: int
    kind: str
    rule: str


def full(caps: Mapping[str, int], kind: str, rule: str, told: Iterable[Telling], now_ms: int) -> Full | None:
    """The cap that keeps a user from being told now; of several the one that lasts longest. None = there is room.

    Args:
        caps: limits by kind, by rule, or by `*`.
        told: what the user was told lately, oldest first.
    """
    recent = [telling for telling in told if telling.at_ms > now_ms - HOUR_MS]
    reached = [
        found
        for key in dict.fromkeys((kind, rule, "*"))
        if caps.get(key, -1) >= 0 and (found := _full(key, caps[key], recent, now_ms)) is not None
    ]
    return max(reached, key=lambda one: one.until_ms, default=None)


def _full(key: str, limit: int, recent: list[Telling], now_ms: int) -> Full | None:
    times = [telling.at_ms for telling in recent if key in ("*", telling.kind, telling.rule)]
    if len(times) < limit:
        return None
    return Full(key, limit, (times[-limit] if limit else now_ms) + HOUR_MS)
