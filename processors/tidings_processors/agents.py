"""Which stage reads which topics: one Faust agent a topic, attached by name."""

from collections.abc import Iterable

import faust
from tidings_schemas.topics import DRAFTS, DRAFTS_URGENT, MATCHES, MATCHES_URGENT, RECEIPTS, Namespace, events_topic

from .settings import StageName
from .stage_runner import StageRunner

#: Stage → the topics that it reads, bare names; match reads those of its domains and rules.
READS: dict[str, tuple[str, ...]] = {
    "fan-out": (MATCHES.name, MATCHES_URGENT.name),
    "deliver": (DRAFTS.name,),
    "deliver-urgent": (DRAFTS_URGENT.name,),
    "receipts": (RECEIPTS.name,),
}


def topics_of(
    stages: Iterable[StageName], domains: Iterable[str], source_topics: Iterable[str]
) -> dict[str, list[str]]:
    """The topics (bare names) of each stage that a worker runs. What writes `notifications` goes together."""
    chosen = set(stages)
    topics: dict[str, list[str]] = {}
    if "match" in chosen:
        topics["match"] = [*(events_topic(domain).name for domain in domains), *sorted(source_topics)]
    if "fan-out" in chosen:
        topics["fan-out"] = list(READS["fan-out"])
    if "deliver" in chosen:
        topics |= {stage: list(READS[stage]) for stage in ("deliver", "deliver-urgent", "receipts")}
    return topics


def attach(app: faust.App, stage: str, topics: Iterable[str], runner: StageRunner, namespace: Namespace) -> None:
    """Makes an agent for each topic. Raw bytes and concurrency 1: decoding and order are the stage's business."""
    for topic in topics:
        source = app.topic(namespace.name(topic), value_type=None, key_type=None)
        app.agent(source, name=f"{stage}:{topic}", concurrency=1)(runner.agent)
