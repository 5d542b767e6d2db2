"""The rules of the moment: those of a file, and over them those of the topic `rules`, as they are applied."""

from collections.abc import Sequence
from concurrent.futures import Future
from importlib.resources import files
from pathlib import Path
from typing import Any

import structlog
from confluent_kafka import Message
from tidings_schemas.catalogue import Catalogue
from tidings_schemas.compacted import CompactedReader

from .core.rules import Rule, RuleSet, read_rule, read_rules

log = structlog.get_logger(__name__)


def file_rules(path: Path | None, catalogue: Catalogue) -> RuleSet:
    """The rules of a file; None = those that ship with Tidings.

    Raises:
        BadRules: with line and column of every mistake.
        OSError: the file cannot be read.
    """
    if path is not None:
        return read_rules(path.read_text(), catalogue, str(path))
    return read_rules((files("tidings_processors") / "rules.yaml").read_text(), catalogue)


class RuleBook:
    """Rules that change while the worker runs. `current` is replaced as a whole, so whoever holds a set sees no change.

    Changes gather until all that was applied together is here: half of an apply is never in force.

    Args:
        base: the file's rules.
        catalogue: schemas that the topic's rules are checked against.
        source_topics: those that the worker reads; rules that name others wait for its next start.
    """

    def __init__(self, base: RuleSet, catalogue: Catalogue, source_topics: frozenset[str] = frozenset()) -> None:
        self.current = base
        self._base = base
        self._catalogue = catalogue
        self._source_topics = source_topics
        self._over: dict[str, Rule] = {}
        self._withdrawn: dict[str, Rule] = {}
        self._changed: dict[str, str] = {}  # by name, since the last `settle`: in words
        self._restored: Future[None] = Future()
        self._reader: CompactedReader | None = None

    def start(self, config: dict[str, Any], topic: str) -> None:
        """Reads the topic's rules from now on."""
        self._reader = CompactedReader(config, topic, self._take, lambda _: self.settle()).start((0,))

    def restored(self) -> "Future[None]":
        """Done once the rules that the topic held at the start are in force."""
        return self._restored

    def close(self) -> None:
        """Stops reading."""
        if self._reader is not None:
            self._reader.close()

    def rules(self) -> RuleSet:
        """The rules of the moment."""
        return self.current

    def change(self, name: str, text: str | None) -> None:
        """Takes one change, a rule as YAML or None = withdrawn; in force with the next `settle`."""
        if text is None:
            self._withdraw(name)
            return
        try:
            rule = read_rule(text, self._catalogue, f"rule {name}")
        except Exception as error:  # whatever is wrong with one text, the others are read
            log.error(
                "a rule of the topic does not compile; the one before stays in force", rule=name, error=str(error)
            )
            return
        if rule.name != name:
            log.error("a rule of the topic is under another name's key; left out", rule=rule.name, key=name)
            return
        self._over[name] = rule
        self._changed[name] = rule.version if rule.enabled else "off"

    def settle(self) -> None:
        """Puts what has changed in force, all at once: the topic has no more at the moment."""
        if self._changed:
            self.current = self._base.overlaid(self._over, self._withdrawn)
            log.info("rules in force", changes=self._changed)
            self._changed = {}
            if unread := self.current.source_topics - self._source_topics:
                log.warning("rules name topics that are read after a restart only", topics=sorted(unread))
        if not self._restored.done():
            self._restored.set_result(None)

    def _take(self, messages: Sequence[Message]) -> None:
        for message in messages:
            value = message.value()
            text = value.decode(errors="replace") if isinstance(value, bytes) else value
            self.change((message.key() or b"").decode(errors="replace"), text)

    def _withdraw(self, name: str) -> None:
        gone = self._over.pop(name, None)
        if gone is not None:
            self._withdrawn[name] = gone
            self._changed[name] = "withdrawn"
