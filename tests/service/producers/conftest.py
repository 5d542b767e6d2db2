"""A namespace of the test's own on a real Kafka, with all topics."""

from collections.abc import Iterator

import pytest
from tidings.local.services import Endpoints
from tidings_producers.publisher import Publisher
from tidings_schemas import catalogue
from tidings_schemas.admin import ensure_topics
from tidings_schemas.registry import Registry, register_all
from tidings_schemas.settings import Settings


@pytest.fixture(scope="session")
def registered(kafka: Endpoints) -> Endpoints:
    """The shipped schemas are in the registry."""
    registry = Registry(kafka.registry_url)
    register_all(registry, catalogue.load())
    registry.close()
    return kafka


@pytest.fixture
def settings(registered: Endpoints, namespace: str) -> Settings:
    """Topics of three partitions are made."""
    settings = Settings(
        bootstrap_servers=registered.bootstrap_servers,
        registry_url=registered.registry_url,
        prefix=namespace,
        partitions=3,
    )
    ensure_topics(settings)
    return settings


@pytest.fixture
def publisher(settings: Settings) -> Iterator[Publisher]:
    """A publisher that is closed at the end."""
    with Publisher(settings) as publisher:
        yield publisher
