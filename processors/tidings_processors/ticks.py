"""Lets time pass for what is held where no record comes: a tick on a partition of `drafts` as soon as something is due.

A tick is a record like others, so whatever it leads to is done in its place in the log, by whoever owns the partition
then, and is done again if that one crashes. Nobody sleeps until a notification is due.
"""

from collections.abc import Iterable, Mapping

from .core.control import tick
from .core.policy.book import Book
from .core.record import RecordOut


def ticks(books: Mapping[int, Book], now_ms: int) -> Iterable[RecordOut]:
    """A tick for each partition in which something is due by the worker's clock; ask every second.

    One that is behind a backlog gets some more than it needs, which do no harm.
    """
    for partition, book in books.items():
        due = book.due_ms
        if due is not None and due <= now_ms:
            yield tick(partition)
