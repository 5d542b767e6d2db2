"""`avro.c` from Python: readers of records, where a C compiler is at hand."""

import ctypes
from collections.abc import Callable, Container
from functools import cache
from pathlib import Path
from typing import Any

from tidings_schemas.avro_reader import Reader, reader_of

from .build import NotBuilt, built
from .program import Unsupported, program

_SOURCE = Path(__file__).with_name("avro.c")


def native_reader_of(schema: Any, wanted: Container[str] | None = None) -> Reader | None:
    """As `avro_reader.reader_of`, whose function reads whatever C refuses.

    Raises:
        NotBuilt: there is no machine code for it here.
    """
    reader = reader_of(schema, wanted)
    if reader is None:
        return None
    try:
        code, objects = program(schema, wanted)
    except Unsupported:
        return reader
    made: Reader = maker()((code, objects, reader))
    return made


@cache
def maker() -> Callable[[tuple[bytes, tuple[Any, ...], Reader]], Any]:
    try:
        make = ctypes.PyDLL(str(built(_SOURCE))).tidings_avro_reader
    except (OSError, AttributeError) as error:
        raise NotBuilt(f"the compiled library cannot be loaded: {error}") from error
    make.argtypes, make.restype = [ctypes.py_object], ctypes.py_object
    return make
