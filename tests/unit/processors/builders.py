"""Events, rules and records for tests of the stages: lists in, lists out."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any

from tidings_processors.core.match import Match
from tidings_processors.core.record import RecordIn, RecordOut
from tidings_processors.core.rules import RuleSet, read_rules
from tidings_processors.core.untimed import untimed_codec
from tidings_schemas import DeadLetter, Draft, Event
from tidings_schemas.catalogue import Catalogue, load
from tidings_schemas.cloudevents import headers_of
from tidings_schemas.codec import Codec, FixedSchemas

NOW_MS = 1_800_000_000_000
DELAYED = "tidings.flights.FlightDelayed"
MESSAGE = "tidings.demo.Message"
MAX_BYTES = 10_000

CATALOGUE: Catalogue = load()
SCHEMAS = FixedSchemas(CATALOGUE)
CODEC = Codec(CATALOGUE, SCHEMAS)
UNTIMED = untimed_codec(CATALOGUE, SCHEMAS)


@cache
def shipped_rules() -> RuleSet:
    """The rules of the package."""
    return read_rules((files("tidings_processors") / "rules.yaml").read_text(), CATALOGUE)


def rules(text: str) -> RuleSet:
    """The rules of an indented YAML list."""
    return read_rules("rules:\n" + text, CATALOGUE)


def rule_text(name: str = "r", *, match: str = MESSAGE, audience: str = "{users: user}", **more: str) -> str:
    """One rule as YAML, with fields that a test does not care about filled in."""
    fields = {"kind": "k", "text": '{en: {title: "t"}}'} | more
    lines = "".join(f"    {field}: {value}\n" for field, value in fields.items())
    return f"  - name: {name}\n    match: {match}\n    audience: {audience}\n{lines}"


def delayed(minutes: int = 45, **more: Any) -> dict[str, Any]:
    """A FlightDelayed."""
    return {
        "flight": "UA1545",
        "carrier": "UA",
        "carrier_name": "United Air Lines Inc.",
        "number": 1545,
        "tail": None,
        "origin": "EWR",
        "origin_name": "Newark Liberty Intl",
        "destination": "IAH",
        "destination_name": None,
        "scheduled_departure": datetime(2013, 1, 10, 15, 0, tzinfo=UTC),
        "scheduled_arrival": None,
        "delay_minutes": minutes,
        "estimated_departure": datetime(2013, 1, 10, 15, 45, tzinfo=UTC),
    } | more


def message(**fields: Any) -> dict[str, Any]:
    """A demo Message."""
    return {"user": None, "topic": None, "text": "hello", "sequence": 0, "sent_at_ns": 0} | fields


def event(data: dict[str, Any], kind: str = DELAYED, event_id: str = "e-1", **more: Any) -> Event:
    """An event of `kind`."""
    time = datetime(2013, 1, 10, 14, 0, tzinfo=UTC)
    return Event(kind, data, event_id, "/flights/nyc", more.pop("subject", "UA1545"), time, **more)


def record(
    value: bytes | Event | None,
    offset: int = 0,
    topic: str = "events.flights",
    key: bytes | None = b"UA1545",
    **more: Any,
) -> RecordIn:
    """A record as a stage reads it; an event is encoded."""
    headers = more.pop("headers", [])
    if isinstance(value, Event):
        headers = [*headers_of(value), *headers]
        value = CODEC.encode(value.type, value.data)
    return RecordIn(topic, more.pop("partition", 0), offset, key, value, headers, more.pop("timestamp_ms", NOW_MS))


def matched(rule_set: RuleSet, run: Sequence[RecordIn], now_ms: int = NOW_MS) -> list[RecordOut]:
    """What match makes of a run."""
    step = Match(CODEC, UNTIMED, lambda: rule_set, MAX_BYTES).process(run, now_ms)
    assert step.waiting is None
    assert step.done == len(run)
    return step.outs


def read_in(outs: Sequence[RecordOut], topic: str, partition: int = 0) -> list[RecordIn]:
    """The outputs on `topic` as the next stage reads them."""
    mine = [out for out in outs if out.topic == topic]
    return [out.appended(partition, offset, NOW_MS) for offset, out in enumerate(mine)]


def decoded(out: RecordOut) -> dict[str, Any]:
    """The fields of an output."""
    return CODEC.decode(out.value)[1]


def drafts(outs: Sequence[RecordOut]) -> list[tuple[str, str, str | None]]:
    """(rule, key, followed topic) of the drafts among outputs."""
    return [
        (draft["rule"], (out.key or b"").decode(), draft["topic"])
        for out in outs
        for name, draft in [CODEC.decode(out.value)]
        if name == Draft.avro_name
    ]


def dead(outs: Sequence[RecordOut]) -> list[DeadLetter]:
    """The dead letters among outputs."""
    return [DeadLetter.from_avro(decoded(out)) for out in outs if out.topic == "dead-letters"]
