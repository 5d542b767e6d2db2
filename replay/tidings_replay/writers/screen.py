"""A table on a terminal: a few columns that matter, the event's fields in one."""

import sys
from collections.abc import Mapping
from typing import Any

import orjson
import pyarrow as pa
from rich.console import Console
from rich.text import Text

from .lines import document, plain


class Screen:
    """Prints rows as they come, in columns of fixed width, so that nothing must be held back.

    Args:
        width: characters; None = the terminal's.
    """

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(file=sys.stdout, highlight=False)
        self._headed = False
        self.rows = 0

    def write(self, table: pa.Table) -> None:
        """See `Writer.write`."""
        if not self._headed:
            self._headed = True
            self._console.print(
                Text(_line("time", "where", "type", "key", "data"), "bold"), no_wrap=True, overflow="ellipsis"
            )
        for row in table.to_pylist(maps_as_pydicts="lossy"):
            self._console.print(Text(_row(row)), no_wrap=True, overflow="ellipsis", crop=True)
        self.rows += table.num_rows

    def close(self, metadata: Mapping[str, str]) -> list[str]:
        """See `Writer.close`."""
        return []

    def abort(self) -> None:
        """See `Writer.abort`."""


def _row(row: Mapping[str, Any]) -> str:
    shown = document(row)
    where = f"{shown['topic']}/{shown['partition']}@{shown['offset']}"
    data = shown["data"]
    text = " ".join(f"{name}={_brief(value)}" for name, value in data.items()) if data else "—"
    stamp = shown.get("time") or shown.get("timestamp")
    kind = (shown.get("type") or "").rpartition(".")[2]
    return _line(f"{stamp:%Y-%m-%d %H:%M:%S}" if stamp else "—", where, kind, shown.get("key") or "", text)


def _line(time: str, where: str, kind: str, key: str, data: str) -> str:
    return f"{time:<19} {where:<24} {kind:<16} {key:<20} {data}"


def _brief(value: Any) -> str:
    if hasattr(value, "strftime"):
        return str(value.strftime("%m-%dT%H:%M"))
    if isinstance(value, dict | list):
        return orjson.dumps(value, default=plain).decode()
    text = str(value)
    return repr(text) if " " in text else text
