"""What a draft says in a locale and time zone; worked out once for all users who read it the same way."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from tidings_schemas.codec import Codec
from tidings_schemas.errors import InvalidEvent

from .avro_bytes import Joins, join_of
from .condition import ENVELOPE
from .failures import RuleFailed
from .formats import Reader, locale_of, zone_of
from .notification_bytes import NotificationParts
from .rules import Rule
from .template import Words
from .text import reader_of

_KEPT = 1024  # wordings
_KEPT_BYTES = 8 * 1024  # larger events are not kept
_NEUTRAL = Reader(locale_of("en"), zone_of("UTC"))  # a collapse key must be the same for every reader
_MAX_KEY, _MAX_URL = 512, 2048  # characters


class Event(NamedTuple):
    """What a draft says of its event; `time_ms` is ms since 1970."""

    id: str
    source: str
    type: str
    subject: str
    time_ms: int
    payload: bytes


class Wording(NamedTuple):
    """A notification's words and the encoded parts that all its readers share; `locale` is that of title and body."""

    title: str
    body: str
    url: str | None
    collapse_key: str | None
    locale: str
    parts: tuple[bytes, bytes]


class Rendering:
    """Renders drafts.

    Args:
        codec: decodes the events that drafts carry.
        joins: makes what encodes the words.
    """

    def __init__(self, codec: Codec, joins: Joins = join_of) -> None:
        self._decode = codec.decode
        self._parts = NotificationParts(joins)
        self._decoded: tuple[bytes, Rule | None, tuple[str, dict[str, Any]]] = b"", None, ("", {})
        self._render_once = lru_cache(_KEPT)(self._render)

    def of(self, rule: Rule, event: Event, locale: str, time_zone: str) -> Wording:
        """The draft's wording.

        Raises:
            RuleFailed: a template of the rule fails for this event, or makes no sound title or url.
            UndecodableValue, UnknownSchemaId, RegistryUnavailable: as `Codec.decode` of the event.
            InvalidEvent: the event is of another type than the rule's.
        """
        render = self._render_once if len(event.payload) <= _KEPT_BYTES else self._render
        return render(rule, event, locale, time_zone)

    def _render(self, rule: Rule, event: Event, locale: str, time_zone: str) -> Wording:
        name, variables = self._variables(rule, event.payload)
        if name != rule.event_type:
            raise InvalidEvent(f"the rule {rule.name!r} is about {rule.event_type} now, the draft's event is a {name}")
        try:
            if ENVELOPE in rule.words_use:
                variables = {ENVELOPE: _attributes(event), **variables}
            return self._wording(rule, event, variables, locale, time_zone)
        except Exception as error:  # whatever a template raises is the rule's failure
            raise RuleFailed(f"{type(error).__name__}: {error}", rule.name) from error

    def _wording(self, rule: Rule, event: Event, variables: Mapping[str, Any], locale: str, time_zone: str) -> Wording:
        text = rule.texts.pick(locale)
        title, body = text.render(variables, reader_of(text.locale, locale, time_zone))
        key = _neutral(rule.collapse_key, variables, _MAX_KEY)
        url = _checked(_neutral(rule.url, variables, _MAX_URL))
        words = self._parts.words(
            title, body, url, rule.priority, key, text.locale, event.id, event.type, event.time_ms
        )
        return Wording(title, body, url, key, text.locale, (self._parts.rule(rule.name, rule.kind), words))

    def _variables(self, rule: Rule, payload: bytes) -> tuple[str, dict[str, Any]]:
        """(type of the event, those of its fields that the rule mentions); kept for the next reader of the same."""
        of, by, variables = self._decoded
        if of is not payload or by is not rule:
            variables = self._decode(payload, rule.words_use)
            self._decoded = payload, rule, variables
        return variables


def _attributes(event: Event) -> dict[str, Any]:
    time = datetime.fromtimestamp(event.time_ms / 1000, UTC)
    return {"id": event.id, "source": event.source, "type": event.type, "subject": event.subject, "time": time}


def _neutral(words: Words | None, variables: Mapping[str, Any], limit: int) -> str | None:
    return (words.render(variables, _NEUTRAL)[:limit] or None) if words is not None else None


def _checked(url: str | None) -> str | None:
    """An address of the web, or a path of this site: never a script."""
    if url is None:
        return None
    parts = urlsplit(url)
    if parts.scheme in ("http", "https") and parts.netloc:
        return url
    if url.startswith("/") and not url.startswith(("//", "/\\")):
        return url
    raise ValueError(f"{url!r} is no address: it must begin with https://, http:// or /")
