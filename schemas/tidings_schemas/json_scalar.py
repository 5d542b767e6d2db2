"""JSON's texts and numbers as Python values of Avro's types; what does not convert stays as it is. Pure."""

import base64
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any


def timestamp(value: Any) -> Any:
    """RFC 3339 text as `datetime`; a whole number as int."""
    if not isinstance(value, str):
        return whole(value)
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return value


def whole(value: Any) -> Any:
    """30.0 as 30: JSON knows one kind of number, and many languages write it so."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _day(value: Any) -> Any:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else whole(value)
    except ValueError:
        return value


def _time_of_day(value: Any) -> Any:
    try:
        return time.fromisoformat(value) if isinstance(value, str) else whole(value)
    except ValueError:
        return value


def _bytes(value: Any) -> Any:
    try:
        return base64.b64decode(value, validate=True) if isinstance(value, str) else value
    except ValueError:  # also of text beyond ASCII
        return value


def _decimal(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return value
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return value
    return number if number.is_finite() else value


CONVERT: dict[str, Callable[[Any], Any]] = {
    "int": whole,
    "long": whole,
    "bytes": _bytes,
    "fixed": _bytes,
    "long-timestamp-millis": timestamp,
    "long-timestamp-micros": timestamp,
    "long-local-timestamp-millis": timestamp,
    "long-local-timestamp-micros": timestamp,
    "int-date": _day,
    "int-time-millis": _time_of_day,
    "long-time-micros": _time_of_day,
    "bytes-decimal": _decimal,
    "fixed-decimal": _decimal,
}
