"""A record that could not be processed, as a record for the topic of dead letters."""

from datetime import UTC, datetime

from tidings_schemas import DeadLetter
from tidings_schemas.codec import Codec
from tidings_schemas.topics import DEAD_LETTERS, MIB

from .record import Headers, RecordIn, RecordOut, source_header

#: How much of a record is kept, in bytes; the topic itself takes 4 MiB.
MAX_VALUE, MAX_KEY, MAX_HEADERS = MIB, 64 * 1024, 256 * 1024
_MAX_TEXT = 2000  # characters


def dead_letter(record: RecordIn, stage: str, error: Exception, now_ms: int, codec: Codec, index: int = 0) -> RecordOut:
    """The dead letter of `record`: its bytes and headers as they were, where it lay, which stage met which error.

    Args:
        error: an error with a `rule` attribute names that rule.
        index: how many outputs of the record came before.

    Raises:
        SchemaNotRegistered, RegistryUnavailable: the id of `DeadLetter` cannot be had.
    """
    letter = DeadLetter(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        key=None if record.key is None else record.key[:MAX_KEY],
        value=None if record.value is None else record.value[:MAX_VALUE],
        value_size=len(record.value or b""),
        stage=stage,
        error_class=type(error).__name__,
        error_text=str(error)[:_MAX_TEXT],
        at=datetime.fromtimestamp(now_ms / 1000, UTC),
        headers=_kept(record),
        rule=getattr(error, "rule", None),
        redrives=_redrives(record),
    )
    value = codec.encode(DeadLetter.avro_name, letter.to_avro())
    headers: Headers = [source_header(record, index)]
    return RecordOut(DEAD_LETTERS.name, letter.key, value, headers)


def _kept(record: RecordIn) -> list[dict[str, str | bytes | None]]:
    room = MAX_HEADERS
    kept: list[dict[str, str | bytes | None]] = []
    for name, value in record.headers:
        room -= len(name) + len(value or b"")
        if room < 0:
            break
        kept.append({"name": name, "value": value})
    return kept


def _redrives(record: RecordIn) -> int:
    """How often the record was put back already: a redrive counts in a header."""
    for name, value in record.headers:
        if name == "tidings-redrives" and value is not None and value.isdigit() and len(value) < 6:
            return int(value)
    return 0
