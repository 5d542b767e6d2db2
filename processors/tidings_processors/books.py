"""What is held back for users, by partition: read from `policy` when a partition of `drafts` is assigned."""

from typing import Any

import structlog
from tidings_schemas.codec import Codec
from tidings_schemas.errors import Permanent
from tidings_schemas.topics import POLICY, Namespace

from . import tail
from .core.policy.book import Book
from .core.policy.entry import Entry
from .primed import Primed

log = structlog.get_logger(__name__)


class Books(Primed[Book]):
    """The books of the partitions that a worker holds.

    Args:
        config: librdkafka's connection properties.
        namespace: topics' names on the cluster.
        untimed: decodes entries, times as numbers, in a thread that may wait for the registry.
    """

    def __init__(self, config: dict[str, Any], namespace: Namespace, untimed: Codec) -> None:
        self._config = config
        self._topic = namespace.name(POLICY)
        self._untimed = untimed
        super().__init__(f"what is held in {self._topic}")

    def read(self, partitions: list[int]) -> dict[int, Book]:
        """See `Primed.read`."""
        books = {partition: Book() for partition in partitions}
        spans = tail.ends(self._config, self._topic, partitions)
        for message in tail.between(self._config, self._topic, spans):
            self._apply(books[message.partition() or 0], message.key(), message.value())
        for partition, book in books.items():
            if len(book):
                log.info("held notifications restored", partition=partition, held=len(book))
        return books

    def _apply(self, book: Book, key: bytes | str | None, value: bytes | str | None) -> None:
        if not isinstance(key, bytes):
            return
        if not isinstance(value, bytes):
            book.forget(key.decode(errors="replace"))
            return
        try:
            name, record = self._untimed.decode(value)
            if name == Entry.avro_name:
                book.restore(Entry.from_avro(record))
        except (Permanent, ValueError) as error:
            log.error("an entry of the policy cannot be read; left out", key=key, error=str(error))
