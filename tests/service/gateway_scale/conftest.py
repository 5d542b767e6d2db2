"""A namespace with topics for gateways that run as processes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tidings.local.ports import free_ports
from tidings.local.services import Endpoints

from tests.service.gateway_scale.processes import Corner, corner


@pytest.fixture
def here(kafka: Endpoints, namespace: str, tmp_path: Path) -> Iterator[Corner]:
    """A corner of Kafka for one test."""
    with corner(kafka, namespace, tmp_path) as made:
        yield made


@pytest.fixture
def port() -> int:
    """A port that was free a moment ago."""
    return free_ports().gateway
