"""Settings, and librdkafka's configuration made of them."""

from typing import Any

import pytest
from tidings_processors.transport import Settings
from tidings_processors.transport.settings import librdkafka


def made(settings: Settings) -> dict[str, Any]:
    return librdkafka(settings, "kafka:9092", "group", "client")


def test_offsets_are_committed_by_nobody_but_us() -> None:
    """librdkafka commits and stores nothing by itself: the ledger alone decides."""
    config = made(Settings())
    assert (config["enable.auto.commit"], config["enable.auto.offset.store"]) == (False, False)


def test_seconds_become_milliseconds() -> None:
    """Times are given in seconds and handed on in milliseconds."""
    config = made(Settings(fetch_wait=0.008, session_timeout=12))
    assert (config["fetch.wait.max.ms"], config["session.timeout.ms"]) == (8, 12_000)


def test_extra_properties_win() -> None:
    """What the user says in librdkafka's own words is final."""
    config = made(Settings(extra={"auto.offset.reset": "latest", "security.protocol": "ssl"}))
    assert (config["auto.offset.reset"], config["security.protocol"]) == ("latest", "ssl")


def test_the_new_group_protocol_gets_no_classic_properties() -> None:
    """With `group.protocol=consumer` the broker holds these, and librdkafka refuses them from a client."""
    config = made(Settings(extra={"group.protocol": "consumer"}))
    assert not {"session.timeout.ms", "heartbeat.interval.ms", "partition.assignment.strategy"} & config.keys()


@pytest.mark.parametrize("wrong", [{"max_run": 0}, {"linger": -1.0}, {"revoke_timeout": 10.0}, {"buffer_bytes": 0}])
def test_senseless_settings_are_refused_by_name(wrong: dict[str, Any]) -> None:
    """The message names the setting."""
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Settings(**wrong)
