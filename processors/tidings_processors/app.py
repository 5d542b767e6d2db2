"""The Faust app: made by `build`, never at import."""

from collections.abc import Iterable
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import faust
import structlog
from confluent_kafka import KafkaException
from faust.app.base import BootStrategy
from faust.types import ServiceT
from tidings_schemas.catalogue import Catalogue, load

from . import rules_topic
from .agents import attach, topics_of
from .core.rules import RuleSet
from .health import Health
from .life import Life
from .processors import Processors
from .rule_book import RuleBook, file_rules
from .settings import GROUP_PROTOCOLS, Settings
from .transport import Settings as TransportSettings
from .transport import Transport

log = structlog.get_logger(__name__)


class _Boot(BootStrategy):
    """Starts the worker's own life before Faust's consumer, and no Faust producer: the outbox is the producer."""

    enable_kafka_producer = False
    enable_web = False

    def server(self) -> Iterable[ServiceT]:
        return [self.app.life, *super().server()]  # type: ignore[attr-defined]


class App(faust.App):
    """A Faust app with a worker's life in it."""

    BootStrategy = _Boot

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.life: Life | None = None


def build(settings: Settings) -> App:
    """A worker's app, with an agent for each topic that its stages read.

    Raises:
        BadRules: the file of rules has mistakes.
        NotBuilt: see `native.avro`.
        OSError: it cannot be read, or the port for probes is taken.
    """
    catalogue = load()
    base = file_rules(settings.rules, catalogue)
    read = _source_topics(settings, base, catalogue)
    rules = RuleBook(base, catalogue, read)
    app = App(
        settings.group,
        broker=[f"kafka://{server.strip()}" for server in settings.bootstrap_servers.split(",")],
        store="memory://",
        autodiscover=False,
        key_serializer="raw",
        value_serializer="raw",
        topic_allow_declare=False,
        topic_disable_leader=True,
        broker_commit_interval=0.5,
        datadir=str(Path(gettempdir()) / "tidings-processors"),  # Faust wants a folder, and keeps nothing in it here
    )
    app.transport = Transport.of(app, _transport(settings))
    processors = Processors(settings, catalogue, rules)
    for stage, topics in topics_of(settings.stages, settings.domains, read).items():
        attach(app, stage, topics, processors.runner(stage), settings.namespace)
    app.life = Life(app, processors, _health(processors, settings), loop=app.loop, beacon=app.beacon)
    return app


def _source_topics(settings: Settings, base: RuleSet, catalogue: Catalogue) -> frozenset[str]:
    """What rules read beyond `events.*`, those of the topic `rules` too: Faust must know it before it starts."""
    try:
        applied, _ = rules_topic.compiled(settings, catalogue)
    except KafkaException as error:
        log.warning("no rules of the topic; Kafka topics that only these name wait for a restart", error=str(error))
        return base.source_topics
    return base.overlaid(applied).source_topics


def _transport(settings: Settings) -> TransportSettings:
    kafka = settings.kafka()
    del kafka["bootstrap.servers"]
    return TransportSettings(
        max_run=settings.max_run,
        fetch_wait=settings.fetch_wait_ms / 1000,
        session_timeout=settings.session_timeout,
        revoke_timeout=settings.session_timeout / 2,
        extra=kafka | GROUP_PROTOCOLS[settings.group_protocol],
    )


def _health(processors: Processors, settings: Settings) -> Health | None:
    if not settings.processors_port:
        return None
    host, port = settings.processors_host, settings.processors_port
    try:
        return Health(host, port, processors.unready, processors.metrics.registry)
    except OSError as error:
        raise OSError(f"port {port} is taken ({error.strerror}): set TIDINGS_PROCESSORS_PORT") from error
