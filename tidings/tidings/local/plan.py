"""The steps of `tidings up`, from nothing to a live page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tidings.local import children, kafka, page, prepare, registry, services
from tidings.local.children import Flights
from tidings.local.errors import NotReady
from tidings.local.paths import Folders
from tidings.local.ports import HOST, Ports
from tidings.local.services import Endpoints, Given
from tidings.local.steps import Progress, Step
from tidings.local.supervisor import Supervisor

if TYPE_CHECKING:
    from tidings_schemas.settings import Settings

_ASK_WITHIN_S = 10.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the user asked for.

    Attributes:
        given: Kafka and registry that run elsewhere already.
        flights: how the source plays; None for no source.
    """

    folders: Folders
    ports: Ports = field(default_factory=Ports)
    given: Given = field(default_factory=Given)
    flights: Flights | None = field(default_factory=Flights)

    @property
    def endpoints(self) -> Endpoints:
        """Where Kafka and the registry are, or will be."""
        return Endpoints(
            self.given.bootstrap_servers or f"{HOST}:{self.ports.kafka}",
            self.given.registry_url or f"http://{HOST}:{self.ports.registry}{registry.API}",
        )

    def listening(self) -> dict[str, int]:
        """Ports that this run will listen on, by service."""
        wanted = {"gateway": self.ports.gateway, "processors": self.ports.processors}
        if not self.given.bootstrap_servers:
            wanted |= {"kafka": self.ports.kafka, "controller": self.ports.controller}
        if not self.given.registry_url:
            wanted |= {"registry": self.ports.registry}
        return wanted


class Plan:
    """Builds the steps; what one step hands to a later one is kept here."""

    def __init__(self, wanted: Wanted, supervisor: Supervisor) -> None:
        self._wanted, self._supervisor = wanted, supervisor
        self._folders, self._ports = wanted.folders, wanted.ports
        self._environ = wanted.endpoints.environ()
        self._stopped: Callable[[], bool] = supervisor.cancel.is_set

    def steps(self) -> list[Step]:
        """All steps, long ones first; each begins as soon as those it needs are done."""
        common = [
            *self._kafka_steps(),
            *self._registry_steps(),
            Step("page", self._page),
            Step("topics", self._topics, needs=("kafka",)),
            Step("schemas", self._schemas, needs=("registry",)),
            Step("processors", self._processors, needs=("topics", "schemas")),
            Step("gateway", self._gateway, needs=("topics", "schemas", "page")),
        ]
        if self._wanted.flights is None:
            return common
        return [*common, Step("flights", self._flights, needs=("processors", "gateway"))]

    def _kafka_steps(self) -> list[Step]:
        if servers := self._wanted.given.bootstrap_servers:
            return [Step("kafka", lambda _: _answers(kafka.answers, servers, services.KAFKA))]
        return [Step("download kafka", self._fetch_kafka), Step("kafka", self._kafka, needs=("download kafka",))]

    def _registry_steps(self) -> list[Step]:
        if url := self._wanted.given.registry_url:
            return [Step("registry", lambda _: _answers(registry.answers, url, services.REGISTRY))]
        return [
            Step("download registry", self._fetch_registry),
            Step("registry", self._registry, needs=("download registry",)),
        ]

    def _fetch_kafka(self, progress: Progress) -> str:
        counted = _Counted(progress)
        self._class_path = kafka.fetch(self._folders, counted, self._stopped)
        return counted.note

    def _kafka(self, _: Progress) -> str:
        return self._supervisor.launch(kafka.prepare(self._folders, self._ports, self._class_path))

    def _fetch_registry(self, progress: Progress) -> str:
        counted = _Counted(progress)
        self._registry_folder = registry.fetch(self._folders, counted, self._stopped)
        return counted.note

    def _registry(self, _: Progress) -> str:
        return self._supervisor.launch(registry.prepare(self._folders, self._ports, self._registry_folder))

    def _topics(self, _: Progress) -> str:
        made = prepare.topics(self._settings())
        return f"{len(made)} made" if made else "all there"

    def _schemas(self, _: Progress) -> str:
        return f"{len(prepare.schemas(self._settings()))} registered"

    def _page(self, _: Progress) -> str:
        root = page.checkout()
        if root is None:
            return "came with the package"
        return "built" if page.build(root, self._stopped) else "is current"

    def _processors(self, _: Progress) -> str:
        return self._supervisor.launch(children.processors(self._folders, self._ports, self._environ))

    def _gateway(self, _: Progress) -> str:
        return self._supervisor.launch(children.gateway(self._folders, self._ports, self._environ))

    def _flights(self, _: Progress) -> str:
        how = self._wanted.flights or Flights()
        self._supervisor.launch(children.flights(self._folders, self._environ, how))
        return f"from {how.start:%Y-%m-%d %H:%M}, {how.speed:g} times as fast"

    def _settings(self) -> Settings:
        """The environment's, but on this run's Kafka and registry."""
        from tidings_schemas.settings import Settings

        at = self._wanted.endpoints
        return Settings(bootstrap_servers=at.bootstrap_servers, registry_url=at.registry_url)


class _Counted:
    """Passes progress on, and remembers how much there was to fetch."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self.note = "is there"

    def __call__(self, done: int, total: int) -> None:
        self.note = f"{total / 1_000_000:.0f} MB"
        self._progress(done, total)


def _answers(answers: Callable[[str, float], bool], address: str, variable: str) -> str:
    """A given service is not started, but it must be there."""
    if not answers(address, _ASK_WITHIN_S):
        raise NotReady(
            f"Nothing answers at {address} ({variable}) within {_ASK_WITHIN_S:.0f} s: "
            "start it, correct the variable, or unset it to use the embedded one."
        )
    return address
