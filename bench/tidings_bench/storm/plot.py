"""A storm's seconds as a picture: in the terminal, or as a file."""

from collections.abc import Sequence
from pathlib import Path

from .tally import Row

KINDS = (".svg", ".png", ".html")
_HEIGHT = 14


def in_terminal(rows: Sequence[Row], width: int) -> str:
    """Open streams over time, as text."""
    import plotext

    plotext.clear_figure()
    plotext.theme("clear")
    plotext.plotsize(max(40, min(width, 100)), _HEIGHT)
    seconds = [row.second for row in rows]
    plotext.plot(seconds, [row.open for row in rows], label="open streams", marker="braille")
    if any(row.notifications for row in rows):
        plotext.plot(seconds, [row.notifications for row in rows], label="notifications/s", marker="braille")
    plotext.xlabel("seconds")
    return str(plotext.build())


def to_file(rows: Sequence[Row], title: str, path: Path) -> None:
    """Streams, notifications and latencies over time, as `.svg`, `.png`, or `.html` that needs no network."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    figure, (streams, times) = pyplot.subplots(2, 1, sharex=True, figsize=(9, 6), layout="constrained")
    seconds = [row.second for row in rows]
    streams.plot(seconds, [row.open for row in rows], label="open streams", color="#1f6feb", linewidth=2)
    streams.bar(seconds, [row.opened for row in rows], label="became ready in this second", color="#8ddb8c")
    streams.set_title(title)
    streams.set_ylim(bottom=0)
    times.plot(seconds, [row.ready_p99_ms for row in rows], "o-", label="until ready, p99", color="#2da44e")
    times.plot(seconds, [row.latency_p99_ms for row in rows], "o-", label="publish to arrival, p99", color="#bf3989")
    times.set_ylabel("ms")
    times.set_xlabel("seconds")
    for axes in (streams, times):
        axes.grid(alpha=0.3)
        axes.legend(frameon=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".html":
        _as_page(figure, title, path)
    else:
        figure.savefig(path, dpi=150)
    pyplot.close(figure)


def _as_page(figure: object, title: str, path: Path) -> None:
    from html import escape
    from io import StringIO

    drawn = StringIO()
    figure.savefig(drawn, format="svg")  # type: ignore[attr-defined]
    svg = drawn.getvalue()
    svg = svg[svg.index("<svg") :]
    page = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>{svg}</html>\n'
    path.write_text(page, "utf-8")
