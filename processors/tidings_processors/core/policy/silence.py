"""What a user never wants to hear of, whatever the hour: mutes and channels."""

from dataclasses import dataclass

from tidings_schemas import Preference

from tidings_processors.core.rules import Rule

from .word import Word

#: The channel that is the app itself: the event stream and the inbox. A preference's list without it keeps a kind out.
APP = "sse"


@dataclass(frozen=True, slots=True)
class Silent:
    """Don't tell the user; `reason` is a word for metrics and explanations: `muted-topic`."""

    reason: str


def silenced(kind: str, topic: str | None, preference: Preference | None) -> Word | None:
    """Why the user is never told of a kind by way of a followed topic; None = they are."""
    if preference is None:
        return None
    if topic is not None and topic in preference.muted_topics:
        return Word.MUTED_TOPIC
    if kind in preference.muted_kinds:
        return Word.MUTED_KIND
    if preference.channels and APP not in _channels(kind, topic, preference.channels):
        return Word.CHANNEL_OFF
    return None


def silent(rule: Rule, topic: str | None, preference: Preference | None) -> Silent | None:
    """Whether a draft of a rule is for nobody's ears."""
    if not rule.enabled:
        return Silent(Word.RULE_OFF)
    word = silenced(rule.kind, topic, preference)
    return None if word is None else Silent(word)


def _channels(kind: str, topic: str | None, channels: dict[str, list[str]]) -> list[str]:
    """The nearest that was said: of the topic, of the kind, of all; nothing said = everywhere."""
    for name in (topic, kind, "*"):
        if name is not None and name in channels:
            return channels[name]
    return [APP]
