"""Commands that are imported only when they are run: `--help` is quick, and a missing part costs only its own."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from tidings.local import extras
from tidings.local.errors import ExtraMissing


@dataclass(frozen=True, slots=True)
class Entry:
    """One command of the table.

    Attributes:
        target: `module:name` of a typer app, or of a function.
        help: one line for the list of commands.
        extra: what brings the modules that it imports, if a bare install does not.
        joins: whether it talks to what `tidings up` runs, when the environment names no other Kafka.
    """

    target: str
    help: str
    extra: str = ""
    joins: bool = True

    @property
    def module(self) -> str:
        return self.target.partition(":")[0]


class LazyCommand(TyperCommand):
    """Stands in the list of commands; becomes the real one when it is run."""

    def __init__(self, name: str, entry: Entry) -> None:
        super().__init__(name, help=entry.help, callback=None, add_help_option=False)
        self._entry = entry

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        if self._entry.joins:
            join_running()
        return load(self._entry).make_context(info_name, args, parent, **extra)


class LazyGroup(TyperGroup):
    """A group whose commands come from `TABLE`; those whose module is not there are left out."""

    table: Mapping[str, Entry] = {}

    def list_commands(self, ctx: Any) -> list[str]:
        return [name for name, entry in self.table.items() if exists(entry.module)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        entry = self.table.get(cmd_name)
        return LazyCommand(cmd_name, entry) if entry and exists(entry.module) else None


def exists(module: str) -> bool:
    """Whether the module's file is there, without importing its package."""
    top, *rest = module.split(".")
    spec = find_spec(top)
    folders = spec.submodule_search_locations if spec else None
    return any(
        Path(folder, *rest).with_suffix(".py").is_file() or Path(folder, *rest).is_dir() for folder in folders or ()
    )


def load(entry: Entry) -> Any:
    """The real command.

    Raises:
        ExtraMissing: it imports a module that is not installed.
    """
    module, _, name = entry.target.partition(":")
    try:
        target: typer.Typer | Callable[..., None] = getattr(import_module(module), name)
    except ModuleNotFoundError as error:
        if not entry.extra or (error.name or "").startswith("tidings"):
            raise
        raise ExtraMissing(
            f"This command needs {error.name}, which is not installed: {extras.remedy(entry.extra)}."
        ) from error
    return typer.main.get_command(target if isinstance(target, typer.Typer) else _app(target))


def _app(function: Callable[..., None]) -> typer.Typer:
    app = typer.Typer(rich_markup_mode=None, add_completion=False)
    app.command()(function)
    return app


def join_running() -> None:
    """Let a command talk to what `tidings up` runs here, unless the environment says where Kafka is."""
    from tidings.local import paths, runfile, services

    if services.KAFKA in os.environ or services.REGISTRY in os.environ:
        return
    if state := runfile.read(paths.folders()):
        os.environ.update(state.environ)
