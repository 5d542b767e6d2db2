"""Positions as Wikimedia's EventStreams has them: a JSON array of topic, partition, and offset or timestamp.

Such an array is an event's SSE id; a client sends it back as `Last-Event-ID` and gets what follows. Source: wikitech,
"Event Platform/EventStreams HTTP Service", and KafkaSSE's README.
"""

from collections.abc import Iterable, Mapping

import orjson
from tidings_schemas.stamps import LAST_MS
from tidings_schemas.topics import EVENTS_PREFIX

from .errors import BadSpan

Place = tuple[str, int]
_MOST = 1000  # partitions in one id


def position_text(positions: Mapping[Place, int]) -> str:
    """The id behind an event: the next offset of every partition of the stream."""
    rows = [{"topic": t, "partition": p, "offset": o} for (t, p), o in sorted(positions.items())]
    return orjson.dumps(rows).decode()


def parse_positions(text: str, topics: Iterable[str]) -> tuple[dict[Place, int], dict[Place, int]]:
    """({place: next offset}, {place: timestamp ms}) of a `Last-Event-ID`; an offset of -1 means: where it is now.

    Raises:
        BadSpan: no such array, or it names a topic that the stream does not have.
    """
    known = frozenset(topics)
    try:
        rows = orjson.loads(text)
        if not isinstance(rows, list) or len(rows) > _MOST:
            raise TypeError("no array")
        offsets: dict[Place, int] = {}
        times: dict[Place, int] = {}
        for row in rows:
            place = _place(row)
            if place[0] not in known:
                raise BadSpan(f"Last-Event-ID names the topic {place[0]!r}, which this stream does not have")
            into, value = (offsets, row["offset"]) if "offset" in row else (times, row["timestamp"])
            limit = 2**62 if into is offsets else LAST_MS
            if not isinstance(value, int) or isinstance(value, bool) or abs(value) > limit:
                raise TypeError("no number")
            if value >= 0:
                into[place] = value
    except (ValueError, TypeError, KeyError) as error:
        raise BadSpan(
            'Last-Event-ID must be an array such as [{"topic":"events.flights","partition":0,"offset":12}], or left out'
        ) from error
    return offsets, times


def _place(row: object) -> Place:
    if not isinstance(row, dict) or not isinstance(row.get("topic"), str):
        raise TypeError("no topic")
    partition = row.get("partition")
    if not isinstance(partition, int) or isinstance(partition, bool) or not 0 <= partition < 2**31:
        raise TypeError("no partition")
    return row["topic"], partition


def topics_of(streams: str, existing: Iterable[str]) -> dict[str, str]:
    """{topic: stream} of a comma-separated list; `flights` means `events.flights` where there is no topic `flights`.

    Raises:
        BadSpan: there is no such stream; the text lists some that there are.
    """
    known = set(existing)
    found: dict[str, str] = {}
    for stream in filter(None, (part.strip() for part in streams.split(","))):
        topic = stream if stream in known else EVENTS_PREFIX + stream
        if topic not in known:
            raise BadSpan(f"there is no stream {stream!r}; there are {', '.join(sorted(known)) or 'none'}")
        found[topic] = stream
    if not found:
        raise BadSpan("name at least one stream")
    return found
