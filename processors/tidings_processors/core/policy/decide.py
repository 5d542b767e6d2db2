"""How a draft is told, if it may be told at all."""

from datetime import timedelta
from typing import NamedTuple

from tidings_schemas import Preference
from tidings_schemas.stamps import FIRST_MS, LAST_MS

from tidings_processors.core.record import RecordIn, since_ms
from tidings_processors.core.rules import Rule

from .silence import Silent, silent


class Deliver(NamedTuple):
    """The user may be told.

    Attributes:
        locale: BCP 47 tag that the user asked for.
        time_zone: IANA zone for times in the text.
        expires_ms: after this it is not worth telling any more, ms since 1970; None = it does not expire.
    """

    locale: str
    time_zone: str
    expires_ms: int | None


#: For who has said nothing, by a rule that says nothing of time: nearly all.
_AS_IT_IS = Deliver("en", "UTC", None)


def decide(rule: Rule, topic: str | None, preference: Preference | None, draft: RecordIn) -> Deliver | Silent:
    """What becomes of one draft for one user, whatever the hour.

    Args:
        rule: the rule that made it.
        topic: the followed topic that leads to the user; None when the event names the user.
        preference: the user's wishes; None = the defaults.
        draft: as it lies in Kafka; a time to live counts from when Kafka was given its event.
    """
    if preference is None and rule.ttl is None and rule.enabled:
        return _AS_IT_IS
    refused = silent(rule, topic, preference)
    if refused is not None:
        return refused
    expires_ms = None if rule.ttl is None else min(max(FIRST_MS, since_ms(draft) + _ms(rule.ttl)), LAST_MS)
    if preference is None:
        return Deliver("en", "UTC", expires_ms)
    return Deliver(preference.locale, preference.time_zone, expires_ms)


def _ms(span: timedelta) -> int:
    return span.days * 86_400_000 + span.seconds * 1000
