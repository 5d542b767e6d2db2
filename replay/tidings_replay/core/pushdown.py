"""SQL → which topics it reads, and what of them: predicates on time, partition and offset become bounds of the replay.

A bound may only ever leave out records that the query would leave out too; DuckDB still evaluates the whole query. So
only conditions that every row must meet are taken (joined by AND, at the top of the WHERE of the very SELECT that names
the topic, and not on the far side of an outer join), and anything that is not understood is simply not pushed down.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError

from .errors import BadCondition

Evaluate = Callable[[str], Any]
_STEP = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Scan:
    """A topic that a query reads.

    Attributes:
        topic: bare name. schema, name: as the query writes it (`events`.`flights`; schema may be empty).
        since, until: [since, until) of Kafka's timestamp. from_offset, to_offset: [from, to).
        partitions: only these; None = all.
    """

    topic: str
    schema: str
    name: str
    since: datetime | None = None
    until: datetime | None = None
    from_offset: int | None = None
    to_offset: int | None = None
    partitions: frozenset[int] | None = None


def scans(sql: str, topics: Iterable[str], evaluate: Evaluate) -> list[Scan]:
    """The scans of a query, one for each topic; where a topic is named twice, the wider bounds.

    Args:
        topics: bare names that exist; `dead_letters` also means `dead-letters`.
        evaluate: the value of a constant SQL expression such as `now() - interval 2 hour`.

    Raises:
        BadCondition: it is no SQL.
    """
    try:
        statements = [s for s in sqlglot.parse(sql, dialect="duckdb") if s is not None]
    except ParseError as error:
        raise BadCondition(f"this is no SQL: {error}") from error
    by_name = {topic: topic for topic in topics} | {topic.replace("-", "_"): topic for topic in topics}
    found: dict[tuple[str, str], Scan] = {}
    for table in (t for statement in statements for t in statement.find_all(exp.Table)):
        written = f"{table.db}.{table.name}" if table.db else table.name
        if written not in by_name or _is_cte(table):
            continue
        scan = _scan(table, by_name[written], evaluate)
        key = table.db, table.name
        found[key] = _wider(found[key], scan) if key in found else scan
    return list(found.values())


def _is_cte(table: exp.Table) -> bool:
    """Whether an enclosing WITH gives the name another meaning."""
    name = table.name
    node: Any = table.parent
    while node is not None:
        within = node.args.get("with_") or node.args.get("with")
        if within is not None and any(cte.alias == name for cte in within.expressions):
            return True
        node = node.parent
    return False


def _scan(table: exp.Table, topic: str, evaluate: Evaluate) -> Scan:
    scan = Scan(topic, table.db, table.name)
    select = table.find_ancestor(exp.Select)
    if select is None or not _inner(table, select):
        return scan
    where = select.args.get("where")
    names = {table.alias_or_name, ""} if _alone(select) else {table.alias_or_name}
    for condition in _conjuncts(where.this) if where is not None else ():
        scan = _narrow(scan, condition, names, evaluate)
    return scan


def _inner(table: exp.Expr, select: exp.Expr) -> bool:
    """No outer join in the SELECT, whose other side would keep rows that the condition drops."""
    joins = select.args.get("joins") or []
    return table.find_ancestor(exp.Select) is select and all(not join.side for join in joins)


def _alone(select: exp.Expr) -> bool:
    return not select.args.get("joins")


def _conjuncts(node: exp.Expr) -> list[exp.Expr]:
    if isinstance(node, exp.And):
        return [*_conjuncts(node.left), *_conjuncts(node.right)]
    return _conjuncts(node.this) if isinstance(node, exp.Paren) else [node]


_FLIPPED: Mapping[type[exp.Expr], type[exp.Expr]] = {
    exp.GT: exp.LT, exp.GTE: exp.LTE, exp.LT: exp.GT, exp.LTE: exp.GTE, exp.EQ: exp.EQ,
}  # fmt: skip


def _narrow(scan: Scan, node: exp.Expr, names: set[str], evaluate: Evaluate) -> Scan:
    if isinstance(node, exp.Between):
        column = _column(node.this, names)
        low, high = node.args["low"], node.args["high"]
        scan = _bound(scan, column, exp.GTE, _value(low, evaluate))
        return _bound(scan, column, exp.LTE, _value(high, evaluate))
    if isinstance(node, exp.In) and _column(node.this, names) == "_partition" and node.expressions:
        values = [_value(e, evaluate) for e in node.expressions]
        return _partitions(scan, values)
    kind = type(node)
    if kind not in _FLIPPED:
        return scan
    if column := _column(node.this, names):
        return _bound(scan, column, kind, _value(node.expression, evaluate))
    if column := _column(node.expression, names):
        return _bound(scan, column, _FLIPPED[kind], _value(node.this, evaluate))
    return scan


def _column(node: exp.Expr, names: set[str]) -> str:
    return node.name if isinstance(node, exp.Column) and node.table in names and node.name.startswith("_") else ""


def _value(node: exp.Expr, evaluate: Evaluate) -> Any:
    """A constant's value; None if it is none, for example because it names a column."""
    if node.find(exp.Column, exp.Select) is not None:
        return None
    try:
        return evaluate(node.sql(dialect="duckdb"))
    except Exception:  # whatever DuckDB says: then it is not pushed down, and the query itself will say it
        return None


def _bound(scan: Scan, column: str, kind: type[exp.Expr], value: Any) -> Scan:
    if value is None:
        return scan
    if column == "_partition" and kind is exp.EQ:
        return _partitions(scan, [value])
    if column == "_offset" and isinstance(value, int):
        return _offsets(scan, kind, value)
    if column == "_timestamp" and (time := _time(value)) is not None:
        return _times(scan, kind, time)
    return scan


def _partitions(scan: Scan, values: list[Any]) -> Scan:
    if not all(isinstance(v, int) and v >= 0 for v in values):
        return scan
    wanted = frozenset(values)
    return replace(scan, partitions=wanted if scan.partitions is None else scan.partitions & wanted)


def _offsets(scan: Scan, kind: type[exp.Expr], value: int) -> Scan:
    starts: dict[Any, int] = {exp.GT: value + 1, exp.GTE: value, exp.EQ: value}
    ends: dict[Any, int] = {exp.LT: value, exp.LTE: value + 1, exp.EQ: value + 1}
    low, high = starts.get(kind), ends.get(kind)
    if low is not None:
        scan = replace(scan, from_offset=max(0, low, scan.from_offset or 0))
    if high is not None:
        scan = replace(scan, to_offset=max(0, high if scan.to_offset is None else min(high, scan.to_offset)))
    return scan


def _times(scan: Scan, kind: type[exp.Expr], value: datetime) -> Scan:
    """Kafka keeps whole milliseconds: the millisecond around a bound is left to DuckDB."""
    low = value if kind in (exp.GT, exp.GTE, exp.EQ) else None
    high = value + _STEP if kind in (exp.LT, exp.LTE, exp.EQ) else None
    if low is not None:
        scan = replace(scan, since=low if scan.since is None else max(low, scan.since))
    if high is not None:
        scan = replace(scan, until=high if scan.until is None else min(high, scan.until))
    return scan


def _time(value: Any) -> datetime | None:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    return datetime(value.year, value.month, value.day, tzinfo=UTC) if isinstance(value, date) else None


def _wider(one: Scan, other: Scan) -> Scan:
    def both(a: Any, b: Any, pick: Callable[[Any, Any], Any]) -> Any:
        return None if a is None or b is None else pick(a, b)

    return replace(
        one,
        since=both(one.since, other.since, min),
        until=both(one.until, other.until, max),
        from_offset=both(one.from_offset, other.from_offset, min),
        to_offset=both(one.to_offset, other.to_offset, max),
        partitions=both(one.partitions, other.partitions, lambda a, b: a | b),
    )
