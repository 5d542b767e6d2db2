"""How the steps of a start are shown: moving lines on a terminal, one plain line a step elsewhere. Both on stderr."""

from __future__ import annotations

import sys
from threading import Lock
from typing import TYPE_CHECKING, Protocol, TextIO

from tidings.local.errors import Cancelled
from tidings.local.steps import Observer

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.progress import Progress, TaskID

_MB = 1_000_000


class Display(Observer, Protocol):
    """An observer of steps that also says sentences, before it is closed and afterwards."""

    def say(self, sentence: str) -> None: ...

    def close(self) -> None:
        """Leave what is shown as it is; again does nothing."""
        ...


def display(stream: TextIO | None = None) -> Display:
    """The one that fits the stream (stderr by default)."""
    stream = stream or sys.stderr
    return TerminalDisplay() if stream.isatty() else PlainDisplay(stream)


class PlainDisplay:
    """One line for each step that ended: for logs and pipes."""

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._lock = stream, Lock()

    def say(self, sentence: str) -> None:
        with self._lock:
            print(sentence, file=self._stream, flush=True)

    def started(self, name: str) -> None:
        pass

    def progress(self, name: str, done: int, total: int) -> None:
        pass

    def finished(self, name: str, seconds: float, note: str) -> None:
        self.say(line("✓", name, seconds, note))

    def failed(self, name: str, seconds: float, error: BaseException) -> None:
        if not isinstance(error, Cancelled):
            self.say(line("✗", name, seconds, ""))

    def close(self) -> None:
        pass


class TerminalDisplay:
    """All steps at once, the running ones with a spinner and their time."""

    def __init__(self) -> None:
        self._bar = _bar()
        self._bar.start()
        self._tasks: dict[str, TaskID] = {}

    def say(self, sentence: str) -> None:
        self._bar.console.print(sentence, markup=False, highlight=False)

    def started(self, name: str) -> None:
        self._tasks[name] = self._bar.add_task(name, total=1, note="", failed=False)

    def progress(self, name: str, done: int, total: int) -> None:
        self._bar.update(self._tasks[name], note=f"{done / _MB:.0f} of {total / _MB:.0f} MB")

    def finished(self, name: str, seconds: float, note: str) -> None:
        self._bar.update(self._tasks[name], completed=1, note=note)

    def failed(self, name: str, seconds: float, error: BaseException) -> None:
        self._bar.update(self._tasks[name], failed=True, note="stopped" if isinstance(error, Cancelled) else "failed")
        self._bar.stop_task(self._tasks[name])

    def close(self) -> None:
        self._bar.stop()


def line(mark: str, name: str, seconds: float, note: str) -> str:
    """One step as text, e.g. `✓ kafka               2.3 s  127.0.0.1:8602`."""
    return f"{mark} {name:<18} {seconds:5.1f} s  {note}".rstrip()


def _bar() -> Progress:
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, Task, TextColumn, TimeElapsedColumn
    from rich.text import Text

    class Mark(SpinnerColumn):
        """A spinner that also knows failure."""

        def render(self, task: Task) -> RenderableType:
            return Text("✗", "red") if task.fields["failed"] else super().render(task)

    return Progress(
        Mark(finished_text="[green]✓"),
        TextColumn("{task.description:<18}"),
        TimeElapsedColumn(),
        TextColumn("[dim]{task.fields[note]}"),
        console=Console(stderr=True),
    )
