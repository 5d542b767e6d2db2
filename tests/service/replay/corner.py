"""A corner of a real Kafka and registry, filled for the tests of replay."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]
from tidings.cli import app
from tidings.local.services import Endpoints
from tidings_schemas.catalogue import load
from tidings_schemas.codec import Codec
from tidings_schemas.registry import Registry, register_all
from tidings_schemas.settings import Settings
from typer.testing import CliRunner, Result

T0 = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)


@dataclass
class Corner:
    """Topics of one namespace, and the command line pointed at them; `home` is its `TIDINGS_HOME`."""

    endpoints: Endpoints
    prefix: str
    home: Path
    settings: Settings = field(init=False)
    codec: Codec = field(init=False)

    def __post_init__(self) -> None:
        self.settings = Settings(
            bootstrap_servers=self.endpoints.bootstrap_servers,
            registry_url=self.endpoints.registry_url,
            prefix=self.prefix,
        )
        registry = Registry(self.endpoints.registry_url)
        register_all(registry, load())
        self.codec = Codec(load(), registry)
        self.admin = AdminClient(self.settings.kafka())

    def topic(self, name: str, partitions: int = 1, **config: str) -> str:
        """Makes a topic; `cleanup_policy="compact"` and the like go into its configuration."""
        new = NewTopic(
            self.prefix + name,
            num_partitions=partitions,
            replication_factor=1,
            config={key.replace("_", "."): value for key, value in config.items()},
        )
        self.admin.create_topics([new])[self.prefix + name].result(60)
        self._until_seen(self.prefix + name)
        return name

    def _until_seen(self, full_name: str) -> None:
        """The controller has made it; the broker itself may hear of it later."""
        deadline = time.monotonic() + 120
        while self.admin.list_topics(full_name, timeout=20).topics[full_name].error is not None:
            assert time.monotonic() < deadline, f"the broker does not hear of {full_name}"
            time.sleep(0.05)

    def producer(self, **config: Any) -> Producer:
        """A producer for raw records."""
        return Producer(self.settings.kafka(**{key.replace("_", "."): value for key, value in config.items()}))

    def put(
        self,
        topic: str,
        values: Sequence[bytes | None],
        *,
        partition: int = 0,
        first: datetime = T0,
        keys: Sequence[str] = (),
        headers: Sequence[list[tuple[str, bytes | None]]] = (),
    ) -> None:
        """Raw records, a second apart from `first` on."""
        producer = self.producer(linger_ms=5)
        for n, value in enumerate(values):
            producer.produce(
                self.prefix + topic,
                value,
                keys[n] if keys else f"k{n}",
                partition=partition,
                timestamp=round(first.timestamp() * 1000) + 1000 * n,
                headers=headers[n] if headers else [("trace", b"t%d" % n)],  # type: ignore[arg-type]
            )
            producer.poll(0)
        assert producer.flush(30) == 0

    def message(self, n: int, **more: Any) -> bytes:
        """A `tidings.demo.Message`."""
        return self.codec.encode("tidings.demo.Message", {"text": f"text {n}", "sequence": n, **more})

    def messages(self, count: int, first: int = 0) -> list[bytes]:
        """So many of them, numbered."""
        return [self.message(n) for n in range(first, first + count)]

    def environ(self) -> dict[str, str]:
        """For the command line and child processes."""
        return {
            **self.endpoints.environ(),
            "TIDINGS_NAMESPACE": self.prefix,
            "TIDINGS_HOME": str(self.home),
            "COLUMNS": "200",
        }

    def tidings(self, *arguments: str, exit_code: int = 0, **environ: str) -> Result:
        """Runs `tidings …` in this process."""
        result = CliRunner().invoke(app, arguments, env={**self.environ(), **environ})
        if exit_code == 0 and result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == exit_code, result.output
        return result

    def rows(self, *arguments: str) -> list[dict[str, Any]]:
        """The JSON lines of `tidings replay …`."""
        return [json.loads(line) for line in self.tidings("replay", *arguments).stdout.splitlines()]

    def sequences(self, *arguments: str) -> list[int]:
        """The messages' numbers."""
        return [row["data"]["sequence"] for row in self.rows(*arguments)]

    def summary(self, *arguments: str) -> Mapping[str, Any]:
        """`tidings replay … --json` of a replay into a file."""
        document: Mapping[str, Any] = json.loads(self.tidings("replay", *arguments, "--json").stdout)
        return document
