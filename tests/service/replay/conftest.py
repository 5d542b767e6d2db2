"""Fixtures of the replay's service tests."""

from pathlib import Path

import pytest
from tidings.local.services import Endpoints

from tests.service.replay.corner import Corner


@pytest.fixture
def corner(kafka: Endpoints, namespace: str, tmp_path_factory: pytest.TempPathFactory) -> Corner:
    """A corner of its own for each test."""
    return Corner(kafka, namespace, Path(tmp_path_factory.mktemp("home")))
