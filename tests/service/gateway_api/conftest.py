"""Gateways for the tests of the API."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.service.gateway_api.gateways import Gateway, in_memory, settings


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Gateway]:
    """A gateway in development mode, its notifications in memory."""
    async with in_memory(settings(tmp_path)) as running:
        yield running
