"""A fixed share of the machine's CPU for a process and its children, by a control group of Linux.

On a machine of two cores a second worker takes its core from the broker, and what is measured is the machine. With a
share each, small enough for the broker to have what it needs, what is measured is the worker.
Source: Linux, Documentation/admin-guide/cgroup-v2.rst (cpu.max) and cgroup-v1 (cpu.cfs_quota_us).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_ROOT = Path("/sys/fs/cgroup")
_PERIOD_US = 10_000  # short, so that a process that has used its share up is not away for long


class NoShares(Exception):
    """Shares cannot be given here; the text says why."""


@contextmanager
def limited(pid: int, cores: float) -> Iterator[None]:
    """The process, and whatever it starts from now on, together have at most so many cores.

    Raises:
        NoShares: not as root, or without the kernel's cpu controller.
    """
    group = _made(f"tidings-bench-{pid}", round(cores * _PERIOD_US))
    try:
        (group / "cgroup.procs").write_text(str(pid))
        yield
    finally:
        _removed(group)


def _made(name: str, quota_us: int) -> Path:
    for parent, limits in (
        (_ROOT / "cpu", {"cpu.cfs_period_us": f"{_PERIOD_US}", "cpu.cfs_quota_us": f"{quota_us}"}),
        (_ROOT, {"cpu.max": f"{quota_us} {_PERIOD_US}"}),
    ):
        group = parent / name
        try:
            group.mkdir()
            for file, text in limits.items():
                (group / file).write_text(text)
        except OSError:
            _removed(group)
        else:
            return group
    raise NoShares("no control group can be made: it takes root, and the cpu controller of cgroups v1 or v2")


def _removed(group: Path) -> None:
    """What still runs in it goes back to the root group: one that is not empty cannot be removed."""
    if not group.is_dir():
        return
    for pid in (group / "cgroup.procs").read_text().split():
        try:
            (group.parent / "cgroup.procs").write_text(pid)
        except OSError:  # it has ended meanwhile
            continue
    group.rmdir()  # its files are the kernel's
