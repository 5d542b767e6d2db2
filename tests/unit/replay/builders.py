"""Runs of records for the tests of replay, encoded as producers do."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

from fastavro import schemaless_writer
from tidings_replay.core.decode import Decoder
from tidings_replay.core.headers import Headers
from tidings_replay.core.run import Run
from tidings_schemas import framing
from tidings_schemas.catalogue import Catalogue, Schema, load, schema_from_json
from tidings_schemas.codec import FixedSchemas

CATALOGUE = load()
SCHEMAS = FixedSchemas(CATALOGUE)
T0 = datetime(2013, 1, 10, 6, tzinfo=UTC)


def value(name: str, record: Mapping[str, Any], catalogue: Catalogue = CATALOGUE) -> bytes:
    """Framed Avro bytes by the catalogue's schema of that name."""
    schema = catalogue[name]
    buffer = BytesIO()
    buffer.write(framing.prefix(FixedSchemas(catalogue).id_of(schema)))
    schemaless_writer(buffer, schema.parsed, record)
    return buffer.getvalue()


def message(n: int, **more: Any) -> bytes:
    """A `tidings.demo.Message` with sequence `n`."""
    return value("tidings.demo.Message", {"text": f"text {n}", "sequence": n, **more})


def cancelled(n: int) -> bytes:
    """A `tidings.flights.FlightCancelled`."""
    return value(
        "tidings.flights.FlightCancelled",
        {
            "flight": f"UA{n}",
            "carrier": "UA",
            "number": n,
            "origin": "EWR",
            "destination": "IAH",
            "scheduled_departure": T0 + timedelta(minutes=n),
        },
    )


def run(values: Sequence[bytes | None], *, topic: str = "events.demo", headers: Any = None, first: int = 0) -> Run:
    """A run of partition 0 whose timestamps are a second apart and whose keys are k0, k1, …"""
    count = len(values)
    stamp = round(T0.timestamp() * 1000)
    return Run(
        topic,
        0,
        list(range(first, first + count)),
        [stamp + 1000 * n for n in range(count)],
        [b"k%d" % n for n in range(count)],
        list(values),
        Headers(headers or [None] * count),
    )


def decoder(*schemas: Mapping[str, Any]) -> Decoder:
    """A decoder of these schemas, numbered from 1; of the shipped ones if none is given."""
    catalogue = Catalogue([schema_from_json(s) for s in schemas]) if schemas else CATALOGUE
    return Decoder(catalogue, FixedSchemas(catalogue))


class Versions:
    """Writer schemas by id: what a registry has where a schema has evolved."""

    def __init__(self, schemas: Mapping[int, Schema]) -> None:
        self._schemas = schemas

    def by_id(self, schema_id: int) -> Schema:
        """As `Schemas.by_id`."""
        return self._schemas[schema_id]

    def id_of(self, schema: Schema) -> int:
        """As `Schemas.id_of`."""
        return next(number for number, held in self._schemas.items() if held.json == schema.json)
