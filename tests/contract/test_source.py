"""What every source of notifications promises: one suite over memory and Kafka."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from typing import TypeVar

from tidings_gateway.core.reasons import Reset
from tidings_gateway.sources.base import Batch, Bounds, Jump, Layout, Source
from tidings_gateway.sources.memory import MemorySource
from tidings_schemas.partitioner import partition_of

from tests.contract.conftest import PARTITIONS
from tests.streaming.logs import Log

T = TypeVar("T")
ANN = partition_of("ann", PARTITIONS)
OTHER = next(user for user in map(str, range(100)) if partition_of(user, PARTITIONS) != ANN)


class Reader:
    """Takes a source's events one by one, with patience."""

    def __init__(self, source: Source, prepared: list[bytes]) -> None:
        self._events = source.events(prepared.append)

    async def __aenter__(self) -> "Reader":
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._events.aclose()

    async def next(self, kind: type[T], accept: Callable[[T], bool] = lambda event: True) -> T:
        """The next event of this kind."""
        async with asyncio.timeout(30):
            while True:
                event = await anext(self._events)
                if isinstance(event, kind) and accept(event):
                    return event

    async def values(self, partition: int, count: int) -> list[bytes | None]:
        """Of a partition's next `count` records."""
        values: list[bytes | None] = []
        while len(values) < count:
            batch = await self.next(Batch, lambda event: event.partition == partition)
            values += [raw.value for raw in batch.records]
        return values


@asynccontextmanager
async def reading(source: Source) -> AsyncIterator[Reader]:
    """A reader of the source, closed with it."""
    try:
        async with Reader(source, []) as reader:
            yield reader
    finally:
        await source.close()


async def test_the_topic_is_described_first(log: Log) -> None:
    """Before any record comes what the topic is: its epoch, its partitions and where they begin and end."""
    await log.publish("ann", b"1", b"2")
    async with reading(log.source()) as reader:
        layout = await anext(reader._events)
    assert isinstance(layout, Layout)
    assert len(layout.epoch) == 6
    assert layout.count == PARTITIONS
    assert layout.begins == layout.starts == {0: 0, 1: 0}
    assert layout.ends == {ANN: 2, 1 - ANN: 0}


async def test_records_come_in_order_with_key_and_offset(log: Log) -> None:
    """What was written is read as it was written, and what is written later too."""
    await log.publish("ann", b"1", b"2")
    async with reading(log.source()) as reader:
        batch = await reader.next(Batch)
        raws = list(batch.records)
        while len(raws) < 2:
            raws += (await reader.next(Batch)).records
        await log.publish("ann", b"3")
        raws += (await reader.next(Batch, lambda event: bool(event.records))).records
    assert [(raw.offset, raw.key, raw.value) for raw in raws] == [
        (0, b"ann", b"1"),
        (1, b"ann", b"2"),
        (2, b"ann", b"3"),
    ]


async def test_shared_records_and_tombstones_pass(log: Log) -> None:
    """A record without a key reaches every partition; one without a value is passed on as such."""
    await log.publish("", b"for all")
    await log.publish("ann", None)
    async with reading(log.source()) as reader:
        assert await reader.values(ANN, 2) == [b"for all", None]


async def test_values_are_prepared_before_they_are_handed_over(log: Log) -> None:
    """A schema can be learnt before the event loop sees the value."""
    await log.publish("ann", b"1", b"2")
    prepared: list[bytes] = []
    source = log.source()
    async with Reader(source, prepared) as reader:
        assert await reader.values(ANN, 2) == [b"1", b"2"]
        assert prepared[:2] == [b"1", b"2"]
    await source.close()


async def test_reading_begins_a_given_number_before_the_end(log: Log) -> None:
    """`back` records before the end, the first `margin` of which are only there to recognise replays."""
    await log.publish("ann", *[b"%d" % n for n in range(10)])
    async with reading(log.source(back=6, margin=2)) as reader:
        layout = await reader.next(Layout)
        assert (layout.begins[ANN], layout.starts[ANN], layout.ends[ANN]) == (4, 6, 10)
        assert (await reader.values(ANN, 6))[0] == b"4"


async def test_a_range_is_read_again(log: Log) -> None:
    """`read` gives everything from an offset to the log's end, and ends there."""
    await log.publish("ann", *[b"%d" % n for n in range(5000)])
    async with reading(log.source(back=1)) as reader:
        await reader.next(Layout)
        source = log.source()
        offsets = []
        async with aclosing(source.read(ANN, 17)) as batches:
            async for batch in batches:
                assert isinstance(batch, Batch)
                offsets += [raw.offset for raw in batch.records]
        await source.close()
    assert offsets == list(range(17, 5000))


async def test_a_reader_that_takes_its_time_hears_of_the_end(log: Log) -> None:
    """Also where the end came while it was busy, together with the last records."""
    await log.publish("ann", *[b"%d" % n for n in range(1500)])
    source = log.source()
    offsets = []
    async with aclosing(source.read(ANN, 0)) as batches:
        async for batch in batches:
            assert isinstance(batch, Batch)
            offsets += [raw.offset for raw in batch.records]
            await asyncio.sleep(1)  # longer than Kafka keeps an answer back
    await source.close()
    assert offsets == list(range(1500))


async def test_a_read_that_is_left_early_leaves_nothing_behind(log: Log) -> None:
    """A resume that has enough stops reading; the next one begins where it wants to."""
    await log.publish("ann", *[b"%d" % n for n in range(3000)])
    source = log.source()
    for start in (2000, 0, 1000):
        async with aclosing(source.read(ANN, start)) as batches:
            first = await anext(batches)
        assert isinstance(first, Batch)
        assert first.records[0].offset == start
    await source.close()


async def test_a_read_of_what_retention_removed_jumps(log: Log) -> None:
    """It says where the log begins now, and goes on there."""
    await log.publish("ann", *[b"%d" % n for n in range(10)])
    await log.trim(ANN, 7)
    source = log.source()
    async with aclosing(source.read(ANN, 3)) as events:
        found = [event async for event in events]
    await source.close()
    assert found[0] == Jump(ANN, 7, Reset.EXPIRED)
    assert [raw.offset for event in found[1:] if isinstance(event, Batch) for raw in event.records] == [7, 8, 9]


async def test_bounds_follow_the_log(log: Log) -> None:
    """They tell what the partition holds just now."""
    source = log.source()
    assert await source.bounds(ANN) == Bounds(0, 0)
    await log.publish("ann", b"1", b"2", b"3")
    await log.trim(ANN, 1)
    assert await source.bounds(ANN) == Bounds(1, 3)
    await source.close()


async def test_a_recreated_topic_has_another_epoch(log: Log) -> None:
    """It is noticed, told, and read from its beginning."""
    await log.publish("ann", b"old", b"older")
    async with reading(log.source()) as reader:
        first = await reader.next(Layout)
        await reader.values(ANN, 2)
        await log.recreate()
        await log.publish("ann", b"new")
        second = await reader.next(Layout)
        assert second.epoch != first.epoch
        assert second.begins == {0: 0, 1: 0}
        assert await reader.values(ANN, 1) == [b"new"]


async def test_added_partitions_are_noticed(log: Log) -> None:
    """The topic keeps its epoch, what was read goes on without a gap, what is new is read from its beginning."""
    await log.publish("ann", b"1")
    async with reading(log.source()) as reader:
        first = await reader.next(Layout)
        await reader.values(ANN, 1)
        await log.add_partitions(3)
        second = await reader.next(Layout)
        assert (second.epoch, second.count) == (first.epoch, 3)
        assert (second.begins[ANN], second.begins[2]) == (1, 0)
        await log.publish("", b"for all")
        assert await reader.values(2, 1) == [b"for all"]


async def test_a_reader_that_retention_overtakes_is_told(log: Log) -> None:
    """What it had not read yet is gone: it learns where the log goes on."""
    async with reading(log.source()) as reader:
        await reader.next(Layout)
        await log.publish("ann", *[b"%d" % n + b"x" * 900_000 for n in range(60)])  # more than is read ahead
        await log.trim(ANN, 59)
        await asyncio.sleep(0)
        jump = await reader.next(Jump)
        assert jump == Jump(ANN, 59, Reset.EXPIRED)
        assert (await reader.values(ANN, 1))[0][:2] == b"59"  # type: ignore[index]


async def test_a_truncated_log_is_told() -> None:
    """A log that lost its end (an unclean leader election) goes on where it ends now."""
    source = MemorySource(1)
    for n in range(5):
        source.publish("ann", b"%d" % n)
    async with reading(source) as reader:
        await reader.values(0, 5)
        source.truncate(0, 3)
        assert await reader.next(Jump) == Jump(0, 3, Reset.FUTURE)


async def test_partitions_can_be_given_up_and_taken_back(log: Log) -> None:
    """What is not served is not read; what is taken up begins some way back from its end; the others just go on."""
    await log.publish("ann", *[b"%d" % n for n in range(5)])
    source = log.source(back=2)
    async with reading(source) as reader:
        await reader.next(Layout)
        assert await reader.values(ANN, 2) == [b"3", b"4"]
        source.serve(lambda count: {1 - ANN})
        layout = await reader.next(Layout)
        assert (layout.count, layout.begins.keys(), layout.ends.keys()) == (PARTITIONS, {1 - ANN}, {1 - ANN})
        await log.publish("ann", b"5", b"6", b"7")
        await log.publish(OTHER, b"other")
        batch = await reader.next(Batch, lambda event: bool(event.records))
        assert (batch.partition, [raw.value for raw in batch.records]) == (1 - ANN, [b"other"])
        source.serve(range)
        layout = await reader.next(Layout)
        assert layout.begins == {ANN: 6, 1 - ANN: 1}
        assert await reader.values(ANN, 2) == [b"6", b"7"]


async def test_a_source_may_serve_nothing(log: Log) -> None:
    """A spare gateway has a layout of no partitions, until it is given some."""
    await log.publish("ann", b"1")
    source = log.source()
    source.serve(lambda count: set())
    async with reading(source) as reader:
        assert (await reader.next(Layout)).begins == {}
        source.serve(lambda count: {ANN})
        assert (await reader.next(Layout)).begins == {ANN: 0}
        assert await reader.values(ANN, 1) == [b"1"]
