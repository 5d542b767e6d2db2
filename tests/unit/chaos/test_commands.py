"""What `tidings chaos` takes, and how it says no."""

import json

from tidings_chaos.cli import app
from tidings_chaos.nemeses.catalogue import NEMESES
from typer.testing import CliRunner, Result


def run(*arguments: str) -> Result:
    """The command's outcome."""
    return CliRunner().invoke(app, list(arguments))


def test_nemeses_are_listed() -> None:
    """By name, one a line."""
    assert run("--nemeses", "list").output.split() == list(NEMESES)


def test_an_unknown_nemesis_is_refused_with_those_there_are() -> None:
    """Nothing is started; the sentence says what could have been meant."""
    refused = run("--nemeses", "worker-kill,earthquake")
    assert refused.exit_code == 2
    assert "earthquake" in refused.output
    assert "disk-full" in refused.output


def test_an_unknown_group_protocol_is_refused_with_those_there_are() -> None:
    """Nothing is started; the sentence names both."""
    refused = run("--group-protocol", "gossip")
    assert refused.exit_code == 2
    assert "classic" in refused.output
    assert "consumer" in refused.output


def test_a_clean_simulation_is_told_with_exit_code_0() -> None:
    """One JSON object with what was looked at."""
    done = run("simulate", "--schedules", "5", "--jobs", "1", "--json")
    told = json.loads(done.stdout)
    assert (done.exit_code, told["clean"], told["schedules"]) == (0, True, 5)
    assert told["figures"]["seen"] > 0


def test_a_found_bug_is_told_with_the_way_to_replay_it_and_exit_code_1() -> None:
    """The schedule's number and the invariant are named; replaying it finds the same."""
    bug = "a cursor is off by one"
    done = run("simulate", "--schedules", "5", "--jobs", "1", "--bug", bug, "--json")
    number, wrong = next(iter(json.loads(done.stdout)["first_failures"].items()))
    assert done.exit_code == 1
    replayed = run("simulate", "--replay", number, "--bug", bug, "--json")
    assert replayed.exit_code == 1
    assert json.loads(replayed.stdout)["violations"] == wrong


def test_an_unknown_bug_is_refused_with_those_there_are() -> None:
    """So that nobody takes a run without a bug for one with it."""
    refused = run("simulate", "--bug", "gremlins")
    assert refused.exit_code == 2
    assert "off by one" in refused.output
