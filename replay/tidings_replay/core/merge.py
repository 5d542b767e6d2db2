"""Several partitions' rows in one order of time, as someone who watches a replay wants them.

A row may go out once every partition that is still open has shown a row of the same time or a later one. Rows of one
partition never pass one another, even where their timestamps go back.
"""

from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc
from tidings_schemas.stamps import FIRST_MS

Place = tuple[str, int]
_FULL = 50_000  # rows of one partition that wait for the others


class Merger:
    """Give it each partition's tables in order; `ready` gives what may go out."""

    def __init__(self, places: Iterable[Place]) -> None:
        self._open = set(places)
        self._last: dict[Place, int] = {}
        self._waiting: dict[Place, list[pa.Table]] = {}

    def push(self, place: Place, table: pa.Table | None, up_to_ms: int) -> None:
        """Rows of one partition, and the latest timestamp that was read of it (also of rows that were filtered out)."""
        self._last[place] = max(up_to_ms, self._last.get(place, 0))
        if table is not None and table.num_rows:
            self._waiting.setdefault(place, []).append(table)

    def close(self, place: Place) -> None:
        """Nothing more comes of this partition."""
        self._open.discard(place)

    def full(self, place: Place) -> bool:
        """So much of it waits that reading on should wait too."""
        return bool(sum(table.num_rows for table in self._waiting.get(place, ())) > _FULL)

    def ready(self) -> pa.Table | None:
        """The rows that may go out, by time; None = none."""
        if self._open - self._last.keys():
            return None
        bound = min((self._last[place] for place in self._open), default=None)
        parts = [part for place in sorted(self._waiting) if (part := self._cut(place, bound)) is not None]
        if not parts:
            return None
        whole = pa.concat_tables(parts, promote_options="default")
        return whole.take(pc.sort_indices(whole, [("__order", "ascending")])).drop_columns(["__order"])

    def _cut(self, place: Place, bound: int | None) -> pa.Table | None:
        table = _ordered(self._waiting.pop(place))
        if bound is None:
            return table
        order = table.column("__order")
        count = pc.sum(pc.less_equal(order, bound)).as_py() or 0
        if count < table.num_rows:
            self._waiting[place] = [table.slice(count).drop_columns(["__order"])]
        return table.slice(0, count) if count else None


def _ordered(tables: list[pa.Table]) -> pa.Table:
    """With a column by which to sort: the timestamp, never below that of a row before; without one, that row's."""
    table = pa.concat_tables(tables, promote_options="default").combine_chunks()
    stamps = table.column("_timestamp").cast(pa.int64()).combine_chunks().fill_null(FIRST_MS)
    return table.append_column("__order", pc.cumulative_max(stamps))
