"""Which Python values fit Avro's primitive and logical types. Pure; `fit` builds on it."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from numbers import Integral, Real
from typing import Any
from uuid import UUID

_INT, _LONG = 2**31, 2**63
_SINGLE = 3.4028235677973366e38  # from here on a 32-bit float rounds to infinity

Predicate = Callable[[Any], bool]


def _within(limit: int) -> Predicate:
    def whole(value: Any) -> bool:
        if type(value) is int:
            return -limit <= value < limit
        return isinstance(value, Integral) and not isinstance(value, bool) and -limit <= int(value) < limit

    return whole


def _number(value: Any) -> bool:
    return type(value) is float or (isinstance(value, Real) and not isinstance(value, bool))


def _single(value: Any) -> bool:
    return _number(value) and (value != value or abs(value) < _SINGLE or abs(value) == float("inf"))


def is_text(value: Any) -> bool:
    """A string that UTF-8 can hold: lone surrogates it cannot."""
    if not isinstance(value, str):
        return False
    return value.isascii() or not any("\ud800" <= char <= "\udfff" for char in value)


def _timestamp(per_second: int, aware: bool) -> Predicate:
    """A datetime with (or without) a zone, or a number that readers can turn into one again."""
    low, high = _FIRST_SECOND * per_second, (_LAST_SECOND + 1) * per_second

    def fits(value: Any) -> bool:
        if isinstance(value, datetime):
            if (value.tzinfo is None) is aware:
                return False
            return not aware or has_utc(value)
        return _is_long(value) and low <= value < high

    return fits


def has_utc(value: datetime) -> bool:
    """Whether an aware time is still within the years 1 to 9999 in UTC, which its zone may leave by hours."""
    if 1 < value.year < 9999:
        return True
    try:
        value.astimezone(UTC)
    except OverflowError:
        return False
    return True


def _up_to(limit: int) -> Predicate:
    """A time of day, or its number."""
    return lambda value: isinstance(value, time) or (_is_long(value) and 0 <= value < limit)


def _date(value: Any) -> bool:
    if isinstance(value, date):
        return not isinstance(value, datetime)
    return _is_long(value) and date.min.toordinal() <= value + _EPOCH_DAY <= date.max.toordinal()


def _uuid(value: Any) -> bool:
    if not isinstance(value, str):
        return isinstance(value, UUID)
    try:
        UUID(value)
    except ValueError:
        return False
    return True


_FIRST_SECOND = int(datetime.min.replace(tzinfo=UTC).timestamp())
_LAST_SECOND = int(datetime.max.replace(tzinfo=UTC, microsecond=0).timestamp())
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_DAY_MS = 24 * 60 * 60 * 1000
_is_long = _within(_LONG)

PRIMITIVES: dict[str, Predicate] = {
    "null": lambda value: value is None,
    "boolean": lambda value: value is True or value is False,
    "int": _within(_INT),
    "long": _is_long,
    "float": _single,
    "double": _number,
    "bytes": lambda value: isinstance(value, bytes | bytearray),
    "string": is_text,
}
AT_SIGHT: dict[str, frozenset[type]] = {
    "null": frozenset({type(None)}),
    "boolean": frozenset({bool}),
    "double": frozenset({float}),
    "bytes": frozenset({bytes}),
    "string": frozenset({str}),
}
#: By base type and logical type, as fastavro keys them.
LOGICAL: dict[str, Predicate] = {
    "long-timestamp-millis": _timestamp(1_000, aware=True),
    "long-timestamp-micros": _timestamp(1_000_000, aware=True),
    "long-local-timestamp-millis": _timestamp(1_000, aware=False),
    "long-local-timestamp-micros": _timestamp(1_000_000, aware=False),
    "int-date": _date,
    "int-time-millis": _up_to(_DAY_MS),
    "long-time-micros": _up_to(_DAY_MS * 1000),
    "bytes-decimal": lambda value: isinstance(value, Decimal | bytes | bytearray),
    "string-uuid": _uuid,
}
