"""A worker's settings, and which topics its stages read."""

import pytest
from pydantic import ValidationError
from tidings_processors.agents import topics_of
from tidings_processors.settings import Settings


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "TIDINGS_NAMESPACE": "x.",
        "TIDINGS_DOMAINS": "flights, orders",
        "TIDINGS_STAGES": "match,deliver",
        "TIDINGS_MAX_EVENT_BYTES": "4096",
        "TIDINGS_PROCESSORS_PORT": "0",
    }.items():
        monkeypatch.setenv(name, value)
    settings = Settings()
    assert settings.group == "x.tidings-processors"
    assert (settings.domains, settings.stages) == (["flights", "orders"], ["match", "deliver"])
    assert (settings.max_event_bytes, settings.processors_port) == (4096, 0)


@pytest.mark.parametrize(
    ("name", "value"),
    [("TIDINGS_STAGES", "match,cook"), ("TIDINGS_STAGES", ""), ("TIDINGS_MAX_EVENT_BYTES", "9999999")],
)
def test_settings_that_cannot_work_are_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """An event of more than 512 KiB would make a draft that its topic refuses, and the worker would never get on."""
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError, match=name):
        Settings()


def test_each_stage_reads_its_topics() -> None:
    assert topics_of(["match", "fan-out", "deliver"], ["flights", "git"], ["orders"]) == {
        "match": ["events.flights", "events.git", "orders"],
        "fan-out": ["matches", "matches-urgent"],
        "deliver": ["drafts"],
        "deliver-urgent": ["drafts-urgent"],
        "receipts": ["receipts"],
    }
    assert topics_of(["fan-out"], ["flights"], []) == {"fan-out": ["matches", "matches-urgent"]}
