"""Whether a history is one that Tidings may produce, in the manner of Jepsen: pure, linear in what happened.

Invariants and their meaning: `verdict.MEANING`.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate

from .facts import Facts, facts_of
from .figures import figures_of
from .history import Buried, Fault, History, Poisoned, Published
from .lineage import REPEAT_MARGIN, Lineage
from .verdict import Invariant, Verdict, Violation

#: Seconds after a fault has healed within which all must be seen.
HEALING_S = 60.0
#: Seconds that a new follow has to reach the fan-out.
SETTLING_S = 5.0


def check(history: History, margin: int = REPEAT_MARGIN) -> Verdict:
    """Judges a history. Entries of one kind must be in the order in which they happened.

    Args:
        margin: records of a partition within which a stream carries an id once.
    """
    facts = facts_of(history)
    lineages = [Lineage(facts, name, margin).walk(entries) for name, entries in facts.clients.items()]
    verdict = Verdict()
    for lineage in lineages:
        verdict.violations += lineage.violations
    verdict.violations += _unready(lineages)
    verdict.violations += _missing(facts, lineages)
    verdict.violations += _letters(facts)
    verdict.figures = figures_of(facts, lineages) | {"calms": calms(spans(facts.faults))}
    return verdict


def owed_events(facts: Facts, lineage: Lineage) -> Iterator[Published]:
    """The acknowledged events that a client must see: published after it was ready and while its user followed."""
    if not lineage.lasting or lineage.ready_at is None:
        return
    since: dict[str, float | None] = {}
    for event in facts.events.values():
        if event.outcome != "ok" or event.invoked < lineage.ready_at:
            continue
        if event.user is not None:
            if event.user == lineage.user:
                yield event
            continue
        topic = event.topic or ""
        if topic not in since:
            since[topic] = facts.followed_since(lineage.user, topic)
        start = since[topic]
        if start is not None and event.invoked >= start + SETTLING_S:
            yield event


def deadline(acked_at: float, broken: Iterable[tuple[float, float]]) -> float:
    """When an event must be seen at the latest, given what was broken from when to when, in order of beginning."""
    until = acked_at + HEALING_S
    for start, healed in broken:
        if start <= until and healed >= acked_at:
            until = max(until, healed + HEALING_S)
    return until


def spans(faults: Iterable[Fault]) -> list[tuple[float, float]]:
    """(begin, healed) of each fault; one that never healed ends never."""
    begun: dict[str, float] = {}
    found: list[tuple[float, float]] = []
    for fault in faults:
        if fault.phase == "start":
            begun[fault.nemesis] = fault.at
        elif fault.nemesis in begun:
            found.append((begun.pop(fault.nemesis), fault.at))
    return sorted([*found, *((at, float("inf")) for at in begun.values())])


def calms(broken: Sequence[tuple[float, float]]) -> int:
    """How often nothing was broken for so long that all had to be seen before the next fault; in order of beginning."""
    healed = accumulate((end for _, end in broken), max)
    return sum(start > end + HEALING_S for end, (start, _) in zip(healed, broken[1:], strict=False))


def _unready(lineages: Iterable[Lineage]) -> Iterator[Violation]:
    for lineage in lineages:
        if lineage.lasting and lineage.ready_at is None:
            yield Violation(Invariant.LOSS, f"{lineage.name}: never became ready")


def _missing(facts: Facts, lineages: Iterable[Lineage]) -> Iterator[Violation]:
    broken = spans(facts.faults)
    for lineage in lineages:
        mine = sorted([*broken, *lineage.stalls])
        for event in owed_events(facts, lineage):
            seen_at = lineage.seen.get(event.id)
            if seen_at is None and event.id not in lineage.excused:
                yield Violation(Invariant.LOSS, _lost(facts, lineage, event), event.at)
            elif seen_at is not None and seen_at > (due := deadline(event.at, mine)):
                text = f"{lineage.name}: {event.id} was seen {seen_at - due:.1f} s too late"
                yield Violation(Invariant.LATE, text, seen_at)


def _lost(facts: Facts, lineage: Lineage, event: Published) -> str:
    record = facts.logged_events.get((event.id, lineage.user)) or facts.logged_events.get((event.id, ""))
    where = f"is in the log at {record.partition}:{record.offset}" if record else "is not in the log"
    return f"{lineage.name}: {event.id} was acknowledged and never seen; it {where}"


def _letters(facts: Facts) -> Iterator[Violation]:
    bad = {(record.topic, record.partition, record.offset): record for record in facts.poisoned}
    buried = {(letter.topic, letter.partition, letter.offset) for letter in facts.buried}
    for place, record in bad.items():
        if place not in buried:
            yield Violation(Invariant.BURIAL, f"{record.kind} at {place}: no dead letter", record.at)
    for letter in facts.buried:
        place = letter.topic, letter.partition, letter.offset
        if wrong := _wrong_letter(letter, bad.get(place)):
            yield Violation(Invariant.BURIAL, f"the dead letter of {place} {wrong}")


def _wrong_letter(letter: Buried, record: Poisoned | None) -> str:
    said = f"{letter.error_class}: {letter.error_text}"
    if record is None:
        return f"buries a good record: {said}"
    if letter.digest != record.digest:
        return f"({record.kind}) holds other bytes"
    if letter.error_class != record.error:
        return f"({record.kind}) should name {record.error}, not {said}"
    return "" if letter.error_text else f"({record.kind}) does not say why"
