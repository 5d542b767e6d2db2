"""What a command loads before its first record: time that every one of them costs."""

import subprocess
import sys

_SCRIPT = """
import sys
import tidings.commands.replay
from tidings_replay.startup import without_pandas
without_pandas()
print(*sorted({"pandas", "structlog", "duckdb", "celpy", "plotext", "fastapi"} & set(sys.modules)))
import pyarrow
print(pyarrow.array([1]).to_pandas().sum())
"""


def test_a_replay_loads_no_large_library_that_it_does_not_need() -> None:
    """Nor does pyarrow load pandas by itself; whoever asks for it still gets it."""
    done = subprocess.run([sys.executable, "-c", _SCRIPT], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.returncode) == ("\n1\n", 0), done.stderr
