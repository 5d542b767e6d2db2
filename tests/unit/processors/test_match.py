"""Match: events in, drafts and dead letters out."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tidings_processors.core.match import Match
from tidings_processors.core.record import RecordIn
from tidings_processors.core.untimed import untimed_codec
from tidings_schemas.catalogue import Catalogue, Schema, schema_from_json
from tidings_schemas.codec import Codec, FixedSchemas
from tidings_schemas.errors import RegistryUnavailable

from tests.unit.processors.builders import (
    CATALOGUE,
    CODEC,
    DELAYED,
    MAX_BYTES,
    MESSAGE,
    NOW_MS,
    SCHEMAS,
    UNTIMED,
    dead,
    decoded,
    delayed,
    drafts,
    event,
    matched,
    message,
    record,
    rule_text,
    rules,
    shipped_rules,
)

GOOD = event(message(user="ann"), MESSAGE, "good")


@pytest.mark.parametrize(
    ("minutes", "wanted"),
    [
        (29, []),
        (30, ["flight-delayed", "route-delayed"]),
        (60, ["flight-delayed", "route-delayed", "airport-delayed", "airport-delayed"]),
        (90, ["flight-delayed", "route-delayed", "airport-delayed", "airport-delayed", "carrier-delayed"]),
        (120, ["flight-delayed-long", "route-delayed", "airport-delayed", "airport-delayed", "carrier-delayed"]),
    ],
)
def test_a_delay_reaches_those_whom_the_shipped_rules_name(minutes: int, wanted: list[str]) -> None:
    outs = matched(shipped_rules(), [record(event(delayed(minutes)))])
    assert [rule for rule, _, _ in drafts(outs)] == wanted
    urgent = [decoded(out)["rule"] for out in outs if out.topic == "matches-urgent"]
    assert urgent == [rule for rule in wanted if rule == "flight-delayed-long"]
    assert {out.topic for out in outs} <= {"matches", "matches-urgent"}


def test_a_draft_carries_the_event_and_what_led_to_it() -> None:
    one = event(delayed(), traceparent="00-abc-def-03")
    (out,) = matched(
        rules(rule_text("r", match=DELAYED, audience='{followers: ["flight:{flight}"]}')), [record(one, 7)]
    )
    assert out.key == b"flight:UA1545"
    assert out.headers == [("tidings-src", b"events.flights:0:7:0"), ("traceparent", b"00-abc-def-03")]
    draft = decoded(out)
    assert draft["topic"] == "flight:UA1545"
    assert draft["payload"] == CODEC.encode(DELAYED, one.data)
    assert (draft["event_id"], draft["event_source"], draft["event_type"]) == (one.id, one.source, one.type)
    assert (draft["event_subject"], draft["event_time"], draft["traceparent"]) == (
        one.subject,
        one.time,
        one.traceparent,
    )


def test_an_event_that_names_its_user_needs_no_fan_out() -> None:
    (out,) = matched(rules(rule_text("r")), [record(event(message(user="ann"), MESSAGE))])
    assert (out.topic, out.key, decoded(out)["topic"]) == ("drafts", b"ann", None)


def test_each_output_of_a_record_has_an_index_of_its_own() -> None:
    text = "".join(rule_text(n, match=DELAYED, audience='{followers: ["a", "b"]}') for n in ("x", "y"))
    outs = matched(rules(text), [record(event(delayed()), 3)])
    assert [out.headers[0][1] for out in outs] == [b"events.flights:0:3:%d" % index for index in range(4)]


def test_conditions_see_the_envelope_and_times() -> None:
    """Match reads times as numbers where nobody asks for them; here one does."""
    text = rule_text(
        "r",
        match=DELAYED,
        audience='{followers: ["x"]}',
        when="event.subject == 'UA1545' && estimated_departure > scheduled_departure",
    )
    early = delayed(estimated_departure=datetime(2013, 1, 1, tzinfo=UTC))
    assert len(matched(rules(text), [record(event(delayed()))])) == 1
    assert matched(rules(text), [record(event(delayed(), subject="x"))]) == []
    assert matched(rules(text), [record(event(early))]) == []


BAD = {
    "tombstone": (None, "UndecodableValue"),
    "empty": (b"", "UndecodableValue"),
    "another magic byte": (b"\x01\x00\x00\x00\x01abc", "UndecodableValue"),
    "plain JSON": (b'{"flight": "UA1545"}', "UndecodableValue"),
    "no such schema id": (b"\x00\x00\x00\xff\xffabc", "UnknownSchemaId"),
    "cut short": (CODEC.encode(DELAYED, delayed())[:-3], "UndecodableValue"),
    "bytes left over": (CODEC.encode(DELAYED, delayed()) + b"x", "UndecodableValue"),
    "oversize": (b"\x00" * (MAX_BYTES + 1), "OversizeValue"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_value_becomes_a_dead_letter_and_its_neighbours_get_through(name: str) -> None:
    value, error = BAD[name]
    bad = record(value, 5, key=b"k", partition=2, headers=[("h", b"1"), ("n", None)])
    outs = matched(rules(rule_text("r")), [record(GOOD, 4), bad, record(GOOD, 6)])
    assert [out.topic for out in outs] == ["drafts", "dead-letters", "drafts"]
    (letter,) = dead(outs)
    assert (letter.topic, letter.partition, letter.offset, letter.stage) == ("events.flights", 2, 5, "match")
    assert (letter.error_class, letter.key, letter.value) == (error, b"k", value)
    assert letter.error_text
    assert letter.value_size == len(value or b"")
    assert letter.headers == [{"name": "h", "value": b"1"}, {"name": "n", "value": None}]
    assert outs[1].key == b"k"
    assert outs[1].headers == [("tidings-src", b"events.flights:2:5:0")]


def test_a_value_of_another_type_than_its_header_says_is_a_dead_letter() -> None:
    """A wrong schema id whose schema happens to fit must not be taken for the event."""
    lie = record(CODEC.encode(MESSAGE, message()), headers=[("ce_type", DELAYED.encode())])
    (letter,) = dead(matched(shipped_rules(), [lie]))
    assert letter.error_class == "InvalidEvent"
    assert f"ce_type says {DELAYED}" in letter.error_text


def test_an_event_type_that_nobody_knows_is_a_dead_letter() -> None:
    """The registry knows its schema, the processors do not: dead letters can be put back once they are updated."""
    (letter,) = dead(_with_new_type("events.x"))
    assert letter.error_class == "UnknownEventType"


def test_other_types_on_a_foreign_topic_are_none_of_our_business() -> None:
    assert _with_new_type("orders") == []


def _with_new_type(topic: str) -> list:  # type: ignore[type-arg]
    new = schema_from_json({"type": "record", "name": "x.New", "fields": [{"name": "a", "type": "int"}]})
    everything = Catalogue([*CATALOGUE, new])
    registry = FixedSchemas(everything)
    value = Codec(everything, registry).encode("x.New", {"a": 1})
    stage = Match(Codec(CATALOGUE, registry), untimed_codec(CATALOGUE, registry), shipped_rules, MAX_BYTES)
    return stage.process([record(value, topic=topic)], NOW_MS).outs


@pytest.mark.parametrize(
    "header",
    [("ce_id", b"a\nb"), ("ce_source", b"x" * 2000), ("ce_subject", "\u0007".encode()), ("ce_id", b"\xff\x00")],
)
def test_an_envelope_that_could_forge_ids_is_a_dead_letter(header: tuple[str, bytes]) -> None:
    value = CODEC.encode(MESSAGE, message(user="ann"))
    (letter,) = dead(matched(rules(rule_text("r")), [record(value, headers=[header])]))
    assert letter.error_class == "InvalidEvent"


def test_a_rule_that_fails_for_one_event_stops_neither_rules_nor_events() -> None:
    """`tail` is null in the first event: that rule's dead letter, and the other rule's draft."""
    text = rule_text("bad", match=DELAYED, audience='{followers: ["x"]}', when="tail.startsWith('N')")
    text += rule_text("good", match=DELAYED, audience='{followers: ["x"]}')
    outs = matched(rules(text), [record(event(delayed()), 0), record(event(delayed(tail="N1")), 1)])
    assert [rule for rule, _, _ in drafts(outs)] == ["good", "bad", "good"]
    (letter,) = dead(outs)
    assert (letter.rule, letter.error_class, letter.offset) == ("bad", "RuleFailed", 0)
    assert "tail.startsWith" in letter.error_text


def test_a_foreign_topic_feeds_by_a_rule_alone() -> None:
    """No CloudEvents headers, no `events.`: id, source and subject come from where the record lies."""
    found = rules(rule_text("a", topic="orders") + rule_text("b"))
    one = record(CODEC.encode(MESSAGE, message(user="ann")), 9, topic="orders", key=b"order-1", partition=3)
    tombstone = record(None, 10, topic="orders")
    (out,) = matched(found, [one, tombstone])
    draft = decoded(out)
    assert (draft["rule"], draft["event_id"], draft["event_source"]) == ("a", "orders:3:9", "kafka:orders")
    assert (draft["event_subject"], draft["event_type"]) == ("order-1", MESSAGE)


@pytest.mark.parametrize(
    "key", [b"\x00\x00\x00\x00\x07\x0eorder-1", (1545).to_bytes(8, "big"), bytes(range(200, 216)), b"x" * 2000]
)
def test_a_key_that_is_no_text_does_not_cost_the_event(key: bytes) -> None:
    """Avro, a number, a UUID's bytes: no subject, and the id that any key has there."""
    value = CODEC.encode(MESSAGE, message(user="ann"))
    (out,) = matched(rules(rule_text("a", topic="orders")), [record(value, 9, topic="orders", key=key)])
    draft = decoded(out)
    assert (draft["event_id"], draft["event_source"], draft["event_subject"]) == ("orders:0:9", "kafka:orders", "")


class _AskedLater:
    """A registry that knows nothing until it is told to."""

    up = False

    def by_id(self, schema_id: int) -> Schema:
        if not self.up:
            raise RegistryUnavailable("down")
        return SCHEMAS.by_id(schema_id)

    def id_of(self, schema: Schema) -> int:
        return SCHEMAS.id_of(schema)


def test_an_unknown_schema_id_waits_while_the_registry_is_down() -> None:
    """What came before goes out, nothing becomes a dead letter, and the rest goes on when the registry is back."""
    registry = _AskedLater()
    stage = Match(
        Codec(CATALOGUE, registry), untimed_codec(CATALOGUE, registry), lambda: rules(rule_text("r")), MAX_BYTES
    )
    run = [record(b"\x01bad", 0), record(GOOD, 1), record(GOOD, 2)]
    first = stage.process(run, NOW_MS)
    assert (first.done, len(first.outs)) == (1, 1)
    assert isinstance(first.waiting, RegistryUnavailable)
    registry.up = True
    second = stage.process(run[first.done :], NOW_MS)
    assert (second.done, second.waiting) == (2, None)
    assert len(drafts(second.outs)) == 2


@given(
    st.lists(st.binary(max_size=60) | st.just(b"\x00\x00\x00\x00\x06").map(lambda p: p + b"\x02\x06ann"), max_size=5)
)
def test_no_bytes_stop_a_run(values: list[bytes]) -> None:
    """Every record of a run gives drafts or exactly one dead letter."""
    run = [record(value, offset) for offset, value in enumerate(values)]
    step = Match(CODEC, UNTIMED, shipped_rules, MAX_BYTES).process(run, NOW_MS)
    assert step.done == len(run)
    assert {letter.offset for letter in dead(step.outs)} <= set(range(len(run)))


def test_a_dead_letter_keeps_what_fits() -> None:
    """Values beyond 1 MiB are cut, and their size is told; headers beyond the limit are left out."""
    huge = RecordIn("orders", 0, 0, b"k" * 100_000, b"x" * 2**21, [("a", b"1"), ("b", b"y" * 300_000)], NOW_MS)
    (letter,) = dead(matched(rules(rule_text("r")), [huge]))
    assert letter.value is not None
    assert letter.key is not None
    assert (len(letter.value), letter.value_size, len(letter.key)) == (2**20, 2**21, 65536)
    assert [header["name"] for header in letter.headers] == ["a"]


def test_a_redriven_record_counts_how_often() -> None:
    again = record(b"bad", headers=[("tidings-redrives", b"2")])
    (letter,) = dead(matched(rules(rule_text("r")), [again]))
    assert letter.redrives == 2
