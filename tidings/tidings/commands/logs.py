"""`tidings logs`: what the services wrote."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, TextIO

import typer

from tidings.local import paths
from tidings.local.errors import NotRunning

_LOOK_EVERY_S = 0.2


def logs(
    service: Annotated[
        str | None, typer.Argument(help="kafka, registry, processors, gateway or flights; all of them if left out.")
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what is written from now on.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="How many of the last lines of each.")] = 20,
) -> None:
    """Print the last lines of the services' logs.

    Examples:

        tidings logs gateway --follow

        tidings logs -n 100
    """
    files = chosen(paths.folders().logs, service)
    for path in files:
        for text in last_lines(path, lines):
            print(prefixed(path, text, len(files) > 1))
    if follow:
        try:
            for path, text in followed(files):
                print(prefixed(path, text, len(files) > 1), flush=True)
        except KeyboardInterrupt:
            return


def chosen(folder: Path, service: str | None) -> list[Path]:
    """The log files of one service, or of all.

    Raises:
        NotRunning: there is none; the text names those that there are.
    """
    there = sorted(folder.glob("*.log"))
    found = [path for path in there if service in (None, path.stem)]
    if not found:
        names = ", ".join(path.stem for path in there) or "none yet: start with `tidings up`"
        raise NotRunning(f"There is no log of {service or 'any service'} in {folder} (there is {names}).")
    return found


def last_lines(path: Path, count: int) -> list[str]:
    return path.read_text("utf-8", "replace").splitlines()[-count:] if count else []


def followed(files: list[Path]) -> Iterator[tuple[Path, str]]:
    """Lines as they are written from now on; a file that was replaced at a restart is read from its beginning."""
    tails = [Tail(path) for path in files]
    while True:
        for tail in tails:
            for text in tail.new_lines():
                yield tail.path, text
        time.sleep(_LOOK_EVERY_S)


class Tail:
    """The growing end of one file."""

    def __init__(self, path: Path) -> None:
        self.path, self._rest = path, ""
        self._file = self._open()
        self._file.seek(0, 2)

    def new_lines(self) -> list[str]:
        """Whole lines that were written since the last call."""
        text = self._file.read()
        if not text and self._was_replaced():
            self._file.close()
            self._file, self._rest = self._open(), ""
            text = self._file.read()
        *whole, self._rest = (self._rest + text).split("\n")
        return whole

    def _open(self) -> TextIO:
        return self.path.open(encoding="utf-8", errors="replace")

    def _was_replaced(self) -> bool:
        """Another file, or the same one cut short."""
        if not self.path.exists():
            return False
        there = self.path.stat()
        return (
            there.st_ino != Path(f"/proc/self/fd/{self._file.fileno()}").stat().st_ino
            or there.st_size < self._file.tell()
        )


def prefixed(path: Path, text: str, several: bool) -> str:
    return f"{path.stem:<10} │ {text}" if several else text
