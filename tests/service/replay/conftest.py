"""Fixtures of the replay's service tests."""

import pytest
from tidings.local.services import Endpoints

from tests.service.replay.corner import Corner


@pytest.fixture
def corner(kafka: Endpoints, namespace: str) -> Corner:
    """A corner of its own for each test."""
    return Corner(kafka, namespace)
