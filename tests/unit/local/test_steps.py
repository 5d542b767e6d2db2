"""The order of steps."""

from threading import Event

import pytest
from tidings.commands.display import PlainDisplay, line
from tidings.local import steps
from tidings.local.errors import Cancelled, NotReady
from tidings.local.steps import Observers, Progress, Step


class Notes:
    """An observer that remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def started(self, name: str) -> None:
        self.told.append(f"{name} started")

    def progress(self, name: str, done: int, total: int) -> None:
        self.told.append(f"{name} {done}/{total}")

    def finished(self, name: str, seconds: float, note: str) -> None:
        self.told.append(f"{name} finished {note}")

    def failed(self, name: str, seconds: float, error: BaseException) -> None:
        self.told.append(f"{name} failed {error}")


def say(note: str) -> "steps.Callable[[Progress], str]":
    return lambda _: note


def fail(_: Progress) -> str:
    raise NotReady("no answer")


def test_ready_are_those_whose_needs_are_done() -> None:
    """Neither what was begun nor what still waits."""
    a, b, c = Step("a", say("")), Step("b", say(""), ("a",)), Step("c", say(""), ("a", "b"))
    assert steps.ready([a, b, c], begun=set(), done=set()) == [a]
    assert steps.ready([a, b, c], begun={"a"}, done={"a"}) == [b]
    assert steps.ready([a, b, c], begun={"a", "b"}, done={"a", "b"}) == [c]


def test_needs_come_first() -> None:
    """A step begins after those it needs; notes and progress reach the observers."""

    def count(progress: Progress) -> str:
        progress(1, 2)
        return "all"

    first, second = Notes(), Notes()
    steps.run([Step("b", say("late"), ("a",)), Step("a", count)], Observers((first, second)), Event())
    assert first.told == ["a started", "a 1/2", "a finished all", "b started", "b finished late"]
    assert second.told == first.told


def test_failure_stops_the_rest() -> None:
    """What needs the failed step never begins, others are asked to stop, and the error comes out."""
    notes, cancel = Notes(), Event()

    def wait(_: Progress) -> str:
        assert cancel.wait(10)
        raise Cancelled("stopped")

    with pytest.raises(NotReady, match="no answer"):
        steps.run([Step("a", wait), Step("b", fail), Step("c", say(""), ("b",))], notes, cancel)
    assert "c started" not in notes.told
    assert {"b failed no answer", "a failed stopped"} <= set(notes.told)


def test_cancel_before_the_end_is_told() -> None:
    """A start that was cancelled does not pass for a complete one."""
    cancel = Event()

    def stop(_: Progress) -> str:
        cancel.set()
        return ""

    with pytest.raises(Cancelled):
        steps.run([Step("a", stop), Step("b", say(""), ("a",))], Notes(), cancel)


def test_steps_that_need_each_other_are_refused() -> None:
    """A circle is told instead of waited for."""
    with pytest.raises(ValueError, match="a, b"):
        steps.run([Step("a", say(""), ("b",)), Step("b", say(""), ("a",))], Notes(), Event())


def test_plain_display_prints_one_line_a_step(capsys: pytest.CaptureFixture[str]) -> None:
    """Ended steps with their time, failures with a cross, nothing for what was merely stopped."""
    import sys

    shown = PlainDisplay(sys.stdout)
    shown.started("kafka")
    shown.finished("kafka", 2.34, "127.0.0.1:8602")
    shown.failed("page", 1, NotReady("x"))
    shown.failed("gateway", 1, Cancelled("x"))
    assert capsys.readouterr().out.splitlines() == [
        "✓ kafka                2.3 s  127.0.0.1:8602",
        "✗ page                 1.0 s",
    ]
    assert line("✓", "topics", 0.04, "") == "✓ topics               0.0 s"
