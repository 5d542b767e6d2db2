"""The errors that Tidings raises, as a tree.

    TidingsError
    ├── Permanent                the same input fails again: refuse it or dead-letter it
    │   ├── UndecodableValue     the bytes are not Confluent-framed Avro of their schema
    │   ├── UnknownSchemaId      the registry answered that it has no such schema
    │   ├── UnknownEventType     no schema is known for the event's type
    │   ├── InvalidEvent         a field is missing or does not fit its schema (`field` names it)
    │   ├── OversizeValue        the value is larger than the limit
    │   ├── SchemaNotRegistered  the registry does not hold this schema: `tidings schemas register`
    │   └── Refused              the broker or the registry said no for good (authorisation, size, …)
    └── Transient                the same input may pass later: wait and retry
        ├── RegistryUnavailable  no answer from the schema registry
        ├── BrokerUnavailable    no answer from Kafka, or not in time
        ├── BufferFull           the producer's buffer is full: slow down (back-pressure)
        └── Undelivered          at `flush` or `close`: these records did not reach Kafka

The class says whose fault it was and whether to retry; the text says what to do.
"""

from collections.abc import Sequence
from typing import Protocol


class TidingsError(Exception):
    """Base of every error that Tidings raises on purpose."""

    retryable = False


class Permanent(TidingsError):
    """The same input fails again."""


class Transient(TidingsError):
    """The same input may pass later."""

    retryable = True


class UndecodableValue(Permanent):
    """The bytes are not Confluent-framed Avro of the schema that they name."""


class UnknownSchemaId(Permanent):
    """The registry has no schema of this id."""


class UnknownEventType(Permanent):
    """No schema is known for the event's type."""


class InvalidEvent(Permanent):
    """A field is missing or does not fit its schema.

    Attributes:
        field: dotted path of the field, such as `delay_minutes`; empty when the whole record is meant.
    """

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class OversizeValue(Permanent):
    """The value is larger than the limit."""


class SchemaNotRegistered(Permanent):
    """The registry does not hold this schema."""


class Refused(Permanent):
    """The broker or the registry refused for good."""


class RegistryUnavailable(Transient):
    """The schema registry did not answer."""


class BrokerUnavailable(Transient):
    """Kafka did not answer in time."""


class BufferFull(Transient):
    """The producer's buffer is full."""


class Failed(Protocol):
    """A `Delivery` that failed, as far as `Undelivered` needs it: errors import nothing that does I/O."""

    topic: str
    key: bytes | None

    def exception(self) -> TidingsError | None:
        """Why."""


class Undelivered(Transient):
    """Some records did not reach Kafka.

    Attributes:
        deliveries: those that failed and whose receipt nobody has read; `delivery.exception()` says why.
        waiting: how many more still wait for Kafka's answer.
    """

    def __init__(self, deliveries: Sequence[Failed], waiting: int) -> None:
        self.deliveries = list(deliveries)
        self.waiting = waiting
        why = f", the first ({deliveries[0].topic}): {deliveries[0].exception()}" if deliveries else ""
        super().__init__(f"{len(deliveries)} records failed and {waiting} still wait for Kafka{why}")
