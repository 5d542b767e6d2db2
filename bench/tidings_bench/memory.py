"""How much memory a process and all its children take together, at most."""

import threading

import psutil

_EVERY = 0.2  # seconds


class PeakMemory:
    """Samples the memory of a process tree while the block runs: the sum of its processes' proportional set sizes, in
    which what they share counts once; `mb` is the largest sum seen, in MB."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self.mb = 0

    def __enter__(self) -> "PeakMemory":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(_EVERY):
            self.mb = max(self.mb, self._now() // (1024 * 1024))

    def _now(self) -> int:
        try:
            root = psutil.Process(self._pid)
            tree = [root, *root.children(recursive=True)]
        except psutil.Error:
            return 0
        return sum(map(_pss, tree))


def _pss(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except psutil.Error:  # it has ended meanwhile
        return 0
