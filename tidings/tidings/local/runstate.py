"""What runs now, as data that other commands read: `status`, `logs`, `down`, a second `up`."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Phase = Literal["starting", "running", "stopping"]


@dataclass(slots=True)
class StepState:
    """One step of the start: its state is "running", "done" or "failed"."""

    state: str = "running"
    seconds: float = 0.0
    note: str = ""


@dataclass(slots=True)
class ServiceState:
    """One child process: its state is "starting", "running", "restarting" or "finished"."""

    pid: int
    log: str
    address: str = ""
    state: str = "starting"
    restarts: int = 0


@dataclass(slots=True)
class RunState:
    """One run of `tidings up`.

    Attributes:
        pid: the supervisor's.
        started_at: ISO 8601, UTC.
        page: address of the page.
        environ: what other commands set to talk to this run.
        error: why the start failed, if it did.
    """

    pid: int
    started_at: str
    page: str
    phase: Phase = "starting"
    environ: dict[str, str] = field(default_factory=dict)
    steps: dict[str, StepState] = field(default_factory=dict)
    services: dict[str, ServiceState] = field(default_factory=dict)
    error: str = ""

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=2)


def from_json(text: str) -> RunState:
    """The inverse of `RunState.to_json`.

    Raises:
        ValueError, TypeError: the text is not of this version.
    """
    document: dict[str, Any] = json.loads(text)
    steps = {name: StepState(**one) for name, one in document.pop("steps").items()}
    services = {name: ServiceState(**one) for name, one in document.pop("services").items()}
    return RunState(**document, steps=steps, services=services)


def already_runs(state: RunState) -> str:
    """What a second `up` says."""
    services = ", ".join(f"{name} (pid {one.pid})" for name, one in state.services.items()) or "nothing yet"
    return (
        f"Tidings is already {state.phase} (pid {state.pid}, since {state.started_at}): {services}.\n"
        f"Page: {state.page}\n"
        "`tidings status` tells more, `tidings down` stops it."
    )
