"""The second stage: a draft for a followed topic → the same draft for each of its followers, or for all at once."""

from collections.abc import Callable, Mapping

from tidings_schemas import Draft
from tidings_schemas.codec import Codec
from tidings_schemas.errors import InvalidEvent
from tidings_schemas.framing import schema_id_of
from tidings_schemas.topics import DRAFTS, DRAFTS_URGENT, MATCHES_URGENT

from .follower_index import FollowerIndex
from .record import Headers, RecordIn, RecordOut, Step, event_headers, source_header
from .rules import RuleSet
from .shared import MAX_EXCEPTED, SHARED_HEADER, marks
from .stage import Stage

Particular = Mapping[int, set[str]]

#: A follow counts for events that came up to so many ms before it: the clocks of a gateway and of a service that
#: produces are not one, and nobody shall miss what came right after the follow.
CLOCKS_MS = 250


class FanOut(Stage):
    """`matches` in; out: `drafts` keyed by user, or one for each partition, dead letters.

    An event is for those who followed when it came, not for those who do when it is processed: a replay tells the same.

    Args:
        codec: encodes dead letters, and decodes a draft once for each schema id that is met.
        followers: gives the follower index of a partition; raises `StateNotHereYet` until it is restored.
        particular: for each partition of `drafts` the users whose wishes are weighed one by one; asked only for topics
            above the limit; raises `StateNotHereYet` until they are known. None = nothing is shared. Nor is an
            event of which more than `MAX_EXCEPTED` users of a partition would be excepted.
        shared_above: a topic with more followers gets shared drafts; who cannot share gets drafts of their own as ever.
        rules: gives the rules of the moment: one with a digest gathers for each user, so it is never shared; nor is one
            with a collapse key where older ones of that key may be gathered, which must give way to it.
    """

    name = "fan-out"

    def __init__(
        self,
        codec: Codec,
        followers: Callable[[int], FollowerIndex],
        particular: Callable[[], Particular] | None = None,
        shared_above: int = 0,
        rules: Callable[[], RuleSet] = RuleSet,
    ) -> None:
        super().__init__(codec)
        self._followers = followers
        self._shared_above = shared_above
        self._particular = particular
        self._rules = rules
        self._draft_ids: set[int] = set()

    def take(self, record: RecordIn, step: Step, now_ms: int) -> None:
        """See `Stage.take`."""
        value = self._draft_of(record)
        if not record.key:
            raise InvalidEvent("a match without a key: the followed topic is missing")
        topic, index = record.key.decode(), self._followers(record.partition)
        if self._particular is not None and index.count(topic) > self._shared_above and self._may_share(value):
            excepted = _excepted(index, topic, self._particular())
            if all(len(users) <= MAX_EXCEPTED for users in excepted.values()):
                step.outs += _shared(record, value, excepted, _followers(index, topic, record))
                step.count("shared")
                return
        users = _followers(index, topic, record)
        if not users:
            step.count("silent.no-followers")
        handed_on, lane = event_headers(record), _lane(record)
        step.outs += [
            RecordOut(lane, user.encode(), value, [source_header(record, index), *handed_on])
            for index, user in enumerate(users)
        ]

    def _draft_of(self, record: RecordIn) -> bytes:
        schema_id = schema_id_of(record.value)
        if schema_id not in self._draft_ids:
            name, _ = self.codec.decode(record.value)
            if name != Draft.avro_name:
                raise InvalidEvent(f"a {name} where a draft belongs")
            self._draft_ids.add(schema_id)
        assert record.value is not None
        return record.value

    def _may_share(self, value: bytes) -> bool:
        rules = self._rules()
        rule = rules.by_name.get(self.codec.decode(value)[1]["rule"])
        if rule is None:
            return True
        return rule.digest is None and not (rule.collapse_key is not None and rules.any_digest_of_keys)


def _followers(index: FollowerIndex, topic: str, record: RecordIn) -> tuple[str, ...]:
    return index.of(topic, record.timestamp_ms + CLOCKS_MS)


def _lane(record: RecordIn) -> str:
    """What is critical stays on its own way."""
    return DRAFTS_URGENT.name if record.topic == MATCHES_URGENT.name else DRAFTS.name


def _excepted(index: FollowerIndex, topic: str, particular: Particular) -> Particular:
    """For each partition the topic's followers who must be told one by one."""
    return {partition: index.among(topic, users) for partition, users in sorted(particular.items())}


def _shared(record: RecordIn, value: bytes, excepted: Particular, followers: tuple[str, ...]) -> list[RecordOut]:
    """A draft for each partition, and behind these one for each follower who is excepted: most are told at once."""
    handed_on, lane = event_headers(record), _lane(record)
    outs: list[RecordOut] = []

    def add(key: bytes, mark: bytes, partition: int = -1) -> None:
        headers: Headers = [source_header(record, len(outs)), (SHARED_HEADER, mark), *handed_on]
        outs.append(RecordOut(lane, key, value, headers, partition))

    for partition, users in excepted.items():
        add(b"", marks(users), partition)
    for user in sorted(set().union(*excepted.values()).intersection(followers)):
        add(user.encode(), b"")
    return outs
