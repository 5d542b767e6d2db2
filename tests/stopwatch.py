"""How long something took, in seconds of a machine that has time for it.

A promise such as "ends within 2 s" is about a machine that is free. Tests share theirs with a Kafka, browsers and one
another, so that a bound by the clock alone fails now and then, and one wide enough for all cases proves nothing.
"""

import threading
import time

_EVERY_S = 0.05
_WORK_S = 0.002  # of CPU, at least: shorter than a scheduler's slice a thread would never have to wait


class Stopwatch:
    """Measures a `with` block, and beside it what a thread that works a little gets of the machine."""

    def __enter__(self) -> "Stopwatch":
        self._ended = threading.Event()
        self._wall = self._cpu = 0.0
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._begun = time.monotonic()
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.seconds = time.monotonic() - self._begun
        self._ended.set()
        self._thread.join()

    @property
    def slowness(self) -> float:
        """How many times longer than alone it took to work here meanwhile; at least 1. Once the block is over."""
        return max(1.0, self._wall / self._cpu)

    def took_less_than(self, seconds: float, beside: float = 0.0) -> bool:
        """Whether it took less than `seconds` of work, which is longer on a busy machine, and `beside` of waiting."""
        return self.seconds < beside + seconds * self.slowness

    def __repr__(self) -> str:
        return f"Stopwatch({self.seconds:.2f} s on a machine {self.slowness:.1f} times as slow as when it is free)"

    def _work(self) -> None:
        while True:
            wall, cpu = time.monotonic(), time.thread_time()
            while time.thread_time() - cpu < _WORK_S:
                pass
            self._wall += time.monotonic() - wall
            self._cpu += time.thread_time() - cpu
            if self._ended.wait(_EVERY_S):
                return
