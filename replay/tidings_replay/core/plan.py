"""Which offsets to read: a span and what the broker says about each partition → ranges, and what is not there.

A range is half open, [start, stop). `stop` need not be an offset that exists: on compacted topics records vanish, on
transactional ones markers and aborted records take offsets. The reader is through with a partition when it sees an
offset ≥ `stop` or the partition's end, so that holes at the edge neither hang it nor let one record too many in.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from .errors import BadSpan
from .span import At, Back, Bound, Edge, Offset, Offsets


@dataclass(frozen=True, slots=True)
class Partition:
    """What a broker knows about one partition.

    Attributes:
        low: first offset that is kept. high: next offset to be written (read committed: of the last stable record).
        since, until: first offset whose timestamp is not before the span's time bounds; None = there is none.
        first_ms: timestamp of the first record that is kept, ms; None if unknown or empty.
    """

    topic: str
    partition: int
    low: int
    high: int
    since: int | None = None
    until: int | None = None
    first_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Range:
    """Offsets [start, stop) of one partition, and the timestamps [from_ms, to_ms) that are wanted of them."""

    topic: str
    partition: int
    start: int
    stop: int
    from_ms: int | None = None
    to_ms: int | None = None

    @property
    def size(self) -> int:
        """How many offsets; at most so many records."""
        return self.stop - self.start


@dataclass(frozen=True, slots=True)
class Cut:
    """What was asked for and is gone: retention or `delete-records` took everything before `low`."""

    topic: str
    partition: int
    low: int
    missing: int | None
    first_ms: int | None


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be read, and what cannot be."""

    ranges: tuple[Range, ...]
    cuts: tuple[Cut, ...] = field(default=())

    @property
    def size(self) -> int:
        """Upper bound of records."""
        return sum(r.size for r in self.ranges)


def plan(
    partitions: Iterable[Partition],
    since: Bound,
    until: Bound,
    *,
    only: frozenset[int] | None = None,
    empty: bool = False,
) -> Plan:
    """The ranges of a span. `only` keeps these partitions; `empty` also keeps those in which nothing lies yet, to
    follow them.

    Raises:
        BadSpan: the span ends before it begins.
    """
    _check_order(since, until)
    ranges, cuts = [], []
    for p in partitions:
        if not _wanted(p.partition, since, until, only):
            continue
        start, stop = _start(p, since), _stop(p, until)
        if (cut := _cut(p, since)) is not None:
            cuts.append(cut)
        start = min(max(start, p.low), p.high)
        ranges.append(Range(p.topic, p.partition, start, max(start, min(stop, p.high)), _ms(since), _ms(until)))
    return Plan(tuple(r for r in ranges if r.size or empty), tuple(cuts))


def _check_order(since: Bound, until: Bound) -> None:
    if isinstance(since, At) and isinstance(until, At) and until.time <= since.time:
        raise BadSpan(f"the span ends ({until.time.isoformat()}) before it begins ({since.time.isoformat()})")
    if isinstance(since, Offset) and isinstance(until, Offset) and until.offset <= since.offset:
        raise BadSpan(f"the span ends (offset {until.offset}) before it begins (offset {since.offset})")
    if isinstance(since, Back) and isinstance(until, Back) and until.count >= since.count:
        raise BadSpan(f"the span ends (the last {until.count}) before it begins (the last {since.count})")
    if isinstance(since, Offsets) and isinstance(until, Offsets):
        for p in sorted(since.by_partition.keys() & until.by_partition.keys()):
            if (end := until.by_partition[p]) <= (begin := since.by_partition[p]):
                raise BadSpan(f"the span of partition {p} ends (offset {end}) before it begins (offset {begin})")
    if until == Edge(latest=False):
        raise BadSpan("the span ends at the earliest record, before anything: --to is a time, an offset or latest")


def _wanted(partition: int, since: Bound, until: Bound, only: frozenset[int] | None) -> bool:
    if only is not None and partition not in only:
        return False
    return all(partition in b.by_partition for b in (since, until) if isinstance(b, Offsets))


def _ms(bound: Bound) -> int | None:
    return bound.ms if isinstance(bound, At) else None


def _start(p: Partition, since: Bound) -> int:
    match since:
        case Offset(offset):
            return offset
        case Offsets(by_partition):
            return by_partition[p.partition]
        case Back(count):
            return p.high - count
        case Edge(latest):
            return p.high if latest else p.low
        case At():
            return p.high if p.since is None else p.since


def _stop(p: Partition, until: Bound) -> int:
    match until:
        case Offset(offset):
            return offset
        case Offsets(by_partition):
            return by_partition[p.partition]
        case Back(count):
            return p.high - count
        case Edge(latest):
            return p.high if latest else p.low
        case At():
            return p.high if p.until is None else p.until


def _cut(p: Partition, since: Bound) -> Cut | None:
    """A time before the first kept record of a partition that once held earlier ones may have lost some."""
    if p.low == 0 or isinstance(since, Edge | Back):
        return None
    if isinstance(since, At):
        if p.first_ms is not None and p.first_ms <= since.ms:
            return None
        gone = p.since is None or p.since <= p.low
        return Cut(p.topic, p.partition, p.low, None, p.first_ms) if gone else None
    missing = p.low - _start(p, since)
    return Cut(p.topic, p.partition, p.low, missing, p.first_ms) if missing > 0 else None
