"""Processors and a gateway over a real Kafka, and a publisher to feed them."""

import contextlib
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from tidings.local.ports import free_ports
from tidings.local.services import Endpoints
from tidings_schemas.admin import ensure_topics
from tidings_schemas.catalogue import load
from tidings_schemas.registry import Registry, register_all
from tidings_schemas.settings import Settings

from tests.e2e.processes import Service, clean_environ
from tidings import Event, Followable, Publisher

#: A morning in January, as the flights source plays it.
SCHEDULED = datetime(2013, 1, 10, 13, tzinfo=UTC)


@dataclass
class Stack:
    """What runs.

    Attributes:
        gateway: to be killed and started again.
        publisher: to this stack's topics.
    """

    gateway: Service
    publisher: Publisher
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def url(self) -> str:
        """Where the page is."""
        return self.gateway.url

    def flight(self) -> str:
        """A flight that no other test speaks of, announced so that users find it: `UA1001`."""
        flight = f"UA{1000 + next(self._numbers)}"
        self.announce(f"flight:{flight}", "flight", f"{flight} EWR → ORD", "United Air Lines Inc.")
        return flight

    def announce(
        self, topic: str, kind: str, title: str, subtitle: str = "", *, at: tuple[float, float] | None = None
    ) -> None:
        """Says that `topic` may be followed; `at`: degrees north and east."""
        north, east = at or (None, None)
        self.publisher.announce(Followable(topic, kind, title, subtitle, north, east)).result()

    def delay(self, flight: str, minutes: int, day: int = 0) -> None:
        """Publishes a delay of the flight, `day` days after the first; returns once Kafka has it."""
        scheduled = SCHEDULED + timedelta(days=day)
        self._publish(
            "tidings.flights.FlightDelayed",
            flight,
            {
                "flight": flight,
                "carrier": flight[:2],
                "carrier_name": "United Air Lines Inc.",
                "number": int(flight[2:]),
                "tail": None,
                "origin": "EWR",
                "origin_name": "Newark Liberty Intl",
                "destination": "ORD",
                "destination_name": "Chicago Ohare Intl",
                "scheduled_departure": scheduled,
                "scheduled_arrival": None,
                "delay_minutes": minutes,
                "estimated_departure": scheduled + timedelta(minutes=minutes),
            },
        )

    def tell(self, user: str, text: str) -> None:
        """Publishes a plain message to one user; returns once Kafka has it."""
        data = {"user": user, "topic": None, "text": text, "sequence": next(self._numbers), "sent_at_ns": 0}
        self._publish("tidings.demo.Message", user, data)

    def _publish(self, type_: str, subject: str, data: Mapping[str, object]) -> None:
        event = Event(type_, data, uuid.uuid4().hex, "/tests/e2e", subject, datetime.now(UTC))
        self.publisher.publish(event).result()


@contextlib.contextmanager
def running(kafka: Endpoints, namespace: str, folder: Path) -> Iterator[Stack]:
    """A stack in a namespace of its own; its logs and its development key lie in `folder`."""
    given: dict[str, Any] = {"bootstrap_servers": kafka.bootstrap_servers, "registry_url": kafka.registry_url}
    settings = Settings(**given, prefix=namespace)
    ensure_topics(settings)
    with contextlib.closing(Registry(settings.registry_url)) as registry:
        register_all(registry, load())
    with contextlib.ExitStack() as stack:
        environ = clean_environ() | kafka.environ() | {"TIDINGS_NAMESPACE": namespace, "TIDINGS_HOME": str(folder)}
        processors, gateway = _processors(environ, folder), _gateway(environ, folder)
        for service in (processors, gateway):
            stack.callback(service.stop)
            service.start()
        yield Stack(gateway, stack.enter_context(Publisher(settings)))


def _processors(environ: dict[str, str], folder: Path) -> Service:
    port = free_ports().gateway
    there = environ | {"TIDINGS_PROCESSORS_PORT": str(port)}
    return Service("tidings_processors", ["worker"], there, port, folder / "processors.log")


def _gateway(environ: dict[str, str], folder: Path) -> Service:
    port = free_ports().gateway
    return Service("tidings_gateway", ["--port", str(port)], environ, port, folder / "gateway.log")
