"""What became of each draft for a user: told once, alone or in one that stands for many, or silence with a reason."""

from collections.abc import Iterator, Set
from dataclasses import dataclass, field
from typing import Any

from tidings_processors.core.control import is_tick, notice_in
from tidings_processors.core.policy.word import Word
from tidings_schemas import Draft, Notification
from tidings_schemas.identity import notification_id

from tidings_chaos.core.verdict import Invariant, Violation

from .log import DECISIONS, LANES, NOTIFICATIONS, PARTITIONS, Log
from .stages import Stages

_IN_ANOTHER = (Word.DIGESTED, Word.SUMMED)
_SILENT = (Word.COLLAPSED, Word.EXPIRED)


@dataclass
class Ends:
    """Of one partition, each by notification id.

    Attributes:
        drafts: the user and the title of what was drafted for them.
        told: what users see: of several records with one id the first.
        words: the last decision; whoever had lost their session may write an older one behind it.
        late: what was told, or decided, when whoever sent it had lost their session. Others could not know of it, so
            they may tell it once more among others, or call it expired; but lost it must not be.
    """

    drafts: dict[str, tuple[str, str]] = field(default_factory=dict)
    told: dict[str, dict[str, Any]] = field(default_factory=dict)
    words: dict[str, dict[str, Any]] = field(default_factory=dict)
    late: set[str] = field(default_factory=set)

    def wrong(self) -> Iterator[Violation]:
        """Drafts without an end or with several, and sums that do not stand for what they say."""
        by_title: dict[tuple[str, str], list[str]] = {}
        for told in self.told.values():
            for title in told["items"] or [told["title"]]:
                by_title.setdefault((told["user"], title), []).append(told["id"])
        stands_for = dict.fromkeys(self.told, 0)
        for draft_id, (user, title) in self.drafts.items():
            word = self.words.get(draft_id, {"word": "", "by": ""})
            ends = {*by_title.get((user, title), ())}
            if word["word"] in _IN_ANOTHER:
                ends.add(word["by"])
            for end in ends & stands_for.keys():
                stands_for[end] += 1
            yield from self._judged(draft_id, title, ends, word["word"])
        for told in self.told.values():
            if told["count"] != (found := stands_for[told["id"]]):
                text = f"{told['title']!r} for {told['user']} says {told['count']} and stands for {found}"
                yield Violation(Invariant.LOSS if told["count"] < found else Invariant.PHANTOM, text)

    def _judged(self, draft_id: str, title: str, ends: set[str], word: str) -> Iterator[Violation]:
        unsure = not self.late.isdisjoint({draft_id, *ends})
        if missing := ends - self.told.keys():
            yield Violation(Invariant.LOSS, f"{title!r} is {word} into {missing}, which nobody was told ({draft_id})")
        elif not ends and word not in _SILENT:
            yield Violation(Invariant.LOSS, f"{title!r} was never told; the last word is {word!r} ({draft_id})")
        elif len(ends) > 1 and not unsure:
            yield Violation(Invariant.DUPLICATE, f"{title!r} was told in {sorted(ends)} ({draft_id})")
        elif ends and word == Word.EXPIRED and not unsure:
            yield Violation(Invariant.DUPLICATE, f"{title!r} was told, and is said to have expired ({draft_id})")


def ends_of(log: Log, stages: Stages, late: Set[tuple[str, int, int]]) -> list[Violation]:
    """What is wrong with what became of all drafts. `late`: places of what arrived late, see `Ends`."""
    return [wrong for partition in range(PARTITIONS) for wrong in _read(log, stages, partition, late).wrong()]


def _read(log: Log, stages: Stages, partition: int, late: Set[tuple[str, int, int]]) -> Ends:
    ends, decode = Ends(), stages.untimed.decode
    for record in (record for lane in LANES for record in log.records[lane, partition]):
        if not record.key or is_tick(record) or notice_in(record) is not None:
            continue
        name, draft = decode(record.value)
        assert name == Draft.avro_name
        user = record.key.decode()
        draft_id = notification_id(draft["event_source"], draft["event_id"], draft["rule"], user)
        ends.drafts[draft_id] = user, decode(draft["payload"])[1]["text"]
    for record in log.records[NOTIFICATIONS, partition]:
        name, told = decode(record.value)
        if name == Notification.avro_name:
            ends.told.setdefault(told["id"], told)
            if (NOTIFICATIONS, partition, record.offset) in late:
                ends.late.add(told["id"])
    for record in log.records[DECISIONS, partition]:
        word = decode(record.value)[1]
        if (DECISIONS, partition, record.offset) in late:
            ends.late.add(word["id"])
        if word["at"] >= ends.words.get(word["id"], word)["at"]:
            ends.words[word["id"]] = word
    return ends
