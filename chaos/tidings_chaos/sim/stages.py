"""The real stages over the shipped schemas, made once: what they ask for is that of the simulation at work."""

from collections.abc import Callable
from functools import cache

from tidings_processors.core.delivery import Delivery
from tidings_processors.core.fan_out import FanOut
from tidings_processors.core.follower_index import FollowerIndex
from tidings_processors.core.match import Match
from tidings_processors.core.rules import RuleSet, read_rules
from tidings_processors.core.stage import Stage
from tidings_processors.core.untimed import untimed_codec
from tidings_processors.core.window import Window
from tidings_schemas import Draft, Notification, SharedNotification, catalogue
from tidings_schemas.catalogue import Catalogue
from tidings_schemas.codec import Codec, FixedSchemas

from .log import DRAFTS, EVENTS, MATCHES, PARTITIONS

TYPE = "tidings.demo.Message"
_MAX_BYTES = 256 * 1024
_SHARED_ABOVE = 2
_RULES = """\
rules:
  - name: named
    match: tidings.demo.Message
    when: user != null
    audience: {users: user}
    kind: message
    text: {en: {title: "{{ text }}"}}
  - name: followed
    match: tidings.demo.Message
    when: topic != null
    audience: {followers: ["{topic}"]}
    kind: message
    text: {en: {title: "{{ text }}"}}
"""


class Asked:
    """What the stages ask for just now."""

    followers: Callable[[int], FollowerIndex]
    window: Callable[[int], Window]


def _nobody_is_particular() -> dict[int, set[str]]:
    return {partition: set() for partition in range(PARTITIONS)}


class Stages:
    """Match, fan-out and deliver, without a book: nothing is held back, which is the policy's own concern."""

    def __init__(self) -> None:
        wanted = (TYPE, Draft.avro_name, Notification.avro_name, SharedNotification.avro_name, "tidings.DeadLetter")
        self.catalogue = Catalogue(schema for schema in catalogue.load() if schema.name in wanted)
        schemas = FixedSchemas(self.catalogue)
        self.codec = Codec(self.catalogue, schemas)
        untimed = untimed_codec(self.catalogue, schemas)
        self.asked = Asked()
        ruled = read_rules(_RULES, self.catalogue)

        def rules() -> RuleSet:
            return ruled

        self._stages: dict[str, Stage] = {
            EVENTS: Match(self.codec, untimed, rules, _MAX_BYTES),
            MATCHES: FanOut(self.codec, lambda p: self.asked.followers(p), _nobody_is_particular, _SHARED_ABOVE, rules),
            DRAFTS: Delivery(self.codec, untimed, rules, lambda partition, user: None, lambda p: self.asked.window(p)),
        }

    def of(self, topic: str) -> Stage:
        """The stage that reads a topic."""
        return self._stages[topic]


@cache
def stages() -> Stages:
    """Made once a process: it takes longer than hundreds of schedules."""
    return Stages()
