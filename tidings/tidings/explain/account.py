"""What is said of one rule: findings stage by stage, and what came of it in a word. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from .evidence import Place


class Outcome(StrEnum):
    """What became of an event for a user by one rule."""

    TOLD = "told"
    WAITING = "waiting"
    SILENT = "silent"
    FAILED = "failed"
    NO_MATCH = "no match"
    NOT_MEANT = "not for this user"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence about one stage, and where it is written down, if it is."""

    stage: str
    text: str
    place: Place | None = None

    def as_json(self) -> dict[str, Any]:
        """Plain data; times ISO 8601."""
        place = self.place
        where = {} if place is None else {"topic": place.topic, "partition": place.partition, "offset": place.offset}
        return {"stage": self.stage, "text": self.text} | where | ({"at": place.at.isoformat()} if place else {})


@dataclass(slots=True)
class Account:
    """The findings of one rule in the order of the stages."""

    rule: str
    outcome: Outcome = Outcome.UNKNOWN
    notification: str = ""
    findings: list[Finding] = field(default_factory=list)

    def say(self, stage: str, text: str, place: Place | None = None) -> None:
        """Adds a finding."""
        self.findings.append(Finding(stage, text, place))

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "rule": self.rule,
            "outcome": self.outcome.value,
            "notification": self.notification or None,
            "findings": [finding.as_json() for finding in self.findings],
        }
