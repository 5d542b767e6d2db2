"""A query's result as a plot: in the terminal (plotext) or as an HTML page that needs no network (plotly)."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from .core.errors import BadOutput

KINDS = ("bar", "line", "scatter")


@dataclass(frozen=True, slots=True)
class Series:
    """What is drawn: `labels` or times across, one list of numbers for each named column."""

    x_name: str
    x: list[Any]
    y: dict[str, list[float | None]]


def series(table: pa.Table) -> Series:
    """The first column across, each later column of numbers up.

    Raises:
        BadOutput: there is no such column, or no row.
    """
    if table.num_rows == 0:
        raise BadOutput("there is nothing to plot: the query gave no row")
    numeric = [f.name for f in list(table.schema)[1:] if _is_number(f.type)]
    if not numeric:
        raise BadOutput("a plot needs a column for the x axis first and then one or more columns of numbers")
    x_name = table.schema.names[0]
    values = {n: [None if v is None else float(v) for v in table.column(n).to_pylist()] for n in numeric}
    return Series(x_name, table.column(0).to_pylist(), values)


def best_kind(table: pa.Table) -> str:
    """Lines over time, points over numbers, bars over everything else."""
    kind = table.schema.field(0).type
    if pa.types.is_temporal(kind):
        return "line"
    return "scatter" if _is_number(kind) and table.num_rows > 40 else "bar"


def in_terminal(table: pa.Table, kind: str, title: str, width: int, height: int = 24) -> str:
    """The plot as text.

    Raises:
        BadOutput: see `series`.
    """
    import plotext

    data = series(table)
    labels = [_label(x) for x in data.x]
    plotext.clear_figure()
    plotext.theme("pro")
    plotext.plotsize(max(40, width), height)
    plotext.title(title)
    plotext.xlabel(data.x_name)
    if kind == "bar":
        plotext.multiple_bar(labels, [[v or 0 for v in y] for y in data.y.values()], labels=list(data.y))
    else:
        places = list(range(len(labels))) if not _is_number(table.schema.field(0).type) else data.x
        for name, y in data.y.items():
            (plotext.plot if kind == "line" else plotext.scatter)(places, [v or 0 for v in y], label=name)
        if places and not _is_number(table.schema.field(0).type):
            step = max(1, len(labels) // 8)
            plotext.xticks(places[::step], labels[::step])
    return str(plotext.build())


def as_page(table: pa.Table, kind: str, title: str, target: Path) -> str:
    """Writes a page with the plot and the rows; returns where.

    Raises:
        BadOutput: see `series`.
    """
    import plotly.graph_objects as go

    data = series(table)
    figure = go.Figure()
    for name, y in data.y.items():
        if kind == "bar":
            figure.add_bar(x=data.x, y=y, name=name)
        else:
            figure.add_scatter(x=data.x, y=y, name=name, mode="lines+markers" if kind == "line" else "markers")
    figure.update_layout(title=title, xaxis_title=data.x_name, template="plotly_white", barmode="group")
    target.write_text(figure.to_html(include_plotlyjs=True, full_html=True), "utf-8")
    return str(target)


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _label(value: Any) -> str:
    return f"{value:%Y-%m-%d %H:%M}" if hasattr(value, "strftime") else str(value)
