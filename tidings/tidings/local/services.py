"""Which Kafka and registry to use: the environment's, or the embedded ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

KAFKA = "KAFKA_BOOTSTRAP_SERVERS"
REGISTRY = "SCHEMA_REGISTRY_URL"


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where Kafka and the registry are.

    Attributes:
        bootstrap_servers: `host:port`, comma-separated.
        registry_url: base of the Confluent API.
    """

    bootstrap_servers: str
    registry_url: str

    def environ(self) -> dict[str, str]:
        """For child processes: the variables that every part of Tidings reads."""
        return {KAFKA: self.bootstrap_servers, REGISTRY: self.registry_url}


@dataclass(frozen=True, slots=True)
class Given:
    """What the environment brings; an empty string where the embedded part is to be started."""

    bootstrap_servers: str = ""
    registry_url: str = ""

    def complete(self) -> Endpoints | None:
        """The endpoints, if the environment brings both."""
        if self.bootstrap_servers and self.registry_url:
            return Endpoints(self.bootstrap_servers, self.registry_url)
        return None


def given(environ: Mapping[str, str]) -> Given:
    """What `KAFKA_BOOTSTRAP_SERVERS` and `SCHEMA_REGISTRY_URL` say."""
    return Given(environ.get(KAFKA, "").strip(), environ.get(REGISTRY, "").strip().rstrip("/"))
