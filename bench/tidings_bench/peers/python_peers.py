"""The peers in Python: Faust as it comes, and Quix Streams in an environment of its own."""

import os
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from tidings.local.paths import folders

from .peer import Missing, Peer

QUIX = "3.28.1"
_HERE = Path(__file__).parent


def faust() -> Peer:
    """Faust by its own aiokafka driver, in this environment."""
    command = [sys.executable, str(_HERE / "faust_app.py")]
    return Peer("faust", "Faust, aiokafka driver", version("faust-streaming"), lambda job: [*command, *job.words])


def quix() -> Peer:
    """Quix Streams. It wants another confluent-kafka than Tidings, so it lives by itself, in the cache.

    Raises:
        Missing: it cannot be installed.
    """
    python = os.environ.get("TIDINGS_BENCH_QUIX_PYTHON") or str(_installed(folders().cache / "bench" / f"quix-{QUIX}"))
    command = [python, "-W", "ignore", str(_HERE / "quix_app.py")]
    return Peer("quix", "Quix Streams", QUIX, lambda job: [*command, *job.words])


def _installed(folder: Path) -> Path:
    python, done = folder / "bin" / "python", folder / "installed"
    if not done.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        wanted = [f"quixstreams=={QUIX}", "fastavro"]
        if uv := shutil.which("uv") or shutil.which("uv", path=str(Path(sys.executable).parent)):
            _run([uv, "venv", "--clear", "--python", sys.executable, str(folder)])
            _run([uv, "pip", "install", "--python", str(python), *wanted])
        else:
            _run([sys.executable, "-m", "venv", "--clear", str(folder)])
            _run([str(python), "-m", "pip", "install", *wanted])
        done.touch()
    return python


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Missing(
            f"quixstreams {QUIX} could not be installed ({done.stderr.strip().splitlines()[-1:]}): install it and "
            "fastavro into an environment of its own and set TIDINGS_BENCH_QUIX_PYTHON to its python"
        )
