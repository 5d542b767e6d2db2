"""Live figures of a storm on the terminal."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from .tally import Row, Tally

_BARS = " ▁▂▃▄▅▆▇█"
_WIDTH = 60


def picture(rows: Sequence[Row], tally: Tally, title: str) -> RenderableType:
    """How it stands, and the last minute as bars."""
    last = rows[-1]
    table = Table(title=title, title_justify="left", box=None, padding=(0, 2, 0, 0))
    for name in (
        "second",
        "open",
        "opened",
        "resumed",
        "closed",
        "notifications",
        "ready p99",
        "latency p99",
        "errors",
    ):
        table.add_column(name, justify="right")
    errors = sum(tally.errors.values())
    table.add_row(
        f"{last.second:.0f}",
        f"{tally.open:,}",
        f"{tally.opened:,}",
        f"{tally.resumed:,}",
        f"{tally.closed:,}",
        f"{tally.notifications:,}",
        _ms(last.ready_p99_ms),
        _ms(last.latency_p99_ms),
        Text(f"{errors:,}", style="red" if errors else ""),
    )
    return Group(table, Text(bars([row.open for row in rows]), style="cyan"))


def bars(values: Sequence[int]) -> str:
    """The last of them as bars, the highest full."""
    shown = values[-_WIDTH:]
    highest = max(shown, default=0) or 1
    return "".join(_BARS[round(value / highest * (len(_BARS) - 1))] for value in shown)


def _ms(value: float | None) -> str:
    return "–" if value is None else f"{value:,.1f} ms"
