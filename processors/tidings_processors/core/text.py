"""What a notification says: a title and a body, in each locale that a rule has words for."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from .formats import Reader, locale_of, zone_of
from .template import Words

#: Longest title and body, in characters; longer ones are cut, with an ellipsis.
MAX_TITLE, MAX_BODY = 200, 4000
DEFAULT_LOCALE = "en"


@dataclass(frozen=True, slots=True)
class Text:
    """Title and body in one locale."""

    locale: str
    title: Words
    body: Words

    def render(self, variables: Mapping[str, Any], reader: Reader) -> tuple[str, str]:
        """(title, body); the title on one line. Raises whatever the templates raise for this event."""
        title = " ".join(self.title.render(variables, reader).split())
        if not title:
            raise ValueError("the title is empty")
        return _cut(title, MAX_TITLE), _cut(self.body.render(variables, reader), MAX_BODY)


@dataclass(frozen=True, slots=True)
class Texts:
    """A rule's texts by locale, in the order of the rule."""

    by_locale: Mapping[str, Text]

    def pick(self, tag: str) -> Text:
        """The text for a reader of this locale: de-AT → de → en → the rule's first."""
        for candidate in fallbacks(tag):
            if candidate in self.by_locale:
                return self.by_locale[candidate]
        return next(iter(self.by_locale.values()))


@lru_cache(4096)
def fallbacks(tag: str) -> tuple[str, ...]:
    """Locales to try for a BCP 47 tag, most special first, in `canonical` form."""
    parts = canonical(tag).split("-")
    return (*("-".join(parts[:length]) for length in range(len(parts), 0, -1)), DEFAULT_LOCALE)


def canonical(tag: str) -> str:
    """A tag as it is compared: lower case, `-` between its parts."""
    return tag.replace("_", "-").lower()


@lru_cache(4096)
def reader_of(text_locale: str, tag: str, time_zone: str) -> Reader:
    """How to write times and numbers for someone of this locale and zone: in the language of the text always."""
    same_language = canonical(tag).split("-")[0] == text_locale.split("-")[0]
    return Reader(locale_of(tag if same_language else text_locale), zone_of(time_zone))


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
