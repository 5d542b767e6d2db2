"""Faust as its documentation shows it, with its own driver: `async for event in stream`, `await topic.send(...)`."""

import sys

import faust
from same_rule import SameRule, job

JOB = job()
RULE = SameRule(JOB)

app = faust.App(
    JOB.group,
    broker=f"kafka://{JOB.servers}",
    store="memory://",
    web_enabled=False,
    topic_allow_declare=False,
    topic_disable_leader=True,
    key_serializer="raw",
    value_serializer="raw",
    producer_acks=-1,
)
source = app.topic(JOB.source, key_type=bytes, value_type=bytes)
target = app.topic(JOB.target, key_type=bytes, value_type=bytes)


@app.agent(source)
async def match(stream: faust.StreamT[bytes]) -> None:
    """Event by event."""
    async for event in stream.events():
        draft = RULE.draft(event.value, event.message.headers)
        if draft is not None:
            key, value = draft
            await target.send(key=key, value=value)


if __name__ == "__main__":
    sys.argv = sys.argv[:1]
    faust.Worker(app, loglevel="WARN").execute_from_commandline()
