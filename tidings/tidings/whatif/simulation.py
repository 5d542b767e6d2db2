"""Events → the notifications that some rules make of them. Pure: the processors' own stages, with the past's clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tidings_processors.core.delivery import Delivery
from tidings_processors.core.fan_out import FanOut
from tidings_processors.core.follower_index import FollowerIndex
from tidings_processors.core.match import Match
from tidings_processors.core.record import RecordIn, RecordOut, Step
from tidings_processors.core.rules import RuleSet
from tidings_processors.core.untimed import untimed_codec
from tidings_processors.core.window import Window
from tidings_schemas import Follow, Preference
from tidings_schemas.catalogue import Catalogue
from tidings_schemas.codec import Codec, Schemas
from tidings_schemas.stamps import moment
from tidings_schemas.topics import DEAD_LETTERS, DRAFTS, DRAFTS_URGENT, MATCHES, MATCHES_URGENT, NOTIFICATIONS

_SEEN = 1_000_000  # notification ids that are known to be made already
_LARGEST = 1 << 30  # a past event was small enough, or it would not be there


@dataclass(slots=True)
class Made:
    """What the rules made of events.

    Attributes:
        notifications: by id. silent: how often nobody was told, by reason. dead: events or drafts that failed.
    """

    notifications: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    silent: dict[str, int] = field(default_factory=dict)
    dead: int = 0
    events: int = 0


class Simulation:
    """The three stages behind one another, for one rule set.

    Args:
        follows, preferences: as they are known; `Follow.since` is heeded.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        schemas: Schemas,
        rules: RuleSet,
        follows: Iterable[Follow],
        preferences: Mapping[str, Preference],
    ) -> None:
        self._codec = Codec(catalogue, schemas)
        untimed = untimed_codec(catalogue, schemas)
        followers = FollowerIndex()
        for follow in follows:
            followers.add(follow.topic, follow.user, round(follow.since.timestamp() * 1000))
        window = Window(_SEEN)
        self._match = Match(self._codec, untimed, lambda: rules, _LARGEST)
        self._fan_out = FanOut(self._codec, lambda _: followers)
        self._delivery = Delivery(
            self._codec, untimed, lambda: rules, lambda _, user: preferences.get(user), lambda _: window
        )
        self.made = Made()

    def take(self, event: RecordIn) -> None:
        """One event, at the time that Kafka had when it came.

        Raises:
            RegistryUnavailable: try again.
        """
        self.made.events += 1
        if moment(event.timestamp_ms) is None:  # nobody knows who followed what then
            self.made.dead += 1
            return
        outs = self._step(self._match, event)
        drafts = [out for out in outs if out.topic in (DRAFTS.name, DRAFTS_URGENT.name)]
        for out in outs:
            if out.topic in (MATCHES.name, MATCHES_URGENT.name):
                drafts += self._step(self._fan_out, _record(out, event))
        for draft in drafts:
            for out in self._step(self._delivery, _record(draft, event)):
                if out.topic == NOTIFICATIONS.name:
                    _, notification = self._codec.decode(out.value)
                    self.made.notifications.setdefault(notification["id"], notification)

    def _step(self, stage: Match | FanOut | Delivery, record: RecordIn) -> list[RecordOut]:
        step: Step = stage.process([record], record.timestamp_ms)
        if step.waiting is not None:
            raise step.waiting
        for name, count in step.counts.items():
            if name.startswith("silent."):
                reason = name.removeprefix("silent.")
                self.made.silent[reason] = self.made.silent.get(reason, 0) + count
        self.made.dead += sum(out.topic == DEAD_LETTERS.name for out in step.outs)
        return [out for out in step.outs if out.topic != DEAD_LETTERS.name]


def _record(out: RecordOut, event: RecordIn) -> RecordIn:
    """An output as the next stage's input, in the same moment."""
    return out.appended(0, event.offset, event.timestamp_ms)
