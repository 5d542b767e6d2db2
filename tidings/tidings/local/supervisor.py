"""The life of one run: start the steps, keep the children alive, stop all in order.

The main thread reads one inbox; everything that happens elsewhere (a signal, a child's end, the end of the steps) is a
message in it. Restarts are decided by `restarts`.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from types import FrameType

from tidings.local import restarts, runstate, steps
from tidings.local.child import Child, exit_reason
from tidings.local.errors import Cancelled, ServiceDied
from tidings.local.restarts import RESTART_ME, Life
from tidings.local.runfile import RunFile
from tidings.local.service import Service, died, wait_ready
from tidings.local.steps import Observer, Step

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class Exited:
    """A child ended."""

    kept: Kept
    code: int


@dataclass(frozen=True, slots=True)
class StepsEnded:
    """All steps are done, or one failed."""

    error: BaseException | None


@dataclass(frozen=True, slots=True)
class StopAsked:
    """A signal asked for the end."""


@dataclass(slots=True)
class Kept:
    """A service and its present child."""

    service: Service
    child: Child
    life: Life
    ready: bool = False
    due: float | None = None
    restarts: int = 0

    def poll(self) -> int | None:
        """The exit code with which its child ended for good, or None: one that asks for it is started again."""
        code = self.child.poll()
        return None if code == RESTART_ME else code

    def tail(self) -> str:
        """The last lines of its log."""
        return self.child.tail()


class Supervisor:
    """Starts services and keeps them. To be used in the main thread, which `run` occupies."""

    def __init__(self, run_file: RunFile, tell: Callable[[str], None]) -> None:
        self.cancel = threading.Event()
        self._run_file, self._tell = run_file, tell
        self._inbox: SimpleQueue[Exited | StepsEnded | StopAsked] = SimpleQueue()
        self._kept: dict[str, Kept] = {}

    def launch(self, service: Service) -> str:
        """Start a service and wait until it is ready; called by steps. Returns its address."""
        kept = Kept(service, service.start(), Life(time.monotonic()))
        self._kept[service.name] = kept
        self._watch(kept, "starting")
        wait_ready(service, kept, self.cancel.is_set)
        kept.ready = True  # from here on its end is the supervisor's concern
        if code := kept.poll():  # it ended in between
            raise ServiceDied(died(service, code, kept.tail()))
        self._publish(kept, "running" if code is None else "finished")
        return service.address

    def run(self, todo: Sequence[Step], observer: Observer, live: Callable[[], None]) -> bool:
        """Do the steps, call `live`, and keep what was launched until a signal comes; then stop it all.

        Returns whether it came to live.

        Raises:
            LocalError: the start failed; all that had been started is stopped.
        """
        before = {number: signal.signal(number, self._on_signal) for number in _SIGNALS}
        try:
            threading.Thread(target=self._steps, args=(todo, observer), name="steps", daemon=True).start()
            return self._loop(live)
        finally:
            self._stop()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _steps(self, todo: Sequence[Step], observer: Observer) -> None:
        try:
            steps.run(todo, observer, self.cancel)
        except BaseException as error:
            self._inbox.put(StepsEnded(error))
        else:
            self._inbox.put(StepsEnded(None))

    def _loop(self, live: Callable[[], None]) -> bool:
        lived = ended = False
        while not (ended and self.cancel.is_set()):
            match self._next():
                case StepsEnded(error):
                    ended = True
                    lived = self._on_steps_ended(error, live)
                case Exited(kept, code):
                    self._on_exit(kept, code)
            self._start_due()
        return lived

    def _on_steps_ended(self, error: BaseException | None, live: Callable[[], None]) -> bool:
        if error and not isinstance(error, Cancelled):
            raise error
        if error is None and not self.cancel.is_set():
            live()
            return True
        return False

    def _next(self) -> Exited | StepsEnded | StopAsked | None:
        due = [kept.due for kept in self._kept.values() if kept.due is not None]
        try:
            return self._inbox.get(timeout=max(0.0, min(due) - time.monotonic()) if due else None)
        except Empty:
            return None

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        """The first asks; a second one kills, so that a user who presses Ctrl-C twice does not wait."""
        if self.cancel.is_set():
            for kept in self._kept.values():
                with suppress(ProcessLookupError):
                    os.killpg(kept.child.pid, signal.SIGKILL)
        self.cancel.set()
        self._inbox.put(StopAsked())

    def _on_exit(self, kept: Kept, code: int) -> None:
        """A child that was not ready yet is its step's concern, unless it asks to be started again."""
        if self.cancel.is_set() or not (kept.ready or code == RESTART_ME):
            return
        now, service = time.monotonic(), kept.service
        verdict = restarts.after_exit(
            service.name, exit_reason(code), code, kept.life, now, service.finite, str(service.log)
        )
        kept.life = verdict.life
        kept.due = None if verdict.delay is None else now + verdict.delay
        self._publish(kept, "finished" if verdict.delay is None else "restarting")
        self._tell(verdict.sentence)

    def _start_due(self) -> None:
        now = time.monotonic()
        for kept in self._kept.values():
            if kept.due is not None and kept.due <= now and not self.cancel.is_set():
                kept.due, kept.life = None, kept.life.restarted(now)
                kept.restarts += 1
                kept.child = kept.service.start(fresh_log=False)
                self._watch(kept, "running" if kept.ready else "starting")

    def _watch(self, kept: Kept, state: str) -> None:
        child = kept.child
        self._publish(kept, state)
        threading.Thread(
            target=lambda: self._inbox.put(Exited(kept, child.wait())), name=f"wait-{child.name}", daemon=True
        ).start()

    def _publish(self, kept: Kept, state: str) -> None:
        service = kept.service
        told = runstate.ServiceState(kept.child.pid, str(service.log), service.address, state, kept.restarts)
        self._run_file.service(service.name, told)

    def _stop(self) -> None:
        """In the reverse order of the start: who depends on another ends before it."""
        self.cancel.set()
        self._run_file.change(lambda state: setattr(state, "phase", "stopping"))
        for kept in reversed(list(self._kept.values())):
            kept.child.stop(kept.service.grace)
