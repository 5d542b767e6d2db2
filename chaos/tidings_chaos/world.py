"""What a nemesis may touch: the cluster, the clients, and a producer of bad records."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

from confluent_kafka import Message, Producer
from tidings_bench.tokens import Issuer
from tidings_schemas.topics import events_topic

from .cluster import Cluster
from .core.history import Poisoned
from .device import Device
from .poison import Bad, Poison
from .recorder import Recorder

_TOKEN_S = 6 * 3600


@dataclass
class World:
    """A run's things.

    Attributes:
        devices: those that stay until the end.
        filler: a folder on the broker's own small disk, if it has one.
    """

    cluster: Cluster
    recorder: Recorder
    poison: Poison
    producer: Producer
    devices: list[Device] = field(default_factory=list)
    filler: Path | None = None

    def __post_init__(self) -> None:
        self._issuer = Issuer(self.cluster.secret)
        self._numbers = 0

    def token(self, user: str) -> str:
        """A token that outlasts the run."""
        return self._issuer.token(user, _TOKEN_S)

    def addresses(self, first: int = 0) -> Iterator[tuple[str, int]]:
        """The gateways in turn, beginning with one of them: what a load balancer does."""
        turn = cycle(self.cluster.addresses)
        for _ in range(first % len(self.cluster.addresses)):
            next(turn)
        return turn

    def device(self, user: str, number: int, lasting: bool = True) -> Device:
        """A client of a user."""
        kind = "" if lasting else "passing-"
        self._numbers += 1
        name = f"{kind}{user}/{number if lasting else self._numbers}"
        return Device(name, user, self.token(user), self.addresses(self._numbers), self.recorder, lasting)

    def put(self, bad: Bad) -> None:
        """Produces a bad record; it is recorded once Kafka says where it lies."""
        topic = events_topic("demo").name

        def written(error: object, message: Message) -> None:
            partition, offset = message.partition(), message.offset()
            if error is None and partition is not None and offset is not None:
                at = self.recorder.now()
                self.recorder.add(Poisoned(at, bad.kind, topic, partition, offset, bad.digest, bad.error))

        name = self.cluster.settings.namespace.name(topic)
        self.producer.produce(name, bad.value, b"spoilt", headers=bad.headers, on_delivery=written)  # type: ignore[arg-type]
        self.producer.poll(0)
