"""The streams' limits, as the environment sets them."""

import pytest
from tidings_gateway import stream_env
from tidings_gateway.settings import Misconfigured
from tidings_gateway.stream_settings import StreamSettings


def test_without_settings_the_defaults_hold() -> None:
    """Who sets nothing gets what `StreamSettings` says."""
    assert stream_env.load() == StreamSettings()


def test_each_limit_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable named like the field sets it, a range as JSON."""
    monkeypatch.setenv("TIDINGS_STREAM_PER_USER", "3")
    monkeypatch.setenv("TIDINGS_STREAM_DRAIN_RETRY", "[2, 4.5]")
    loaded = stream_env.load()
    assert (loaded.per_user, loaded.drain_retry, loaded.heartbeat) == (3, (2.0, 4.5), StreamSettings().heartbeat)


def test_a_wrong_value_is_told_by_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is no number is refused, and the variable is named."""
    monkeypatch.setenv("TIDINGS_STREAM_PER_USER", "many")
    with pytest.raises(Misconfigured, match="TIDINGS_STREAM_PER_USER"):
        stream_env.load()
