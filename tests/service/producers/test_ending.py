"""How sources begin and end when Kafka is not there, and what importing costs."""

import os
import subprocess
import sys

import pytest
from tidings_producers.publisher import Publisher
from tidings_producers.stopping import patient_publisher
from tidings_schemas.errors import Undelivered
from tidings_schemas.settings import Settings
from tidings_schemas.topics import FOLLOWABLES

NOWHERE = Settings(bootstrap_servers="127.0.0.1:1", prefix="")


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    environ = {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1", "SCHEMA_REGISTRY_URL": "http://127.0.0.1:1"}
    return subprocess.run(
        [sys.executable, *command], env=os.environ | environ, capture_output=True, text=True, timeout=90
    )


def test_a_source_without_kafka_says_so_in_one_sentence() -> None:
    """No traceback, and exit code 1."""
    done = _run("-m", "tidings_producers", "flights", "--json")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("error: Kafka does not say what may be followed already")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("option", ["--from=2012-12-31", "--from=tomorrow", "--speed=0"])
def test_a_wrong_option_is_told_before_anything_starts(option: str) -> None:
    """Exit code 2, as for every usage error."""
    done = _run("-m", "tidings_producers", "flights", option)
    assert done.returncode == 2
    assert option.partition("=")[0] in done.stderr


def test_a_source_that_is_asked_to_end_does_not_wait_for_kafka_for_ever() -> None:
    """Kafka is gone: a few seconds after the request it ends, and says how much did not arrive."""

    def end() -> None:
        with patient_publisher(NOWHERE) as publisher:
            assert isinstance(publisher, Publisher)
            publisher.withdraw("airport:JFK")

    with pytest.raises(Undelivered) as caught:
        end()
    assert [delivery.topic for delivery in caught.value.deliveries] == [FOLLOWABLES.name]


def test_importing_tidings_imports_nothing_heavy() -> None:
    """The command line imports the package for every `--help`; each name comes when it is first used."""
    script = (
        "import sys, tidings\n"
        "assert not {'confluent_kafka', 'httpx', 'fastavro', 'pydantic'} & set(sys.modules)\n"
        "from tidings import AsyncPublisher, Event, Followable, Publisher\n"
        "assert Publisher.__module__ == 'tidings_producers.publisher'\n"
        "assert all(hasattr(tidings, name) for name in tidings.__all__) and not hasattr(tidings, 'nothing')\n"
    )
    done = _run("-c", script)
    assert done.returncode == 0, done.stderr
