"""Several gateways on one port: a parent that holds the sockets, starts a process for each, and looks after them.

The parent holds every listening socket for as long as it lives, so a connection that comes while a worker is started
again waits in its queue instead of being refused. uvicorn's own supervisor gives all workers one socket, on which the
quickest takes whole bursts for as long as the streams live, and starts again for ever what can never run (ADR 110).
"""

import multiprocessing
import os
import signal
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import FrameType

import structlog
from tidings_schemas.errors import Permanent

from .core.restarts import Life, delay, died
from .fleet import Fleet
from .handover import doors_of
from .settings import GatewaySettings
from .sockets import listen
from .stream_settings import StreamSettings
from .worker import READY, work

log = structlog.get_logger(__name__)

_TURN_S = 0.1
_GRACE_S = 5.0  # beyond the drain, then it is killed
_SPAWN = multiprocessing.get_context("spawn")  # a fork would copy threads' locks


class WorkersFailed(Permanent):
    """The workers cannot run; the text says why."""


@dataclass(slots=True)
class _Worker:
    """One place in the fleet, and the process that fills it; None while it waits for its next start."""

    number: int
    life: Life
    process: BaseProcess | None = None
    told: Connection | None = None
    is_ready: bool = False
    due: float = 0.0


class Workers:
    """Runs a process for each of `listeners` until SIGTERM or SIGINT, which they pass on; SIGINT twice skips the drain.

    Args:
        settings, limits: of every worker.
        listeners: its listening socket for each of them; closed by the caller.
    """

    def __init__(self, settings: GatewaySettings, limits: StreamSettings, listeners: Sequence[socket.socket]) -> None:
        self._settings = settings
        self._limits = limits
        self._listeners = listeners
        self._own = [listen("127.0.0.1", 0) for _ in listeners]  # where each can be asked alone
        self._ports = [own.getsockname()[1] for own in self._own]
        self._doors = doors_of(len(listeners))
        self._workers = [_Worker(number, Life(time.monotonic())) for number in range(len(listeners))]
        self._signals: list[int] = []  # that came and are not yet dealt with
        self._deadline: float | None = None  # of the drain
        self._failure = ""

    def run(self) -> None:
        """Returns when all have ended.

        Raises:
            WorkersFailed: one could not start at first, or died again and again; the others were drained.
        """
        before = {number: signal.signal(number, self._note) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            for worker in self._workers:
                self._start(worker)
            while self._turn():
                pass
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            for own in self._own:
                own.close()
            for doors in self._doors:
                doors.close()
        if self._failure:
            raise WorkersFailed(self._failure)

    def _turn(self) -> bool:
        """Waits a moment for something to happen, and deals with it; whether there is more to do."""
        running = [worker for worker in self._workers if worker.process is not None]
        wait([w.process.sentinel for w in running if w.process] + [w.told for w in running if w.told], _TURN_S)
        while self._signals:
            self._end(self._signals.pop(0))
        for worker in running:
            self._hear(worker)
            if worker.process is not None and worker.process.exitcode is not None:
                self._died(worker, worker.process.exitcode)
        self._start_again() if self._deadline is None else self._kill_the_late(self._deadline)
        return self._deadline is None or any(worker.process is not None for worker in self._workers)

    def _start(self, worker: _Worker) -> None:
        number = worker.number
        told, tell = _SPAWN.Pipe(duplex=False)
        sockets = (self._listeners[number], self._own[number])
        fleet = Fleet(number, self._ports, self._doors[number] if self._doors else None)
        arguments = (self._settings, self._limits, fleet, sockets, tell)
        worker.process = _SPAWN.Process(target=work, args=arguments, name=f"worker-{number}")
        worker.process.start()
        tell.close()
        worker.told, worker.life = told, Life(time.monotonic(), worker.life.deaths)

    def _hear(self, worker: _Worker) -> None:
        """What a worker tells: once that it is ready, or why it cannot be."""
        if worker.told is None or not worker.told.poll():
            return
        try:
            text = worker.told.recv()
        except EOFError:
            text = ""
        worker.told.close()
        worker.told = None
        if text == READY:
            worker.is_ready = True
        elif text and not worker.is_ready:
            self._fail(text)

    def _died(self, worker: _Worker, code: int) -> None:
        worker.process = None
        if worker.told is not None:
            worker.told.close()
            worker.told = None
        if self._deadline is not None:
            return
        now = time.monotonic()
        worker.life = died(worker.life, now)
        pause = delay(worker.life) if worker.is_ready else None
        if pause is None:
            self._fail(f"worker {worker.number} ended with code {code} again and again: its log says why")
            return
        worker.due = now + pause
        log.error("a worker died; starting it again", worker=worker.number, code=code, seconds=pause)

    def _start_again(self) -> None:
        for worker in self._workers:
            if worker.process is None and worker.due <= time.monotonic():
                self._start(worker)

    def _kill_the_late(self, deadline: float) -> None:
        for worker in self._workers:
            if worker.process is not None and time.monotonic() > deadline:
                log.error("a worker did not end in time; killing it", worker=worker.number)
                worker.process.kill()
                worker.process.join()

    def _fail(self, text: str) -> None:
        self._failure = self._failure or text
        self._end(signal.SIGTERM)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self._signals.append(number)  # no more than that: it may come in the middle of a start

    def _end(self, number: int) -> None:
        if self._deadline is None:
            self._deadline = time.monotonic() + self._limits.drain + _GRACE_S
        for worker in self._workers:
            if worker.process is not None and worker.process.pid is not None and worker.process.exitcode is None:
                os.kill(worker.process.pid, number)
