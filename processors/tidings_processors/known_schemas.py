"""The registry as the stages see it: it answers from memory or not at all, so that no stage ever waits for HTTP.

What is missing is asked for outside the event loop, and the stage tries again.
"""

import asyncio
from collections.abc import Callable, Iterable
from time import monotonic

from tidings_schemas.catalogue import Schema
from tidings_schemas.errors import RegistryUnavailable, UnknownSchemaId
from tidings_schemas.registry import Registry

#: How long an id that the registry does not have is not asked for again, seconds: it may be given out later.
_NEGATIVE_S = 30.0


class SchemaPending(RegistryUnavailable):
    """A schema is not known here yet; `ask` fetches it (blocking)."""

    def __init__(self, message: str, ask: Callable[[], object]) -> None:
        super().__init__(message)
        self.ask = ask


class KnownSchemas:
    """Schemas that the registry told before; a `tidings_schemas.codec.Schemas`."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._by_id: dict[int, Schema] = {}
        self._ids: dict[str, int] = {}
        self._missing: dict[int, tuple[float, str]] = {}

    def by_id(self, schema_id: int) -> Schema:
        """See `Schemas.by_id`; raises `SchemaPending` for an id that was not fetched yet."""
        schema = self._by_id.get(schema_id)
        if schema is not None:
            return schema
        missing = self._missing.get(schema_id)
        if missing is not None and monotonic() - missing[0] < _NEGATIVE_S:
            raise UnknownSchemaId(missing[1])
        raise SchemaPending(f"schema id {schema_id} is not known here yet", lambda: self.fetch(schema_id))

    def id_of(self, schema: Schema) -> int:
        """See `Schemas.id_of`; raises `SchemaPending` for a schema that was not fetched yet."""
        if schema.name not in self._ids:
            raise SchemaPending(f"the id of {schema.name} is not known here yet", lambda: self.learn([schema]))
        return self._ids[schema.name]

    def fetch(self, schema_id: int) -> None:
        """Asks the registry for an id, blocking; that there is none is remembered for a while.

        Raises:
            RegistryUnavailable: no answer.
        """
        try:
            self._by_id[schema_id] = self._registry.by_id(schema_id)
        except UnknownSchemaId as error:
            self._missing[schema_id] = (monotonic(), str(error))

    def learn(self, schemas: Iterable[Schema]) -> None:
        """Asks the registry for the ids of schemas, blocking.

        Raises:
            SchemaNotRegistered: run `tidings schemas register`.
            RegistryUnavailable: no answer.
        """
        for schema in schemas:
            self._ids[schema.name] = self._registry.id_of(schema)


async def resolve(pending: SchemaPending) -> None:
    """Fetches what is pending, off the event loop. Raises `RegistryUnavailable` if there is no answer."""
    await asyncio.to_thread(pending.ask)
