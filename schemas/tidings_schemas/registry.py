"""Shell: a schema registry over HTTP (Confluent's API, as Apicurio, Karapace and Confluent serve it).

Ids never change, so what was asked once is known for good: while the registry is down, known ids go on and
unknown ones raise `RegistryUnavailable`, which callers wait out.
"""

import json
import threading
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

import httpx

from .catalogue import Schema, schema_from_json
from .errors import Refused, RegistryUnavailable, SchemaNotRegistered, UnknownSchemaId

_JSON = {"content-type": "application/vnd.schemaregistry.v1+json"}


class Registry:
    """A registry client with a cache for good; safe to share between threads.

    Args:
        url: base of the Confluent API, such as `http://127.0.0.1:8081/apis/ccompat/v7`.
        auth: `user:password` for basic authentication, or empty.
        timeout: seconds for each call.
    """

    def __init__(self, url: str, auth: str = "", timeout: float = 5.0) -> None:
        self.url = url
        user, _, password = auth.partition(":")
        self._http = httpx.Client(
            base_url=url.rstrip("/"),
            timeout=timeout,
            headers=_JSON,
            auth=(user, password) if auth else None,
            verify=not url.startswith("http:"),  # without TLS the certificates would be read for nothing, in 50 ms
        )
        self._by_id: dict[int, Schema] = {}
        self._ids: dict[str, int] = {}
        self._lock = threading.Lock()

    def by_id(self, schema_id: int) -> Schema:
        """The schema of this id, asked once. See `codec.Schemas.by_id`."""
        if schema_id not in self._by_id:
            answer = self._call("GET", f"/schemas/ids/{schema_id}")
            if answer.status_code == 404:
                raise UnknownSchemaId(f"the registry has no schema of id {schema_id}")
            try:
                self._by_id[schema_id] = schema_from_json(json.loads(self._body(answer)["schema"]))
            except ValueError as error:
                raise UnknownSchemaId(f"schema id {schema_id} is no Avro record: {error}") from error
        return self._by_id[schema_id]

    def id_of(self, schema: Schema) -> int:
        """The id of a registered schema, asked once. See `codec.Schemas.id_of`."""
        with self._lock:
            if schema.name not in self._ids:
                answer = self._call("POST", f"/subjects/{quote(schema.name)}", {"schema": schema.text})
                if answer.status_code == 404:
                    raise SchemaNotRegistered(f"{schema.name} is not registered: run `tidings schemas register`")
                self._remember(schema, self._body(answer)["id"])
            return self._ids[schema.name]

    def register(self, schema: Schema) -> int:
        """Registers the schema under its name; doing so again changes nothing. Returns the id.

        Raises:
            Refused: the registry says that it is incompatible with what was there.
            RegistryUnavailable: no answer.
        """
        subject = quote(schema.name)
        answer = self._call("POST", f"/subjects/{subject}/versions", {"schema": schema.text})
        if answer.status_code == 409:
            raise Refused(f"{schema.name} is incompatible with its registered versions: {answer.text}")
        self._remember(schema, self._body(answer)["id"])
        return self._ids[schema.name]

    def set_compatibility(self, name: str, level: str = "BACKWARD_TRANSITIVE") -> None:
        """Sets the compatibility level of one subject."""
        answer = self._put_level(name, level)
        if answer.status_code == 409:  # somebody else was setting it for the first time; Apicurio takes it now
            answer = self._put_level(name, level)
        self._body(answer)

    def versions(self, name: str) -> list[Schema]:
        """Every registered version of a subject, oldest first; empty when there is none."""
        paths = [f"/subjects/{quote(name)}/versions/{version}" for version in self.versions_of(name)]
        bodies = [self._body(self._call("GET", path)) for path in paths]
        return [schema_from_json(json.loads(body["schema"])) for body in bodies]

    def versions_of(self, name: str) -> list[int]:
        """The numbers of a subject's registered versions; empty when there is none."""
        answer = self._call("GET", f"/subjects/{quote(name)}/versions")
        return [] if answer.status_code == 404 else list(self._body(answer))

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def _put_level(self, name: str, level: str) -> httpx.Response:
        return self._call("PUT", f"/config/{quote(name)}", {"compatibility": level})

    def _remember(self, schema: Schema, schema_id: int) -> None:
        self._ids[schema.name] = schema_id
        self._by_id.setdefault(schema_id, schema)

    def _call(self, method: str, path: str, body: Any = None) -> httpx.Response:
        try:
            answer = self._http.request(method, path, content=json.dumps(body) if body is not None else None)
        except httpx.HTTPError as error:
            raise RegistryUnavailable(
                f"no answer from the schema registry at {self._http.base_url}: {error}"
            ) from error
        if answer.status_code >= 500 or answer.status_code == 429:
            raise RegistryUnavailable(f"the schema registry answered {answer.status_code}: {answer.text[:200]}")
        return answer

    def _body(self, answer: httpx.Response) -> Any:
        if answer.status_code >= 400:
            raise Refused(f"the schema registry answered {answer.status_code}: {answer.text[:300]}")
        return answer.json()


def register_all(registry: Registry, schemas: Iterable[Schema]) -> dict[str, int]:
    """Registers every schema, each held to BACKWARD_TRANSITIVE; idempotent. Returns ids by name.

    Raises:
        Refused: a schema is incompatible with what is registered under its name.
        RegistryUnavailable: no answer.
    """
    ids = {}
    for schema in schemas:
        known = bool(registry.versions_of(schema.name))
        if known:  # before, so that this very version is held to it
            registry.set_compatibility(schema.name)
        ids[schema.name] = registry.register(schema)
        if not known:  # only now is there a subject to set it for
            registry.set_compatibility(schema.name)
    return ids
