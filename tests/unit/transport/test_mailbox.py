"""The queues between the event loop and the reader's thread."""

import asyncio
import threading

import pytest
from tidings_processors.transport.mailbox import ReaderStopped, ToLoop, ToThread


async def test_events_arrive_in_order_on_the_loop() -> None:
    """A thread tells ten thousand things; the loop gets each once, in order, in its own thread."""
    got: list[tuple[int, bool]] = []
    home = threading.get_ident()
    everything = asyncio.Event()

    def deliver(number: int) -> None:
        got.append((number, threading.get_ident() == home))
        if number == 9_999:
            everything.set()

    events: ToLoop[int] = ToLoop(asyncio.get_running_loop(), deliver)
    thread = threading.Thread(target=lambda: [events.tell(number) for number in range(10_000)])
    thread.start()
    await asyncio.wait_for(everything.wait(), 10)
    thread.join()
    assert got == [(number, True) for number in range(10_000)]


async def test_a_call_is_made_by_the_thread_and_answered() -> None:
    """What the call returns or raises comes back to whoever asked."""
    calls = ToThread()
    answers = asyncio.gather(calls.ask(threading.get_ident), calls.ask(lambda: 1 // 0), return_exceptions=True)
    await asyncio.sleep(0)  # both have asked
    await asyncio.sleep(0)
    thread = threading.Thread(target=calls.run)
    thread.start()
    ident, error = await answers
    assert ident == thread.ident
    assert isinstance(error, ZeroDivisionError)


async def test_after_the_end_every_question_is_refused() -> None:
    """One that waited and one that comes later both raise instead of hanging."""
    calls = ToThread()
    waiting = asyncio.ensure_future(calls.ask(lambda: None))
    await asyncio.sleep(0)
    calls.end()
    with pytest.raises(ReaderStopped):
        await waiting
    with pytest.raises(ReaderStopped):
        await calls.ask(lambda: None)


async def test_a_call_nobody_waits_for_any_more_is_not_made() -> None:
    """Cancelled before its turn, it does nothing and does not disturb the next."""
    calls = ToThread()
    made: list[str] = []
    gone = asyncio.ensure_future(calls.ask(lambda: made.append("gone")))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    kept = asyncio.ensure_future(calls.ask(lambda: made.append("kept")))
    await asyncio.sleep(0)
    calls.run()
    await kept
    assert made == ["kept"]
