"""Quix Streams as its documentation shows it: a StreamingDataFrame from topic to topic."""

from typing import Any

from quixstreams import Application
from quixstreams.models import SerializationContext, Serializer
from same_rule import SameRule, job

JOB = job()
RULE = SameRule(JOB)


class Made(Serializer):  # type: ignore[misc]
    """Writes the value of a (key, value)."""

    def __call__(self, value: tuple[bytes, bytes], ctx: SerializationContext) -> bytes:
        return value[1]


def draft(value: bytes, key: Any, timestamp: int, headers: list[tuple[str, bytes]]) -> tuple[bytes, bytes] | None:
    """(key, value) of what the event leads to, or None."""
    made: tuple[bytes, bytes] | None = RULE.draft(value, headers)
    return made


app = Application(
    broker_address=JOB.servers,
    consumer_group=JOB.group,
    auto_offset_reset="earliest",
    auto_create_topics=False,
    use_changelog_topics=False,
    loglevel="WARNING",
    producer_extra_config={"acks": "all", "enable.idempotence": True, "partitioner": "murmur2_random"},
)
source = app.topic(JOB.source, key_deserializer="bytes", value_deserializer="bytes")
target = app.topic(JOB.target, key_serializer="bytes", value_serializer=Made())
drafts = app.dataframe(source).apply(draft, metadata=True).filter(lambda made: made is not None)
drafts.to_topic(target, key=lambda made: made[0])

if __name__ == "__main__":
    app.run()
