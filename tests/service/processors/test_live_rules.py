"""Rules that change while workers run, by the command that users have."""

import json
import threading
from collections import Counter
from collections.abc import ItemsView, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient
from tidings_processors import rules_topic
from tidings_processors.cli import rules_app
from tidings_processors.core.rules import Rule, read_rules
from tidings_processors.settings import Settings as WorkerSettings
from tidings_schemas.errors import Refused
from typer.testing import CliRunner

from tests.service.processors.harness import Place, message, until
from tests.service.processors.test_group_protocol import held

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(180)]

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


def test_a_topic_that_a_live_rule_names_is_read_from_the_next_start_on(place: Place, tmp_path: Path) -> None:
    """Which the command says, and the log of a worker that runs."""
    place.create_topic("orders")
    file = tmp_path / "rules.yaml"
    file.write_text(RULE.replace("audience:", "topic: orders\n    audience:"))
    with place.worker() as worker:
        assert "no worker reads orders yet: start them anew" in tidings(place, "apply", str(file), "--yes")
        until(lambda: "after a restart only" in worker.log.read_text(), "the worker says so")
    place.put("orders", b"order-1", place.codec.encode("tidings.demo.Message", message("ann", text="shipped").data))
    with place.worker():
        place.wait_told(1)
    assert place.told() == {"ann": ["live: shipped"]}


def test_a_broken_rule_on_the_topic_changes_nothing(place: Place) -> None:
    """Nobody's mistake stops the workers: the rule before stays in force, and the log says where the mistake is."""
    place.put("rules", b"message-to-user", b"name: message-to-user\nmatch: no.Such\n")
    with place.worker() as worker:
        place.publish(message("ann", text="goes on"))
        place.wait_told(1)
        assert "does not compile" in worker.log.read_text()
    assert place.told() == {"ann": ["goes on"]}


def test_a_rule_that_is_renamed_tells_each_event_once(place: Place, tmp_path: Path) -> None:
    """By the old name or by the new one, whichever of two workers has it, and whatever is on its way between them."""
    unused = _other(tmp_path)
    place.environ["TIDINGS_RULES"] = str(unused)
    chosen = {"TIDINGS_GROUP_PROTOCOL": "consumer", "TIDINGS_DOMAINS": "demo"}
    _rename(place, tmp_path, "first")
    with place.worker(**chosen), place.worker(**chosen):
        admin = AdminClient(place.settings.kafka())
        until(lambda: [set(one.values()) for one in held(admin, place)] == [{1}] * 2, "each has its part of all", 90)
        with _steady(place) as published:
            for name in ("second", "third"):
                so_far = len(published)
                until(lambda so_far=so_far: len(published) > so_far + 100, "events come")  # type: ignore[misc]
                _rename(place, tmp_path, name)
            until(lambda: any(title.startswith("third") for title in _titles(place)), "the last name is in force")
        until(lambda: {title.split()[1] for title in _titles(place)} >= set(published), "all are told")
    assert Counter(title.split()[1] for title in _titles(place)) == Counter(published)
    assert {title.split()[0] for title in _titles(place)} == {"first", "second", "third"}
    assert place.dead_letters() == []


def test_of_two_who_apply_at_once_one_has_their_way_and_the_other_is_told(place: Place) -> None:
    """Not half of the one and half of the other."""
    settings = WorkerSettings(prefix=place.settings.prefix, bootstrap_servers=place.settings.bootstrap_servers)
    one, other = (dict(_rules(place, name, f"{name}-more")) for name in ("one", "other"))

    class Interrupted(dict[str, Rule | None]):
        """Changes in whose midst somebody else applies theirs."""

        def items(self) -> ItemsView[str, Rule | None]:
            return dict(self._with_an_interruption()).items()

        def _with_an_interruption(self) -> Iterator[tuple[str, Rule | None]]:
            yield from super().items()
            rules_topic.put(settings, other)

    with pytest.raises(Refused, match="apply again"):
        rules_topic.put(settings, Interrupted(one))
    assert rules_topic.texts(settings).keys() == other.keys()
    rules_topic.put(settings, one)
    assert rules_topic.texts(settings).keys() == one.keys() | other.keys()


def _rules(place: Place, *names: str) -> dict[str, Rule]:
    text = "".join(RULE.partition("\n")[2].replace("message-to-user", name) for name in names)
    return dict(read_rules("rules:\n" + text, place.catalogue).by_name)


def _rename(place: Place, folder: Path, name: str) -> None:
    """Applies the rule under another name, a hundred others behind it, and withdraws all that was there before."""
    named = RULE.replace("message-to-user", name).replace("live: {{", name + " {{")
    switched_off = RULE.partition("\n")[2].rstrip() + "\n    enabled: false\n"
    file = folder / f"{name}.yaml"
    file.write_text(named + "".join(switched_off.replace("message-to-user", f"{name}-{n}") for n in range(100)))
    tidings(place, "apply", str(file), "--prune", "--yes")


@contextmanager
def _steady(place: Place) -> Iterator[list[str]]:
    """Publishes events to twenty users until the block ends; gives their texts so far."""
    published: list[str] = []
    ended = threading.Event()

    def publish() -> None:
        while not ended.wait(0.002):
            text = str(len(published))
            place.publish(message(f"u{len(published) % 20}", text=text))
            published.append(text)

    thread = threading.Thread(target=publish, daemon=True)
    thread.start()
    try:
        yield published
    finally:
        ended.set()
        thread.join()


def _titles(place: Place) -> list[str]:
    return [title for titles in place.told().values() for title in titles]


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
