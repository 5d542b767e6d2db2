"""Search over what may be followed. Pure.

A sorted list of words finds every word that begins with what was typed by bisection. A change makes a new list: sorting
one that is almost sorted is cheap, and whoever searches meanwhile keeps the old one.
"""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator
from heapq import nsmallest
from typing import NamedTuple

from tidings_schemas import Followable

from .change import Change

_WORD = re.compile(r"[^\W_]+")
_PART = re.compile(r"[^\W\d_]+|\d+")  # the letters and the digits of a code: UA1545 → UA, 1545


class _Entry(NamedTuple):
    followable: Followable
    code: str
    title: str
    words: frozenset[str]
    order: tuple[int, str, str]


class Followables:
    """topic → followable, with search."""

    def __init__(self) -> None:
        self._entries: dict[str, _Entry] = {}
        self._words: list[tuple[str, str]] = []  # (word, topic), sorted

    def apply(self, changes: list[Change]) -> None:
        """See `State.apply`."""
        changed: dict[str, _Entry | None] = {}
        for key, record, _ in changes:
            entry = None if record is None else _entry(Followable.from_avro(record))
            changed[key.decode(errors="replace")] = entry
        added = [(word, topic) for topic, entry in changed.items() if entry for word in entry.words]
        words = [pair for pair in self._words if pair[1] not in changed] + added
        words.sort()
        for topic, entry in changed.items():
            if entry is None:
                self._entries.pop(topic, None)
            else:
                self._entries[topic] = entry
        self._words = words

    def get(self, topic: str) -> Followable | None:
        """What was announced of the topic, if anything."""
        entry = self._entries.get(topic)
        return entry.followable if entry else None

    def search(self, query: str, kind: str | None = None, limit: int = 20) -> list[Followable]:
        """What begins with each word of `query`, best first: the exact code or title, then its beginning, then words.

        An empty query finds everything. Accents and case do not matter.
        """
        words = _words(query)
        normal = " ".join(words)
        if query.strip() and not words:
            return []
        found = (entry for entry in self._candidates(words) if kind is None or entry.followable.kind == kind)
        best = nsmallest(limit, found, key=lambda entry: (_place(entry, normal), entry.order))
        return [entry.followable for entry in best]

    def __len__(self) -> int:
        """How many there are."""
        return len(self._entries)

    def _candidates(self, words: list[str]) -> Iterator[_Entry]:
        if not words:
            yield from self._entries.copy().values()
            return
        topics = set.intersection(*(self._beginning_with(word) for word in words))
        for topic in topics:
            entry = self._entries.get(topic)
            if entry is not None:
                yield entry

    def _beginning_with(self, prefix: str) -> set[str]:
        words, topics = self._words, set()
        for place in range(bisect_left(words, (prefix, "")), len(words)):
            word, topic = words[place]
            if not word.startswith(prefix):
                break
            topics.add(topic)
        return topics


def fold(text: str) -> str:
    """Text without case, accents and surrounding blanks: `São Tomé ` → `sao tome`. What is folded stays as it is."""
    # Once is not enough: a bold 𝐀 decomposes to A, which then still has a case (Unicode, D146 folds twice too).
    while (folded := _folded_once(text)) != text:
        text = folded
    return text


def _folded_once(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter)).strip()


def _words(text: str) -> list[str]:
    return _WORD.findall(fold(text))


def _entry(followable: Followable) -> _Entry:
    code = _words(followable.topic.partition(":")[2] or followable.topic)
    title = _words(followable.title)
    words = {*code, *title, *_words(followable.subtitle), *(part for word in code for part in _PART.findall(word))}
    name = " ".join(title)
    order = (len(name), name, followable.topic)  # of equals, the shorter title is the closer match
    return _Entry(followable, " ".join(code), name, frozenset(words), order)


def _place(entry: _Entry, query: str) -> int:
    code, title = entry.code, entry.title
    if query in (code, title):
        return 0
    return 1 if code.startswith(query) or title.startswith(query) else 2
