"""Another topic: the original bytes, keys and headers, with a mark that keeps them away from real users.

Source of the mark: docs/replay.md, "Sandbox". Gateways outside a sandbox namespace leave marked records out.
"""

from collections.abc import Mapping

import pyarrow as pa
from confluent_kafka import KafkaError, KafkaException, Message, Producer
from tidings_schemas.errors import BrokerUnavailable, Refused
from tidings_schemas.settings import Settings

from tidings_replay.core.errors import BadOutput

#: The header of a replayed record: `<run>;<topic>:<partition>:<offset>`.
MARK = "tidings-replay"
SANDBOX = "sandbox"


def check_sandbox(topic: str) -> None:
    """Only names that begin with `sandbox` may be written to.

    Raises:
        BadOutput: any other name.
    """
    if not topic.startswith(SANDBOX):
        raise BadOutput(
            f"a replay writes to sandbox topics only, so that no user is told twice: call it {SANDBOX}.{topic}, "
            f"and run the parts that shall read it with TIDINGS_NAMESPACE={SANDBOX}."
        )


class TopicWriter:
    """Produces each row's original record; needs the raw columns `__key`, `__value`, `__headers`.

    Args:
        topic: its name on the cluster, no namespace added.
        run: names this replay in the mark.
    """

    def __init__(self, settings: Settings, topic: str, run: str) -> None:
        check_sandbox(topic)
        self._topic, self._run = topic, run
        self._failed: KafkaError | None = None
        self._producer = Producer(
            settings.kafka(
                **{
                    "enable.idempotence": True,
                    "partitioner": "murmur2_random",
                    "linger.ms": 20,
                    "compression.type": "zstd",
                }
            )
        )
        self.rows = 0

    def write(self, table: pa.Table) -> None:
        """See `Writer.write`; returns when the broker has every row.

        Raises:
            BrokerUnavailable: it took none for too long.
            Refused: it said no for good.
        """
        for row in table.to_pylist():
            mark = f"{self._run};{row['_topic']}:{row['_partition']}:{row['_offset']}"
            headers = [(h["name"], h["value"]) for h in row["__headers"] if h["name"] != MARK] + [(MARK, mark.encode())]
            self._send(row, headers)
        if self._producer.flush(60):
            raise BrokerUnavailable("Kafka has not taken all records within 60 s; nothing more was sent")
        self._check()
        self.rows += table.num_rows

    def close(self, metadata: Mapping[str, str]) -> list[str]:
        """See `Writer.close`."""
        self._producer.flush(60)
        return [f"kafka:{self._topic}"]

    def abort(self) -> None:
        """See `Writer.abort`."""
        self._producer.purge()

    def _send(self, row: Mapping[str, object], headers: list[tuple[str, bytes | None]]) -> None:
        at = row["_timestamp"]
        stamp = 0 if at is None else round(at.timestamp() * 1000)  # type: ignore[attr-defined]  # 0: as it is sent
        while True:
            try:
                self._producer.produce(
                    self._topic,
                    row["__value"],  # type: ignore[arg-type]
                    row["__key"],  # type: ignore[arg-type]
                    timestamp=stamp,
                    headers=headers,  # type: ignore[arg-type]
                    on_delivery=self._delivered,
                )
                self._producer.poll(0)
                return
            except BufferError:
                self._producer.poll(0.2)
            except KafkaException as error:
                raise Refused(f"{self._topic}: {error.args[0].str()}") from error

    def _delivered(self, error: KafkaError | None, _: Message) -> None:
        self._failed = self._failed or error

    def _check(self) -> None:
        if self._failed is not None:
            raise Refused(f"Kafka refused records for {self._topic}: {self._failed.str()}")
