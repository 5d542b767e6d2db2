"""What is kept."""

import pytest
from tidings_replay.core.errors import BadCondition
from tidings_replay.core.process import Process
from tidings_replay.core.where import Condition, Filter

from tests.unit.replay.builders import cancelled, decoder, message, run


def _kept(wanted: Filter, *values: bytes | None, **more: object) -> list[int]:
    table, _ = Process(decoder(), wanted, None).run(run(list(values), **more))  # type: ignore[arg-type]
    return table.column("_offset").to_pylist() if table else []  # type: ignore[no-any-return]


MESSAGES = [message(n, user=f"u{n % 2}") for n in range(6)]


def test_a_condition_sees_the_events_fields() -> None:
    """CEL over `event`."""
    assert _kept(Filter(where=Condition("event.sequence >= 4")), *MESSAGES) == [4, 5]


def test_a_condition_sees_where_a_record_lies() -> None:
    """Offset, key and type."""
    text = "offset == 3 || key == 'k1' && type == 'tidings.demo.Message'"
    assert _kept(Filter(where=Condition(text)), *MESSAGES) == [1, 3]


def test_a_condition_sees_headers() -> None:
    """Those that are no CloudEvents attribute."""
    headers = [[("ce_id", b"1"), ("tenant", b"a")], [("ce_id", b"2"), ("tenant", b"b")]]
    condition = Condition('headers["tenant"] == "b" && id == "2"')
    assert _kept(Filter(where=condition), *MESSAGES[:2], headers=headers) == [1]


def test_a_condition_compares_times() -> None:
    """The builders' records lie a second apart."""
    assert _kept(Filter(where=Condition("time > timestamp('2013-01-10T06:00:03Z')")), *MESSAGES) == [4, 5]


def test_a_type_that_lacks_the_field_is_left_out_and_counted() -> None:
    """Not an error of the run."""
    condition = Condition("event.sequence >= 0")
    assert _kept(Filter(where=condition), message(1), cancelled(2)) == [0]
    assert condition.errors == 1


def test_a_macros_own_variable_is_no_unknown_name() -> None:
    """`[…].exists(x, …)`."""
    assert _kept(Filter(where=Condition("[1, 3].exists(x, x == event.sequence)")), *MESSAGES) == [1, 3]


@pytest.mark.parametrize("text", ["event.x >", "delay_minutes > 3", "x" * 5000])
def test_what_is_no_condition_is_refused(text: str) -> None:
    """Syntax, a name that does not exist, too long."""
    with pytest.raises(BadCondition):
        Condition(text)


def test_a_forgotten_event_prefix_is_pointed_at() -> None:
    """The commonest slip."""
    with pytest.raises(BadCondition, match=r"write event\.delay_minutes"):
        Condition("delay_minutes > 3")


def test_a_condition_that_is_not_true_or_false_is_refused() -> None:
    """A number says nothing."""
    with pytest.raises(BadCondition, match="true or false"):
        _kept(Filter(where=Condition("event.sequence")), *MESSAGES)


def test_users_are_found_in_their_field() -> None:
    """`--user u1`."""
    assert _kept(Filter(users=frozenset({"u1"})), *MESSAGES) == [1, 3, 5]


def test_keys_are_compared_before_decoding() -> None:
    """What is not wanted need not decode."""
    assert _kept(Filter(keys=frozenset({b"k1"})), b"junk", message(1), b"junk") == [1]


@pytest.mark.parametrize("pattern", ["FlightCancelled", "tidings.flights.*", "tidings.flights.FlightCancelled"])
def test_types_go_by_short_name_pattern_or_full_name(pattern: str) -> None:
    """Three ways to say it."""
    assert _kept(Filter(types=(pattern,)), message(0), cancelled(1)) == [1]


def test_a_sample_is_the_same_at_each_run_and_about_its_size() -> None:
    """10 % of 2,000, twice."""
    values = [message(n) for n in range(2000)]
    first, second = (_kept(Filter(sample=0.1), *values) for _ in range(2))
    assert first == second
    assert 120 < len(first) < 280


def test_timestamps_outside_the_span_are_left_out() -> None:
    """Offsets bound a span only where timestamps never go back."""
    whole = run(MESSAGES)
    process = Process(decoder(), Filter(), None)
    table, _ = process.run(whole, whole.timestamps[2], whole.timestamps[4])
    assert table is not None
    assert table.column("_offset").to_pylist() == [2, 3]
    assert (process.tally.read, process.tally.kept) == (6, 2)
