"""`tidings shards`: which gateway serves which partition, and moving one."""

import json as jsonlib
from typing import Annotated

import typer
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from rich.console import Console
from rich.table import Table
from tidings_schemas.errors import BrokerUnavailable
from tidings_schemas.partitioner import partition_of
from tidings_schemas.producer import Producer
from tidings_schemas.settings import Settings
from tidings_schemas.topics import CONTROL, NOTIFICATIONS

from .core.shards import Shards, default_addresses, format_moves, parse_moves
from .shard_table import KEY

app = typer.Typer(no_args_is_help=True, help="Say which gateway serves which partition, and move partitions.")

_PATIENCE_S = 10.0

Count = Annotated[int, typer.Option("--shards", "-n", min=1, help="How many shards there are.")]


@app.command()
def show(
    shards: Count,
    user: Annotated[str | None, typer.Option("--user", "-u", help="Only where this user is served.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Print each partition's shard.

    Examples:

        tidings shards show --shards 2

        tidings shards show --shards 2 --user passenger-1
    """
    settings = Settings()
    moves = read(settings)
    placed = Shards(0, default_addresses(shards)).moved(moves)
    count = _partitions(settings)
    wanted = range(count) if user is None else [partition_of(user, count)]
    if json:
        print(jsonlib.dumps({"partitions": {p: placed.owner(p) for p in wanted}, "moves": moves}))
        return
    table = Table("partition", "shard", "")
    for partition in wanted:
        table.add_row(str(partition), str(placed.owner(partition)), "moved" if partition in placed.moves else "")
    Console().print(table)


@app.command()
def move(
    partitions: Annotated[list[int], typer.Argument(min=0, help="Which.")],
    to: Annotated[int | None, typer.Option(min=0, help="The shard that is to serve them.")] = None,
    back: Annotated[bool, typer.Option("--back", help="To where they belong.")] = False,
) -> None:
    """Move partitions to another gateway: their streams end by `bye` and go on there, with nothing lost.

    Examples:

        tidings shards move 3 --to 0

        tidings shards move 1 3 5 7 --to 0

        tidings shards move 3 --back
    """
    if (to is None) != back:
        raise typer.BadParameter("say where to: --to SHARD, or --back")
    settings = Settings()
    missing = sorted(set(partitions) - set(range(_partitions(settings))))
    if missing:
        raise typer.BadParameter(f"there is no partition {missing[0]}")
    moves = read(settings)
    for partition in partitions:
        if to is None:
            moves.pop(partition, None)
        else:
            moves[partition] = to
    write(settings, moves)
    where = "back" if to is None else f"to shard {to}"
    print(f"moved {', '.join(map(str, partitions))} {where}; the gateways know within a second")


def read(settings: Settings) -> dict[int, int]:
    """The moves as they are now.

    Raises:
        BrokerUnavailable: Kafka does not answer, or lacks the topic.
        ValueError: what lies there is no such table.
    """
    consumer = Consumer(
        settings.kafka() | {"group.id": "tidings-shards", "enable.auto.commit": False, "enable.partition.eof": True}
    )
    try:
        consumer.assign([TopicPartition(settings.namespace.name(CONTROL), 0, 0)])
        return parse_moves(_last(consumer))
    finally:
        consumer.close()


def write(settings: Settings, moves: dict[int, int]) -> None:
    """Replaces the table.

    Raises:
        Undelivered: Kafka did not take it.
    """
    producer = Producer(settings, delivery_timeout=_PATIENCE_S)
    producer.produce(CONTROL, KEY, format_moves(moves))
    producer.close()


def _last(consumer: Consumer) -> bytes | None:
    found: bytes | None = None
    while (message := consumer.poll(_PATIENCE_S)) is not None:
        error = message.error()
        if error is None:
            found = message.value() if message.key() == KEY else found
        elif error.code() == KafkaError._PARTITION_EOF:
            return found
        else:
            raise BrokerUnavailable(f"the table of moved partitions cannot be read: {error.str()}")
    raise BrokerUnavailable("Kafka does not answer: is it running, and does it have Tidings' topics?")


def _partitions(settings: Settings) -> int:
    consumer = Consumer(settings.kafka() | {"group.id": "tidings-shards"})
    name = settings.namespace.name(NOTIFICATIONS)
    try:
        found = consumer.list_topics(name, timeout=_PATIENCE_S).topics[name]
    except KafkaException as failure:
        raise BrokerUnavailable(f"no answer from Kafka at {settings.bootstrap_servers}") from failure
    finally:
        consumer.close()
    if found.error is not None:
        raise BrokerUnavailable(f"{name}: {found.error.str()}; `tidings prepare` makes the topics")
    return len(found.partitions)
