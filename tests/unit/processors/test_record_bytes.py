"""Records that are put together from pieces, held against the codec."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tidings_processors.core.avro_bytes import long, milliseconds, time
from tidings_processors.core.draft_bytes import DraftBytes
from tidings_processors.core.notification_bytes import NotificationBytes
from tidings_schemas import Draft, Notification, Priority
from tidings_schemas.catalogue import Catalogue, schema_from_json
from tidings_schemas.cloudevents import Envelope
from tidings_schemas.codec import Codec, FixedSchemas

from tests.unit.processors.builders import CATALOGUE, CODEC

TEXTS = st.text(st.characters(blacklist_categories=["Cs"]), max_size=300)
TIMES = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))
DRAFTS = DraftBytes(CODEC)
NOTIFICATIONS = NotificationBytes(CODEC)


@given(
    st.builds(Envelope, TEXTS, TEXTS, TEXTS, TEXTS, TIMES, st.none() | TEXTS),
    TEXTS,
    TEXTS,
    st.none() | TEXTS,
    st.binary(max_size=5000),
)
def test_a_draft_has_the_bytes_that_the_codec_would_write(
    envelope: Envelope, rule: str, version: str, topic: str | None, payload: bytes
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
    mine = DRAFTS.whole(DRAFTS.rule_part(rule, version), topic, DRAFTS.event_part(envelope, payload))
    assert mine == CODEC.encode(Draft.avro_name, draft.to_avro())


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
def test_a_notification_has_the_bytes_that_the_codec_would_write(n: Notification) -> None:
    parts = (
        NOTIFICATIONS.rule_part(n.rule, n.kind),
        NOTIFICATIONS.words_part(n.title, n.body, n.url),
        NOTIFICATIONS.event_part(
            Priority(n.priority), n.collapse_key, n.locale, n.event_id, n.event_type, milliseconds(n.event_time)
        ),
    )
    expires = None if n.expires_at is None else milliseconds(n.expires_at)
    mine = NOTIFICATIONS.whole(n.id, n.user, n.topic, parts, milliseconds(n.created_at), expires)
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
