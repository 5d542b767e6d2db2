"""Dead letters: what became of each, which ones are meant, what a redrive sends. All pure."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from tidings_schemas import DeadLetter
from tidings_schemas.stamps import FIRST_MS, moment
from tidings_schemas.topics import EVENTS_PREFIX, Topic

#: What became of dead letters: key = the letter's offset in `dead-letters`, value = JSON text; a letter without one is
#: open.
STATES = Topic(
    "dead-letter-states", "offset of the dead letter", "what became of dead letters", compact=True, partitions=1
)
#: Header that counts how often a record was put back; the stages copy it into the next dead letter.
COUNT_HEADER = "tidings-redrives"
OPEN, REDRIVEN, DISCARDED = "open", "redriven", "discarded"


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter and where it lies in `dead-letters`."""

    place: int
    letter: DeadLetter
    state: str = OPEN
    note: str = ""

    @property
    def source(self) -> str:
        """Where the record lay: `topic/partition@offset`."""
        return f"{self.letter.topic}/{self.letter.partition}@{self.letter.offset}"


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one letter, at `at`."""

    place: int
    state: str
    at: datetime
    by: str
    note: str = ""

    def key(self) -> bytes:
        """Kafka key."""
        return str(self.place).encode()

    def value(self) -> bytes:
        """JSON text."""
        return orjson.dumps({"state": self.state, "at": self.at, "by": self.by, "note": self.note})


def parse_change(key: bytes | None, value: bytes | None) -> Change | None:
    """The change of a record of `STATES`; None if it is none that is understood."""
    try:
        document = orjson.loads(value or b"")
        at = datetime.fromisoformat(document["at"])
        return Change(int(key or b""), document["state"], at, document.get("by", ""), document.get("note", ""))
    except (ValueError, KeyError, TypeError):
        return None


@dataclass(frozen=True, slots=True)
class Selection:
    """Which letters are meant; empty = every open one.

    Attributes:
        classes, stages, topics, rules: any of these values. text: a regular expression over the error's text.
        places: these offsets in `dead-letters`. state: `open`, `redriven`, `discarded` or `` for any.
    """

    classes: frozenset[str] = frozenset()
    stages: frozenset[str] = frozenset()
    topics: frozenset[str] = frozenset()
    rules: frozenset[str] = frozenset()
    text: str = ""
    places: frozenset[int] = frozenset()
    state: str = OPEN

    def takes(self, one: Letter) -> bool:
        """Whether the letter is meant."""
        letter = one.letter
        return (
            (not self.state or one.state == self.state)
            and (not self.classes or letter.error_class in self.classes)
            and (not self.stages or letter.stage in self.stages)
            and (not self.topics or letter.topic in self.topics)
            and (not self.rules or letter.rule in self.rules)
            and (not self.places or one.place in self.places)
            and (not self.text or re.search(self.text, letter.error_text) is not None)
        )


@dataclass(frozen=True, slots=True)
class Redrive:
    """A record to be put back: the same bytes and key, to the same partition, one higher in its count."""

    place: int
    topic: str
    partition: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]


@dataclass(frozen=True, slots=True)
class Skipped:
    """A letter that is not put back, and why."""

    place: int
    why: str


def redrive(one: Letter, cap: int) -> Redrive | Skipped:
    """What a redrive sends for a letter. `cap`: so often at most, so that nothing goes round for ever."""
    letter = one.letter
    if letter.redrives >= cap:
        return Skipped(one.place, f"it was put back {letter.redrives} times already (at most {cap}: --max-redrives)")
    if letter.value is not None and letter.value_size > len(letter.value):
        return Skipped(one.place, f"only {len(letter.value):,} of its {letter.value_size:,} bytes were kept")
    headers = [(h["name"], h["value"]) for h in letter.headers if h["name"] != COUNT_HEADER]
    headers += [(COUNT_HEADER, str(letter.redrives + 1).encode()), *_identity(letter, {n for n, _ in headers})]
    return Redrive(one.place, letter.topic, letter.partition, letter.key, letter.value, tuple(headers))


def _identity(letter: DeadLetter, named: set[str]) -> list[tuple[str, bytes]]:
    """An event without an id of its own is known by where it lay; put back, it lies elsewhere, so it must carry that
    along."""
    if not letter.topic.startswith(EVENTS_PREFIX) or "ce_id" in named:
        return []
    identity = [("ce_id", f"{letter.topic}:{letter.partition}:{letter.offset}".encode())]
    return identity if "ce_source" in named else [*identity, ("ce_source", f"kafka:{letter.topic}".encode())]


def in_order(letters: Iterable[Letter]) -> list[Letter]:
    """Letters in the order in which their records stood in their partitions, so that each key keeps its own."""
    return sorted(letters, key=lambda o: (o.letter.topic, o.letter.partition, o.letter.offset, o.place))


def last_of_each(letters: Iterable[Letter]) -> tuple[list[Letter], list[Skipped]]:
    """One letter for each record: a stage that was killed may have written the same one twice."""
    kept: dict[str, Letter] = {}
    skipped = []
    for one in letters:
        if (before := kept.get(one.source)) is not None:
            skipped.append(Skipped(before.place, f"the same record as dead letter {one.place}"))
        kept[one.source] = one
    return list(kept.values()), skipped


_NUMBER = re.compile(r"\d+")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|b'[^']*'")


def cause(letter: DeadLetter) -> str:
    """The error without what differs from record to record, so that a thousand letters of one cause are one line."""
    text = _NUMBER.sub("#", _QUOTED.sub("…", letter.error_text))
    return f"{letter.error_class}: {text[:120]}"


@dataclass(slots=True)
class Group:
    """Letters of one cause."""

    name: str
    count: int = 0
    open: int = 0
    first: datetime | None = None
    last: datetime | None = None
    stages: Counter[str] = field(default_factory=Counter)
    over_time: Counter[datetime] = field(default_factory=Counter)
    example: int = -1


def groups(letters: Iterable[Letter], by: str, bucket_seconds: int) -> list[Group]:
    """Counts by `cause`, `class`, `stage`, `topic` or `rule`, the most frequent first, in buckets of time."""
    found: dict[str, Group] = {}
    for one in letters:
        name = _name(one.letter, by)
        group = found.setdefault(name, Group(name))
        at = one.letter.at
        group.count += 1
        group.open += one.state == OPEN
        group.first = min(at, group.first or at)
        group.last = max(at, group.last or at)
        group.stages[one.letter.stage] += 1
        group.over_time[_bucket(at, bucket_seconds)] += 1
        group.example = one.place
    return sorted(found.values(), key=lambda g: (-g.count, g.name))


def _name(letter: DeadLetter, by: str) -> str:
    values: Mapping[str, Any] = {
        "cause": cause(letter),
        "class": letter.error_class,
        "stage": letter.stage,
        "topic": letter.topic,
        "rule": letter.rule or "–",
    }
    return str(values[by])


def _bucket(at: datetime, seconds: int) -> datetime:
    begins = int(at.timestamp()) // seconds * seconds * 1000
    return moment(max(begins, FIRST_MS)) or at


_BARS = " ▁▂▃▄▅▆▇█"


def sparkline(counts: Mapping[datetime, int], first: datetime, last: datetime, seconds: int, width: int = 24) -> str:
    """Counts over time as one line of at most `width` characters."""
    step = max(seconds, -(-(int((last - first).total_seconds()) + seconds) // width))
    slots = [0] * (int((last - first).total_seconds()) // step + 1)
    for at, count in counts.items():
        slots[int((at - first).total_seconds()) // step] += count
    most = max(slots) or 1
    return "".join(_BARS[-(-slot * 8 // most)] for slot in slots)
