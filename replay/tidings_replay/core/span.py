"""`--from` and `--to` as an analyst writes them.

| text | meaning |
|---|---|
| `2013-01-10`, `2013-01-10T06:00`, `…Z`, `…+01:00` | a time; UTC unless it says otherwise |
| `-2h`, `-90s`, `-1d12h`, `-2w` | so long before now |
| `1234` | this offset of every partition |
| `0:1234,3:99` | these offsets of these partitions, nothing of the others |
| `-500` | the last 500 records of every partition |
| `earliest`, `latest`, `now` | the first record kept; the end as it is now |
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from .errors import BadSpan

_UNITS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
_RELATIVE = re.compile(r"-((?:\d+(?:\.\d+)?[wdhms])+)")
_PIECE = re.compile(r"(\d+(?:\.\d+)?)([wdhms])")
_BY_PARTITION = re.compile(r"\d+:\d+(,\d+:\d+)*")


@dataclass(frozen=True, slots=True)
class At:
    """A moment; records are judged by their Kafka timestamp."""

    time: datetime

    @property
    def ms(self) -> int:
        """Milliseconds since 1970, as Kafka counts them; it knows none before."""
        return max(0, round(self.time.timestamp() * 1000))


@dataclass(frozen=True, slots=True)
class Offset:
    """An offset of every partition."""

    offset: int


@dataclass(frozen=True, slots=True)
class Offsets:
    """An offset for each of the named partitions; the others are left out."""

    by_partition: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Back:
    """So many offsets before the end of every partition."""

    count: int


@dataclass(frozen=True, slots=True)
class Edge:
    """`earliest` (the first record that is kept) or `latest` (the end as it is now)."""

    latest: bool


Bound = At | Offset | Offsets | Back | Edge


def parse_bound(text: str, now: datetime) -> Bound:
    """The bound that `text` names; `now` (aware) anchors what is relative.

    Raises:
        BadSpan: it is none of the forms above.
    """
    text = text.strip()
    if text in ("earliest", "beginning"):
        return Edge(latest=False)
    if text in ("latest", "now", "end"):
        return Edge(latest=True)
    if text.isascii() and text.isdigit():
        return Offset(int(text))
    if text.startswith("-") and text.isascii() and text[1:].isdigit():
        return Back(int(text[1:]))
    if _BY_PARTITION.fullmatch(text):
        return Offsets(dict(tuple(map(int, pair.split(":"))) for pair in text.split(",")))  # type: ignore[misc]
    if match := _RELATIVE.fullmatch(text):
        return At(_before(now, match[1]))
    return At(_iso(text))


def parse_duration(text: str) -> timedelta:
    """`90s`, `1d12h`.

    Raises:
        BadSpan: it is no such text.
    """
    if not _RELATIVE.fullmatch("-" + text):
        raise BadSpan(f"{text!r} is no duration: write 90s, 15m, 2h, 1d12h or 2w")
    return _duration(text)


def _duration(text: str) -> timedelta:
    try:
        return timedelta(seconds=sum(float(n) * _UNITS[unit] for n, unit in _PIECE.findall(text)))
    except OverflowError:
        raise BadSpan(f"{text!r} is longer than time itself: write -2h, -1d12h or -2w, or earliest") from None


def _before(now: datetime, text: str) -> datetime:
    try:
        return now - _duration(text)
    except OverflowError:  # before the year 1: everything there is
        return datetime.min.replace(tzinfo=UTC)


def _iso(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise BadSpan(
            f"{text!r} is no time and no offset: write 2013-01-10T06:00Z, -2h, 1234, 0:1234,3:99, -500, "
            "earliest or latest"
        ) from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)
