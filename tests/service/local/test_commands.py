"""The table of commands, and small decisions of theirs."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from tidings.cli import TABLE
from tidings.commands import docker, lazy, logs
from tidings.commands.announce import text
from tidings.commands.lazy import Entry
from tidings.local import page
from tidings.local.errors import ExtraMissing, NotRunning
from tidings.local.runstate import RunState

THERE = [name for name, entry in TABLE.items() if lazy.exists(entry.module)]


@pytest.mark.parametrize("name", THERE)
def test_each_command_that_is_listed_can_be_loaded(name: str) -> None:
    """A line of the table leads to a command that has help."""
    entry = TABLE[name]
    module, _, attribute = entry.target.partition(":")
    assert hasattr(import_module(module), attribute), f"{entry.target} is in the table, but not in the module"
    assert lazy.load(entry).get_short_help_str(200)


def test_missing_part_is_left_out() -> None:
    """A module that is not there is no command, and no error."""
    assert not lazy.exists("tidings_nowhere.cli")
    assert not lazy.exists("tidings.commands.nowhere")
    assert lazy.exists("tidings.commands.up")


def test_missing_extra_names_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command whose module imports what is not installed says what to install."""
    (tmp_path / "some_part.py").write_text("import a_library_that_nobody_has")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ExtraMissing, match=r"a_library_that_nobody_has.*pip install 'tidings\[processors\]'"):
        lazy.load(Entry("some_part:app", "", "processors"))


def test_help_imports_nothing_heavy() -> None:
    """Listing the commands loads none of them, nor any client of Kafka or HTTP."""
    program = "import sys, tidings.cli as c; c.app(['--help'], standalone_mode=False); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    heavy = {"confluent_kafka", "faust", "fastapi", "httpx", "pydantic", "tidings.commands.up", "tidings_schemas"}
    assert not heavy & set(done.stdout.split())
    assert "Start everything on this machine" in done.stdout


def test_compose_command() -> None:
    """Attached by default; detached, it returns when all are healthy."""
    file = Path("/c/docker-compose.yml")
    assert docker.command(file, detach=False) == ["docker", "compose", "--file", str(file), "up", "--build"]
    assert docker.command(file, detach=True)[-2:] == ["--detach", "--wait"]


def test_logs_of_an_unknown_service_are_told(tmp_path: Path) -> None:
    """The error names the logs that there are."""
    (tmp_path / "kafka.log").touch()
    assert [path.name for path in logs.chosen(tmp_path, None)] == ["kafka.log"]
    with pytest.raises(NotRunning, match=r"no log of gatewya .*kafka"):
        logs.chosen(tmp_path, "gatewya")


def test_tail_follows_a_log_through_a_restart(tmp_path: Path) -> None:
    """Only whole lines, only new ones, and the next file of the same name from its beginning."""
    log = tmp_path / "kafka.log"
    log.write_text("old\n")
    tail = logs.Tail(log)
    with log.open("a") as file:
        file.write("one\ntw")
    assert tail.new_lines() == ["one"]
    with log.open("a") as file:
        file.write("o\n")
    assert tail.new_lines() == ["two"]
    log.rename(tmp_path / "kafka.log.1")
    log.write_text("again\n")
    assert tail.new_lines() == ["again"]
    assert tail.new_lines() == []


def test_last_lines_are_marked_when_there_are_several(tmp_path: Path) -> None:
    """The service's name stands before each line only where it is needed."""
    log = tmp_path / "kafka.log"
    log.write_text("a\nb\nc\n")
    assert logs.last_lines(log, 2) == ["b", "c"]
    assert logs.last_lines(log, 0) == []
    assert logs.prefixed(log, "b", several=False) == "b"
    assert logs.prefixed(log, "b", several=True) == "kafka      │ b"


def test_page_comes_first_when_it_lives() -> None:
    """The address, where Kafka is, and how to stop it."""
    told = text(RunState(1, "", "http://127.0.0.1:8600/", environ={"KAFKA_BOOTSTRAP_SERVERS": "k:1"}), stop="Ctrl-C.")
    assert told.strip().splitlines()[0] == "The page is live: http://127.0.0.1:8600/"
    assert "KAFKA_BOOTSTRAP_SERVERS  k:1" in told


def test_page_is_rebuilt_when_a_source_changes(tmp_path: Path) -> None:
    """Contents and names count; what npm made, and when a file was written, do not."""
    (tmp_path / "src").mkdir()
    source = tmp_path / "src" / "main.ts"
    source.write_text("one")
    before = page.digest(tmp_path)
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "made.js").write_text("x")
    source.touch()
    assert page.digest(tmp_path) == before
    source.write_text("two")
    changed = page.digest(tmp_path)
    source.rename(source.with_name("other.ts"))
    assert len({before, changed, page.digest(tmp_path)}) == 3
