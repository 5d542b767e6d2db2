"""Which Kafka and registry are used, and what a run listens on."""

from pathlib import Path

from tidings.commands import background
from tidings.local import paths, services
from tidings.local.children import Flights
from tidings.local.plan import Wanted
from tidings.local.ports import Ports
from tidings.local.services import Endpoints, Given

FOLDERS = paths.beneath(Path("/t"))
BOTH = {"KAFKA_BOOTSTRAP_SERVERS": "k:9092", "SCHEMA_REGISTRY_URL": "http://r:8081/"}


def test_both_variables_replace_the_embedded_parts() -> None:
    """With both set, nothing embedded is wanted, and none of its ports."""
    given = services.given(BOTH)
    assert given.complete() == Endpoints("k:9092", "http://r:8081")
    assert Wanted(FOLDERS, given=given).listening() == {"gateway": 8600, "processors": 8604}


def test_one_variable_replaces_one_part() -> None:
    """The other part is still embedded."""
    given = services.given({"KAFKA_BOOTSTRAP_SERVERS": "k:9092"})
    wanted = Wanted(FOLDERS, given=given)
    assert given.complete() is None
    assert wanted.endpoints == Endpoints("k:9092", "http://127.0.0.1:8601/apis/ccompat/v7")
    assert wanted.listening() == {"gateway": 8600, "processors": 8604, "registry": 8601}


def test_empty_variables_are_no_variables() -> None:
    """An empty string means the embedded part."""
    assert services.given({"KAFKA_BOOTSTRAP_SERVERS": " ", "SCHEMA_REGISTRY_URL": ""}) == Given()


def test_endpoints_become_the_variables_of_children() -> None:
    """What a child process reads leads it to the same place."""
    assert services.given(Endpoints("k:1", "http://r").environ()).complete() == Endpoints("k:1", "http://r")


def test_background_run_means_the_same() -> None:
    """`--detach` hands ports and flights on as options."""
    wanted = Wanted(FOLDERS, Ports.beside(9000, kafka=7), flights=Flights(speed=60))
    assert background.arguments(wanted) == [
        *("--port", "9000", "--registry-port", "9001", "--kafka-port", "7"),
        *("--speed", "60", "--from", "2013-01-10T06:00"),
    ]
    assert background.arguments(Wanted(FOLDERS, flights=None))[-1] == "--no-source"


def test_background_error_is_the_childs_own() -> None:
    """The last error that the supervisor printed is told; without one, what it said last."""
    assert background.reason("✓ kafka 1.0 s\nerror: Port 1 is in use.\n") == "Port 1 is in use."
    assert background.reason("Traceback …").endswith("Traceback …")
