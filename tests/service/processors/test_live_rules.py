"""Rules that change while workers run, by the command that users have."""

import json
from pathlib import Path

import pytest
from tidings_processors.cli import rules_app
from typer.testing import CliRunner

from tests.service.processors.harness import Place, message, until

pytestmark = pytest.mark.kafka

RULE = """\
rules:
  - name: message-to-user
    match: tidings.demo.Message
    audience: {users: user}
    kind: message
    text: {en: {title: "live: {{ text }}"}}
"""


def tidings(place: Place, *arguments: str, code: int = 0) -> str:
    """Runs `tidings rules …`; returns what it printed."""
    done = CliRunner().invoke(rules_app, arguments, env=place.environ)
    assert done.exit_code == code, done.output
    return done.stdout


def test_a_rule_is_applied_changed_and_withdrawn_without_a_restart(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(RULE)
    with place.worker():
        place.publish(message("ann", text="one"))
        place.wait_told(1)
        assert "live: {{ text }}" in tidings(place, "diff", str(file), code=1)
        changes = json.loads(tidings(place, "apply", str(file), "--yes", "--json"))
        assert [(change["rule"], change["change"]) for change in changes] == [("message-to-user", "change")]
        until(lambda: _says(place, "live: two", "two"), "the new text is in force")
        tidings(place, "apply", str(_other(tmp_path)), "--prune", "--yes")
        until(lambda: _says(place, "three", "three"), "the rule that ships is in force again")
    assert tidings(place, "diff", str(_other(tmp_path)), "--prune") == "nothing to change\n"


def test_a_worker_starts_with_the_rules_of_the_topic(place: Place, tmp_path: Path) -> None:
    """Rules that were applied while no worker ran are in force for its first event."""
    file = tmp_path / "rules.yaml"
    file.write_text(RULE)
    tidings(place, "apply", str(file), "--yes")
    place.publish(message("ann", text="first"))
    with place.worker(wait=False):
        place.wait_told(1)
    assert place.told() == {"ann": ["live: first"]}


def test_a_broken_rule_on_the_topic_changes_nothing(place: Place) -> None:
    """Nobody's mistake stops the workers: the rule before stays in force, and the log says where the mistake is."""
    place.put("rules", b"message-to-user", b"name: message-to-user\nmatch: no.Such\n")
    with place.worker() as worker:
        place.publish(message("ann", text="goes on"))
        place.wait_told(1)
        assert "does not compile" in worker.log.read_text()
    assert place.told() == {"ann": ["goes on"]}


def _says(place: Place, title: str, text: str) -> bool:
    place.publish(message("ann", text=text))
    return title in place.told().get("ann", [])


def _other(folder: Path) -> Path:
    """A file with a rule that does nothing, so that pruning withdraws all the others of the topic."""
    file = folder / "other.yaml"
    file.write_text(
        "rules: [{name: unused, match: tidings.demo.Message, audience: {users: user}, kind: k, enabled: false,"
        " text: {en: {title: x}}}]\n"
    )
    return file
