"""What is held outlives the worker that held it, whichever version that was."""

from typing import Any

from tidings_processors.core.policy.entry import Entry
from tidings_processors.core.untimed import untimed_codec
from tidings_schemas.catalogue import Catalogue, Schema
from tidings_schemas.codec import Codec, FixedSchemas
from tidings_schemas.history import folder_of, versions

from tests.unit.processors.builders import CATALOGUE, CODEC, NOW_MS, UNTIMED, rule_text, rules
from tests.unit.processors.policy.world import World

OLDER = versions(folder_of(CATALOGUE[Entry.avro_name]))[0]
RULES = rules(rule_text("d", digest="{every: 10m, most: 12}", text='{en: {title: "{{ text }}"}}'))


class Registry(FixedSchemas):
    """One that remembers what policy entries were like at first."""

    def by_id(self, schema_id: int) -> Schema:
        return OLDER if schema_id == 1_000 else super().by_id(schema_id)

    def id_of(self, schema: Schema) -> int:
        return 1_000 if schema is OLDER else super().id_of(schema)


REGISTRY = Registry(CATALOGUE)
OLDER_CODEC = Codec(Catalogue([OLDER]), REGISTRY)


def a_world_that_holds(count: int) -> World:
    world = World(RULES, NOW_MS)
    for n in range(count):
        world.draft("ann", "d", n)
    world.work()
    world.ack_all()
    return world


def as_an_older_worker_wrote_it(value: bytes | None) -> Entry:
    fields = UNTIMED.decode(value)[1]
    written = OLDER_CODEC.encode(OLDER.name, {name: fields[name] for name in OLDER.fields})
    return Entry.from_avro(untimed_codec(CATALOGUE, REGISTRY).decode(written)[1])


def test_what_an_older_worker_held_is_told() -> None:
    """With ten titles, since it knew of no `most`."""
    world = a_world_that_holds(15)
    world.policy = [
        (key, CODEC.encode(Entry.avro_name, as_an_older_worker_wrote_it(value).to_avro()))
        for key, value in world.policy
    ]
    world.start()
    world.settle()
    assert [(told["count"], len(told["items"])) for told in world.told] == [(15, 10)]


def test_an_older_worker_reads_what_a_newer_held() -> None:
    """While one takes the place of the other, a partition may go back."""
    ((_, value),) = a_world_that_holds(1).policy
    found: dict[str, Any] = untimed_codec(Catalogue([OLDER]), REGISTRY).decode(value)[1]
    assert found == {name: read for name, read in UNTIMED.decode(value)[1].items() if name in OLDER.fields}
