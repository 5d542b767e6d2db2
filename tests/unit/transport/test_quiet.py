"""Log lines that repeat."""

import logging

import pytest
from tidings_processors.transport.quiet import Quiet, QuietLog


def test_the_first_is_told_and_repetitions_are_counted() -> None:
    """Within the period only the first goes through; the next one after it says how many were held back."""
    quiet = Quiet(period=10)
    assert [quiet.admit("away", now) for now in (0, 1, 9.9, 10, 11, 25)] == [0, None, None, 2, None, 1]


def test_different_messages_do_not_silence_each_other() -> None:
    """Each key has its own period."""
    quiet = Quiet(period=10)
    assert [quiet.admit("a", 0), quiet.admit("b", 0), quiet.admit("a", 1)] == [0, 0, None]


def test_the_log_is_quiet_by_facility(caplog: pytest.LogCaptureFixture) -> None:
    """librdkafka's lines come as format, facility, client and text; a facility is told once."""
    log = QuietLog(logging.getLogger("librdkafka-test"), period=1000)
    with caplog.at_level(logging.INFO):
        for text in ("one", "two"):
            log.log(logging.ERROR, "%s [%s] %s", "FAIL", "client", text)
        log.log(logging.INFO, "%s [%s] %s", "OTHER", "client", "three")
    assert [record.getMessage() for record in caplog.records] == ["FAIL [client] one", "OTHER [client] three"]
