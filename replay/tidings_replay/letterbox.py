"""Shell: reads dead letters and what became of them; puts records back; both in one Kafka transaction."""

import getpass
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from confluent_kafka import KafkaError, KafkaException, Message, Producer
from tidings_schemas import DeadLetter
from tidings_schemas.admin import ensure_topics
from tidings_schemas.catalogue import load
from tidings_schemas.codec import Codec
from tidings_schemas.errors import BrokerUnavailable, Permanent, Refused
from tidings_schemas.registry import Registry
from tidings_schemas.settings import Settings
from tidings_schemas.topics import DEAD_LETTERS

from .core.letters import (
    REDRIVEN,
    STATES,
    Change,
    Letter,
    Redrive,
    Selection,
    Skipped,
    in_order,
    last_of_each,
    parse_change,
    redrive,
)
from .core.span import Bound, Edge
from .reader import Reader
from .topics import plan_topics, topic_names

_BATCH = 500  # letters in one transaction
_TIMEOUT = 60.0
_FIRST, _LAST = Edge(latest=False), Edge(latest=True)


@dataclass(slots=True)
class Redriven:
    """What a redrive did."""

    sent: list[int] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)


class Letterbox:
    """The dead letters of a namespace.

    Raises (from every method):
        BrokerUnavailable: Kafka does not answer. Refused: it said no for good.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        registry = Registry(settings.registry_url, settings.registry_auth.get_secret_value())
        self._codec = Codec(load(), registry)

    def letters(self, since: Bound = _FIRST, until: Bound = _LAST) -> Iterator[Letter]:
        """Letters of a span, oldest first, each with its state."""
        states = self._states()
        plan = plan_topics(self._settings, [DEAD_LETTERS.name], since, until)
        for run in Reader(self._settings, plan.ranges).runs():
            for offset, value in zip(run.offsets, run.values, strict=True):
                try:
                    name, record = self._codec.decode(value)
                except Permanent:
                    continue  # not ours to judge: a dead letter that is itself broken is shown by `tidings replay`
                if name == DeadLetter.avro_name:
                    change = states.get(offset)
                    letter = DeadLetter.from_avro(record)
                    yield Letter(offset, letter, *((change.state, change.note) if change else ()))

    def redrive(
        self,
        selection: Selection,
        *,
        cap: int,
        limit: int | None = None,
        since: Bound = _FIRST,
        until: Bound = _LAST,
        dry_run: bool = False,
        progress: Callable[[int], None] = lambda _: None,
    ) -> Redriven:
        """Puts records back where they lay; each batch and its states are one transaction, so a redrive that was killed
        goes on where it stopped when it is run again. Another redrive that still runs is fenced off."""
        done = Redriven()
        chosen, done.skipped = last_of_each(one for one in self.letters(since, until) if selection.takes(one))
        chosen = in_order(chosen[:limit])
        producer = None if dry_run else self._producer()
        for at in range(0, len(chosen), _BATCH):
            made = [redrive(one, cap) for one in chosen[at : at + _BATCH]]
            records = [r for r in made if isinstance(r, Redrive)]
            done.skipped += [r for r in made if isinstance(r, Skipped)]
            if producer is not None and records:
                self._send(producer, records)
            done.sent += [r.place for r in records]
            progress(len(done.sent))
        return done

    def discard(self, places: Iterable[int], note: str, *, state: str) -> int:
        """Marks letters as done with; their bytes stay until retention takes them. Returns how many."""
        changes = [self._change(place, state, note) for place in places]
        if changes:
            producer = self._producer()
            self._transaction(producer, lambda: self._mark(producer, changes))
        return len(changes)

    def _states(self) -> dict[int, Change]:
        if STATES.name not in topic_names(self._settings):
            return {}
        states: dict[int, Change] = {}
        for run in Reader(self._settings, plan_topics(self._settings, [STATES.name], _FIRST, _LAST).ranges).runs():
            for key, value in zip(run.keys, run.values, strict=True):
                if (change := parse_change(key, value)) is not None:
                    states[change.place] = change
        return states

    def _producer(self) -> Producer:
        ensure_topics(self._settings, [STATES])
        producer = Producer(
            self._settings.kafka(
                **{"transactional.id": self._settings.prefix + "tidings-redrive", "partitioner": "murmur2_random"}
            )
        )
        try:
            producer.init_transactions(_TIMEOUT)
        except KafkaException as error:
            raise _told(error) from error
        return producer

    def _send(self, producer: Producer, records: list[Redrive]) -> None:
        changes = [self._change(r.place, REDRIVEN, "") for r in records]

        def both() -> None:
            for r in records:
                name = self._settings.namespace.name(r.topic)
                self._put(producer, name, r.key, r.value, r.headers, r.partition)
            self._mark(producer, changes)

        self._transaction(producer, both)

    def _mark(self, producer: Producer, changes: list[Change]) -> None:
        name = self._settings.namespace.name(STATES)
        for change in changes:
            self._put(producer, name, change.key(), change.value(), (), 0)

    def _put(
        self,
        producer: Producer,
        name: str,
        key: bytes | None,
        value: bytes | None,
        headers: tuple[tuple[str, bytes | None], ...],
        partition: int,
    ) -> None:
        producer.produce(name, value, key, partition=partition, headers=list(headers), on_delivery=_delivered)
        producer.poll(0)

    def _transaction(self, producer: Producer, work: Callable[[], None]) -> None:
        try:
            producer.begin_transaction()
            work()
            producer.commit_transaction(_TIMEOUT)
        except KafkaException as error:
            if error.args[0].txn_requires_abort():
                producer.abort_transaction(_TIMEOUT)
            raise _told(error) from error

    def _change(self, place: int, state: str, note: str) -> Change:
        return Change(place, state, datetime.now(UTC), getpass.getuser(), note)


def _delivered(error: KafkaError | None, _: Message) -> None:
    """Nothing to do: a record that fails makes the commit fail."""


def _told(error: KafkaException) -> BrokerUnavailable | Refused:
    cause: KafkaError = error.args[0]
    if cause.code() == KafkaError._FENCED or cause.code() == KafkaError.PRODUCER_FENCED:
        return Refused("another redrive has begun meanwhile; this one has ended, nothing is sent twice")
    if cause.retriable() or cause.code() in (KafkaError._TIMED_OUT, KafkaError._TRANSPORT):
        return BrokerUnavailable(f"Kafka did not answer: {cause.str()}; run it again, it goes on where it stopped")
    return Refused(f"Kafka refused: {cause.str()}")
