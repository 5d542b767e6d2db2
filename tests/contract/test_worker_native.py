"""What a worker does where C is asked for and cannot be had."""

import os
import subprocess
import sys
from pathlib import Path

from tidings_processors.core.avro_bytes import join_of
from tidings_processors.native import Avro, avro
from tidings_schemas.avro_reader import reader_of

NO_COMPILER = "there is no C compiler"


def test_a_worker_that_must_have_c_does_not_start_without_a_compiler(tmp_path: Path) -> None:
    """It says why, and what would help."""
    env = os.environ | {"TIDINGS_PROCESSORS_NATIVE": "on", "CC": "no-such-compiler", "TIDINGS_HOME": str(tmp_path)}
    worker = [sys.executable, "-m", "tidings_processors", "worker"]
    done = subprocess.run(worker, env=env, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, NO_COMPILER in done.stderr) == (1, True), done.stderr


def test_a_worker_that_may_have_c_does_without(tmp_path: Path) -> None:
    """In a process of its own, since what is built is kept."""
    env = os.environ | {"CC": "no-such-compiler", "TIDINGS_HOME": str(tmp_path)}
    code = "from tests.contract.test_worker_native import falls_back; print(falls_back())"
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, cwd=root, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.endswith("True\n"), done.stdout + done.stderr


def falls_back() -> bool:
    """Whether the worker would do all in Python."""
    return avro("auto") == Avro(reader_of, join_of)


def test_off_is_python() -> None:
    assert avro("off") == Avro(reader_of, join_of)
