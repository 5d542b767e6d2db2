"""What is done in C where that can be had (ADR 123)."""

import structlog
from tidings_schemas.avro_reader import Readers, reader_of
from tidings_schemas.native.avro import maker, native_reader_of
from tidings_schemas.native.build import NotBuilt

from .settings import Native

log = structlog.get_logger(__name__)


def readers(native: Native) -> Readers:
    """What makes the functions that read Avro, by the setting.

    Raises:
        NotBuilt: C is asked for and cannot be had.
    """
    if native == "off":
        return reader_of
    try:
        maker()
    except NotBuilt as error:
        if native == "on":
            raise
        log.info("Python does what C would do", because=str(error))
        return reader_of
    return native_reader_of
