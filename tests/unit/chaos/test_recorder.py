"""A history on disk is the history."""

from pathlib import Path

import pytest
from tidings_chaos.core.history import Snapshot
from tidings_chaos.recorder import Recorder, read

from tests.unit.chaos.honest import Honest


def test_what_was_written_down_is_read_back(tmp_path: Path) -> None:
    """Every entry, in order, whatever its kind."""
    recorder = Recorder(tmp_path / "history.jsonl")
    entries = [*Honest().history(), Snapshot(9.0, "ann", ("e1", "e2"))]
    for entry in entries:
        recorder.add(entry)
    recorder.close()
    assert list(read(tmp_path / "history.jsonl")) == entries


def test_a_line_that_is_no_entry_is_named(tmp_path: Path) -> None:
    """Where it is, and that it is none."""
    path = tmp_path / "history.jsonl"
    path.write_text('{"entry": "Nothing"}\n')
    with pytest.raises(ValueError, match=r"history\.jsonl:1 is no entry"):
        list(read(path))
