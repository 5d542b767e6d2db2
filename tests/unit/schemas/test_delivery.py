"""Receipts, and waiting for room."""

import asyncio
import threading
from time import monotonic

import pytest
from tidings_schemas.delivery import Delivery, RecordMetadata
from tidings_schemas.errors import BrokerUnavailable, Undelivered
from tidings_schemas.room import Room

WHERE = RecordMetadata("events.demo", 1, 42)


def test_a_thread_gets_the_outcome() -> None:
    """A waiting thread is wakened by the producer's."""
    delivery = Delivery("events.demo")
    threading.Timer(0.01, delivery.settle, [WHERE]).start()
    assert delivery.result(10) == WHERE


def test_a_settled_receipt_answers_at_once() -> None:
    """No waiting when the outcome is known."""
    delivery = Delivery("events.demo")
    delivery.settle(WHERE)
    assert delivery.done()
    assert delivery.result(0) == WHERE


async def test_a_coroutine_gets_the_outcome_from_another_thread() -> None:
    """`await` does not block the loop and is wakened from outside it."""
    delivery = Delivery("events.demo")
    threading.Timer(0.01, delivery.settle, [WHERE]).start()
    assert await delivery == WHERE
    assert await delivery == WHERE


async def test_many_may_wait_and_one_may_give_up() -> None:
    """A cancelled waiter does not disturb the others."""
    delivery = Delivery("events.demo")

    async def wait() -> RecordMetadata:
        return await delivery

    first, second = asyncio.ensure_future(wait()), asyncio.ensure_future(wait())
    await asyncio.sleep(0)
    first.cancel()
    delivery.settle(WHERE)
    assert await second == WHERE


def test_an_error_is_raised_and_counts_as_seen() -> None:
    """Whoever reads a receipt learns of the failure; then nobody else needs to be told."""
    delivery = Delivery("events.demo")
    delivery.settle(BrokerUnavailable("gone"))
    assert not delivery.seen
    with pytest.raises(BrokerUnavailable, match="gone"):
        delivery.result()
    assert delivery.seen


def test_no_outcome_in_time_is_a_timeout() -> None:
    """Not known is not the same as failed."""
    delivery = Delivery("events.demo")
    with pytest.raises(TimeoutError, match="may still arrive"):
        delivery.result(0.001)
    assert delivery.exception() is None


def test_a_receipt_outlives_the_loop_that_waited() -> None:
    """A loop that was closed in the meantime does not hurt the producer's thread."""
    delivery = Delivery("events.demo")

    async def wait_a_moment() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(delivery, 0.001)

    asyncio.run(wait_a_moment())
    delivery.settle(WHERE)
    assert delivery.result() == WHERE


def test_undelivered_names_the_first_failure() -> None:
    """The text alone tells what happened."""
    delivery = Delivery("events.demo")
    delivery.settle(BrokerUnavailable("gone"))
    assert "1 records failed and 2 still wait for Kafka, the first (events.demo): gone" in str(
        Undelivered([delivery], 2)
    )


def test_room_made_between_try_and_wait_is_not_missed() -> None:
    """The generation that was read before the try makes the wait return at once."""
    room = Room()
    seen = room.generation
    room.made()
    assert room.wait(seen, monotonic())


async def test_room_made_between_try_and_await_is_not_missed() -> None:
    """The same for coroutines."""
    room = Room()
    seen = room.generation
    room.made()
    assert await room.wait_async(seen, monotonic())


async def test_room_wakes_threads_and_coroutines() -> None:
    """Room made in one thread lets waiters of both kinds go on."""
    room = Room()
    thread = asyncio.ensure_future(asyncio.to_thread(room.wait, room.generation, monotonic() + 10))
    coroutine = asyncio.ensure_future(room.wait_async(room.generation, monotonic() + 10))
    await asyncio.sleep(0)
    await asyncio.to_thread(room.made)
    assert await thread
    assert await coroutine


async def test_no_room_by_the_deadline_is_said() -> None:
    """Neither kind waits beyond its deadline."""
    room = Room()
    assert not room.wait(room.generation, monotonic())
    assert not await room.wait_async(room.generation, monotonic())
