"""What may become of a draft for a user, beside being told at once: one word each."""

from enum import StrEnum


class Word(StrEnum):
    """The words of decisions; those of the first group hold, all others are final."""

    HELD_QUIET_HOURS = "held-quiet-hours"
    HELD_DIGEST = "held-digest"
    CAPPED = "capped"

    DELIVERED = "delivered"  # after it was held
    DIGESTED = "digested"
    SUMMED = "summed"  # in the one that stands for all that a cap held
    COLLAPSED = "collapsed"
    EXPIRED = "expired"
    MUTED_TOPIC = "muted-topic"
    MUTED_KIND = "muted-kind"
    CHANNEL_OFF = "channel-off"
    RULE_OFF = "rule-off"
