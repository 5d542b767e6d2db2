"""Batches that wait together become one, so that a stream gets what waits for it in one write. Pure."""

from collections.abc import Iterable, Iterator
from itertools import chain

from .base import Batch, Jump, Layout

Event = Layout | Batch | Jump | Exception

_LARGEST = 1000  # records; whoever waits meanwhile shall not wait long


def merged(events: Iterable[Event]) -> Iterator[Event]:
    """The same records and events; of each partition in the same order, and all batches before what came after them.

    Args:
        events: as they came; the batches of one partition follow on one another until another event comes.
    """
    waiting: dict[int, list[Batch]] = {}
    for event in events:
        if not isinstance(event, Batch):
            yield from map(_one, waiting.values())
            waiting = {}
            yield event
            continue
        batches = waiting.setdefault(event.partition, [])
        if sum(len(batch.records) for batch in batches) + len(event.records) > _LARGEST and batches:
            yield _one(batches)
            batches.clear()
        batches.append(event)
    yield from map(_one, waiting.values())


def _one(batches: list[Batch]) -> Batch:
    if len(batches) == 1:
        return batches[0]
    last = batches[-1]
    return Batch(last.partition, list(chain.from_iterable(b.records for b in batches)), last.end, last.log_end)
