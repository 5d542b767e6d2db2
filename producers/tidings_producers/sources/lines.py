"""Shell: publishes JSON lines and tells what became of each."""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from queue import Queue
from typing import NamedTuple
from uuid import uuid4

from tidings_schemas.delivery import Delivery, RecordMetadata
from tidings_schemas.errors import Permanent, TidingsError
from tidings_schemas.from_json import JsonReader

from tidings_producers.core.json_lines import event_of
from tidings_producers.publisher import Publisher

_Entry = tuple[int, str, Delivery | TidingsError]
#: So many lines may be on their way before reading stops.
_AHEAD = 10_000


class Outcome(NamedTuple):
    """What became of a line (counted from 1): its event's id, and where it is or why it is not there."""

    line: int
    id: str
    result: RecordMetadata | TidingsError


@dataclass
class Tally:
    """How many lines were published, and how many were not."""

    published: int = 0
    failed: int = 0


def publish_lines(
    lines: Iterable[str],
    reader: JsonReader,
    publisher: Publisher,
    tell: Callable[[Outcome], object],
    *,
    source: str = "/tidings/publish",
    strict: bool = False,
) -> Tally:
    """Publishes every line that holds an event; `tell` hears of each line in order, as soon as Kafka has answered.

    Blank lines are left out. An event without `id`, `source` or `time` gets a random one, `source`, and now.

    Args:
        strict: stop at the first line that cannot be published.

    Raises:
        Transient: Kafka or the registry is away; no line after that was published.
    """
    receipts = _Receipts(tell)
    receipts.start()
    try:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            entry = _publish(number, line, reader, publisher, source)
            receipts.ahead.put(entry)
            if strict and isinstance(entry[2], TidingsError):
                break
    finally:
        receipts.ahead.put(None)
        receipts.join()
    if receipts.broken is not None:
        raise receipts.broken
    return receipts.tally


def _publish(number: int, line: str, reader: JsonReader, publisher: Publisher, source: str) -> _Entry:
    defaults = {"id": str(uuid4()), "source": source, "time": datetime.now(UTC)}
    try:
        event = event_of(line, reader, defaults)
    except Permanent as error:
        return number, "", error
    try:
        return number, event.id, publisher.publish(event)
    except Permanent as error:
        return number, event.id, error


class _Receipts(threading.Thread):
    """Waits for receipts in the order of the lines, beside the reading: the next line may be long in coming."""

    def __init__(self, tell: Callable[[Outcome], object]) -> None:
        super().__init__(name="receipts")
        self.ahead: Queue[_Entry | None] = Queue(_AHEAD)
        self.tally = Tally()
        self.broken: OSError | None = None
        self._tell = tell

    def run(self) -> None:
        for number, event_id, delivery in iter(self.ahead.get, None):
            result = _result(delivery)
            if isinstance(result, TidingsError):
                self.tally.failed += 1
            else:
                self.tally.published += 1
            self._say(Outcome(number, event_id, result))

    def _say(self, outcome: Outcome) -> None:
        if self.broken is None:
            try:
                self._tell(outcome)
            except OSError as error:  # nobody listens any more; the events are published all the same
                self.broken = error


def _result(delivery: Delivery | TidingsError) -> RecordMetadata | TidingsError:
    try:
        return delivery if isinstance(delivery, TidingsError) else delivery.result()
    except TidingsError as error:
        return error
