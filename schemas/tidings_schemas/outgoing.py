"""An event as the record that goes to Kafka, or the reason why it does not. Pure."""

from typing import NamedTuple

from .cloudevents import Headers, headers_of
from .codec import Codec
from .errors import InvalidEvent, OversizeValue
from .event import Event
from .topics import domain_of, events_topic


class Outgoing(NamedTuple):
    """One record: `topic` without the namespace, `value` framed Avro."""

    topic: str
    key: bytes
    value: bytes
    headers: Headers


class Outbox:
    """Makes records of events; remembers the topic of each type.

    Args:
        codec: writes the values.
        max_bytes: largest value in bytes that is let through (`TIDINGS_MAX_EVENT_BYTES`).
    """

    def __init__(self, codec: Codec, max_bytes: int) -> None:
        self._codec = codec
        self._max_bytes = max_bytes
        self._topics: dict[str, str] = {}

    def record_of(self, event: Event) -> Outgoing:
        """The record that carries `event`.

        Raises:
            UnknownEventType: no schema is known for its type.
            InvalidEvent: a field does not fit, or the type names no topic; `field` says which.
            OversizeValue: its value is too large.
            SchemaNotRegistered, RegistryUnavailable: its schema's id is not known here, and not to be had.
        """
        topic = self._topics.get(event.type)
        if topic is None:
            topic = self._topics[event.type] = _topic_of(event.type)
        value = self._codec.encode(event.type, event.data)
        if len(value) > self._max_bytes:
            raise OversizeValue(
                f"{event.type} {event.id} has {len(value)} bytes, {self._max_bytes} are allowed "
                "(TIDINGS_MAX_EVENT_BYTES): send a link to what is large"
            )
        return Outgoing(topic, event.subject.encode(), value, headers_of(event))


def _topic_of(event_type: str) -> str:
    try:
        return events_topic(domain_of(event_type)).name
    except ValueError as error:
        raise InvalidEvent(f"{event_type}: {error}", "type") from error
