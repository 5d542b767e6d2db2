"""`up --detach`: the same command in a session of its own, watched through the run file until it lives."""

from __future__ import annotations

import subprocess
import sys
import time

from tidings.commands.display import Display
from tidings.local import runfile, runstate
from tidings.local.child import rotate
from tidings.local.children import moment
from tidings.local.errors import AlreadyRunning, LocalError
from tidings.local.plan import Wanted
from tidings.local.runstate import RunState, StepState

_ERROR = "error: "


def start(wanted: Wanted, shown: Display) -> RunState:
    """Start the supervisor in the background; returns what runs once the page lives.

    Raises:
        AlreadyRunning: one runs already.
        LocalError: it failed; the text is its own.
    """
    if state := runfile.read(wanted.folders):
        raise AlreadyRunning(runstate.already_runs(state))
    log = wanted.folders.logs / "supervisor.log"
    rotate(log)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "tidings", "up", *arguments(wanted)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    seen: dict[str, StepState] = {}
    while process.poll() is None:
        state = runfile.read(wanted.folders)
        seen = show(shown, seen, state.steps if state else {})
        if state and state.phase == "running":
            return state
        time.sleep(0.1)
    raise LocalError(reason(log.read_text("utf-8", "replace")))


def arguments(wanted: Wanted) -> list[str]:
    """The options of `up` that mean the same."""
    at, flights = wanted.ports, wanted.flights
    options = ["--port", str(at.gateway), "--registry-port", str(at.registry), "--kafka-port", str(at.kafka)]
    if flights is None:
        return [*options, "--no-source"]
    return [*options, "--speed", f"{flights.speed:g}", "--from", moment(flights.start)]


def show(shown: Display, before: dict[str, StepState], now: dict[str, StepState]) -> dict[str, StepState]:
    """Tell the display what has changed between two looks at the run file; returns the later one."""
    for name, step in now.items():
        if name not in before:
            shown.started(name)
        if step.state == before.get(name, StepState()).state:
            continue
        if step.state == "done":
            shown.finished(name, step.seconds, step.note)
        else:
            shown.failed(name, step.seconds, LocalError(step.note))
    return now


def reason(log: str) -> str:
    """The error that ended the supervisor, from its output."""
    _, found, told = log.rpartition(_ERROR)
    return told.strip() if found else f"The supervisor ended before the page lived; it said\n{log.strip()[-2000:]}"
