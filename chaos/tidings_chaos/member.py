"""One process of the system under test: started, broken on purpose, and started again when it ends by itself."""

import asyncio
import signal
from dataclasses import dataclass
from time import monotonic

from tidings.local.child import Child, exit_reason
from tidings.local.service import Service

_LOOK_S = 0.1
_PATIENCE_S = 300.0  # a machine that runs much else besides is slow, not broken
_RESTART_S = 0.5


@dataclass(frozen=True, slots=True)
class Exit:
    """A process ended without having been told to. `reason`: "exit code 75"."""

    name: str
    reason: str


class Member:
    """A service that is kept running unless a nemesis holds it down."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.exits: list[Exit] = []
        self._child: Child | None = None
        self._held = True
        self._due: float | None = None

    @property
    def name(self) -> str:
        """The service's name."""
        return self.service.name

    @property
    def up(self) -> bool:
        """Whether it is meant to run."""
        return not self._held

    def start(self) -> None:
        """Starts it."""
        self._child = self.service.start(fresh_log=False)
        self._held, self._due = False, None

    async def ready(self) -> None:
        """Returns when it answers as ready.

        Raises:
            TimeoutError: not within five minutes.
        """
        deadline = monotonic() + _PATIENCE_S
        while not await asyncio.to_thread(self.service.ready):
            if monotonic() > deadline:
                raise TimeoutError(f"{self.name} is not ready after {_PATIENCE_S:.0f} s: see its log")
            await asyncio.sleep(_LOOK_S)

    async def end(self, how: signal.Signals) -> None:
        """Ends it by a signal and holds it down; one that does not go in its time is killed."""
        self._held = True
        child = self._running()
        child.signal(how)
        deadline = monotonic() + self.service.grace
        while child.poll() is None:
            if monotonic() > deadline:
                child.signal(signal.SIGKILL)
            await asyncio.sleep(_LOOK_S / 2)

    def pause(self) -> None:
        """Stops it in the middle of whatever it does, as a hypervisor may (SIGSTOP)."""
        self._running().signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Lets it go on."""
        self._running().signal(signal.SIGCONT)

    def look(self) -> None:
        """Starts it again if it ended by itself, half a second later."""
        if self._held or self._child is None or (code := self._child.poll()) is None:
            return
        now = monotonic()
        if self._due is None:
            self.exits.append(Exit(self.name, exit_reason(code)))
            self._due = now + _RESTART_S
        elif now >= self._due:
            self.start()

    def stop(self) -> None:
        """Ends it for good; blocking."""
        self._held = True
        if self._child is not None:
            self._child.signal(signal.SIGCONT)
            self._child.stop(self.service.grace)

    def _running(self) -> Child:
        assert self._child is not None, f"{self.name} was never started"
        return self._child
