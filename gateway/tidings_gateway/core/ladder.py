"""What becomes of a slow client's backlog, step by step, so that it costs the others nothing.

    pass        all of it
    conflate    of several with one collapse key only the newest
    summarise   the newest and the critical ones; the others are counted ("37 more")
    reset       none of it: the client fetches a snapshot
    close       the client takes nothing at all (`Session.stalled`)

A stream keeps no queue of its own: its backlog is what the tail holds since its position, so a slow client's
memory is its transport's buffer, and the step is chosen anew each time the client takes something.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from .record import Record


class Step(StrEnum):
    """How far up the ladder a backlog is."""

    PASS = "pass"
    CONFLATE = "conflate"
    SUMMARISE = "summarise"
    RESET = "reset"


@dataclass(frozen=True, slots=True)
class Marks:
    """Bytes of record values above which each step begins."""

    conflate: int
    summarise: int
    reset: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What to send, in order, and how many records are only counted."""

    step: Step
    records: list[Record]
    summarised: int = 0


def plan(backlog: list[Record], marks: Marks) -> Plan:
    """Chooses the step. Every record of `backlog` is readable (`Record.live`) and in offset order."""
    size = _size(backlog)
    if size <= marks.conflate:
        return Plan(Step.PASS, backlog)
    if size > marks.reset:
        return Plan(Step.RESET, [])
    conflated = conflate(backlog)
    if _size(conflated) <= marks.summarise:
        return Plan(Step.CONFLATE, conflated)
    kept = _newest_and_critical(conflated, marks.conflate)
    return Plan(Step.SUMMARISE, kept, len(conflated) - len(kept))


def conflate(records: list[Record]) -> list[Record]:
    """Without those that a later one of the same collapse key replaces."""
    newest: set[str] = set()
    kept = []
    for record in reversed(records):
        key = record.message.collapse_key if record.message else None
        if key is None or key not in newest:
            kept.append(record)
        if key is not None:
            newest.add(key)
    return kept[::-1]


def _newest_and_critical(records: Sequence[Record], room: int) -> list[Record]:
    kept = []
    for record in reversed(records):
        room -= record.size
        if room >= 0 or _must_arrive(record):
            kept.append(record)
    return kept[::-1]


def _must_arrive(record: Record) -> bool:
    """Critical notifications, and read states: without them the devices would disagree."""
    message = record.message
    return message is not None and (message.priority == "critical" or message.event == "read-state")


def _size(records: Sequence[Record]) -> int:
    return sum(record.size for record in records)
