"""CEL's operators on Python values; each raises where the library must be asked (see `translate`)."""

import operator
from collections.abc import Callable
from typing import Any

_MIN, _MAX = -(2**63), 2**63 - 1

Binary = Callable[[Any, Any], Any]


class AskTheLibrary(Exception):
    """For this value Python and CEL may differ."""


EQUALITY: dict[str, Binary] = {"_==_": operator.eq, "_!=_": operator.ne}
ORDER: dict[str, Binary] = {"_<_": operator.lt, "_<=_": operator.le, "_>_": operator.gt, "_>=_": operator.ge}
TEXT: dict[str, Binary] = {"startsWith": str.startswith, "endsWith": str.endswith, "contains": operator.contains}


def ordered(number: float) -> float:
    """A number as a double; NaN has no order."""
    value = float(number)
    if value != value:
        raise AskTheLibrary
    return value


def is_in(item: Any, group: Any) -> bool:
    """`item in group`."""
    return item in group


def size_of_text(text: str) -> int:
    """`size(text)`; what is no ASCII is left to the library, which counts UTF-8 bytes."""
    if not text.isascii():
        raise AskTheLibrary
    return len(text)


def within_64_bits(value: int) -> int:
    """CEL's ints overflow; Python's do not."""
    if not _MIN <= value <= _MAX:
        raise AskTheLibrary
    return value


def _bounded(function: Binary) -> Binary:
    return lambda a, b: within_64_bits(function(a, b))


def _quotient(a: int, b: int) -> int:
    """`a / b` of ints, rounded toward zero."""
    whole = abs(a) // abs(b)
    return within_64_bits(whole if (a < 0) == (b < 0) else -whole)


def _remainder(a: int, b: int) -> int:
    """`a % b` of ints; its sign is that of `a`."""
    return a - b * _quotient(a, b)


INT: dict[str, Binary] = {
    "_+_": _bounded(operator.add),
    "_-_": _bounded(operator.sub),
    "_*_": _bounded(operator.mul),
    "_/_": _quotient,
    "_%_": _remainder,
}
DOUBLE: dict[str, Binary] = {
    "_+_": operator.add,
    "_-_": operator.sub,
    "_*_": operator.mul,
    "_/_": operator.truediv,  # by zero Python raises; the library then gives infinity
}
