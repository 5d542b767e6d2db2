"""`tidings sql`."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import orjson
import pyarrow as pa
import pyarrow.csv
import typer
from rich.console import Console
from rich.table import Table
from tidings_schemas.errors import TidingsError
from tidings_schemas.settings import Settings

from tidings_replay import plots
from tidings_replay.core.errors import BadOutput
from tidings_replay.job import masking_secret
from tidings_replay.lake import Lake
from tidings_replay.writers.lines import plain
from tidings_replay.writers.parquet import writer as parquet_writer
from tidings_replay.writers.side import state_folder

from . import report

_EXAMPLES = """Examples:
  tidings sql "select carrier, count(*) n from events.flights group by 1 order by n desc"
  tidings sql "select user, count(*) from notifications where _timestamp > now() - interval 1 hour group by 1"
  tidings sql --plot bar "select carrier, avg(delay_minutes) from events.flights group by 1"
  tidings sql --html delays.html "select date_trunc('hour', _time), count(*) from events.flights group by 1 order by 1"
  tidings sql                      a prompt; help says what it knows
"""
_HELP = """SQL ends with ; and may take several lines. Topics are tables: events.flights, notifications, dead_letters …
  topics            what may be queried
  describe TOPIC    its columns
  plot [KIND]       the last result as a plot in the terminal: bar, line, scatter
  page FILE         the last result as an HTML page with a plot
  save FILE         the last result as .parquet, .csv or .json
  refresh           read the topics anew at the next query
  quit"""
_SHOWN = 200


def sql(
    query: Annotated[str, typer.Argument(help="SQL; without it: a prompt, or statements from standard input.")] = "",
    plot: Annotated[str, typer.Option(help="Also draw it: bar, line, scatter or auto.")] = "",
    html: Annotated[Path | None, typer.Option(help="Also write an HTML page with a plot.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write to .parquet, .csv or .json.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the rows as JSON.")] = False,
    personal: Annotated[bool, typer.Option(help="Show personal data in clear; goes into the audit log.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only the result.")] = False,
) -> None:
    """Ask topics in SQL (DuckDB). Conditions on _timestamp, _partition and _offset limit what is read from Kafka."""
    if plot and plot not in (*plots.KINDS, "auto"):
        raise BadOutput(f"{plot!r} is no plot; there are {', '.join(plots.KINDS)}, auto")
    if personal:
        report.audit("personal data queried in clear", query=query)
    with _lake(personal, quiet or as_json) as lake:
        if not query:
            _prompt(lake) if sys.stdin.isatty() else _script(lake, sys.stdin.read(), as_json)
            return
        table = lake.query(query)
    show(table, as_json)
    if output:
        _told(save(table, output))
    if plot:
        kind = plots.best_kind(table) if plot == "auto" else plot
        typer.echo(plots.in_terminal(table, kind, "", Console().width))
    if html:
        _told(plots.as_page(table, plots.best_kind(table) if plot in ("", "auto") else plot, query, html))


sql.__doc__ = f"{sql.__doc__}\n\n\b\n{_EXAMPLES}"


def _told(path: str) -> None:
    report.say(f"written: {path}")


@contextmanager
def _lake(personal: bool, quiet: bool) -> Iterator[Lake]:
    def told(text: str) -> None:
        if not quiet:
            report.say(text, dim=True)

    with Lake(Settings(), None if personal else masking_secret(), told=told) as lake:
        yield lake


def show(table: pa.Table, as_json: bool = False) -> None:
    """The rows, as a table or as JSON."""
    if as_json:
        rows = table.to_pylist(maps_as_pydicts="lossy")
        typer.echo(orjson.dumps(rows, default=plain, option=orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z).decode())
        return
    if not table.num_columns:
        return
    shown = Table(box=None, header_style="bold", pad_edge=False)
    for field in table.schema:
        number = pa.types.is_integer(field.type) or pa.types.is_floating(field.type) or pa.types.is_decimal(field.type)
        shown.add_column(field.name, justify="right" if number else "left")
    for row in table.slice(0, _SHOWN).to_pylist(maps_as_pydicts="lossy"):
        shown.add_row(*(_cell(value) for value in row.values()))
    report.show(shown)
    more = f", the first {_SHOWN} shown" if table.num_rows > _SHOWN else ""
    report.say(f"{table.num_rows:,} rows{more}", dim=True)


def _cell(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1e6 else f"{value:,.0f}"
    if hasattr(value, "strftime"):
        return str(value)[:19]
    return orjson.dumps(value, default=plain).decode() if isinstance(value, dict | list) else str(plain(value))


def save(table: pa.Table, target: Path) -> str:
    """Writes a result by the file's ending.

    Raises:
        BadOutput: another ending, or it cannot be written.
    """
    try:
        if target.suffix == ".parquet":
            with parquet_writer(target, table.schema) as out:
                out.write_table(table)
        elif target.suffix == ".csv":
            pyarrow.csv.write_csv(table, target)
        elif target.suffix == ".json":
            rows = table.to_pylist(maps_as_pydicts="lossy")
            target.write_bytes(orjson.dumps(rows, default=plain, option=orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z))
        else:
            raise BadOutput(f"{target.name!r}: end it in .parquet, .csv or .json")
    except OSError as error:
        raise BadOutput(f"could not write {target}: {error.strerror or error}") from error
    return str(target)


def _script(lake: Lake, text: str, as_json: bool) -> None:
    for statement in (s.strip() for s in text.split(";")):
        if statement:
            show(lake.query(statement), as_json)


def _prompt(lake: Lake) -> None:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.completion import WordCompleter
    from prompt_toolkit.history import FileHistory

    history = state_folder(os.environ) / "sql-history"
    history.parent.mkdir(parents=True, exist_ok=True)
    words = WordCompleter([*lake.topics(), "select", "from", "where", "group by", "order by", "limit"], sentence=True)
    session: PromptSession[str] = PromptSession(history=FileHistory(str(history)), completer=words)
    shell, waiting = Prompt(lake), ""
    typer.echo("help says what there is; Ctrl-D ends")
    while not shell.over:
        try:
            waiting += session.prompt("tidings> " if not waiting else "      -> ") + "\n"
        except KeyboardInterrupt:
            waiting = ""
            continue
        except EOFError:
            return
        if shell.complete(waiting):
            shell.take(waiting)
            waiting = ""


class Prompt:
    """What the prompt does with a line; apart from the terminal, so that it can be driven by anything."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
        self._last = pa.table({})
        self.over = False

    def complete(self, text: str) -> bool:
        """Whether the text is a whole command or statement."""
        word = text.split(maxsplit=1)[0].lower() if text.strip() else ""
        return not word or text.rstrip().endswith(";") or word in _COMMANDS

    def take(self, text: str) -> None:
        """Does it; an error is told and the prompt goes on."""
        words = text.strip().rstrip(";").split()
        if not words:
            return
        try:
            if words[0].lower() in _COMMANDS:
                self._command(words[0].lower(), words[1:])
            else:
                self._last = self._lake.query(text)
                show(self._last)
        except TidingsError as error:
            report.say(f"error: {error}", fg="red")

    def _command(self, name: str, words: list[str]) -> None:
        argument = words[0] if words else ""
        match name:
            case "help":
                typer.echo(_HELP)
            case "topics":
                typer.echo("\n".join(self._lake.topics()))
            case "describe":
                show(self._lake.query(f"DESCRIBE SELECT * FROM {argument}").select([0, 1]))
            case "plot":
                kind = argument if argument in plots.KINDS else plots.best_kind(self._last)
                typer.echo(plots.in_terminal(self._last, kind, "", Console().width))
            case "page" | "save" if not argument:
                raise BadOutput(f"{name} needs a file's name")
            case "page":
                _told(plots.as_page(self._last, plots.best_kind(self._last), "tidings sql", Path(argument)))
            case "save":
                _told(save(self._last, Path(argument)))
            case "refresh":
                self._lake.forget()
            case "quit":
                self.over = True


_COMMANDS = frozenset({"help", "topics", "describe", "plot", "page", "save", "refresh", "quit"})
