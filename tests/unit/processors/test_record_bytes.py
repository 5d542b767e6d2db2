"""Records that are put together from pieces, held against the codec."""

import shutil
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tidings_processors.core.avro_bytes import Join, Joins, join_of, long, milliseconds, time
from tidings_processors.core.draft_bytes import DraftBytes
from tidings_processors.core.notification_bytes import NotificationBytes, NotificationParts
from tidings_schemas import Draft, Notification, Priority
from tidings_schemas.catalogue import Catalogue, schema_from_json
from tidings_schemas.cloudevents import Envelope
from tidings_schemas.codec import Codec, FixedSchemas
from tidings_schemas.native.avro import native_join_of

from tests.unit.processors.builders import CATALOGUE, CODEC

TEXTS = st.text(st.characters(blacklist_categories=["Cs"]), max_size=300)
TIMES = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))
compiled = pytest.mark.skipif(not shutil.which("cc"), reason="there is no C compiler")


def _by_c(kinds: str) -> Join:
    return native_join_of(kinds, join_of(kinds))


#: Both ways of putting records together.
both = pytest.mark.parametrize("joins", [join_of, pytest.param(_by_c, marks=compiled)], ids=["python", "c"])


@both
@given(
    st.builds(Envelope, TEXTS, TEXTS, TEXTS, TEXTS, TIMES, st.none() | TEXTS),
    TEXTS,
    TEXTS,
    st.none() | TEXTS,
    st.binary(max_size=5000),
)
def test_a_draft_has_the_bytes_that_the_codec_would_write(
    joins: Joins, envelope: Envelope, rule: str, version: str, topic: str | None, payload: bytes
) -> None:
    draft = Draft(
        rule=rule,
        rule_version=version,
        topic=topic,
        event_id=envelope.id,
        event_source=envelope.source,
        event_type=envelope.type,
        event_subject=envelope.subject,
        event_time=envelope.time,
        traceparent=envelope.traceparent,
        payload=payload,
    )
    drafts = DraftBytes(CODEC, joins)
    mine = drafts.whole(drafts.rule_part(rule, version), topic, drafts.event_part(envelope, payload))
    assert mine == CODEC.encode(Draft.avro_name, draft.to_avro())


@both
@given(
    st.builds(
        Notification,
        id=TEXTS,
        user=TEXTS,
        rule=TEXTS,
        kind=TEXTS,
        topic=st.none() | TEXTS,
        title=TEXTS,
        body=TEXTS,
        url=st.none() | TEXTS,
        priority=st.sampled_from([p.value for p in Priority]),
        collapse_key=st.none() | TEXTS,
        locale=TEXTS,
        event_id=TEXTS,
        event_type=TEXTS,
        event_time=TIMES,
        created_at=TIMES,
        expires_at=st.none() | TIMES,
    )
)
def test_a_notification_has_the_bytes_that_the_codec_would_write(joins: Joins, n: Notification) -> None:
    parts = NotificationParts(joins)
    words = parts.words(
        *(n.title, n.body, n.url, Priority(n.priority), n.collapse_key, n.locale),
        *(n.event_id, n.event_type, milliseconds(n.event_time)),
    )
    expires = None if n.expires_at is None else milliseconds(n.expires_at)
    shared = parts.rule(n.rule, n.kind), words
    mine = NotificationBytes(CODEC, joins).whole(n.id, n.user, n.topic, shared, milliseconds(n.created_at), expires)
    assert mine == CODEC.encode(Notification.avro_name, n.to_avro())


@given(st.integers(-(2**62), 2**62))
def test_the_quick_way_to_write_a_time_is_the_slow_one(value: int) -> None:
    assert time(value) == long(value)


@pytest.mark.parametrize("value", [(1 << 34) - 1, 1 << 34, (1 << 41) - 1, 1 << 41])
def test_the_quick_way_ends_where_it_must(value: int) -> None:
    """Where a time takes one byte more or less."""
    assert time(value) == long(value)


@pytest.mark.parametrize(
    ("maker", "name"), [(DraftBytes, Draft.avro_name), (NotificationBytes, Notification.avro_name)]
)
def test_a_schema_that_has_changed_is_noticed_at_once(maker: Any, name: str) -> None:
    """Bytes of another layout must never be written: a new field, even with a default, stops the stage."""
    document = dict(CATALOGUE[name].json)
    document["fields"] = [*document["fields"], {"name": "more", "type": "string", "default": "x"}]
    changed = Catalogue([schema_from_json(document)])
    with pytest.raises(RuntimeError, match="has changed"):
        maker(Codec(changed, FixedSchemas(changed)))


KINDS: dict[str, st.SearchStrategy[Any]] = {
    "s": TEXTS,
    "S": st.none() | TEXTS,
    "y": st.binary(max_size=300),
    ".": st.binary(max_size=300),
    "t": st.integers(-(2**63), 2**63 - 1),
    "T": st.none() | st.integers(-(2**63), 2**63 - 1),
}


def _nobody(*_: Any) -> bytes:
    raise AssertionError("C left it to Python")


@compiled
@given(st.lists(st.sampled_from(sorted(KINDS)), max_size=16), st.data())
def test_c_joins_what_python_joins(kinds: list[str], data: st.DataObject) -> None:
    """And leaves none of it to Python."""
    values = [data.draw(KINDS[kind]) for kind in kinds]
    letters = "".join(kinds)
    assert native_join_of(letters, _nobody)(*values) == join_of(letters)(*values)


@both
@pytest.mark.parametrize(
    ("kinds", "values"), [("s", ["\ud800"]), ("s", [None]), ("y", ["x"]), ("t", ["1"]), ("ss", ["x"])]
)
def test_what_is_no_such_value_is_an_error(joins: Joins, kinds: str, values: list[Any]) -> None:
    """The same error on both ways, since Python raises it."""
    with pytest.raises((UnicodeEncodeError, AttributeError, TypeError)):
        joins(kinds)(*values)
