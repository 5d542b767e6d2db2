"""The run file as data."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tidings.commands import status
from tidings.local import runstate
from tidings.local.runstate import RunState, ServiceState, StepState

STATES = st.builds(
    RunState,
    st.integers(),
    st.text(),
    st.text(),
    st.sampled_from(["starting", "running", "stopping"]),
    st.dictionaries(st.text(), st.text()),
    st.dictionaries(st.text(), st.builds(StepState, st.text(), st.floats(allow_nan=False), st.text())),
    st.dictionaries(st.text(), st.builds(ServiceState, st.integers(), st.text(), st.text(), st.text(), st.integers())),
    st.text(),
)


@given(STATES)
def test_state_survives_its_text(state: RunState) -> None:
    """What one process writes, another reads."""
    assert runstate.from_json(state.to_json()) == state


def test_text_of_another_version_is_refused() -> None:
    """An unknown field is no state, rather than half of one."""
    with pytest.raises(TypeError):
        runstate.from_json('{"pid": 1, "steps": {}, "services": {}, "colour": "red"}')


def state() -> RunState:
    kafka = ServiceState(pid=12, log="/l/kafka.log", address="127.0.0.1:8602", state="running", restarts=2)
    source = ServiceState(pid=13, log="/l/flights.log", state="finished")
    return RunState(
        11,
        "2026-01-01T00:00:00+00:00",
        "http://127.0.0.1:8600/",
        "running",
        {},
        {},
        {"kafka": kafka, "flights": source},
    )


def test_second_up_says_what_runs() -> None:
    """Pids, the page, and the two commands that help."""
    told = runstate.already_runs(state())
    for part in (
        "already running (pid 11",
        "kafka (pid 12)",
        "http://127.0.0.1:8600/",
        "tidings status",
        "tidings down",
    ):
        assert part in told


def test_status_tells_what_answers() -> None:
    """Each service on a line: whether it answers, how often it was started again; one without address is not judged."""
    document = status.report(state(), {"kafka": False})
    assert document["services"]["kafka"]["answers"] is False
    assert document["services"]["flights"]["answers"] is None
    told = status.text(document)
    assert "kafka        running    pid 12  127.0.0.1:8602  does not answer  restarted 2 ×" in told
    assert "flights      finished   pid 13" in told


def test_status_of_nothing_names_the_remedy() -> None:
    """Without a run, the sentence says how to start one."""
    assert status.report(None, {}) == {"running": False}
    assert "tidings up" in status.text({"running": False})
