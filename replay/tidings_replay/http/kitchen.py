"""Shell: a request → a feed, with the parts that all requests share."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from tidings_schemas.catalogue import load
from tidings_schemas.registry import Registry
from tidings_schemas.settings import Settings

from tidings_replay.core.decode import Decoder
from tidings_replay.core.masking import Mask
from tidings_replay.core.plan import Plan, Range
from tidings_replay.core.process import Process
from tidings_replay.core.span import At, Bound, Edge, parse_bound
from tidings_replay.feed import Feed
from tidings_replay.reader import Limits, Reader
from tidings_replay.request import Request
from tidings_replay.topics import plan_topics

Place = tuple[str, int]
_BUFFERED = 4 * 1024 * 1024  # bytes in each request's Kafka client


class Kitchen:
    """Makes feeds; blocks on Kafka, so it is called in a thread."""

    def __init__(self, settings: Settings, secret: bytes) -> None:
        self._settings, self._secret = settings, secret
        self._catalogue = load()
        self._registry = Registry(settings.registry_url, settings.registry_auth.get_secret_value())

    def feed(self, request: Request, offsets: Mapping[Place, int], times: Mapping[Place, int]) -> tuple[Feed, int]:
        """(the feed, how many offsets it will read at most). `offsets` and `times` win over the request's beginning.

        Raises:
            NothingThere, BadSpan, BadCondition, BrokerUnavailable: see there.
        """
        plan = self._moved(self._plan(request), request, offsets, times)
        process = Process(
            Decoder(self._catalogue, self._registry),
            request.filter(blind=not request.personal),
            None if request.personal else Mask(self._secret),
        )
        limits = Limits(patience=60, buffered=_BUFFERED)
        reader = Reader(self._settings, plan.ranges, together=True, follow=request.follow, limits=limits)
        merged = not request.follow and (request.speed != "max" or request.limit is not None)
        return Feed(reader, process, plan.ranges, merged=merged), plan.size

    def _plan(self, request: Request) -> Plan:
        now = datetime.now(UTC)
        since, until = parse_bound(request.since, now), parse_bound(request.until, now)
        if not request.follow:
            return plan_topics(self._settings, request.topics, since, until)
        return self._everywhere(request.topics, since)

    def _everywhere(self, topics: tuple[str, ...], since: Bound) -> Plan:
        """Every partition, from `since` on, also those in which nothing lies from there yet."""
        return plan_topics(self._settings, topics, since, Edge(latest=True), empty=True)

    def _moved(self, plan: Plan, request: Request, offsets: Mapping[Place, int], times: Mapping[Place, int]) -> Plan:
        if not offsets and not times:
            return plan
        starts = dict(offsets)
        for place, stamp in times.items():
            at = At(datetime.fromtimestamp(stamp / 1000, UTC))
            found = plan_topics(
                self._settings, [place[0]], at, Edge(latest=True), only=frozenset({place[1]}), empty=True
            )
            starts.update({(r.topic, r.partition): r.start for r in found.ranges})
        whole = plan_topics(self._settings, request.topics, Edge(latest=False), Edge(latest=True), empty=True)
        low = {(r.topic, r.partition): r.start for r in whole.ranges}
        moved = tuple(_from(r, starts, low) for r in (plan if not request.follow else whole).ranges)
        return Plan(tuple(r for r in moved if request.follow or r.size), plan.cuts)


def _from(r: Range, starts: Mapping[Place, int], low: Mapping[Place, int]) -> Range:
    place = r.topic, r.partition
    start = starts.get(place, r.stop)
    return replace(r, start=min(max(start, low.get(place, 0)), r.stop), from_ms=None)
