"""That all sides do the same work: the job that each gets, and what they wrote held against the rule."""

import secrets
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message
from confluent_kafka.admin import AdminClient
from tidings_processors import tail
from tidings_processors.core.rules import read_rules
from tidings_processors.settings import Settings as WorkerSettings
from tidings_schemas import Draft
from tidings_schemas.catalogue import load
from tidings_schemas.codec import Codec
from tidings_schemas.registry import Registry
from tidings_schemas.settings import Settings

from . import flights
from .peers.peer import Job
from .services import environment


class Different(Exception):
    """A side wrote something else than the rule makes."""


class Expected:
    """The job, and what must come of it.

    Args:
        feed: published the events.
        folder: for the files that sides are given.
    """

    def __init__(self, settings: Settings, feed: flights.Feed, folder: Path) -> None:
        self._settings, self._feed, self._folder = settings, feed, folder
        catalogue = load()
        registry = Registry(settings.registry_url)
        self._codec = Codec(catalogue, registry)
        self._draft_id = registry.id_of(catalogue[Draft.avro_name])
        self._rule = read_rules(flights.RULE, catalogue, "the bench's rule").by_name["bench-delayed"]
        (folder / "rules.yaml").write_text(flights.RULE)
        for name in (flights.TYPE, Draft.avro_name):
            (folder / f"{name}.avsc").write_text(catalogue[name].text)

    def job(self, side: str, home: Path) -> Job:
        """The job of one side in one round."""
        name = self._settings.namespace.name
        return Job(
            servers=self._settings.bootstrap_servers,
            group=self._group() if side == "tidings" else name(f"{side}-{secrets.token_hex(3)}"),
            source=name(flights.TOPIC),
            target=name("matches"),
            event_schema=self._folder / f"{flights.TYPE}.avsc",
            draft_schema=self._folder / f"{Draft.avro_name}.avsc",
            draft_id=self._draft_id,
            rule=self._rule.name,
            version=self._rule.version,
            rules=self._folder / "rules.yaml",
            home=home,
            environ=environment(self._settings) | {"TIDINGS_DOMAINS": "flights"},
        )

    def _group(self) -> str:
        return WorkerSettings(prefix=self._settings.prefix).group

    def check(self, side: str, starts: list[int], ends: list[int], most: int) -> None:
        """Holds the first records that a side wrote to each partition against the rule.

        Raises:
            Different: with the first that differs.
        """
        spans = {p: (start, min(start + most, end)) for p, (start, end) in enumerate(zip(starts, ends, strict=True))}
        topic = self._settings.namespace.name("matches")
        for message in tail.between(self._settings.kafka(), topic, spans):
            self._check_one(side, message)

    def _check_one(self, side: str, message: Message) -> None:
        name, draft = self._codec.decode(message.value())
        number = int(draft["event_id"].removeprefix("bench-"))
        must = self._draft(number)
        if name != Draft.avro_name or draft != must or message.key() != must["topic"].encode():
            raise Different(f"{side} wrote {message.key()!r}: {draft}, but event {number} makes {must}")

    def _draft(self, n: int) -> dict[str, Any]:
        said = {name: bytes(value or b"").decode() for name, value in flights.headers(n)}  # type: ignore[arg-type]
        return {
            "rule": self._rule.name,
            "rule_version": self._rule.version,
            "topic": f"flight:{flights.fields(n)['flight']}",
            "event_id": said["ce_id"],
            "event_source": said["ce_source"],
            "event_type": said["ce_type"],
            "event_subject": said["ce_subject"],
            "event_time": flights.time(n),
            "traceparent": None,
            "payload": self._feed.body(n),
        }


def forget(settings: Settings, group: str) -> None:
    """Deletes a consumer group, so that whoever joins under its name starts at the beginning."""
    client = AdminClient(settings.kafka())
    gone: Future[None] = client.delete_consumer_groups([group])[group]
    try:
        gone.result(20)
    except KafkaException as error:
        if error.args[0].code() != KafkaError.GROUP_ID_NOT_FOUND:
            raise
