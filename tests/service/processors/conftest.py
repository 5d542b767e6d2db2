"""What the processors' service tests share."""

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tidings_schemas.admin import ensure_topics
from tidings_schemas.catalogue import load
from tidings_schemas.registry import Registry, register_all

from tests.service.processors.harness import Place


@pytest.fixture(scope="session")
def registered(kafka: Any) -> None:
    """The shipped schemas are in the registry."""
    registry = Registry(kafka.registry_url)
    register_all(registry, load())
    registry.close()


@pytest.fixture(scope="module")
def at_work(kafka: Any, registered: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Topics with a worker at work, shared by the tests of a module: each uses users and topics of its own."""
    made = Place(kafka.environ(), f"t{uuid.uuid4().hex[:10]}.", tmp_path_factory.mktemp("at-work"))
    ensure_topics(made.settings)
    with made.worker():
        yield made
    made.registry.close()


@pytest.fixture
def place(kafka: Any, registered: None, namespace: str, tmp_path: Path) -> Iterator[Place]:
    """Topics of the test's own."""
    made = Place(kafka.environ(), namespace, tmp_path)
    ensure_topics(made.settings)
    yield made
    made.registry.close()
