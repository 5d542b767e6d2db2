"""Drafts as bytes: what the rule says, the followed topic, what the event says.

An event makes one draft for each rule and followed topic that it matches; only the topic differs each time.
"""

from datetime import UTC, datetime

from tidings_schemas import Draft
from tidings_schemas.cloudevents import Envelope
from tidings_schemas.codec import Codec
from tidings_schemas.framing import SIZE

from .avro_bytes import Joins, join_of, milliseconds, text


class DraftBytes:
    """Puts framed drafts together.

    Args:
        joins: makes what encodes.

    Raises:
        SchemaNotRegistered, RegistryUnavailable: the id of `Draft` cannot be had.
        RuntimeError: Draft's schema is not what this was written for.
    """

    def __init__(self, codec: Codec, joins: Joins = join_of) -> None:
        self._event, self._whole = joins("sssstSy"), joins(".S.")
        expected = codec.encode(Draft.avro_name, _SAMPLE.to_avro())
        self._prefix = expected[:SIZE]
        envelope = Envelope("e", "s", "t", "k", _SAMPLE.event_time, "00-1")
        if self.whole(self.rule_part("r", "v"), "flight:X", self.event_part(envelope, b"\x00payload")) != expected:
            raise RuntimeError(f"the schema of {Draft.avro_name} has changed: change {__name__} with it")

    def rule_part(self, name: str, version: str) -> bytes:
        """Everything before the topic: the same for all drafts of a rule."""
        return self._prefix + text(name) + text(version)

    def event_part(self, envelope: Envelope, payload: bytes) -> bytes:
        """Everything behind the topic: the same for all drafts of an event."""
        event_id, source, name, subject, time, trace = envelope
        return self._event(event_id, source, name, subject, milliseconds(time), trace, payload)

    def whole(self, rule_part: bytes, topic: str | None, event_part: bytes) -> bytes:
        """The framed draft."""
        return self._whole(rule_part, topic, event_part)


_SAMPLE = Draft(
    rule="r",
    rule_version="v",
    topic="flight:X",
    event_id="e",
    event_source="s",
    event_type="t",
    event_subject="k",
    event_time=datetime(2013, 1, 10, 8, 30, 0, 123_000, UTC),
    traceparent="00-1",
    payload=b"\x00payload",
)
