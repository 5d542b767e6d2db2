"""All three stages: from an event to a notification, by workers that are pinned to a core each."""

import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from tidings_processors.agents import topics_of
from tidings_processors.settings import STAGES
from tidings_processors.settings import Settings as WorkerSettings
from tidings_schemas.settings import Settings

from . import flights
from .gauge import Ends, Pace, Reading, Stalled, look, pace, watch
from .pinned import process, running
from .services import environment, prepared
from .share import limited
from .waiting import until

_JOIN_S = 60.0


def three_stages(events: int, workers: int, share: float = 0.0, users: int = flights.FLIGHTS) -> Pace:
    """How fast `workers` bring events to as many notifications, counted from when they are published.

    The workers wait, with all partitions shared out, before the first event is published; publishing takes CPU too.

    Args:
        share: of a core, what each worker may use; 0 = all of it.

    Raises:
        Stalled: they did not finish.
        NoShares: see `limited`.
    """
    with ExitStack() as opened:
        settings = opened.enter_context(prepared(("flights",)))
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="tidings-bench-")))
        rules = folder / "rules.yaml"
        rules.write_text(flights.RULE)
        feed = flights.Feed(settings)
        feed.follows(users)
        ends = Ends(settings, "notifications")
        opened.callback(ends.close)
        env = environment(settings) | {"TIDINGS_DOMAINS": "flights", "TIDINGS_RULES": str(rules)}
        env |= {"TIDINGS_PROCESSORS_PORT": "0", "TIDINGS_GROUP_PROTOCOL": "consumer"}
        command = [sys.executable, "-m", "tidings_processors", "worker"]
        children = [
            opened.enter_context(running(f"worker-{core}", command, folder, env, core)) for core in range(workers)
        ]
        processes = [process(child) for child in children]
        for one in processes if share else ():
            opened.enter_context(limited(one.pid, share))
        try:
            partitions = _read(settings)
            until(lambda: shared_out(_held(settings), workers, partitions), f"{workers} workers share all", _JOIN_S)
            first = look(processes, 0)
            feed.events(range(events))
            readings = watch(processes, ends, 0, events, seconds=600)
        except (Stalled, TimeoutError) as error:
            raise Stalled(f"{error}\n" + "\n".join(child.tail() for child in children)) from error
        last: Reading = readings[-1]
        return pace(first, last)


def _read(settings: Settings) -> int:
    """How many partitions all stages together read."""
    topics = topics_of(STAGES, ("flights",), ())
    known = AdminClient(settings.kafka()).list_topics(timeout=20).topics
    return sum(len(known[settings.namespace.name(topic)].partitions) for names in topics.values() for topic in names)


def _held(settings: Settings) -> list[int]:
    """How many partitions each member of the workers' group holds."""
    client, group = AdminClient(settings.kafka()), WorkerSettings(prefix=settings.prefix).group
    try:
        found = client.describe_consumer_groups([group])[group].result(20)
    except KafkaException:  # no such group yet, or its coordinator is just coming up
        return []
    return [len(member.assignment.topic_partitions) if member.assignment else 0 for member in found.members]


def shared_out(held: Sequence[int], workers: int, partitions: int) -> bool:
    """Whether so many members hold all partitions between them, and each of them some."""
    return len(held) == workers and all(held) and sum(held) == partitions
