"""Which core does what: the measured server has one for itself, and all that loads it shares the other."""

import os

import psutil

SERVER, CLIENT = 0, 1


def stay_on_client_core() -> None:
    """This process, which publishes, must not disturb the server."""
    if (os.cpu_count() or 1) > CLIENT:
        os.sched_setaffinity(0, {CLIENT})


class Usage:
    """What a process and its children use.

    Args:
        pid: of the process.
    """

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)

    def _all(self) -> list[psutil.Process]:
        return [self._process, *self._process.children(recursive=True)]

    @property
    def rss(self) -> int:
        """Resident memory in bytes."""
        return sum(process.memory_info().rss for process in self._all())

    @property
    def cpu(self) -> float:
        """Seconds of CPU so far, all threads."""
        return sum(sum(process.cpu_times()[:2]) for process in self._all())

    @property
    def descriptors(self) -> int:
        """Open file descriptors."""
        return sum(process.num_fds() for process in self._all())
