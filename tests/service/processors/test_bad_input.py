"""Bad input under a real worker: each ends as a dead letter that says why, and the good neighbours get through."""

import pytest
from tidings_schemas.cloudevents import headers_of
from tidings_schemas.topics import MIB

from tests.service.processors.harness import Place, delayed, message

pytestmark = pytest.mark.kafka

RULES = """\
rules:
  - {name: good, match: tidings.demo.Message, audience: {users: user}, kind: k, text: {en: {title: "{{ text }}"}}}
  - name: picky-condition
    match: tidings.demo.Message
    when: 10 / sequence > 100
    audience: {users: user}
    kind: k
    text: {en: {title: never}}
  - name: picky-template
    match: tidings.demo.Message
    when: text.startsWith("template")
    audience: {users: user}
    kind: k
    text: {en: {title: "{{ text.nothing }}"}}
"""


def test_each_kind_of_bad_event_is_buried_and_its_neighbours_are_told(place: Place, tmp_path) -> None:  # type: ignore[no-untyped-def]
    """One partition, good and bad in turn: an undecodable value, a wrong schema id, an unknown type, and so on."""
    rules = tmp_path / "rules.yaml"
    rules.write_text(RULES)
    fits = place.codec.encode("tidings.demo.Message", message("ann", sequence=1).data)
    flight = place.codec.encode("tidings.flights.FlightDelayed", delayed(45).data)
    bad: dict[str, tuple[bytes | None, str]] = {
        "undecodable": (b"\x00" + fits[1:5] + b"\xff\xff\xff", "UndecodableValue"),
        "not framed": (b'{"user": "ann"}', "UndecodableValue"),
        "tombstone": (None, "UndecodableValue"),
        "no such schema id": (b"\x00\x7f\xff\xff\xff" + fits[5:], "UnknownSchemaId"),
        "the id of another schema": (fits[:1] + flight[1:5] + fits[5:], "UndecodableValue"),
        "another type than its header says": (flight, "InvalidEvent"),
        "oversize": (fits + b"x" * 300_000, "OversizeValue"),
        "bytes left over": (fits + b"x", "UndecodableValue"),
    }
    headers = headers_of(message("ann"))
    for number, (value, _) in enumerate(bad.values()):
        good = message("ann", text=f"good {number}", sequence=1)
        place.put("events.demo", b"k", value, headers, partition=0, wait=False)
        place.put(
            "events.demo", b"k", place.codec.encode(good.type, good.data), headers_of(good), partition=0, wait=False
        )
    zero, template = message("ann", text="zero", sequence=0), message("ann", text="template", sequence=1)
    for event in (zero, template):
        place.put("events.demo", b"k", place.codec.encode(event.type, event.data), headers_of(event), partition=0)
    with place.worker(TIDINGS_RULES=str(rules)):
        place.wait_told(len(bad) + 2)
        letters = {letter.offset: letter for letter in place.wait_dead(len(bad) + 2) if letter.rule is None}
    assert place.told() == {"ann": [*(f"good {number}" for number in range(len(bad))), "zero", "template"]}
    for number, (name, (value, error)) in enumerate(bad.items()):
        letter = letters[2 * number]
        assert (letter.stage, letter.topic, letter.partition, letter.key) == ("match", "events.demo", 0, b"k"), name
        assert letter.error_class == error, name
        assert letter.value == (value[:MIB] if value is not None else None), name
        assert letter.error_text
        assert {"name": "ce_type", "value": b"tidings.demo.Message"} in letter.headers
    by_rule = {letter.rule: letter for letter in place.dead_letters() if letter.rule}
    assert set(by_rule) == {"picky-condition", "picky-template"}
    assert (by_rule["picky-condition"].stage, by_rule["picky-template"].stage) == ("match", "deliver")
    assert "division by zero" in by_rule["picky-condition"].error_text
    assert "UndefinedError" in by_rule["picky-template"].error_text


def test_rules_that_do_not_compile_end_the_worker_with_every_place(place: Place, tmp_path) -> None:  # type: ignore[no-untyped-def]
    """A worker never starts on rules that it does not understand, and says where to look."""
    rules = tmp_path / "rules.yaml"
    rules.write_text(
        RULES.replace("10 / sequence", "10 / sequenz").replace(
            "users: user}, kind: k, text", "users: usr}, kind: k, text"
        )
    )
    with place.worker(wait=False, TIDINGS_RULES=str(rules)) as worker:
        assert worker.process.wait(60) == 1
        told = worker.log.read_text()
    assert f"{rules}:2:65: rule 'good': the event has no field 'usr'" in told
    assert f"{rules}:5:16: rule 'picky-condition': the event has no field 'sequenz'" in told
    assert "Traceback" not in told


def test_an_unknown_user_is_told_by_the_defaults_and_no_user_is_nobody(place: Place, tmp_path) -> None:  # type: ignore[no-untyped-def]
    """Who was never heard of is told by the defaults: there is no list to be missing from. Null and "" are nobody."""
    rules = tmp_path / "rules.yaml"
    rules.write_text(RULES)
    for user, text in (("stranger", "hello"), (None, "to null"), ("", "to no one"), ("ann", "hello")):
        event = message("x", text=text, sequence=1)
        data = {**event.data, "user": user}
        place.put("events.demo", b"k", place.codec.encode(event.type, data), headers_of(event), partition=0)
    with place.worker(TIDINGS_RULES=str(rules)):
        place.wait_told(2)
    assert place.told() == {"stranger": ["hello"], "ann": ["hello"]}
    assert place.dead_letters() == []
