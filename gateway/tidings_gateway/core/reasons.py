"""Why a stream was reset and why it ended, as docs/wire.md names them."""

from enum import StrEnum


class Reset(StrEnum):
    """What was asked for cannot be given: fetch the snapshot, go on from the cursor that comes with it."""

    MALFORMED = "malformed"  # not a cursor of ours
    RECREATED = "recreated"  # the topic was deleted and made again, so its offsets mean other records
    PARTITION = "partition"  # a cursor of another partition, or the number of partitions changed
    EXPIRED = "expired"  # retention has removed what came after the cursor
    FUTURE = "future"  # the log ends before the cursor
    TOO_FAR = "too-far"  # the log has it, but further back than a resume may reach
    SLOW = "slow"  # the client took too little for too long


class Bye(StrEnum):
    """Why a stream ended."""

    DRAIN = "drain"
    SLOW = "slow"
    TOKEN_EXPIRED = "token-expired"
    LIMIT = "limit"
    MOVED = "moved"

    @property
    def reconnect(self) -> bool:
        """Whether the same client may come back as it is."""
        return self is not Bye.TOKEN_EXPIRED
