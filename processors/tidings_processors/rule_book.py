"""The rules of the moment: those of a file, and over them those of the topic `rules`, as they are applied."""

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import structlog
from confluent_kafka import Message
from tidings_schemas.catalogue import Catalogue
from tidings_schemas.compacted import CompactedReader

from .core.rules import BadRules, Rule, RuleSet, read_rule, read_rules

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

    Args:
        base: the file's rules.
        catalogue: schemas that the topic's rules are checked against.
    """

    def __init__(self, base: RuleSet, catalogue: Catalogue) -> None:
        self.current = base
        self._base = base
        self._catalogue = catalogue
        self._over: dict[str, Rule] = {}
        self._reader: CompactedReader | None = None

    def start(self, config: dict[str, Any], topic: str) -> None:
        """Reads the topic's rules from now on."""
        self._reader = CompactedReader(config, topic, self._take).start((0,))

    def restored(self) -> "Future[None]":
        """Done once the rules that the topic held at the start are in force."""
        assert self._reader is not None, "started"
        return self._reader.restored(0)

    def close(self) -> None:
        """Stops reading."""
        if self._reader is not None:
            self._reader.close()

    def rules(self) -> RuleSet:
        """The rules of the moment."""
        return self.current

    def _take(self, messages: Sequence[Message]) -> None:
        for message in messages:
            self._change((message.key() or b"").decode(errors="replace"), message.value())
        before, self.current = self.current, self._base.overlaid(self._over)
        if new_topics := self.current.source_topics - before.source_topics:
            log.warning("rules name topics that are read after a restart only", topics=sorted(new_topics))

    def _change(self, name: str, value: bytes | str | None) -> None:
        if value is None:
            self._withdraw(name)
            return
        text = value.decode(errors="replace") if isinstance(value, bytes) else value
        try:
            rule = read_rule(text, self._catalogue, f"rule {name}")
        except BadRules as error:
            log.error(
                "a rule of the topic does not compile; the one before stays in force", rule=name, error=str(error)
            )
            return
        if rule.name != name:
            log.error("a rule of the topic is under another name's key; left out", rule=rule.name, key=name)
            return
        self._over[name] = rule
        log.info("rule in force", rule=name, version=rule.version, enabled=rule.enabled)

    def _withdraw(self, name: str) -> None:
        gone = self._over.pop(name, None)
        if gone is not None and name not in self._base.by_name:
            self._over[name] = replace(gone, enabled=False)  # what it matched already must know that it is off
        log.info("rule withdrawn", rule=name)
