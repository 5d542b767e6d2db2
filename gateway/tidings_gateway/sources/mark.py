"""What a replay wrote never reaches a user: such records carry a mark, and outside a sandbox they count as empty.

Their offsets stay, so cursors and gaps are as ever. A sandbox is a namespace that begins with `sandbox`.
"""

from collections.abc import Iterable

MARK = "tidings-replay"
SANDBOX = "sandbox"


def unless_replayed(value: bytes | None, headers: Iterable[tuple[str, object]] | None, topic: str) -> bytes | None:
    """The value that may be told to users; None for a replayed record of a topic (full name) outside a sandbox."""
    if headers and not topic.startswith(SANDBOX) and any(name == MARK for name, _ in headers):
        return None
    return value
