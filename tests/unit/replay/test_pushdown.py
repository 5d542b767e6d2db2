"""SQL → bounds: never narrower than the query."""

from datetime import UTC, datetime
from typing import Any

import duckdb
import pytest
from tidings_replay.core.errors import BadCondition
from tidings_replay.core.pushdown import Scan, scans

TOPICS = ["events.flights", "notifications", "dead-letters"]
JAN1, JAN2 = datetime(2013, 1, 1, tzinfo=UTC), datetime(2013, 1, 2, 0, 0, 0, 1000, tzinfo=UTC)


def _constant(sql: str) -> Any:
    return duckdb.execute(f"SELECT {sql}").fetchall()[0][0]


def _scan(sql: str) -> Scan:
    (scan,) = scans(sql, TOPICS, _constant)
    return scan


def test_a_topic_with_a_dot_is_a_table_in_a_schema() -> None:
    """`events.flights`."""
    assert _scan("select * from events.flights") == Scan("events.flights", "events", "flights")


def test_a_hyphen_may_be_written_as_an_underscore() -> None:
    """`dead_letters`."""
    assert _scan("select * from dead_letters").topic == "dead-letters"


def test_times_partitions_and_offsets_are_pushed_down() -> None:
    """All that stand in one AND; the other conditions are DuckDB's."""
    scan = _scan(
        "select * from notifications where _timestamp >= '2013-01-01' and _timestamp < timestamp '2013-01-02' "
        "and _partition in (0, 3) and _offset > 10 and 99 >= _offset and title like '%late%'"
    )
    assert (scan.since, scan.until) == (JAN1, JAN2)
    assert (scan.partitions, scan.from_offset, scan.to_offset) == (frozenset({0, 3}), 11, 100)


def test_between_takes_both_ends() -> None:
    """Inclusive, as in SQL."""
    scan = _scan("select * from notifications where _timestamp between '2013-01-01' and '2013-01-02'")
    assert (scan.since, scan.until) == (JAN1, JAN2)


def test_now_is_evaluated() -> None:
    """`now() - interval 2 hour` is a time two hours ago."""
    scan = _scan("select * from notifications where _timestamp > now() - interval 2 hour")
    assert scan.since is not None
    assert 7100 < (datetime.now(UTC) - scan.since).total_seconds() < 7300


@pytest.mark.parametrize(
    "sql",
    [
        "select * from notifications where _partition = 1 or title = 'x'",
        "select * from notifications where not (_partition = 1)",
        "select * from notifications where _partition = count",
        "select * from notifications where _time > '2013-01-01'",
        "select * from notifications n left join events.flights f on true where f._partition = 1",
        "select * from (select * from notifications) where _partition = 1",
        "select * from notifications where exists (select 1 where _partition = 1)",
    ],
)
def test_what_need_not_hold_for_every_row_is_not_pushed_down(sql: str) -> None:
    """Bounds would lose rows here."""
    scan = next(s for s in scans(sql, TOPICS, _constant) if s.topic == "notifications")
    assert scan == Scan("notifications", "", "notifications")


def test_a_topic_that_is_read_twice_gets_the_wider_bounds() -> None:
    """A union of two partitions."""
    scan = _scan(
        "select * from notifications where _partition = 0 union all select * from notifications where _partition = 2"
    )
    assert scan.partitions == frozenset({0, 2})


def test_a_with_clause_may_hide_a_topic() -> None:
    """The name then means something else."""
    assert scans("with notifications as (select 1 x) select * from notifications", TOPICS, _constant) == []


def test_a_condition_within_a_with_clause_is_pushed_down() -> None:
    """It stands in the SELECT that names the topic."""
    assert _scan("with x as (select * from notifications where _partition = 1) select * from x").partitions == {1}


def test_what_is_no_sql_is_refused() -> None:
    """With the parser's own words."""
    with pytest.raises(BadCondition, match="no SQL"):
        scans("select from where", TOPICS, _constant)
