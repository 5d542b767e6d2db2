"""The work that the Python peers share: Avro in, a condition, an audience, Avro out.

Runs in the peer's own environment, so it imports fastavro and nothing of Tidings. What each peer is given on its
command line is read by `Job`.
"""

import json
import struct
import sys
from collections.abc import Iterable
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

from fastavro import parse_schema, schemaless_reader, schemaless_writer

FRAME = 5  # bytes before the Avro body: magic 0 and the schema id, big-endian


class Job(NamedTuple):
    """What to read, what to write, and the rule."""

    servers: str
    group: str
    source: str
    target: str
    event_schema: str  # a file
    draft_schema: str  # a file
    draft_id: int
    rule: str
    version: str
    home: str

    @classmethod
    def of(cls, words: list[str]) -> "Job":
        """The job of a command line."""
        job = cls(*words)  # type: ignore[arg-type]
        return job._replace(draft_id=int(job.draft_id))


class SameRule:
    """`when: delay_minutes >= 30`, `audience: {followers: ["flight:{flight}"]}`."""

    def __init__(self, job: Job) -> None:
        self._event = parse_schema(json.loads(Path(job.event_schema).read_text()))
        self._draft = parse_schema(json.loads(Path(job.draft_schema).read_text()))
        self._prefix = struct.pack(">bI", 0, job.draft_id)
        self._job = job

    def draft(self, value: bytes, headers: Iterable[tuple[str, Any]]) -> tuple[bytes, bytes] | None:
        """(key, value) of what the event leads to; None if the rule is not met."""
        event: Any = schemaless_reader(BytesIO(value[FRAME:]), self._event, None)
        if event["delay_minutes"] < 30:
            return None
        topic = f"flight:{event['flight']}"
        said = {name: bytes(text).decode() for name, text in headers}
        draft = {
            "rule": self._job.rule,
            "rule_version": self._job.version,
            "topic": topic,
            "event_id": said["ce_id"],
            "event_source": said["ce_source"],
            "event_type": said["ce_type"],
            "event_subject": said["ce_subject"],
            "event_time": datetime.fromisoformat(said["ce_time"]),
            "traceparent": None,
            "payload": value,
        }
        out = BytesIO()
        out.write(self._prefix)
        schemaless_writer(out, self._draft, draft)
        return topic.encode(), out.getvalue()


def job() -> Job:
    """This process's job."""
    return Job.of(sys.argv[1:])
