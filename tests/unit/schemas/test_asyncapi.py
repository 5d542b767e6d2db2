"""The AsyncAPI document says all that lies on Kafka."""

import json
from typing import Any

import pytest
from tidings_schemas import asyncapi, catalogue, topics


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """As JSON has it."""
    made: dict[str, Any] = json.loads(json.dumps(asyncapi.document(catalogue.load(), "1.2.3", partitions=4)))
    return made


def test_every_record_lies_on_a_channel(document: dict[str, Any]) -> None:
    """A schema that is added to Tidings cannot be left out."""
    said = {name for channel in document["channels"].values() for name in channel["messages"]}
    assert said == {schema.name for schema in catalogue.load()} == set(document["components"]["messages"])


def test_every_topic_of_avro_records_is_a_channel(document: dict[str, Any]) -> None:
    """All but rules and control, which hold texts of their own."""
    core = {topic.name for topic in topics.CORE} - {"rules", "control"}
    assert set(document["channels"]) == core | {f"events.{d}" for d in (*topics.DOMAINS, "eventstreams")}


def test_references_lead_somewhere(document: dict[str, Any]) -> None:
    """As a reader of the document follows them."""
    for reference in references(document):
        place: Any = document
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]
        assert place


def references(part: Any) -> list[str]:
    """All `$ref` beneath a part of the document."""
    if isinstance(part, list):
        return [found for one in part for found in references(one)]
    if not isinstance(part, dict):
        return []
    here = [part["$ref"]] if "$ref" in part else []
    return here + [found for one in part.values() for found in references(one)]


def test_a_channel_says_how_its_topic_is_kept(document: dict[str, Any]) -> None:
    """Partitions, cleanup and retention as `tidings prepare` makes them."""
    follows, notifications = (document["channels"][name]["bindings"]["kafka"] for name in ("follows", "notifications"))
    assert follows["topicConfiguration"]["cleanup.policy"] == ["compact"]
    assert notifications["topicConfiguration"]["retention.ms"] == 14 * topics.DAY_MS
    assert notifications["partitions"] == 4
