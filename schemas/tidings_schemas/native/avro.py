"""`avro.c` from Python: readers of records and what puts records together, where a C compiler is at hand."""

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


def native_join_of(kinds: str, in_python: Callable[..., bytes]) -> Callable[..., bytes]:
    """What does the same as `in_python`, which does whatever C refuses: puts values together as a record's bytes.

    Args:
        kinds: a letter for each value; see `tidings_processors.core.avro_bytes.join_of`.

    Raises:
        NotBuilt: there is no machine code for it here.
    """
    made: Callable[..., bytes] = _function("tidings_avro_join")((kinds.encode(), None, in_python))
    return made


def maker() -> Callable[[tuple[bytes, tuple[Any, ...], Reader]], Any]:
    """What makes readers of (program, objects, the reader in Python).

    Raises:
        NotBuilt: there is no machine code for it here.
    """
    made: Callable[[tuple[bytes, tuple[Any, ...], Reader]], Any] = _function("tidings_avro_reader")
    return made


@cache
def _function(name: str) -> Any:
    try:
        make = ctypes.PyDLL(str(built(_SOURCE)))[name]
    except (OSError, AttributeError) as error:
        raise NotBuilt(f"the compiled library cannot be loaded: {error}") from error
    make.argtypes, make.restype = [ctypes.py_object], ctypes.py_object
    return make
