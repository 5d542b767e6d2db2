"""A service as data (how it is run, when it is ready), and the wait until it is."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from tidings.local.child import Child, exit_reason
from tidings.local.errors import Cancelled, NotReady, ServiceDied


@dataclass(frozen=True, slots=True)
class Service:
    """How one child process is run.

    Attributes:
        name: also the name of its log file.
        env: added to the environment.
        folder: working directory.
        ready: asks the service itself whether it serves; must return False, not raise, while it does not.
        ready_within: seconds from its start after which waiting is given up.
        grace: seconds between the request to end and the kill.
        address: where it can be reached, for `status`; empty if it listens nowhere.
        finite: whether it may come to its own end (exit code 0) without being started again.
    """

    name: str
    command: tuple[str, ...]
    log: Path
    env: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None
    ready: Callable[[], bool] = lambda: True
    ready_within: float = 120.0
    grace: float = 10.0
    address: str = ""
    finite: bool = False

    def start(self, fresh_log: bool = True) -> Child:
        return Child.start(self.name, self.command, self.log, self.env, self.folder, fresh_log)


class Running(Protocol):
    """What is waited for: a `Child`, or who starts one anew."""

    def poll(self) -> int | None:
        """The exit code, or None while it runs."""
        ...

    def tail(self) -> str:
        """The last lines of its log."""
        ...


def wait_ready(service: Service, child: Running, stopped: Callable[[], bool] = lambda: False) -> None:
    """Return when the service answers.

    Raises:
        ServiceDied: its process ended first; the last lines of its log are told.
        NotReady: it lives, but did not answer within its time.
        Cancelled: `stopped` turned true.
    """
    deadline = time.monotonic() + service.ready_within
    while not service.ready():
        if stopped():
            raise Cancelled(f"Stopped while {service.name} was starting.")
        if (code := child.poll()) is not None:
            raise ServiceDied(died(service, code, child.tail()))
        if time.monotonic() > deadline:
            raise NotReady(
                f"{service.name} runs but did not answer within {service.ready_within:.0f} s: see {service.log}."
            )
        time.sleep(0.1)


def died(service: Service, code: int, tail: str) -> str:
    return f"{service.name} ended before it was ready ({exit_reason(code)}): see {service.log}, which ends with\n{tail}"
