"""What librdkafka says again and again is told once in a while."""

import logging

from tidings_schemas.kafka_log import Repeats

AWAY = "FAIL [{name}] [thrd:b:1/x]: b:1/x: Connect to ipv4#b:1 failed: Connection refused (after {ms}ms in CONNECT)"


class Hours:
    """A clock that a test sets."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def told(repeats: Repeats, text: str) -> str | None:
    """What is left of a line, or None if it is left out."""
    record = logging.LogRecord("tidings.kafka", logging.ERROR, "", 0, "%s", (text,), None)
    return record.getMessage() if repeats.filter(record) else None


def away(name: str = "consumer-1", ms: int = 0) -> str:
    return AWAY.format(name=name, ms=ms)


def test_the_same_cause_is_told_once_whoever_says_it() -> None:
    """Another client, thread or duration is no other cause."""
    repeats = Repeats(30, Hours())
    assert told(repeats, away()) == away()
    assert told(repeats, away("consumer-2", 7)) is None


def test_it_is_told_again_after_a_while_with_how_often_it_came() -> None:
    """Who looks at the log later sees that it lasts."""
    clock = Hours()
    repeats = Repeats(30, clock)
    for clock.now in (0.0, 1.0, 29.9):
        last = told(repeats, away())
    assert last is None
    clock.now = 30.0
    assert told(repeats, away()) == away() + " (2 times more since)"


def test_another_cause_is_told_at_once() -> None:
    """One broker's silence hides nothing else."""
    repeats = Repeats(30, Hours())
    told(repeats, away())
    other = away().replace("Connection refused", "No route to host")
    assert told(repeats, other) == other


def test_what_it_remembers_is_bounded() -> None:
    """Lines that are all different are all told, and do not fill the memory."""
    repeats = Repeats(30, Hours())
    assert all(told(repeats, f"FAIL: broker-{number} is away") for number in range(3_000))
    assert len(repeats._told) <= 1_000
