"""The headers of a run, as columns where every record has the same ones: nearly always, since one producer wrote them.

Why not lists of pairs: they are most of the Python objects of a record, and reading them a second time, after thousands
of others, means fetching each from memory again (measured: 7.2 µs a record for runs of 4,000, 2.7 µs when columns are
cut from every 250 at once).
"""

from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import Any

Pairs = Sequence[tuple[str, bytes | None]]
_NAME, _VALUE = itemgetter(0), itemgetter(1)


class Headers:
    """Headers of consecutive records. Either `names` and one list of values for each of them, or `rows` of pairs."""

    __slots__ = ("columns", "names", "rows")

    def __init__(self, rows: Sequence[Pairs | None] = ()) -> None:
        self.names: tuple[str, ...] = ()
        self.columns: list[list[bytes | None]] = []
        self.rows: list[Pairs | None] | None = list(rows)
        first = rows[0] if rows else None
        if first and None not in rows and set(map(len, rows)) == {len(first)}:  # type: ignore[arg-type]
            self._cut(rows, tuple(name for name, _ in first))

    def _cut(self, rows: Sequence[Any], names: tuple[str, ...]) -> None:
        if len(set(names)) < len(names):
            return  # a name that occurs twice needs its pairs
        pairs = [list(map(itemgetter(at), rows)) for at in range(len(names))]
        if all(list(map(_NAME, column)) == [name] * len(column) for column, name in zip(pairs, names, strict=True)):
            self.names, self.columns, self.rows = names, [list(map(_VALUE, column)) for column in pairs], None

    def __len__(self) -> int:
        return len(self.columns[0]) if self.rows is None else len(self.rows)

    def __iter__(self) -> Iterator[Pairs | None]:
        return (self[row] for row in range(len(self)))

    def __getitem__(self, row: int) -> Pairs | None:
        if self.rows is not None:
            return self.rows[row]
        return [(name, column[row]) for name, column in zip(self.names, self.columns, strict=True)]

    def take(self, indices: Sequence[int]) -> "Headers":
        """Those of the records at these places."""
        return Headers([self[row] for row in indices])

    def joins(self, other: "Headers") -> bool:
        """Whether `extend` keeps columns."""
        return self.rows is None and other.rows is None and self.names == other.names

    def extend(self, other: "Headers") -> None:
        """Takes the headers of the records that follow."""
        if self.joins(other):
            for mine, theirs in zip(self.columns, other.columns, strict=True):
                mine += theirs
            return
        self.rows = [self[row] for row in range(len(self))] + [other[row] for row in range(len(other))]
        self.names, self.columns = (), []
