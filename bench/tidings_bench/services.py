"""Which Kafka and registry a bench runs on, and a namespace of its own on them."""

import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from tidings.local.services import Endpoints, given
from tidings.local.shared import joined
from tidings_schemas import admin, catalogue
from tidings_schemas.registry import Registry, register_all
from tidings_schemas.settings import Settings

_TIMEOUT_S = 20.0


@contextmanager
def endpoints() -> Iterator[Endpoints]:
    """The environment's Kafka and registry, else an embedded pair that ends with the block."""
    if found := given(os.environ).complete():
        yield found
        return
    # A broker that is just ending may still write into the folder.
    folders = tempfile.TemporaryDirectory(prefix="tidings-bench-", ignore_cleanup_errors=True)
    with folders as folder, joined(Path(folder)) as started:
        yield started


@contextmanager
def prepared(domains: tuple[str, ...] = ("demo",), partitions: int = 4) -> Iterator[Settings]:
    """Settings of a fresh namespace whose topics exist and whose schemas are registered."""
    with endpoints() as found:
        settings = Settings(
            bootstrap_servers=found.bootstrap_servers,
            registry_url=found.registry_url,
            prefix=f"bench-{secrets.token_hex(4)}.",
            partitions=partitions,
        )
        admin.ensure_topics(settings, admin.default_topics(domains))
        registry = Registry(settings.registry_url)
        register_all(registry, catalogue.load())
        registry.close()
        try:
            yield settings
        finally:
            _remove_topics(settings)


def _remove_topics(settings: Settings) -> None:
    """A bench may run on somebody's own Kafka, and leaves gigabytes."""
    client = AdminClient(settings.kafka())
    names = [name for name in client.list_topics(timeout=_TIMEOUT_S).topics if name.startswith(settings.prefix)]
    for future in client.delete_topics(names, request_timeout=_TIMEOUT_S).values() if names else ():
        with suppress(KafkaException):  # it is gone already, or Kafka is
            future.result(_TIMEOUT_S)


def environment(settings: Settings) -> dict[str, str]:
    """The variables that make a child process live in the same namespace."""
    return {
        "KAFKA_BOOTSTRAP_SERVERS": settings.bootstrap_servers,
        "SCHEMA_REGISTRY_URL": settings.registry_url,
        "TIDINGS_NAMESPACE": settings.prefix,
        "TIDINGS_PARTITIONS": str(settings.partitions),
        "TIDINGS_DOMAINS": "demo",
        "LOG_FORMAT": "json",
    }
