"""Shell: reads an EventStreams service (Wikimedia's, or a Tidings replay server) into `events.eventstreams`.

It remembers nothing itself: it looks at the end of its topic, asks for what came since a little before the newest event
there, and leaves out what it has.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlsplit

import httpx
import structlog
from httpx_sse import EventSource, ServerSentEvent, connect_sse
from tidings_schemas.settings import Settings
from tidings_schemas.topics import events_topic

from tidings_producers.core.stream_event import NotAnEvent, stream_event
from tidings_producers.errors import SourceUnusable
from tidings_producers.publisher import Publisher

from .player import persist
from .recent import recent

log = structlog.get_logger(__name__)

PUBLIC = "https://stream.wikimedia.org/v2/stream"
TOPIC = events_topic("eventstreams")
_OVERLAP = timedelta(seconds=60)  # Kafka's time of an event there and the event's own differ a little
_LONGEST_PAUSE = 30.0  # seconds between tries
_QUIET = 60.0  # seconds without a byte, after which the connection counts as dead; services send comments more often


@dataclass(slots=True)
class Read:
    """What was done."""

    published: int = 0
    known: int = 0
    refused: int = 0


class Stream:
    """Streams of a service.

    Args:
        url: base, up to `/v2/stream`. streams: names, as the service has them. token: for services that want one.
    """

    def __init__(self, url: str, streams: list[str], token: str = "") -> None:
        self.streams = ",".join(streams)
        self._url = f"{url.rstrip('/')}/{quote(self.streams, safe=',')}"
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.service = urlsplit(url).netloc

    @contextmanager
    def open(self, since: datetime | None, last_id: str) -> Iterator[EventSource]:
        """A connection, from `since`, or behind the event with the id `last_id`.

        Raises:
            SourceUnusable: the service refused for good. httpx.HTTPError: try again.
        """
        headers = self._headers | ({"Last-Event-ID": last_id} if last_id else {})
        params = {"since": since.isoformat().replace("+00:00", "Z")} if since and not last_id else {}
        timeout = httpx.Timeout(10, read=_QUIET)
        with (
            httpx.Client(timeout=timeout) as client,
            connect_sse(client, "GET", self._url, params=params, headers=headers) as source,
        ):
            status = source.response.status_code
            if 400 <= status < 500 and status != 429:
                source.response.read()
                raise SourceUnusable(f"{self._url} answered {status}: {source.response.text[:300]}")
            source.response.raise_for_status()
            yield source


def told(settings: Settings, service: str) -> tuple[set[str], datetime | None]:
    """(ids at the end of the topic that came from the service, the newest one's time)."""
    mine = [one for one in recent(settings, TOPIC.name) if one.source.startswith(f"/eventstreams/{service}/")]
    return {one.id for one in mine}, max((one.time for one in mine), default=None)


def run(
    stream: Stream,
    publisher: Publisher,
    known: set[str],
    since: datetime | None,
    stop: threading.Event,
    *,
    limit: int = 0,
    show: Callable[[Read], object] = lambda _: None,
) -> Read:
    """Publishes what the service sends, until `stop` is set or `limit` events are published (0 = no limit).

    Raises:
        SourceUnusable: the service refused for good.
        Permanent: an event can never be published.
    """
    read, pause, last_id = Read(), 1.0, ""
    since = since - _OVERLAP if since else None
    while not stop.is_set():
        try:
            with stream.open(since, last_id) as source:
                for event in source.iter_sse():
                    pause = 1.0
                    if not _take(event, stream, publisher, known, stop, read):
                        return read
                    last_id = event.id or last_id
                    show(read)
                    if limit and read.published >= limit:
                        return read
        except httpx.HTTPError as error:
            log.warning("the stream broke off; trying again", error=str(error) or type(error).__name__, seconds=pause)
        stop.wait(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)
    return read


def _take(
    event: ServerSentEvent, stream: Stream, publisher: Publisher, known: set[str], stop: threading.Event, read: Read
) -> bool:
    """False once it should end."""
    if stop.is_set():
        return False
    if event.event != "message" or not event.data:
        return True
    try:
        ours = stream_event(event.data, stream.service, stream.streams, datetime.now(UTC))
    except NotAnEvent as error:
        read.refused += 1
        log.warning("left out", error=str(error), id=event.id)
        return True
    if ours is None:
        return True
    if ours.id in known:
        read.known += 1
        return True
    if not persist(publisher, ours, stop):
        return False
    read.published += 1
    return True
