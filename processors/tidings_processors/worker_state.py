"""All that a worker must know before it may process a partition, and whether it knows it yet."""

import asyncio
from collections.abc import Iterable, Mapping
from concurrent.futures import Future

from tidings_schemas.catalogue import Catalogue
from tidings_schemas.codec import Codec
from tidings_schemas.registry import Registry
from tidings_schemas.topics import DRAFTS, FOLLOWS, MATCHES, PREFERENCES, RECEIPTS, RULES

from . import state
from .known_schemas import KnownSchemas
from .rule_book import RuleBook
from .settings import Settings
from .windows import Windows


class WorkerState:
    """Followers, preferences, rules and windows, restored by partition as those are assigned.

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
        self.follows = state.follows(config, name(FOLLOWS))
        self.preferences = state.Preferences(config, name(PREFERENCES), Codec(catalogue, schemas))
        self.windows = {
            topic: Windows(
                config, settings.namespace, settings.group, topic, Codec(catalogue, registry), settings.dedupe_window
            )
            for topic in (DRAFTS.name, RECEIPTS.name)
        }
        self._held: set[tuple[str, int]] = set()

    def start(self) -> None:
        """Starts reading."""
        self.rules.start(self._config, self._rules_topic)
        self.follows.start()
        self.preferences.state.start()

    def close(self) -> None:
        """Stops reading; takes up to some seconds."""
        for windows in self.windows.values():
            windows.close()
        self.rules.close()
        self.follows.close()
        self.preferences.state.close()

    def assign(self, owners: Mapping[tuple[str, int], object]) -> None:
        """The worker holds just these (bare topic, partition) from now on; see `Windows.assign` for the values."""
        self._held = set(owners)
        self.follows.assign(_partitions(self._held, MATCHES.name))
        self.preferences.state.assign(_partitions(self._held, DRAFTS.name))
        for topic, windows in self.windows.items():
            windows.assign({partition: owner for (t, partition), owner in owners.items() if t == topic})

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
        for topic, partition in sorted(self._held):
            try:
                if any(not future.done() for future in self._awaited(topic, partition)[1:]):
                    missing.append(f"state for {topic}[{partition}]")
            except KeyError:
                continue
        return missing

    def _awaited(self, topic: str, partition: int) -> "list[Future[None]]":
        awaited = [self.rules.restored()]
        if topic == MATCHES.name:
            awaited.append(self.follows.restored(partition))
        if topic == DRAFTS.name:
            awaited.append(self.preferences.state.restored(partition))
        if topic in self.windows:
            awaited.append(self.windows[topic].restored(partition))
        return awaited


def _partitions(held: Iterable[tuple[str, int]], topic: str) -> set[int]:
    return {partition for t, partition in held if t == topic}
