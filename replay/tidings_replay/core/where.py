"""What to keep: `--key`, `--sample` before decoding; `--type`, `--user`, `--where` after it.

`--where` is CEL (Common Expression Language). It sees:

| name | what |
|---|---|
| `event` | the record's fields: `event.delay_minutes >= 30` |
| `headers` | the record's other headers: `headers["traceparent"]` |
| `id`, `source`, `type`, `subject`, `time` | the CloudEvents attributes; `time` is a timestamp |
| `topic`, `partition`, `offset`, `timestamp`, `key` | where the record lies |
"""

import fnmatch
import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from .errors import BadCondition
from .run import Run

_ENVELOPE = ("id", "source", "type", "subject", "time", "topic", "partition", "offset", "timestamp", "key")
_NAMES = frozenset((*_ENVELOPE, "event", "headers"))
_BOUND = re.compile(r"\.(?:all|exists|exists_one|map|filter)\(\s*(\w+)\s*,")  # names that a macro brings
_LONGEST = 4000  # characters of an expression


class Condition:
    """A CEL expression, compiled once.

    A row for which it fails at run time, because the field is not in its type for example, is left out and counted.

    Raises:
        BadCondition: it is no CEL, or names what does not exist.
    """

    def __init__(self, text: str) -> None:
        if len(text) > _LONGEST:
            raise BadCondition(f"--where has {len(text)} characters; at most {_LONGEST} are taken")
        import cel  # takes 60 ms, and few replays have a condition

        try:
            self._program = cel.compile(text)
        except ValueError as error:
            raise BadCondition(f"--where is no CEL expression: {error}") from error
        self._used = frozenset(self._program.variables()) - frozenset(_BOUND.findall(text))
        if unknown := self._used - _NAMES:
            raise BadCondition(
                f"--where names {', '.join(sorted(unknown))}; there are {', '.join(sorted(_NAMES))}: "
                f"write event.{min(unknown)} for a field of the event"
            )
        whole = re.search(r"\bevent\b(?!\s*\.\s*[A-Za-z_])", text)
        self._fields = None if whole else frozenset(re.findall(r"\bevent\s*\.\s*([A-Za-z_]\w*)", text))
        self.errors = 0

    def keep(self, envelope: pa.RecordBatch, data: pa.RecordBatch) -> list[bool]:
        """Whether each row fits; only the columns that the expression names are looked at.

        Raises:
            BadCondition: its result is not true or false.
        """
        context: dict[str, Sequence[Any]] = {
            n: envelope.column("_" + n).to_pylist() for n in self._used & set(_ENVELOPE)
        }
        if "event" in self._used:
            context["event"] = self._events(data)
        if "headers" in self._used:
            context["headers"] = [dict(h or ()) for h in envelope.column("_headers").to_pylist()]
        return [self._fits({name: column[row] for name, column in context.items()}) for row in range(envelope.num_rows)]

    def _events(self, data: pa.RecordBatch) -> list[dict[str, Any]]:
        names = [n for n in data.schema.names if self._fields is None or n in self._fields]
        rows: list[dict[str, Any]] = data.select(names).to_pylist(maps_as_pydicts="strict")
        return rows

    def _fits(self, context: Mapping[str, Any]) -> bool:
        try:
            result = self._program.execute(dict(context))
        except Exception:  # CEL's run-time errors come as many classes: no such field, null compared, overflow
            self.errors += 1
            return False
        if not isinstance(result, bool):
            raise BadCondition(f"--where must be true or false for each event; it gave {result!r}")
        return result


@dataclass(slots=True)
class Filter:
    """What to keep. Empty = everything.

    Attributes:
        types: event types; shell patterns, or the record's short name (`FlightDelayed`).
        users: values of the record's field `user`, or of the key where there is no such field.
        sample: part of the records that is kept, 0 < sample ≤ 1; the same records at every run.
        blind: rows are judged as they are shown, after masking, so that no filter can find out what is masked.
    """

    keys: frozenset[bytes] = frozenset()
    types: tuple[str, ...] = ()
    users: frozenset[str] = frozenset()
    sample: float = 1.0
    where: Condition | None = None
    blind: bool = False
    _by_type: dict[str, bool] = field(default_factory=dict)

    def before(self, run: Run, from_ms: int | None, to_ms: int | None) -> Run:
        """The run without what can be left out undecoded."""
        tests: list[Callable[[int], bool]] = []
        if from_ms is not None and run.timestamps and min(run.timestamps) < from_ms:
            tests.append(lambda i: run.timestamps[i] >= from_ms)
        if to_ms is not None and run.timestamps and max(run.timestamps) >= to_ms:
            tests.append(lambda i: run.timestamps[i] < to_ms)
        if self.keys and not self.blind:
            tests.append(lambda i: run.keys[i] in self.keys)
        if self.sample < 1:
            tests.append(lambda i: _draw(run.partition, run.offsets[i]) < self.sample)
        if not tests:
            return run
        return run.take([i for i in range(len(run)) if all(test(i) for test in tests)])

    def after(self, kind: str, envelope: pa.RecordBatch, data: pa.RecordBatch) -> list[bool] | None:
        """Which rows of one decoded type are kept; None = all."""
        if self.types and not self._typed(kind, envelope):
            return [False] * envelope.num_rows
        late = self.blind and self.keys
        keep = [True] * envelope.num_rows if self.users or self.where or late else None
        if self.users:
            keep = self._of_users(envelope, data)
        if late and keep is not None:
            keys = [None if key is None else key.encode() for key in envelope.column("_key").to_pylist()]
            keep = [kept and key in self.keys for kept, key in zip(keep, keys, strict=True)]
        if self.where and keep is not None:
            rows = [row for row, kept in enumerate(keep) if kept]
            if len(rows) < len(keep):
                envelope, data = envelope.take(rows), data.take(rows)
            for row, kept in zip(rows, self.where.keep(envelope, data), strict=True):
                keep[row] = kept
        return keep

    def _typed(self, kind: str, envelope: pa.RecordBatch) -> bool:
        if kind not in self._by_type:
            self._by_type[kind] = any(
                fnmatch.fnmatchcase(kind, pattern) or kind.rpartition(".")[2] == pattern for pattern in self.types
            )
        return self._by_type[kind]

    def _of_users(self, envelope: pa.RecordBatch, data: pa.RecordBatch) -> list[bool]:
        column = data.column("user") if "user" in data.schema.names else envelope.column("_key")
        return [user in self.users for user in column.to_pylist()]


def _draw(partition: int, offset: int) -> float:
    return zlib.crc32(b"%d:%d" % (partition, offset)) / 2**32
