"""docker-compose.yml and the Dockerfile, by the compose schema and by parsing: no engine runs here."""

import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from tidings.local import artifacts
from tidings.local.ports import Ports

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docker-compose.yml"


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(FILE.read_text())["services"]
    return found


def test_compose_file_fits_the_schema() -> None:
    """The compose specification's own schema accepts it."""
    tool = Path(sys.executable).with_name("check-jsonschema")
    done = subprocess.run([tool, "--builtin-schema", "vendor.compose-spec", FILE], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_all_parts_are_there(services: dict[str, Any]) -> None:
    """Kafka, the registry, processors, gateway and flights."""
    assert {"kafka", "registry", "processors", "gateway", "flights"} <= set(services)


def test_images_are_the_embedded_versions(services: dict[str, Any]) -> None:
    """Containers and the embedded parts are of one version."""
    locked = artifacts.locked()
    assert services["kafka"]["image"] == f"apache/kafka:{locked['kafka'].version}"
    assert services["registry"]["image"] == f"apicurio/apicurio-registry:{locked['registry'].version}"


def test_who_waits_for_health_waits_for_a_check(services: dict[str, Any]) -> None:
    """`service_healthy` needs a health check, `service_completed_successfully` a service that may end."""
    for name, service in services.items():
        for other, how in service.get("depends_on", {}).items():
            if how["condition"] == "service_healthy":
                assert "healthcheck" in services[other], f"{name} waits for the health of {other}"
            else:
                assert how["condition"] == "service_completed_successfully"
                assert services[other]["restart"] == "on-failure", f"{name} waits for the end of {other}"


def test_what_leaves_when_it_is_stuck_is_started_again(services: dict[str, Any]) -> None:
    """A worker that ends with code 75 counts on it, however often that happens."""
    for name in ("processors", "gateway"):
        assert services[name]["restart"] in ("always", "unless-stopped")


def test_volumes_are_named_and_used(services: dict[str, Any]) -> None:
    """What must survive is in named volumes, and no volume is left over."""
    declared = set(yaml.safe_load(FILE.read_text())["volumes"])
    used = {volume.split(":")[0] for service in services.values() for volume in service.get("volumes", [])}
    assert used == declared
    assert {"kafka", "registry"} <= used


def test_published_on_loopback_with_the_usual_ports(services: dict[str, Any]) -> None:
    """Nothing is offered to the network, and each port is that of the embedded run."""
    published = {name: service["ports"] for name, service in services.items() if "ports" in service}
    assert {port.split(":")[0] for ports in published.values() for port in ports} == {"127.0.0.1"}
    at = {name: int(ports[0].split(":")[1]) for name, ports in published.items()}
    assert at == {"kafka": Ports().kafka, "registry": Ports().registry, "gateway": Ports().gateway}


def test_kafka_has_a_listener_for_each_side(services: dict[str, Any]) -> None:
    """Containers reach it by its service name, this machine by localhost and the published port."""
    kafka = services["kafka"]["environment"]
    advertised = dict(one.split("://") for one in kafka["KAFKA_ADVERTISED_LISTENERS"].split(","))
    assert advertised == {"INSIDE": "kafka:9092", "OUTSIDE": f"localhost:{Ports().kafka}"}
    protocols = dict(one.split(":") for one in kafka["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"].split(","))
    listeners = dict(one.split("://") for one in kafka["KAFKA_LISTENERS"].split(","))
    assert set(listeners) == set(protocols) == {*advertised, "CONTROLLER"}
    for name in ("prepare", "processors", "gateway", "flights"):
        assert services[name]["environment"]["KAFKA_BOOTSTRAP_SERVERS"] == advertised["INSIDE"]


def test_images_are_built_with_extras_that_exist(services: dict[str, Any]) -> None:
    """Each EXTRA is one of pyproject's, and each build uses the one Dockerfile."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    builds = [service["build"] for service in services.values() if "build" in service]
    assert {build["args"]["EXTRA"] for build in builds if "args" in build} <= set(extras)
    assert {build["dockerfile"] for build in builds} == {"deploy/Dockerfile"}


def test_copied_files_are_there() -> None:
    """What the Dockerfile copies from the checkout is in the checkout."""
    lines = [line.split() for line in (ROOT / "deploy/Dockerfile").read_text().splitlines()]
    sources = [word for line in lines if line[:1] == ["COPY"] and "--from=build" not in line for word in line[1:-1]]
    assert "pyproject.toml" in sources
    assert [source for source in sources if not (ROOT / source).exists()] == []
