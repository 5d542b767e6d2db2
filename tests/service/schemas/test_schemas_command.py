"""`tidings schemas`, as users call it."""

import json
import os
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import pytest
from tidings.local.services import Endpoints
from tidings_schemas.registry import Registry


class Folder:
    """A user's own folder of schemas, and the command run with it."""

    def __init__(self, path: Path, registry: str = "") -> None:
        self.path = path
        self.name = f"Order{uuid.uuid4().hex}"
        self.full_name = f"shop.orders.{self.name}"
        # Without a registry of its own a command would join what `tidings up` runs on this machine.
        self._environ = {"TIDINGS_SCHEMAS": str(path), "XDG_DATA_HOME": str(path / "xdg"), "XDG_STATE_HOME": str(path)}
        if registry:
            self._environ["SCHEMA_REGISTRY_URL"] = registry

    def write(self, *fields: dict[str, Any]) -> None:
        """The schema's present version."""
        document = {"type": "record", "namespace": "shop.orders", "name": self.name, "fields": list(fields)}
        (self.path / "order.avsc").write_text(json.dumps(document))

    def run(self, *arguments: str) -> tuple[int, str]:
        """Exit code and standard output of `tidings schemas …`."""
        environ = {k: v for k, v in os.environ.items() if k not in ("SCHEMA_REGISTRY_URL", "KAFKA_BOOTSTRAP_SERVERS")}
        done = subprocess.run(
            [sys.executable, "-m", "tidings", "schemas", *arguments],
            env=environ | self._environ,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert "Traceback" not in done.stderr
        return done.returncode, done.stdout + done.stderr


TOTAL = {"name": "total", "type": "int", "doc": "Cents."}
USER = {"name": "user", "type": "string", "doc": "Whose."}


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A folder with one schema, not recorded yet."""
    folder = Folder(tmp_path)
    folder.write(TOTAL)
    return folder


def test_a_change_is_recorded_and_held_to_what_was(folder: Folder) -> None:
    """check, record, diff: what may follow is recorded as the next version, what may not is refused."""
    name = folder.full_name
    assert folder.run("check", name)[0] == 1
    assert folder.run("record", name) == (0, f"{name}\n1 of 1 schemas recorded\n")
    assert folder.run("record", name) == (0, "0 of 1 schemas recorded\n")
    assert folder.run("check", name)[0] == 0
    folder.write(TOTAL, USER)
    code, told = folder.run("record", name)
    assert code == 1
    assert f"{name}, field 'user' against recorded version 1: reader field missing default value" in told
    folder.write(TOTAL, USER | {"default": ""})
    code, told = folder.run("diff", name)
    assert code == 1
    assert '+      "name": "user",' in told
    assert folder.run("record", name)[0] == 0
    assert sorted(path.name for path in (folder.path / "history" / name).iterdir()) == ["1.avsc", "2.avsc"]
    assert folder.run("diff", name) == (0, "")


def test_the_users_schemas_are_listed_and_shown(folder: Folder) -> None:
    """Beside the shipped ones, with their topic."""
    rows = {row["name"]: row for row in json.loads(folder.run("list", "--json")[1])}
    assert rows[folder.full_name]["topic"] == "events.orders"
    assert rows["tidings.Notification"]["topic"] is None
    assert json.loads(folder.run("show", folder.full_name)[1])["fields"] == [TOTAL]


@pytest.mark.parametrize(
    ("text", "told"), [("{", "broken.avsc: Expecting"), ('{"type": "record", "name": "R"}', "broken.avsc: R: ")]
)
def test_a_broken_file_is_named(folder: Folder, text: str, told: str) -> None:
    """In one sentence, whatever the command."""
    (folder.path / "broken.avsc").write_text(text)
    code, out = folder.run("list")
    assert code != 0
    assert told in out.replace("\n", " ").replace("│", "")


def test_an_unknown_name_is_told(folder: Folder) -> None:
    """With the names that there are."""
    code, told = folder.run("show", "shop.orders.Nothing")
    assert code == 1
    assert folder.full_name in told


@pytest.mark.kafka
def test_registering_is_one_command_and_idempotent(kafka: Endpoints, tmp_path: Path) -> None:
    """The same id again; a version that the registry refuses is told by `check` too, without a recorded history."""
    folder = Folder(tmp_path, kafka.registry_url)
    name = folder.full_name
    folder.write(TOTAL)
    first = folder.run("register", name, "--json")
    assert first[0] == 0
    assert folder.run("register", name, "--json") == first
    folder.write(TOTAL, USER)
    code, told = folder.run("register", name)
    assert code == 1
    assert "incompatible with its registered versions" in told
    report = json.loads(folder.run("check", name, "--json")[1])
    assert [(fault["against"], fault["field"]) for fault in report["faults"]] == [("registered", "user")]
    assert report["registry"] is True
    registry = Registry(kafka.registry_url)
    assert [schema.json["fields"] for schema in registry.versions(name)] == [[TOTAL]]
    registry.close()


def test_a_registry_that_is_away_is_told(tmp_path: Path) -> None:
    """With its address."""
    code, told = Folder(tmp_path, "http://127.0.0.1:1/apis/ccompat/v7").run("register")
    assert code == 1
    assert "no answer from the schema registry at http://127.0.0.1:1" in told
