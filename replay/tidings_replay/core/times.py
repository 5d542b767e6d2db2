"""Times that a row may hold: the years 1 to 9999, and a day of 24 hours, as `tidings_schemas.stamps` has it. Arrow's
columns hold any number."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc
from tidings_schemas.stamps import EPOCH, LAST_MS, is_time

_DAY = timedelta(days=1)
_UNITS = {"s": timedelta(seconds=1), "ms": timedelta(milliseconds=1), "us": timedelta(microseconds=1)}
_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def stamps(ms: Sequence[int]) -> pa.Array:
    """Kafka timestamps as a column of times; null where there is none, or it is none."""
    kind = pa.timestamp("ms", "UTC")
    if not ms or (min(ms) >= 0 and max(ms) <= LAST_MS):  # nearly always
        return pa.array(ms, pa.int64()).cast(kind)
    return pa.array([stamp if is_time(stamp) else None for stamp in ms], pa.int64()).cast(kind)


def latest(ms: Sequence[int]) -> int:
    """The latest of these Kafka timestamps, those that are no time left out; 0 if there is none."""
    found = max(ms, default=0)
    return found if is_time(found) else max(filter(is_time, ms), default=0)


def holds_times(kind: pa.DataType) -> bool:
    """Whether values of this type may hold a time."""
    if _limits(kind) is not None:
        return True
    return any(holds_times(kind.field(n).type) for n in range(kind.num_fields))


def all_fit(column: pa.Array | pa.ChunkedArray) -> bool:
    """Whether every time in the column, however deep, is one that Python has."""
    if isinstance(column, pa.ChunkedArray):
        return all(map(all_fit, column.chunks))
    kind = column.type
    if pa.types.is_struct(kind):
        return all(map(all_fit, column.flatten()))
    if pa.types.is_map(kind):
        return all_fit(column.items)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return all_fit(column.flatten())
    limits = _limits(kind)
    if limits is None:
        return True
    numbers = column.cast(pa.int32() if kind.bit_width == 32 else pa.int64())
    least, most = pc.min_max(numbers).as_py().values()
    return least is None or (least >= limits[0] and most <= limits[1])


def _limits(kind: pa.DataType) -> tuple[int, int] | None:
    """The least and the greatest number of a type of times; None for other types, and for ns, which are all times."""
    if pa.types.is_date32(kind):
        return (date.min - EPOCH.date()).days, (date.max - EPOCH.date()).days
    if pa.types.is_timestamp(kind) and kind.unit in _UNITS:
        return (_FIRST - EPOCH) // _UNITS[kind.unit], (_LAST - EPOCH) // _UNITS[kind.unit]
    if pa.types.is_time(kind) and kind.unit in _UNITS:
        return 0, _DAY // _UNITS[kind.unit] - 1
    return None
