"""A restart under load, on a real Kafka: nobody misses or repeats anything."""

import select
import signal
import time
from contextlib import ExitStack

import pytest

from tests.service.gateway_scale.processes import Corner, gateway
from tests.stopwatch import Stopwatch
from tests.streaming.client import EventStream

STREAMS, USERS, DRAIN_S = 320, 80, 2.0
ROOMY = {"TIDINGS_STREAM_DRAIN": str(DRAIN_S), "TIDINGS_STREAM_PER_ADDRESS": "10000"}


def read(streams: list[EventStream], seconds: float = 0.05) -> None:
    """Takes what is there."""
    waiting = [stream for stream in streams if not (stream.closed or stream.ended)]
    for stream in select.select(waiting, [], [], seconds)[0]:
        stream.read()


@pytest.mark.kafka
def test_nothing_is_lost_or_doubled_across_a_drain(here: Corner, port: int) -> None:
    """320 streams; events before, during and after; each stream's user sees every one of them once, in order."""
    users = [f"user-{number}" for number in range(USERS)]
    wanted: list[str] = []
    with ExitStack() as stack:
        with gateway(here, port, **ROOMY) as first:
            before = [stack.enter_context(here.stream(port, users[n % USERS])) for n in range(STREAMS)]
            for stream in before:
                stream.until_ready()
            wanted.append("before")
            here.publish(*users, title="before")
            with Stopwatch() as end:
                first.send_signal(signal.SIGTERM)
                deadline = time.monotonic() + DRAIN_S + 30
                for number in range(8):
                    wanted.append(f"during {number}")
                    here.publish(*users, title=f"during {number}")
                    read(before)
                while not all(stream.ended for stream in before):
                    read(before)
                    assert time.monotonic() < deadline, "streams did not end"
                assert first.wait(30) == 0
            assert end.took_less_than(2, beside=DRAIN_S + 1), end  # a second for whoever waits for the exit
        assert all(stream.types()[-1] == "bye" for stream in before)
        wanted.append("after")
        here.publish(*users, title="after")
        with gateway(here, port, **ROOMY):
            again = [
                stack.enter_context(here.stream(port, users[n % USERS], stream.cursor))
                for n, stream in enumerate(before)
            ]
            deadline = time.monotonic() + 30
            while any(
                len(old.titles()) + len(new.titles()) < len(wanted) for old, new in zip(before, again, strict=True)
            ):
                read(again)
                assert time.monotonic() < deadline, "somebody waits in vain"
            read(again, 0.5)
            assert all(old.titles() + new.titles() == wanted for old, new in zip(before, again, strict=True))
            assert not [stream for stream in again if "reset" in stream.types()]
