"""Whether a user is told, and how: the one place where a person's wishes are weighed.

Pure: what was decided before and what time it is are passed in.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from tidings_schemas import Preference

from .rules import Rule


@dataclass(frozen=True, slots=True)
class Deliver:
    """Tell the user now.

    Attributes:
        locale: BCP 47 tag that the user asked for.
        time_zone: IANA zone for times in the text.
        expires_at: after this it is not worth telling any more; None = it does not expire.
    """

    locale: str
    time_zone: str
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Silent:
    """Don't tell the user; `reason` is a word for metrics and explanations: `muted-topic`."""

    reason: str


def decide(rule: Rule, topic: str | None, preference: Preference | None, now: datetime) -> Deliver | Silent:
    """What becomes of one draft for one user.

    Args:
        rule: the rule that made it.
        topic: the followed topic that leads to the user; None when the event names the user.
        preference: the user's wishes; None = the defaults.
        now: when this is decided, UTC.
    """
    if not rule.enabled:
        return Silent("rule-off")
    if preference is None:
        return Deliver("en", "UTC", _expiry(now, rule.ttl))
    if topic is not None and topic in preference.muted_topics:
        return Silent("muted-topic")
    if rule.kind in preference.muted_kinds:
        return Silent("muted-kind")
    return Deliver(preference.locale, preference.time_zone, _expiry(now, rule.ttl))


def _expiry(now: datetime, ttl: timedelta | None) -> datetime | None:
    return None if ttl is None else now + ttl
