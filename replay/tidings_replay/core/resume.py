"""The resume token: a stopped replay as text, so that `tidings replay --resume TOKEN` alone goes on with it.

Text = `r1.` + base64url without padding of zlib of JSON. It holds the request as it was made (bounds already turned
into offsets) and the next offset of each partition. It is no secret and no permission: whoever resumes needs their own
access.
"""

import base64
import binascii
import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from .errors import BadToken
from .plan import Range

_PREFIX = "r1."
_LIMIT = 1_000_000  # characters of JSON: a damaged or hostile token must not unpack without bound


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where a replay stands.

    Attributes:
        ranges: what is still to be read; `start` = the next offset.
        request: the command's options, to be used again.
        written: rows that are already out.
        part: how manyth run wrote; the next one writes part + 1.
    """

    ranges: tuple[Range, ...]
    request: Mapping[str, Any] = field(default_factory=dict)
    written: int = 0
    part: int = 1

    def token(self) -> str:
        """This checkpoint as text."""
        document = {**asdict(self), "ranges": [list(_row(r)) for r in self.ranges]}
        packed = zlib.compress(json.dumps(document, separators=(",", ":")).encode(), 9)
        return _PREFIX + base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def parse_token(text: str) -> Checkpoint:
    """The checkpoint of a token.

    Raises:
        BadToken: damaged, cut off, or of another version.
    """
    if not text.startswith(_PREFIX):
        raise BadToken("this is no resume token: it must begin with r1.")
    try:
        body = text.removeprefix(_PREFIX)
        packed = base64.b64decode(body + "=" * (-len(body) % 4), b"-_", validate=True)
        unpacker = zlib.decompressobj()
        document = json.loads(unpacker.decompress(packed, _LIMIT))
        ranges = tuple(Range(*row) for row in document.pop("ranges"))
        checkpoint = Checkpoint(ranges, **document)
    except (binascii.Error, zlib.error, ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadToken(f"the resume token is damaged; copy it whole ({error})") from error
    if not all(_sound(r) for r in ranges):
        raise BadToken("the resume token is damaged; copy it whole")
    return checkpoint


def advance(ranges: tuple[Range, ...], positions: Mapping[tuple[str, int], int]) -> tuple[Range, ...]:
    """What is left of `ranges` when the next offsets to read are `positions`; finished ones are left out."""
    moved = (replace(r, start=max(r.start, positions.get((r.topic, r.partition), r.start))) for r in ranges)
    return tuple(r for r in moved if r.start < r.stop)


def _row(r: Range) -> tuple[Any, ...]:
    return r.topic, r.partition, r.start, r.stop, r.from_ms, r.to_ms


def _sound(r: Range) -> bool:
    whole = all(isinstance(n, int) and n >= 0 for n in (r.partition, r.start, r.stop))
    return isinstance(r.topic, str) and whole and all(n is None or isinstance(n, int) for n in (r.from_ms, r.to_ms))
