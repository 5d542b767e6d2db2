"""The headers of a run, as columns where every record has the same ones: nearly always, since one producer wrote them.

Why not lists of pairs: they are most of the Python objects of a record, and reading them a second time, after thousands
of others, means fetching each from memory again (measured: 7.2 µs a record for runs of 4,000, 2.7 µs when columns are
cut from every 250 at once). A header that says the same in every record, such as the event's type, is kept once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from operator import itemgetter
from typing import overload

Pairs = Sequence[tuple[str, bytes | None]]
_NAME, _VALUE = itemgetter(0), itemgetter(1)


@dataclass(frozen=True, slots=True)
class Same(Sequence[bytes | None]):
    """The same value so many `times`."""

    value: bytes | None
    times: int

    def __len__(self) -> int:
        return self.times

    def __iter__(self) -> Iterator[bytes | None]:
        return repeat(self.value, self.times)

    @overload
    def __getitem__(self, row: int) -> bytes | None: ...
    @overload
    def __getitem__(self, row: slice) -> Sequence[bytes | None]: ...
    def __getitem__(self, row: int | slice) -> bytes | Sequence[bytes | None] | None:
        """As that of a list."""
        found = range(self.times)[row]
        return self.value if isinstance(found, int) else Same(self.value, len(found))


Column = Same | list[bytes | None]


def _column(pairs: Sequence[tuple[str, bytes | None]], name: str) -> Column | None:
    """The values of pairs (name, value), one of each record; None if one has another name."""
    if pairs.count(pairs[0]) == len(pairs):
        return Same(pairs[0][1], len(pairs))
    if list(map(_NAME, pairs)).count(name) < len(pairs):
        return None
    return list(map(_VALUE, pairs))


def _joined(one: Column, other: Column) -> Column:
    if isinstance(one, Same):
        if isinstance(other, Same) and one.value == other.value:
            return Same(one.value, one.times + other.times)
        return [*one, *other]
    one.extend(other)
    return one


class Headers:
    """Headers of consecutive records. Either `names` and a column of values for each of them, or `rows` of pairs."""

    __slots__ = ("columns", "names", "rows")

    def __init__(self, rows: Sequence[Pairs | None] = ()) -> None:
        self.names: tuple[str, ...] = ()
        self.columns: list[Column] = []
        self.rows: list[Pairs | None] | None = list(rows)
        if rows and all(rows):
            self._cut([row for row in rows if row])

    def _cut(self, rows: Sequence[Pairs]) -> None:
        """Columns, if every record has the same names in the same order; a name that occurs twice needs its pairs."""
        names = tuple(map(_NAME, rows[0]))
        width = len(names)
        if len(set(names)) < width or set(map(len, rows)) != {width}:
            return
        pairs = list(chain.from_iterable(rows))
        columns = [_column(pairs[at::width], name) for at, name in enumerate(names)]
        found = [column for column in columns if column is not None]
        if len(found) == width:
            self.names, self.columns, self.rows = names, found, None

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
        if self.rows is not None or not indices:
            return Headers([self[row] for row in indices])
        taken = Headers()
        taken.names, taken.rows = self.names, None
        taken.columns = [
            Same(c.value, len(indices)) if isinstance(c, Same) else [c[row] for row in indices] for c in self.columns
        ]
        return taken

    def joins(self, other: "Headers") -> bool:
        """Whether `extend` keeps columns."""
        return self.rows is None and other.rows is None and self.names == other.names

    def extend(self, other: "Headers") -> None:
        """Takes the headers of the records that follow."""
        if self.joins(other):
            self.columns = [_joined(*pair) for pair in zip(self.columns, other.columns, strict=True)]
            return
        self.rows = [self[row] for row in range(len(self))] + [other[row] for row in range(len(other))]
        self.names, self.columns = (), []
