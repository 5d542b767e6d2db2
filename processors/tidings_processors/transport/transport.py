"""The transport to give to an app: `app.transport = Transport.of(app, Settings(…))`."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from faust.transport.drivers.aiokafka import Transport as AiokafkaTransport
from faust.types import AppT
from faust.types.transports import ConductorT, ConsumerT
from yarl import URL

from .conductor import Conductor
from .consumer import Consumer
from .settings import Settings


class Transport(AiokafkaTransport):
    """Consumes by librdkafka, in runs. What the app itself produces (`topic.send`) still goes through aiokafka.

    Args:
        url: brokers, `kafka://host:port`.
        app: the Faust app.
        loop: event loop; Faust finds it when it is needed.
        settings: see `Settings`.
    """

    Consumer: ClassVar[type[ConsumerT]] = Consumer
    Conductor: ClassVar[type[ConductorT]] = Conductor
    driver_version = "confluent-kafka (runs)"

    def __init__(
        self,
        url: list[URL],
        app: AppT,
        loop: asyncio.AbstractEventLoop | None = None,
        *,
        settings: Settings | None = None,
    ) -> None:
        super().__init__(url, app, loop)
        self.settings = settings or Settings()

    @property
    def url(self) -> list[URL]:
        """The brokers: those given, else those of the app. Asked late, since the first look at `app.conf` fixes it."""
        return self._url or self.app.conf.broker_consumer

    @url.setter
    def url(self, url: list[URL]) -> None:
        self._url = url

    @classmethod
    def of(cls, app: AppT, settings: Settings | None = None) -> Transport:
        """The transport for the brokers that `app` names."""
        return cls([], app, settings=settings)

    @property
    def servers(self) -> str:
        """librdkafka's `bootstrap.servers`."""
        return ",".join(f"{one.host or '127.0.0.1'}:{one.port or self.default_port}" for one in self.url)
