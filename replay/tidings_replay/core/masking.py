"""Personal data: fields with the property `"personal": true` in their Avro schema are masked, unless a role allows
them.

A text becomes a pseudonym, `masked:` and 16 hex digits of a keyed hash: the same person stays the same within one
export, so counting and joining still work, and without the secret nobody can try names against it. Other types, bytes
among them, become null: what took their place would pass for what was there. Where a topic's key is a user, holds one,
or may be one, key and subject are masked as well; so is any key that equals a masked text.
"""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from tidings_schemas.catalogue import Catalogue
from tidings_schemas.topics import CORE, DEAD_LETTERS, EVENTS_PREFIX, FOLLOWS, RULES, domain_of

from .arrow import arrow_schema

#: Topics whose keys are users. A dead letter has the key of the record that it holds, which may be one.
_KEYED_BY_USER = frozenset((DEAD_LETTERS.name, *(t.name for t in CORE if t.key.split()[0] == "user")))
PREFIX = "masked:"


@dataclass(frozen=True, slots=True)
class Classification:
    """What an export says of its own data: `public`, `personal` (in clear) or `masked`; and the fields, dotted."""

    level: str
    fields: tuple[str, ...]

    def metadata(self) -> dict[str, str]:
        """For a file's own metadata."""
        return {"tidings.classification": self.level, "tidings.personal-fields": ",".join(self.fields)}


class Mask:
    """Masks personal data with pseudonyms under `secret`."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._known: dict[str, str] = {}

    def pseudonym(self, text: str) -> str:
        """The pseudonym of `text`."""
        found = self._known.get(text)
        if found is None:
            if len(self._known) > 200_000:  # bounded memory; the hash gives the same again
                self._known.clear()
            digest = hmac.new(self._secret, text.encode(), hashlib.sha256).hexdigest()[:16]
            found = self._known[text] = PREFIX + digest
        return found

    def data(self, data: pa.RecordBatch) -> pa.RecordBatch:
        """The columns with what is personal masked; the schema stays."""
        if not any(has_personal(f) for f in data.schema):
            return data
        columns = [self._column(c, f) for c, f in zip(data.columns, data.schema, strict=True)]
        return pa.RecordBatch.from_arrays(columns, schema=data.schema)

    def envelope(self, topic: str, envelope: pa.RecordBatch, data: pa.RecordBatch) -> pa.RecordBatch:
        """Key and subject masked where they tell a person; `data` is not masked yet."""
        change = self._key_mask(topic, data)
        if change is None:
            return envelope
        keys, subjects = envelope.column("_key").to_pylist(), envelope.column("_subject").to_pylist()
        masked = [[change(row, text) for row, text in enumerate(texts)] for texts in (keys, subjects)]
        for name, texts in zip(("_key", "_subject"), masked, strict=True):
            at = envelope.schema.get_field_index(name)
            envelope = envelope.set_column(at, envelope.schema.field(at), pa.array(texts, pa.string()))
        return envelope

    def _key_mask(self, topic: str, data: pa.RecordBatch) -> Callable[[int, str | None], str | None] | None:
        if topic in _KEYED_BY_USER:
            return lambda _, text: None if text is None else self.pseudonym(text)
        if topic == FOLLOWS.name:
            return lambda _, text: None if text is None else self._follow(text)
        personal = [
            column.to_pylist()
            for column, f in zip(data.columns, data.schema, strict=True)
            if is_personal(f) and pa.types.is_string(f.type)
        ]
        if not personal:
            return None
        return lambda row, text: self.pseudonym(text) if text and any(c[row] == text for c in personal) else text

    def _follow(self, text: str) -> str:
        topic, separator, user = text.partition("|")
        return topic + separator + (self.pseudonym(user) if user else "")

    def _column(self, column: pa.Array, field: pa.Field) -> pa.Array:
        if not has_personal(field):
            return column
        return pa.array([self._value(value, field, False) for value in column.to_pylist()], field.type)

    def _value(self, value: Any, field: pa.Field, within: bool) -> Any:
        within = within or is_personal(field)
        if value is None:
            return None
        kind = field.type
        if pa.types.is_struct(kind):
            return {f.name: self._value(value[f.name], f, within) for f in kind}
        if pa.types.is_list(kind):
            return [self._value(item, kind.value_field, within) for item in value]
        if pa.types.is_map(kind):
            return [
                (self.pseudonym(key) if within else key, self._value(item, kind.item_field, within))
                for key, item in value
            ]
        if not within:
            return value
        return self.pseudonym(value) if pa.types.is_string(kind) else None


def may_hold_personal(topic: str, catalogue: Catalogue) -> bool:
    """Whether bytes of a topic (bare name) that nobody can decode may hold personal data.

    They may not where every known event of the topic's domain is free of it; of other topics nobody knows.
    """
    if topic == RULES.name:
        return False
    domain = topic.removeprefix(EVENTS_PREFIX) if topic.startswith(EVENTS_PREFIX) else None
    events = [schema for schema in catalogue if domain_of(schema.name) == domain]
    return not events or any(personal_fields(arrow_schema(schema.json)) for schema in events)


def is_personal(field: pa.Field) -> bool:
    """The field itself is marked."""
    return bool(field.metadata) and field.metadata.get(b"personal") == b"true"


def has_personal(field: pa.Field) -> bool:
    """The field, or one within it, is marked."""
    if is_personal(field):
        return True
    kind = field.type
    if pa.types.is_struct(kind):
        return any(has_personal(f) for f in kind)
    if pa.types.is_list(kind):
        return has_personal(kind.value_field)
    return bool(pa.types.is_map(kind)) and has_personal(kind.item_field)


def personal_fields(schema: pa.Schema) -> tuple[str, ...]:
    """Dotted paths of marked fields."""
    return tuple(path for f in schema for path in _paths(f, ""))


def _paths(field: pa.Field, prefix: str) -> list[str]:
    path = prefix + field.name
    if is_personal(field):
        return [path]
    kind = field.type
    if pa.types.is_list(kind):
        kind = kind.value_type
    elif pa.types.is_map(kind):
        kind = kind.item_type
    return [p for f in kind for p in _paths(f, path + ".")] if pa.types.is_struct(kind) else []


def classification(schemas: list[pa.Schema], masked: bool) -> Classification:
    """What data of these schemas is."""
    fields = tuple(sorted({path for schema in schemas for path in personal_fields(schema)}))
    return Classification("public" if not fields else "masked" if masked else "personal", fields)
