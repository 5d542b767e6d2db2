"""One run: everything is started, broken by a schedule, healed, read back and judged."""

import asyncio
import logging
import shutil
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any

from confluent_kafka import Producer
from tidings.local import paths, ports
from tidings_producers import AsyncPublisher, Publisher
from tidings_schemas import catalogue, kafka_log
from tidings_schemas.codec import Codec
from tidings_schemas.registry import Registry
from tidings_schemas.topics import DEAD_LETTERS

from . import readback, toxiproxy
from .cluster import Cluster
from .core.checker import HEALING_S, SETTLING_S, check, owed_events
from .core.facts import facts_of
from .core.lineage import Lineage
from .core.verdict import Verdict
from .links import Links, OwnLinks
from .nemeses import disk
from .nemeses.catalogue import DISK, NEMESES
from .plan import Outcome, Plan
from .poison import Poison
from .progress import Progress
from .recorder import Recorder
from .schedule import schedule
from .strikes import Strikes
from .traffic import Follows, Traffic
from .waiting import until
from .world import World

_READY_S = 60.0
_TICK_S = 1.0
_SYSTEM = "system"


class Run:
    """A run of a plan; `go` does it all.

    Args:
        progress: is told what happens.
    """

    def __init__(self, plan: Plan, progress: Progress) -> None:
        self._plan = plan
        self._progress = progress
        self._failures: list[str] = []
        self._skipped: list[str] = []
        plan.folder.mkdir(parents=True, exist_ok=True)
        self._recorder = Recorder(plan.folder / "history.jsonl")
        kafka_log.LOGGER.addHandler(logging.FileHandler(plan.folder / "clients.log", delay=True))
        kafka_log.LOGGER.propagate = False  # that brokers are away is what a run is for

    async def go(self) -> Outcome:
        """Returns what came of it; the system is gone then.

        Raises:
            LocalError, TimeoutError: the system did not start.
        """
        names = list(self._plan.nemeses)
        with ExitStack() as stack:
            filler = self._small_disk(names, stack)
            cluster = Cluster(self._plan.folder / _SYSTEM, self._links(), self._plan.size, self._plan.group_protocol)
            stack.callback(cluster.stop)
            self._progress.say("starting Kafka, the registry, workers and gateways")
            await cluster.start()
            async with self._world(cluster, filler) as world:
                strikes = await self._at_work(world, names)
            exits = cluster.exits
        self._recorder.close()
        shutil.rmtree(self._plan.folder / _SYSTEM / "data", ignore_errors=True)  # the history holds what matters
        self._progress.say("checking")
        verdict = await asyncio.to_thread(check, self._recorder.entries)
        self._judge_itself(verdict, names, strikes)
        return Outcome(self._plan, verdict, self._failures, self._skipped, exits, strikes.struck)

    def _links(self) -> Links:
        if self._plan.toxiproxy:
            found = toxiproxy.program(paths.folders().cache, self._progress.say)
            if found:
                log = self._plan.folder / _SYSTEM / "toxiproxy.log"
                return toxiproxy.ToxiproxyLinks(found, ports.free_ports().gateway, log)
            self._skip("toxiproxy: neither it nor Go is to be had here, so links are only cut and slowed")
        return OwnLinks()

    def _small_disk(self, names: list[str], stack: ExitStack) -> Path | None:
        """The broker's data on a small disk of its own, if its filling is planned and possible."""
        if DISK not in names:
            return None
        folder = self._plan.folder.absolute() / _SYSTEM / "data" / "kafka"
        try:
            return stack.enter_context(disk.small(folder))
        except OSError as error:
            self._skip(f"{DISK}: {error}")
            names.remove(DISK)
            return None

    @asynccontextmanager
    async def _world(self, cluster: Cluster, filler: Path | None) -> AsyncIterator[World]:
        registry = Registry(cluster.settings.registry_url)
        poison = Poison(Codec(catalogue.load(), registry))
        registry.close()
        config = cluster.settings.kafka(**{"enable.idempotence": True, "linger.ms": 5})
        producer = Producer(config)
        world = World(cluster, self._recorder, poison, producer, filler=filler)
        try:
            yield world
        finally:
            await asyncio.gather(*(device.end() for device in world.devices))

    async def _at_work(self, world: World, names: Sequence[str]) -> Strikes:
        plan, audience = self._plan, self._plan.audience
        async with AsyncExitStack() as stack:
            tokens = {audience.user(n): world.token(audience.user(n)) for n in range(audience.users)}
            follows = Follows(world.addresses(), tokens, self._recorder)
            stack.push_async_callback(follows.close)
            publisher = await stack.enter_async_context(Publisher(world.cluster.settings))
            await self._assemble(world, follows)
            begin = self._recorder.now()
            traffic = Traffic(publisher, self._recorder, audience, plan.rate, Random(plan.seed))
            strikes = Strikes(world, begin, plan.seconds, self._progress.say)
            planned = schedule(plan.seed, plan.seconds, {name: NEMESES[name].hold for name in names})
            async with _meanwhile(
                follows.come_and_go(audience, Random(plan.seed + 1)), self._show(world, traffic, begin)
            ):
                await asyncio.gather(traffic.run(begin + plan.seconds), strikes.run(planned))
            await self._calm_down(world, traffic, publisher)
        return strikes

    async def _assemble(self, world: World, follows: Follows) -> None:
        """Everybody follows and is connected, before anything happens."""
        audience = self._plan.audience
        self._progress.say(f"{audience.users} users follow and connect")
        for user, topic in audience.follows():
            await follows.follow(user, topic)
        for number in range(audience.users):
            world.devices += [world.device(audience.user(number), device) for device in range(1 + number % 2)]
        for device in world.devices:
            device.begin()
        if not await until(lambda: all(device.ready for device in world.devices), _READY_S):
            raise TimeoutError(f"not every client became ready within {_READY_S:.0f} s")
        await asyncio.sleep(SETTLING_S)  # the age that a follow must have to count

    async def _show(self, world: World, traffic: Traffic, begin: float) -> None:
        while True:
            seen = sum(len(device.seen) for device in world.devices)
            connected = sum(device.ready for device in world.devices)
            self._progress.tick(self._recorder.now() - begin, traffic.published, seen, connected, len(world.devices))
            await asyncio.sleep(_TICK_S)

    async def _calm_down(self, world: World, traffic: Traffic, publisher: AsyncPublisher) -> None:
        """All is healed: what is acknowledged must come within a minute."""
        self._progress.say("all is healed; waiting until everything is seen")
        try:
            await world.cluster.all_ready()
        except TimeoutError as error:
            self._fail(str(error))
        await traffic.receipts()
        await asyncio.to_thread(world.producer.flush, HEALING_S)
        owed = await asyncio.to_thread(self._owed)
        await until(lambda: all(owed.get(device.name, set()) <= device.seen for device in world.devices), HEALING_S)
        await until(lambda: asyncio.to_thread(self._letters_are_there, world), HEALING_S)
        await asyncio.gather(*(device.end() for device in world.devices))
        self._progress.say("reading the log back")
        for entry in await asyncio.to_thread(lambda: list(readback.log_of(world.cluster.settings))):
            self._recorder.add(entry)

    def _owed(self) -> dict[str, set[str]]:
        facts = facts_of(list(self._recorder.entries))
        lineages = [Lineage(facts, name).walk(entries) for name, entries in facts.clients.items()]
        return {lineage.name: {event.id for event in owed_events(facts, lineage)} for lineage in lineages}

    def _letters_are_there(self, world: World) -> bool:
        bad = len(facts_of(list(self._recorder.entries)).poisoned)
        return readback.count(world.cluster.settings, DEAD_LETTERS) >= bad

    def _fail(self, why: str) -> None:
        self._failures.append(why)
        self._progress.say(why)

    def _skip(self, what: str) -> None:
        self._skipped.append(what)
        self._progress.say(f"skipped: {what}")

    def _judge_itself(self, verdict: Verdict, names: Sequence[str], strikes: Strikes) -> None:
        """A run in which nothing happened is not clean."""
        self._failures += strikes.failures
        if not verdict.figures["events_ok"] or not verdict.figures["seen"]:
            self._failures.append("nothing was published and seen")
        if names and not strikes.struck:
            self._failures.append("no nemesis struck: the run was too short")


@asynccontextmanager
async def _meanwhile(*coroutines: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """They run until the block ends."""
    tasks = [asyncio.ensure_future(one) for one in coroutines]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
