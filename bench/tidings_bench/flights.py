"""Delays of flights as load: events that all meet the bench's rule, and what must come of each."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from confluent_kafka import Producer
from tidings_schemas import Follow
from tidings_schemas.catalogue import load
from tidings_schemas.codec import Codec
from tidings_schemas.partitioner import partition_of
from tidings_schemas.registry import Registry
from tidings_schemas.settings import Settings
from tidings_schemas.topics import FOLLOWS, follow_key

TYPE = "tidings.flights.FlightDelayed"
TOPIC = "events.flights"
FLIGHTS = 3000
RULE = """\
rules:
  - name: bench-delayed
    match: tidings.flights.FlightDelayed
    when: delay_minutes >= 30
    audience: {followers: ["flight:{flight}"]}
    kind: flight.delayed
    text:
      en:
        title: "{{ flight }} is delayed by {{ delay_minutes | minutes }}"
        body: "{{ origin }} → {{ destination }} now leaves at {{ estimated_departure | time }}."
"""
_DISTINCT = 20_000  # bodies that repeat
_START = datetime(2013, 1, 1, tzinfo=UTC)
_FAST = {"linger.ms": 50, "batch.size": 1 << 20, "queue.buffering.max.messages": 200_000}


def fields(n: int) -> dict[str, Any]:
    """The event of number `n`; its delay is 30 minutes or more."""
    return delayed(n, n % FLIGHTS, n % _DISTINCT, 30 + n % 300)


def delayed(n: int, number: int, minute: int, late: int) -> dict[str, Any]:
    """A delayed flight.

    Args:
        n: of the event; every fifth has a tail number.
        number: of the flight.
        minute: of 2013, at which it was due.
        late: minutes of its delay.
    """
    due = _START + timedelta(minutes=minute)
    return {
        "flight": f"UA{number}",
        "carrier": "UA",
        "carrier_name": "United Air Lines Inc.",
        "number": number,
        "tail": f"N{n % 999}UA" if n % 5 else None,
        "origin": "EWR",
        "origin_name": "Newark Liberty Intl",
        "destination": "IAH",
        "destination_name": "George Bush Intercontinental",
        "scheduled_departure": due,
        "scheduled_arrival": due + timedelta(minutes=200),
        "delay_minutes": late,
        "estimated_departure": due + timedelta(minutes=late),
    }


def time(n: int) -> datetime:
    """When event `n` happened."""
    return _START + timedelta(seconds=n)


def headers(n: int) -> list[tuple[str, str | bytes | None]]:
    """The attributes of number `n`."""
    return [
        ("ce_specversion", b"1.0"),
        ("ce_id", b"bench-%d" % n),
        ("ce_source", b"/bench/flights"),
        ("ce_type", TYPE.encode()),
        ("ce_subject", b"UA%d" % (n % FLIGHTS)),
        ("ce_time", time(n).isoformat().encode()),
        ("content-type", b"application/avro"),
    ]


@dataclass
class Feed:
    """Publishes numbered events, as fast as Kafka takes them."""

    settings: Settings

    def __post_init__(self) -> None:
        registry = Registry(self.settings.registry_url)
        codec = Codec(load(), registry)
        self._bodies = [codec.encode(TYPE, fields(n)) for n in range(_DISTINCT)]
        self._follow = codec.encode(Follow.avro_name, Follow("flight:UA0", "user-0", _START).to_avro())
        registry.close()
        self._producer = Producer(self.settings.kafka(partitioner="murmur2_random", **_FAST))

    def body(self, n: int) -> bytes:
        """The value of event `n`."""
        return self._bodies[n % _DISTINCT]

    def events(self, numbers: range) -> None:
        """Publishes these and waits for the acks."""
        name = self.settings.namespace.name(TOPIC)
        self._produce((name, self.body(n), b"UA%d" % (n % FLIGHTS), -1, headers(n)) for n in numbers)

    def follows(self, count: int, flights: int = FLIGHTS) -> None:
        """`count` follows, each of another user, so that each flight has as many and no partition has all the users."""
        name, partitions = self.settings.namespace.name(FOLLOWS), self.settings.partitions

        def records() -> Iterator[tuple[Any, ...]]:
            for n in range(count):
                topic = f"flight:UA{n % flights}"
                yield name, self._follow, follow_key(topic, f"user-{n}"), partition_of(topic, partitions), []

        self._produce(records())

    def _produce(self, records: Iterator[tuple[Any, ...]]) -> None:
        producer = self._producer
        for number, (name, value, key, partition, head) in enumerate(records):
            while True:
                try:
                    producer.produce(name, value, key, partition, headers=head)
                    break
                except BufferError:
                    producer.poll(0.05)
            if not number % 1000:
                producer.poll(0)
        if left := producer.flush(120):
            raise RuntimeError(f"Kafka did not take {left} records")
