"""A worker put together: stages, their state, the outbox, and what watches them. `app.py` hangs it on Faust."""

import asyncio
from collections.abc import Mapping
from time import time_ns

import structlog
from tidings_schemas import DeadLetter, Decision, Draft, Notification, ReadState, SharedNotification
from tidings_schemas.catalogue import Catalogue
from tidings_schemas.codec import Codec
from tidings_schemas.errors import TidingsError
from tidings_schemas.registry import Registry
from tidings_schemas.topics import DRAFTS, DRAFTS_URGENT, RECEIPTS

from .core.delivery import Delivery
from .core.fan_out import FanOut
from .core.match import Match
from .core.policy.entry import Entry
from .core.receipts import Receipts
from .core.stage import Stage
from .core.untimed import untimed_codec
from .deadman import Deadman
from .known_schemas import KnownSchemas
from .metrics import Metrics
from .native import avro
from .outbox import Outbox
from .rule_book import RuleBook
from .settings import Settings
from .stage_runner import StageRunner
from .ticks import ticks
from .watch import LagWatch
from .worker_state import WorkerState

log = structlog.get_logger(__name__)

_WRITTEN = (Draft, Notification, SharedNotification, ReadState, DeadLetter, Decision, Entry)
#: Records that a stage takes before the other stages get their turn: about 3 ms of work.
_CHUNK = 200


class Processors:
    """All of a worker but Faust.

    Args:
        catalogue: the schemas that records are read by.
        rules: the rules, not started yet.

    Raises:
        NotBuilt: see `native.avro`.
    """

    def __init__(self, settings: Settings, catalogue: Catalogue, rules: RuleBook) -> None:
        self.settings = settings
        self.rules = rules
        self.metrics = Metrics()
        self.deadman = Deadman(settings.stuck_seconds)
        self.lag_watch = LagWatch(settings.stuck_seconds / 2)
        self.outbox = Outbox(
            settings.kafka(), settings.namespace, self.deadman, settings.linger_ms, settings.stuck_seconds
        )
        self.joined = False
        self.reachable = True
        self.stopping = False
        self._catalogue = catalogue
        self._avro = avro(settings.native)
        self._registry = Registry(settings.registry_url, settings.registry_auth.get_secret_value())
        self._schemas = KnownSchemas(self._registry)
        self.state = WorkerState(settings, catalogue, self._schemas, self._registry, rules)

    def runner(self, stage: str) -> StageRunner:
        """The runner of a stage of `agents.topics_of`."""
        return StageRunner(
            self._stage(stage),
            self.state.ready,
            self.outbox,
            self.metrics,
            self.settings.namespace,
            _CHUNK,
        )

    async def start(self) -> None:
        """Starts all; returns when the registry has told the ids of what the stages write."""
        self.state.start()
        self.deadman.start()
        await self._learn_ids()

    async def stop(self) -> None:
        """Lets what is under way arrive, for some seconds, and ends all."""
        self.stopping = True
        if left := await self.outbox.close(5.0):
            log.warning("records are not known to have arrived; their runs are not acked", records=left)
        self.deadman.stop()
        await asyncio.to_thread(self.state.close)
        self._registry.close()

    def assign(self, owners: Mapping[tuple[str, int], object]) -> None:
        """The worker holds these (bare topic, partition) now."""
        self.joined = True
        self.state.assign(owners)

    def let_time_pass(self) -> None:
        """Writes ticks where something that is held is due; call it every second."""
        if not self.stopping:
            for record in ticks(self.state.books.held(), time_ns() // 1_000_000):
                self.outbox.send(record)

    def unready(self) -> list[str]:
        """What keeps the worker from being ready, in words."""
        if self.stopping:
            return ["stopping"]
        if not self.reachable:
            return ["Kafka does not answer"]
        if not self.joined:
            return ["the group has assigned nothing yet"]
        return [*(f"{what} not restored yet" for what in self.state.missing()), *self.lag_watch.stuck()]

    async def _learn_ids(self) -> None:
        wanted = [self._catalogue[record.avro_name] for record in _WRITTEN]
        while True:
            try:
                return await asyncio.to_thread(self._schemas.learn, wanted)
            except TidingsError as error:
                log.warning("waiting for the schema registry", error=str(error))
                await asyncio.sleep(1.0)

    def _stage(self, name: str) -> Stage:
        readers, joins = self._avro
        codec = Codec(self._catalogue, self._schemas, readers)
        untimed = untimed_codec(self._catalogue, self._schemas, readers)
        rules, state = self.rules.rules, self.state
        if name == "match":
            return Match(codec, untimed, rules, self.settings.max_event_bytes, joins)
        if name == "fan-out":
            return FanOut(codec, state.follows.of, state.wishes.particular, self.settings.shared_above, rules)
        if name == "deliver":
            window, known = state.windows[DRAFTS.name].of, state.wishes.readers
            return Delivery(codec, untimed, rules, state.preferences.of, window, known, state.books.of, joins)
        if name == "deliver-urgent":
            window = state.windows[DRAFTS_URGENT.name].of
            return Delivery(codec, untimed, rules, state.preferences.of, window, state.wishes.readers, joins=joins)
        return Receipts(codec, state.windows[RECEIPTS.name].of)
