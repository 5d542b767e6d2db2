"""The second stage: a draft for a followed topic → the same draft for each of its followers."""

from collections.abc import Callable

from tidings_schemas import Draft
from tidings_schemas.codec import Codec
from tidings_schemas.errors import InvalidEvent
from tidings_schemas.framing import schema_id_of
from tidings_schemas.topics import DRAFTS

from .follower_index import FollowerIndex
from .record import RecordIn, RecordOut, Step, source_header, trace_headers
from .stage import Stage


class FanOut(Stage):
    """`matches` in; out: `drafts` keyed by user, dead letters.

    Args:
        codec: encodes dead letters, and decodes a draft once for each schema id that is met.
        followers: gives the follower index of a partition; raises `StateNotHereYet` until it is restored.
    """

    name = "fan-out"

    def __init__(self, codec: Codec, followers: Callable[[int], FollowerIndex]) -> None:
        super().__init__(codec)
        self._followers = followers
        self._draft_ids: set[int] = set()

    def take(self, record: RecordIn, step: Step, now_ms: int) -> None:
        """See `Stage.take`."""
        value = self._draft_of(record)
        if not record.key:
            raise InvalidEvent("a match without a key: the followed topic is missing")
        users = self._followers(record.partition).of(record.key.decode())
        if not users:
            step.count("silent.no-followers")
        trace = trace_headers(record)
        step.outs += [
            RecordOut(DRAFTS.name, user.encode(), value, [source_header(record, index), *trace])
            for index, user in enumerate(users)
        ]

    def _draft_of(self, record: RecordIn) -> bytes:
        schema_id = schema_id_of(record.value)
        if schema_id not in self._draft_ids:
            name, _ = self.codec.decode(record.value)
            if name != Draft.avro_name:
                raise InvalidEvent(f"a {name} where a draft belongs")
            self._draft_ids.add(schema_id)
        assert record.value is not None
        return record.value
