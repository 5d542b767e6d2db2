"""How much was looked at, and how often ids had to be compared."""

from collections import Counter
from collections.abc import Sequence

from .facts import Facts
from .lineage import Lineage


def figures_of(facts: Facts, lineages: Sequence[Lineage]) -> dict[str, int | float]:
    """Counts of a history, and the delay from publish to first sight in seconds."""
    outcomes = Counter(event.outcome for event in facts.events.values())
    delays = sorted(_delays(facts, lineages))
    return {
        "events_ok": outcomes["ok"],
        "events_failed": outcomes["failed"],
        "events_unknown": outcomes["unknown"],
        "clients": len(lineages),
        "connections": sum(lineage.connections for lineage in lineages),
        "frames": sum(lineage.frames for lineage in lineages),
        "seen": sum(len(lineage.seen) for lineage in lineages),
        "resets": sum(lineage.resets for lineage in lineages),
        "repeats_on_the_wire": sum(lineage.repeats for lineage in lineages),
        "records_in_the_log": len(facts.log),
        "repeats_in_the_log": facts.log_repeats,
        "faults": sum(fault.phase == "start" for fault in facts.faults),
        "bad_records": len(facts.poisoned),
        "dead_letters": len(facts.buried),
        "p50_s": _share(delays, 0.5),
        "p99_s": _share(delays, 0.99),
        "max_s": _share(delays, 1.0),
    }


def _delays(facts: Facts, lineages: Sequence[Lineage]) -> list[float]:
    found = []
    for lineage in lineages:
        for event_id, at in lineage.seen.items():
            event = facts.events.get(event_id)
            if event is not None:
                found.append(at - event.invoked)
    return found


def _share(ordered: Sequence[float], share: float) -> float:
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 3) if ordered else 0.0
