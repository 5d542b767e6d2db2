"""What devices tell → changes of read state, in the notifications' own order."""

from collections.abc import Callable

from tidings_schemas import ReadState, Receipt
from tidings_schemas.codec import Codec
from tidings_schemas.errors import InvalidEvent
from tidings_schemas.topics import NOTIFICATIONS

from .policy import Silent
from .record import RecordIn, RecordOut, Step, source_header
from .stage import Stage
from .window import Window


class Receipts(Stage):
    """`receipts` in; out: `notifications` keyed by user, dead letters.

    Args:
        codec: decodes receipts, encodes read states and dead letters.
        window: the ids of receipts lately written to a partition of `notifications`.
    """

    name = "receipts"

    def __init__(self, codec: Codec, window: Callable[[int], Window]) -> None:
        super().__init__(codec)
        self._window = window

    def take(self, record: RecordIn, step: Step, now_ms: int) -> None:
        """See `Stage.take`."""
        self.settle(self._outcome(record), step)

    def _outcome(self, record: RecordIn) -> RecordOut | Silent:
        name, receipt = self.codec.decode(record.value)
        if name != Receipt.avro_name:
            raise InvalidEvent(f"a {name} where a receipt belongs")
        if record.key is None or record.key.decode() != receipt["user"]:
            raise InvalidEvent(f"the key is {record.key!r}, the receipt's user {receipt['user']!r}", "user")
        window = self._window(record.partition)
        if receipt["id"] in window:
            return Silent("duplicate")
        state = ReadState.from_avro(receipt)
        value = self.codec.encode(ReadState.avro_name, state.to_avro())
        window.add(receipt["id"], for_all=False)
        return RecordOut(NOTIFICATIONS.name, record.key, value, [source_header(record, 0)])
