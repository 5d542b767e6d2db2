"""A decision as a person reads it. Pure; `tidings explain` prints it."""

from datetime import datetime

from tidings_schemas import Decision

from tidings_processors.core.formats import zone_of

from .word import Word


def in_words(decision: Decision) -> str:
    """One line: `held-quiet-hours until 07:00 Europe/Vienna`, `capped at 3 an hour of flight.delayed until …`."""
    word, until = decision.word, _until(decision)
    match word:
        case Word.HELD_DIGEST:
            return f"{word} of {_digest(decision)} until {until}"
        case Word.CAPPED:
            return f"{word} at {decision.limit} an hour of {_of(decision.key)} until {until}"
        case Word.HELD_QUIET_HOURS:
            return f"{word} until {until}"
        case Word.DIGESTED | Word.SUMMED:
            return f"{word} into {decision.by}"
        case Word.COLLAPSED:
            return f"{word} by {decision.by} ({decision.key})"
        case Word.EXPIRED:
            return f"{word} at {until}"
        case Word.MUTED_TOPIC | Word.MUTED_KIND | Word.CHANNEL_OFF:
            return f"{word} {decision.key}"
        case _:
            return word


def _until(decision: Decision) -> str:
    if decision.until is None:
        return "an unknown time"
    zone = decision.time_zone or "UTC"
    local, decided = (_local(moment, zone) for moment in (decision.until, decision.at))
    clock = local.strftime("%H:%M") if local.date() == decided.date() else local.strftime("%Y-%m-%d %H:%M")
    return f"{clock} {zone}"


def _local(moment: datetime, zone: str) -> datetime:
    return moment.astimezone(zone_of(zone))


def _digest(decision: Decision) -> str:
    """Whose digest: the user's is of a kind or `*`, any other the rule's."""
    return str(decision.key) if decision.key in ("*", decision.kind) else f"the rule {decision.key}"


def _of(key: str | None) -> str:
    return "all together" if key == "*" else str(key)
