"""The registry client against a real registry."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tidings.local.services import Endpoints
from tidings_chaos.tcp_proxy import Proxy
from tidings_schemas import catalogue
from tidings_schemas.catalogue import Catalogue, Schema, schema_from_json
from tidings_schemas.codec import Codec
from tidings_schemas.errors import Refused, RegistryUnavailable, SchemaNotRegistered, UnknownSchemaId
from tidings_schemas.registry import Registry, register_all

pytestmark = pytest.mark.kafka

TEXT = {"name": "text", "type": "string"}
COUNT = {"name": "count", "type": "int", "default": 0}


@pytest.fixture
def name() -> str:
    """A record's name that nobody has used."""
    return f"Test{uuid.uuid4().hex}"


def _schema(name: str, *fields: dict[str, Any]) -> Schema:
    return schema_from_json({"type": "record", "name": name, "namespace": "tests", "fields": list(fields)})


def test_registering_again_changes_nothing(registry: Registry) -> None:
    """One command, as often as one likes: the same ids, and one version each."""
    shipped = list(catalogue.load())
    first = register_all(registry, shipped)
    versions = {schema.name: registry.versions_of(schema.name) for schema in shipped}
    assert register_all(registry, shipped) == first
    assert {schema.name: registry.versions_of(schema.name) for schema in shipped} == versions
    assert set(first) == {schema.name for schema in shipped}


def test_several_may_register_at_once(kafka: Endpoints) -> None:
    """As services do that start together: all get the same ids, and nobody is told of a conflict with themselves."""
    schemas = [_schema(f"Test{uuid.uuid4().hex}", TEXT) for _ in range(5)]
    registries = [Registry(kafka.registry_url) for _ in range(8)]
    with ThreadPoolExecutor(len(registries)) as threads:
        found = list(threads.map(lambda registry: register_all(registry, schemas), registries))
    assert found == [found[0]] * len(registries)
    assert [registries[0].versions_of(schema.name) for schema in schemas] == [[1]] * len(schemas)
    for registry in registries:
        registry.close()


def test_what_is_registered_comes_back_by_id(registry: Registry, kafka: Any, name: str) -> None:
    """Another client finds the schema that wrote a value."""
    schema = _schema(name, TEXT)
    schema_id = registry.register(schema)
    other = Registry(kafka.registry_url)
    assert other.by_id(schema_id) == schema
    assert other.id_of(schema) == schema_id
    other.close()


def test_a_later_version_may_add_what_has_a_default(registry: Registry, name: str) -> None:
    """History grows, oldest first."""
    one, two = _schema(name, TEXT), _schema(name, TEXT, COUNT)
    register_all(registry, [one])
    register_all(registry, [two])
    assert registry.versions(one.name) == [one, two]


def test_an_incompatible_version_is_refused(registry: Registry, name: str) -> None:
    """A field without a default would make old events unreadable."""
    register_all(registry, [_schema(name, TEXT)])
    with pytest.raises(Refused, match="incompatible"):
        register_all(registry, [_schema(name, TEXT, {"name": "user", "type": "string"})])
    assert len(registry.versions_of(f"tests.{name}")) == 1


def test_all_earlier_versions_count(registry: Registry, name: str) -> None:
    """What only the first version forbids is refused too: compatibility is transitive."""
    register_all(registry, [_schema(name, TEXT)])
    register_all(registry, [_schema(name, TEXT, COUNT)])
    count_without_default = {
        "name": "count",
        "type": "int",
    }  # readable with the second version's events, not the first's
    with pytest.raises(Refused, match="incompatible"):
        register_all(registry, [_schema(name, TEXT, count_without_default)])


def test_a_schema_nobody_registered_is_told(registry: Registry, name: str) -> None:
    """With the command that registers it."""
    with pytest.raises(SchemaNotRegistered, match="tidings schemas register"):
        registry.id_of(_schema(name, TEXT))


def test_an_id_nobody_has_is_permanent(registry: Registry) -> None:
    """The registry answered, so waiting would not help."""
    with pytest.raises(UnknownSchemaId, match="2147483000"):
        registry.by_id(2147483000)


def test_while_the_registry_is_away_known_ids_go_on(proxied: Registry, proxy: Proxy, name: str) -> None:
    """What was asked once is known for good; what was not raises a transient error, and passes when it is back."""
    known, unknown = _schema(name, TEXT), _schema(name + "b", TEXT)
    both = Catalogue([known, unknown])
    known_id, unknown_id = proxied.register(known), Registry(str(proxied.url)).register(unknown)
    codec = Codec(both, proxied)
    value = codec.encode(known.name, {"text": "before"})
    proxy.cut()
    assert codec.decode(value) == (known.name, {"text": "before"})
    assert codec.encode(known.name, {"text": "before"}) == value
    with pytest.raises(RegistryUnavailable):
        proxied.id_of(unknown)
    with pytest.raises(RegistryUnavailable):
        proxied.by_id(unknown_id)
    proxy.mend()
    assert proxied.by_id(unknown_id) == unknown
    assert proxied.id_of(unknown) == unknown_id != known_id


def test_nobody_there_is_transient(name: str) -> None:
    """A wrong address says which one it was."""
    with pytest.raises(RegistryUnavailable, match=r"127\.0\.0\.1:1"):
        Registry("http://127.0.0.1:1/").id_of(_schema(name, TEXT))
