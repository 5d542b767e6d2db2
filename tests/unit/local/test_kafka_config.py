"""Kafka's settings and their text."""

from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st
from tidings.local import kafka_config
from tidings.local.kafka import cluster_id

SETTINGS = kafka_config.properties(Path("/data/kafka"), 8602, 8603)


def test_listens_on_loopback_alone() -> None:
    """Neither listener is reachable from another machine."""
    assert SETTINGS["listeners"] == "PLAINTEXT://127.0.0.1:8602,CONTROLLER://127.0.0.1:8603"
    assert SETTINGS["advertised.listeners"] == "PLAINTEXT://127.0.0.1:8602"


def test_one_node_suffices() -> None:
    """Every internal topic asks for one replica, and the quorum has one voter."""
    factors = {name: value for name, value in SETTINGS.items() if name.endswith(("replication.factor", "min.isr"))}
    assert set(factors.values()) == {"1"}
    assert len(factors) == 5
    assert SETTINGS["controller.quorum.voters"] == "1@127.0.0.1:8603"


def test_topics_are_not_made_by_mistake() -> None:
    """A mistyped topic is an error, and the first member of a group does not wait for others."""
    assert SETTINGS["auto.create.topics.enable"] == "false"
    assert SETTINGS["group.initial.rebalance.delay.ms"] == "0"


def test_a_full_segment_fits_its_indexes() -> None:
    """An index that is full would end its segment early: one entry for 4,096 bytes, 12 bytes each."""
    needed = int(SETTINGS["log.segment.bytes"]) // 4096 * 12
    assert needed < int(SETTINGS["log.index.size.max.bytes"]) <= 2 * needed


def test_text_is_one_setting_a_line() -> None:
    """The text of a plain value is the value."""
    assert "log.dirs=/data/kafka\n" in kafka_config.text(SETTINGS)


@given(st.text())
def test_text_survives_java(value: str) -> None:
    """Any value comes back when java.util.Properties' escapes are undone, and the file is plain ASCII."""
    written = kafka_config.text({"key": value})
    assert written.isascii()
    assert _unescape(written.removeprefix("key=").removesuffix("\n")) == value.encode("utf-16-be", "surrogatepass")


def _unescape(text: str) -> bytes:
    """What java.util.Properties.load makes of a value, as UTF-16."""
    units: list[int] = []
    at = 0
    while at < len(text):
        if text[at] != "\\":
            units.append(ord(text[at]))
            at += 1
        elif text[at + 1] == "u":
            units.append(int(text[at + 2 : at + 6], 16))
            at += 6
        else:
            units.append(ord(text[at + 1]))
            at += 2
    return b"".join(unit.to_bytes(2, "big") for unit in units)


@given(random=st.binary(min_size=16, max_size=16))
@example(random=b"\xf8" + bytes(15))  # "-AAA…"
def test_a_cluster_s_id_is_never_taken_for_an_option(random: bytes) -> None:
    """One in 64 would begin with a dash, and Kafka's tool would refuse to format the data folder."""
    made = cluster_id(random)
    assert len(made) == 22
    assert made[0] != "-"
