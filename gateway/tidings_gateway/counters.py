"""What the streams count, for `/metrics`."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Counters:
    """Plain numbers that only grow, except `open` and `lag`, which say how it is now.

    Attributes:
        open: streams now.
        opened, resumed: streams since the start, and how many of them came with a cursor that was honoured.
        closed: ended streams by reason; `client` when the client left.
        frames, bytes: written to clients, HTTP framing not counted.
        records, duplicates: read from the source; and those that repeated a notification.
        undecodable: records that could not be decoded.
        resets: by reason.
        slow: what was done for slow clients, by step of the ladder; `close` included.
        rewinds: reads of the source for resumes beyond memory.
        lag: records between the tail's end and the log's end, by partition.
    """

    open: int = 0
    opened: int = 0
    resumed: int = 0
    closed: Counter[str] = field(default_factory=Counter)
    frames: int = 0
    bytes: int = 0
    records: int = 0
    duplicates: int = 0
    undecodable: int = 0
    resets: Counter[str] = field(default_factory=Counter)
    slow: Counter[str] = field(default_factory=Counter)
    rewinds: int = 0
    lag: dict[int, int] = field(default_factory=dict)
