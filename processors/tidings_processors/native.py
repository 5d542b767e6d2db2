"""What is done in C where that can be had (ADR 123)."""

from typing import NamedTuple

import structlog
from tidings_schemas.avro_reader import Readers, reader_of
from tidings_schemas.native.avro import maker, native_join_of, native_reader_of
from tidings_schemas.native.build import NotBuilt

from .core.avro_bytes import Join, Joins, join_of
from .settings import Native

log = structlog.get_logger(__name__)


class Avro(NamedTuple):
    """What makes the functions that read records, and those that put them together."""

    readers: Readers
    joins: Joins


def avro(native: Native) -> Avro:
    """In C or in Python, by the setting.

    Raises:
        NotBuilt: C is asked for and cannot be had.
    """
    if native == "off":
        return Avro(reader_of, join_of)
    try:
        maker()
    except NotBuilt as error:
        if native == "on":
            raise
        log.info("Python does what C would do", because=str(error))
        return Avro(reader_of, join_of)
    return Avro(native_reader_of, _join_in_c)


def _join_in_c(kinds: str) -> Join:
    return native_join_of(kinds, join_of(kinds))
