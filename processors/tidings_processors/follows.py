"""Who follows what, by partition of the topic `follows`, kept up to date in the background."""

from typing import Any

from tidings_schemas import Follow
from tidings_schemas.codec import Codec
from tidings_schemas.topics import parse_follow_key

from .core.follower_index import FollowerIndex
from .patient import PatientCodec
from .state import PartitionedState

_ALWAYS_MS = 0


class Follows(PartitionedState[FollowerIndex]):
    """The follower indexes of the partitions that are held.

    Args:
        config: librdkafka's connection properties.
        topic: the topic's full name.
        codec: decodes follows without times (`core.untimed`); in a thread that may wait for the registry.
    """

    def __init__(self, config: dict[str, Any], topic: str, codec: Codec) -> None:
        super().__init__(config, topic, FollowerIndex, self._apply_follow)
        self._codec = PatientCodec(codec, Follow.avro_name)

    def close(self) -> None:
        """See `PartitionedState.close`."""
        self._codec.close()
        super().close()

    def _apply_follow(self, index: FollowerIndex, key: bytes, value: bytes | None) -> None:
        topic, user = parse_follow_key(key)
        if value is None:
            index.remove(topic, user)
            return
        follow = self._codec.fields_of(value)
        # Who follows what is in the key: a value that cannot be read silences nobody.
        index.add(topic, user, _ALWAYS_MS if follow is None else follow["since"])
