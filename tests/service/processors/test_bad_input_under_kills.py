"""Five hundred bad records among ten thousand, while workers are killed: none harms another, none is forgotten."""

import signal
from collections import Counter
from functools import partial
from itertools import pairwise

import pytest
from confluent_kafka import Message, Producer
from tidings_chaos.poison import Poison, digest_of
from tidings_schemas.cloudevents import headers_of
from tidings_schemas.partitioner import partition_of

from tests.service.processors.harness import PARTITIONS, Place, message, until

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(420)]  # each kill costs a session's time, on any machine

EVENTS, BAD_IN = 10_000, 20  # every twentieth is bad
USERS = 50
KILLS = 3
# Ten records a run and 20 ms before each produce bound a worker by the clock, not by its core: on a fast machine
# too, a kill comes while most is still to be done.
SLOWLY = {"TIDINGS_MAX_RUN": "10", "TIDINGS_LINGER_MS": "20"}


def test_five_hundred_bad_of_ten_thousand_are_buried_and_the_rest_is_told(place: Place) -> None:
    """9,500 are told, each user's in order; 500 of fifteen kinds are dead letters with place, class, text and bytes."""
    bad = put_all(place)
    seen = 0
    for _ in range(KILLS):
        with place.worker(wait=False, **SLOWLY) as worker:
            until(partial(lambda before: place.end("notifications") > before, seen), "some are written", 120)
            worker.kill(signal.SIGKILL)
        seen = place.end("notifications")
        assert seen < EVENTS - len(bad), "killed too late to prove anything"
    with place.worker():
        until(lambda: place.end("notifications") >= EVENTS - len(bad), "all are told", 120)
        letters = {(one.partition, one.offset): one for one in place.wait_dead(len(bad))}
    assert set(letters) == set(bad)
    for spot, (kind, error, digest) in bad.items():
        letter = letters[spot]
        assert (letter.topic, letter.stage, letter.error_class) == ("events.demo", "match", error), kind
        assert letter.error_text, kind
        assert digest_of(letter.value) == digest, kind
    assert set(Counter(kind for kind, _, _ in bad.values()).values()) <= {33, 34}
    everyone_was_told_in_order(place)


def everyone_was_told_in_order(place: Place) -> None:
    """Every good event, each user's in their order, whatever was written twice in between."""
    told = {name: list(dict.fromkeys(map(int, titles))) for name, titles in place.told().items()}
    assert sum(map(len, told.values())) == EVENTS - EVENTS // BAD_IN
    swapped = {
        user: next((a, b) for a, b in pairwise(titles) if a > b)
        for user, titles in told.items()
        if titles != sorted(titles)
    }
    assert not swapped


def put_all(place: Place) -> dict[tuple[int, int], tuple[str, str, str]]:
    """Writes them; returns (kind, error class, digest) of the bad ones by (partition, offset)."""
    kinds = Poison(place.codec).all()
    assert len(kinds) == 15
    bad: dict[tuple[int, int], tuple[str, str, str]] = {}
    # Idempotent, as every publisher: else a batch that is sent again (a new topic has no leader yet) comes behind
    # those that were sent after it.
    config = {"enable.idempotence": True, "linger.ms": 5, "message.max.bytes": 1_000_000}
    producer = Producer(place.settings.kafka(**config))
    name = place.settings.namespace.name("events.demo")

    def note(told: tuple[str, str, str], error: object, written: Message) -> None:
        assert error is None
        bad[written.partition(), written.offset()] = told  # type: ignore[index]

    for number in range(EVENTS):
        if number % BAD_IN == 0:
            one = kinds[number // BAD_IN % len(kinds)]
            told = one.kind, one.error, one.digest
            partition = number // BAD_IN % PARTITIONS
            producer.produce(
                name,
                one.value,
                b"k",
                partition,
                headers=one.headers,  # type: ignore[arg-type]
                on_delivery=partial(note, told),
            )
        else:
            user = f"u{number % USERS}"
            good = message(user, text=str(number))
            value, partition = place.codec.encode(good.type, good.data), partition_of(user, PARTITIONS)
            producer.produce(name, value, user.encode(), partition, headers=headers_of(good))  # type: ignore[arg-type]
        producer.poll(0)
    assert producer.flush(60) == 0
    assert len(bad) == EVENTS // BAD_IN
    return bad
