"""All that a worker must know before it may process a partition, and whether it knows it yet."""

import asyncio
from collections.abc import Iterable, Mapping
from concurrent.futures import Future

from tidings_schemas.catalogue import Catalogue
from tidings_schemas.codec import Codec
from tidings_schemas.registry import Registry
from tidings_schemas.topics import DRAFTS, DRAFTS_URGENT, FOLLOWS, MATCHES, MATCHES_URGENT, PREFERENCES, RECEIPTS, RULES

from . import state
from .books import Books
from .core.untimed import untimed_codec
from .follows import Follows
from .known_schemas import KnownSchemas
from .rule_book import RuleBook
from .settings import Settings
from .windows import Windows
from .wishes import Wishes

_MATCHES = (MATCHES.name, MATCHES_URGENT.name)
_DRAFTS = (DRAFTS.name, DRAFTS_URGENT.name)


class WorkerState:
    """Followers, preferences, rules, windows and books, restored by partition as those are assigned.

    Args:
        catalogue: the schemas that records are read by.
        schemas: ids that the registry gave, for preferences.
        registry: asked directly where a thread may wait.
    """

    def __init__(
        self, settings: Settings, catalogue: Catalogue, schemas: KnownSchemas, registry: Registry, rules: RuleBook
    ) -> None:
        config, name = settings.kafka(), settings.namespace.name
        self.rules = rules
        self._config = config
        self._rules_topic = name(RULES)
        self.follows = Follows(config, name(FOLLOWS), untimed_codec(catalogue, registry))
        self.preferences = state.Preferences(config, name(PREFERENCES), Codec(catalogue, schemas))
        self.wishes = Wishes(config, name(PREFERENCES), untimed_codec(catalogue, registry))
        self.windows = {
            topic: Windows(config, settings.namespace, topic, Codec(catalogue, registry), settings.dedupe_window)
            for topic in (*_DRAFTS, RECEIPTS.name)
        }
        self.books = Books(config, settings.namespace, untimed_codec(catalogue, registry))
        self._held: set[tuple[str, int]] = set()

    def start(self) -> None:
        """Starts reading."""
        self.rules.start(self._config, self._rules_topic)
        self.follows.start()
        self.preferences.state.start()

    def close(self) -> None:
        """Stops reading; takes up to some seconds."""
        self.books.close()
        for windows in self.windows.values():
            windows.close()
        self.rules.close()
        self.follows.close()
        self.preferences.state.close()
        self.wishes.close()

    def assign(self, owners: Mapping[tuple[str, int], object]) -> None:
        """The worker holds just these (bare topic, partition) from now on; see `Windows.assign` for the values."""
        self._held = set(owners)
        self.follows.assign(_partitions(self._held, *_MATCHES))
        self.preferences.state.assign(_partitions(self._held, *_DRAFTS))
        if _partitions(self._held, *_MATCHES, *_DRAFTS):
            self.wishes.start()
        for topic, windows in self.windows.items():
            windows.assign(_owners(owners, topic))
        self.books.assign(_owners(owners, DRAFTS.name))

    async def ready(self, topic: str, partition: int) -> bool:
        """Waits until all is here for a partition; False when the partition was given up before that."""
        try:
            awaited = self._awaited(topic, partition)
        except KeyError:
            return False
        if any(not future.done() for future in awaited):
            # `wait`, because to be cancelled here must not cancel what others wait for too.
            await asyncio.wait([asyncio.wrap_future(future) for future in awaited])
        return not any(future.cancelled() for future in awaited)

    def missing(self) -> list[str]:
        """What is not restored yet, in words."""
        missing = [] if self.rules.restored().done() else ["rules"]
        if _partitions(self._held, *_MATCHES, *_DRAFTS) and not self.wishes.restored().done():
            missing.append("preferences of all users")
        for topic, partition in sorted(self._held):
            try:
                if any(not future.done() for future in self._of_partition(topic, partition)):
                    missing.append(f"state for {topic}[{partition}]")
            except KeyError:
                continue
        return missing

    def _awaited(self, topic: str, partition: int) -> "list[Future[None]]":
        awaited = [self.rules.restored(), *self._of_partition(topic, partition)]
        if topic in (*_MATCHES, *_DRAFTS):
            awaited.append(self.wishes.restored())
        return awaited

    def _of_partition(self, topic: str, partition: int) -> "list[Future[None]]":
        awaited = []
        if topic in _MATCHES:
            awaited.append(self.follows.restored(partition))
        if topic in _DRAFTS:
            awaited.append(self.preferences.state.restored(partition))
        if topic == DRAFTS.name:
            awaited.append(self.books.restored(partition))
        if topic in self.windows:
            awaited.append(self.windows[topic].restored(partition))
        return awaited


def _partitions(held: Iterable[tuple[str, int]], *topics: str) -> set[int]:
    return {partition for topic, partition in held if topic in topics}


def _owners(owners: Mapping[tuple[str, int], object], topic: str) -> dict[int, object]:
    return {partition: owner for (t, partition), owner in owners.items() if t == topic}
