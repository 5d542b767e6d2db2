"""Follows, preferences, receipts and events over a real Kafka and registry."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from cloudevents.core.bindings.http import to_binary_event
from cloudevents.core.v1.event import CloudEvent
from confluent_kafka import Consumer, Message, TopicPartition
from tidings.local.services import Endpoints
from tidings_gateway.settings import GatewaySettings
from tidings_schemas.admin import ensure_topics
from tidings_schemas.catalogue import load
from tidings_schemas.codec import Codec
from tidings_schemas.partitioner import partition_of
from tidings_schemas.producer import Producer
from tidings_schemas.registry import Registry, register_all
from tidings_schemas.topics import FOLLOWABLES, FOLLOWS, PREFERENCES, RECEIPTS, Topic, events_topic, follow_key

from tests.service.gateway_api.gateways import Gateway, on_kafka, settings

pytestmark = pytest.mark.kafka

EVENT = {
    "specversion": "1.0",
    "id": "e1",
    "source": "/gates",
    "type": "tidings.demo.Message",
    "subject": "passenger-1",
    "time": "2013-01-10T08:15:00Z",
    "data": {"user": "passenger-1", "text": "Gate B12 is open"},
}


@pytest.fixture(scope="module")
def codec(kafka: Endpoints) -> Iterator[Codec]:
    """The shipped schemas, registered."""
    registry, catalogue = Registry(kafka.registry_url), load()
    register_all(registry, catalogue)
    yield Codec(catalogue, registry)
    registry.close()


@pytest.fixture
def given(kafka: Endpoints, codec: Codec, namespace: str, tmp_path: Path) -> GatewaySettings:
    """Settings of a gateway in this test's own corner of Kafka, whose topics exist."""
    where = {"bootstrap_servers": kafka.bootstrap_servers, "registry_url": kafka.registry_url, "prefix": namespace}
    made = settings(tmp_path, **where)
    ensure_topics(made)
    return made


@pytest.fixture
async def gateway(given: GatewaySettings) -> AsyncIterator[Gateway]:
    """A gateway there."""
    async with on_kafka(given) as running:
        yield running


async def read(given: GatewaySettings, topic: Topic, count: int) -> list[Message]:
    """All records of the topic, of which there must be exactly `count`."""
    return await asyncio.to_thread(_read, given, topic, count)


def _read(given: GatewaySettings, topic: Topic, count: int) -> list[Message]:
    name = given.namespace.name(topic)
    consumer = Consumer(given.kafka(**{"group.id": "reader", "enable.partition.eof": True}))
    partitions = consumer.list_topics(name, timeout=10).topics[name].partitions
    consumer.assign([TopicPartition(name, partition, 0) for partition in partitions])
    records: list[Message] = []
    ends = 0
    while ends < len(partitions):
        message = consumer.poll(10)
        assert message is not None, "Kafka did not answer"
        if message.error() is None:
            records.append(message)
        else:
            ends += 1
    consumer.close()
    assert len(records) == count
    return records


async def test_a_follow_is_seen_by_the_next_request(gateway: Gateway) -> None:
    """Whoever writes a follow reads it back at once, every time, and no longer after its end."""
    async with gateway.client() as http:
        for number in range(25):
            topic = f"/v1/follows/flight:UA{number}"
            assert (await http.put(topic)).status_code == 204
            assert (await http.get(topic)).json()["topic"] == f"flight:UA{number}"
        assert len((await http.get("/v1/follows")).json()["follows"]) == 25
        assert (await http.delete("/v1/follows/flight:UA0")).status_code == 204
        assert (await http.get("/v1/follows/flight:UA0")).status_code == 404


async def test_a_follow_is_partitioned_by_what_is_followed(gateway: Gateway, codec: Codec) -> None:
    """Fan-out finds all followers of a topic in one partition, and compaction keeps one record a pair."""
    async with gateway.client("a|b") as http:
        await http.put("/v1/follows/airport:JFK")
        await http.delete("/v1/follows/airport:JFK")
    begun, ended = await read(gateway.settings, FOLLOWS, 2)
    assert {begun.key(), ended.key()} == {follow_key("airport:JFK", "a|b")}
    assert {begun.partition(), ended.partition()} == {partition_of("airport:JFK", gateway.settings.partitions)}
    assert (codec.decode(begun.value())[1]["user"], ended.value()) == ("a|b", None)


async def test_following_again_keeps_since(gateway: Gateway) -> None:
    """Following what one follows changes nothing."""
    async with gateway.client() as http:
        await http.put("/v1/follows/airport:JFK")
        first = (await http.get("/v1/follows/airport:JFK")).json()
        await http.put("/v1/follows/airport:JFK")
        assert (await http.get("/v1/follows/airport:JFK")).json() == first


async def test_follows_have_a_limit(given: GatewaySettings) -> None:
    """Beyond the limit a new follow is refused, an old one is not."""
    async with on_kafka(given.model_copy(update={"max_follows": 2})) as gateway, gateway.client() as http:
        answers = [(await http.put(f"/v1/follows/t:{topic}")).status_code for topic in (1, 2, 3, 2)]
    assert answers == [204, 204, 409, 204]


async def test_follows_are_private(gateway: Gateway) -> None:
    """A user's follows are in no other user's list, also not of one whose name looks like half a key."""
    async with gateway.client("alice") as http:
        await http.put("/v1/follows/airport:JFK")
    for other in ("bob", "alice|", "airport:JFK|alice", "JFK|alice"):
        async with gateway.client(other) as http:
            assert (await http.get("/v1/follows")).json() == {"follows": []}


async def test_another_gateway_and_the_next_one_know_the_same(given: GatewaySettings) -> None:
    """State lies in Kafka alone: a second gateway sees it, and a new one restores it."""
    async with on_kafka(given) as first, on_kafka(given) as second, first.client() as one, second.client() as two:
        await one.put("/v1/follows/airport:JFK")
        await one.put("/v1/preferences", json={"locale": "de"})
        while (await two.get("/v1/preferences")).json()["locale"] != "de":
            await asyncio.sleep(0.02)
        assert (await two.get("/v1/follows/airport:JFK")).status_code == 200
    async with on_kafka(given) as third, third.client() as http:
        assert (await http.get("/v1/follows/airport:JFK")).status_code == 200
        assert (await http.get("/v1/preferences")).json()["locale"] == "de"


async def test_a_preference_is_seen_by_the_next_request(gateway: Gateway, codec: Codec) -> None:
    """What a user prefers is read back at once, replaced whole, and lies in Kafka under the user."""
    wanted = {
        "locale": "pt-BR",
        "quiet_hours": {"start_minute": 1320, "end_minute": 420, "days": [1]},
        "caps": {"*": 5},
    }
    async with gateway.client() as http:
        answer = await http.put("/v1/preferences", json=wanted)
        assert answer.status_code == 200
        assert (await http.get("/v1/preferences")).json() == answer.json()
        await http.put("/v1/preferences", json={"time_zone": "Europe/Berlin"})
        assert (await http.get("/v1/preferences")).json()["locale"] == "en"
    first, second = await read(gateway.settings, PREFERENCES, 2)
    assert (first.key(), codec.decode(first.value())[1]["caps"]) == (b"passenger-1", {"*": 5})
    assert codec.decode(second.value())[1]["time_zone"] == "Europe/Berlin"


async def test_a_receipt_reaches_kafka_under_its_user(gateway: Gateway, codec: Codec) -> None:
    """What a device tells is written with the device's own id, so that a retry is the same receipt."""
    body = {"notifications": [str(uuid.uuid4())], "state": "read", "device": "phone", "id": str(uuid.uuid4())}
    async with gateway.client() as http:
        answer = await http.post("/v1/receipts", json=body)
    assert (answer.status_code, answer.json()) == (202, {"id": body["id"]})
    (record,) = await read(gateway.settings, RECEIPTS, 1)
    name, receipt = codec.decode(record.value())
    assert (record.key(), name, receipt["user"]) == (b"passenger-1", "tidings.Receipt", "passenger-1")
    assert {key: receipt[key] for key in body} == body


async def test_events_of_each_mode_reach_kafka_as_avro(gateway: Gateway, codec: Codec) -> None:
    """Structured, binary and batch events lie in their domain's topic, keyed by subject, with CloudEvents headers."""
    attributes = {name: value for name, value in EVENT.items() if name not in ("data", "time")}
    binary = to_binary_event(CloudEvent(attributes | {"id": "e2"}, EVENT["data"]))  # type: ignore[arg-type]
    batch = [EVENT | {"id": "e3"}, EVENT | {"id": "e4", "subject": "other"}]
    sent = [
        ({"content-type": "application/cloudevents+json"}, json.dumps(EVENT).encode()),
        ({**binary.headers, "content-type": "application/json"}, binary.body),
        ({"content-type": "application/cloudevents-batch+json"}, json.dumps(batch).encode()),
    ]
    async with gateway.client("gates", "publish") as http:
        answers = [await http.post("/v1/events", content=body, headers=headers) for headers, body in sent]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    receipts = {receipt["id"]: receipt for answer in answers for receipt in answer.json()["receipts"]}
    records = await read(gateway.settings, events_topic("demo"), 4)
    for record in records:
        headers = dict(record.headers() or [])
        receipt = receipts[headers["ce_id"].decode()]
        assert (receipt["partition"], receipt["offset"]) == (record.partition(), record.offset())
        assert codec.decode(record.value())[1]["text"] == "Gate B12 is open"
        assert (headers["ce_type"], record.key()) == (b"tidings.demo.Message", headers["ce_subject"])


async def test_one_bad_event_keeps_the_whole_batch_out(gateway: Gateway) -> None:
    """A batch is checked before anything is written: the bad ones are named, the good ones wait with them."""
    bad = EVENT | {"id": "e2", "data": {"text": 5}}
    body = json.dumps([EVENT, bad, EVENT | {"id": "e3"}])
    async with gateway.client("gates", "publish") as http:
        answer = await http.post(
            "/v1/events", content=body, headers={"content-type": "application/cloudevents-batch+json"}
        )
    assert (answer.status_code, [(e["index"], e["field"]) for e in answer.json()["errors"]]) == (422, [(1, "text")])
    await read(gateway.settings, events_topic("demo"), 0)


async def test_an_event_of_an_unknown_domain_is_refused(gateway: Gateway) -> None:
    """A type without a schema is the sender's fault, and the answer names the types that there are."""
    async with gateway.client("gates", "publish") as http:
        answer = await http.post(
            "/v1/events",
            content=json.dumps(EVENT | {"type": "tidings.trains.TrainDelayed"}),
            headers={"content-type": "application/cloudevents+json"},
        )
    assert (answer.status_code, "tidings.demo.Message" in answer.json()["detail"]) == (422, True)


async def test_an_oversize_event_is_refused(gateway: Gateway) -> None:
    """More than `TIDINGS_MAX_EVENT_BYTES` is too large over HTTP as from Python, and nothing is written."""
    large = EVENT | {"data": EVENT["data"] | {"text": "x" * 300_000}}  # type: ignore[operator]
    async with gateway.client("gates", "publish") as http:
        answer = await http.post(
            "/v1/events", content=json.dumps(large), headers={"content-type": "application/cloudevents+json"}
        )
    assert (answer.status_code, "TIDINGS_MAX_EVENT_BYTES" in answer.json()["detail"]) == (413, True)
    await read(gateway.settings, events_topic("demo"), 0)


async def test_what_is_announced_is_found(gateway: Gateway, codec: Codec) -> None:
    """What a source announces as followable is found soon after, and not after it is withdrawn."""
    airport: dict[str, Any] = {"topic": "airport:JFK", "kind": "airport", "title": "John F Kennedy Intl (JFK)"}
    async with gateway.client() as http, Producer(gateway.settings) as producer:
        value = codec.encode("tidings.Followable", airport | {"latitude": 40.6, "longitude": -73.8})
        await (await producer.produce_async(FOLLOWABLES, b"airport:JFK", value))
        while not (found := (await http.get("/v1/topics?q=kenn")).json()["topics"]):
            await asyncio.sleep(0.02)
        assert found == [airport | {"subtitle": "", "latitude": 40.6, "longitude": -73.8}]
        await (await producer.produce_async(FOLLOWABLES, b"airport:JFK", None))
        while (await http.get("/v1/topics?q=kenn")).json()["topics"]:
            await asyncio.sleep(0.02)


async def test_garbage_in_a_state_topic_is_passed_over(given: GatewaySettings) -> None:
    """An undecodable or foreign record does not keep a gateway from its good neighbours."""
    with Producer(given) as producer:
        for value in (b"garbage", b"\0\xff\xff\xff\xffno such schema", b""):
            producer.produce(PREFERENCES, b"victim", value)
            producer.produce(FOLLOWS, b"a|victim", value)
    async with on_kafka(given) as gateway, gateway.client() as http:
        assert (await http.put("/v1/follows/airport:JFK")).status_code == 204
        assert (await http.put("/v1/preferences", json={"locale": "de"})).status_code == 200
        assert (await http.get("/v1/follows/airport:JFK")).status_code == 200


async def test_it_is_ready(gateway: Gateway) -> None:
    """With Kafka there and everything read, the gateway says that it is ready."""
    async with gateway.client(None) as http:
        while not (answer := (await http.get("/readyz")).json())["ready"]:
            await asyncio.sleep(0.02)
    assert answer["problems"] == []
