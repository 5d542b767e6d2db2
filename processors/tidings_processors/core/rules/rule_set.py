"""All the rules that a worker goes by at one moment."""

from collections.abc import Iterable, Mapping

from .rule import Rule


class RuleSet:
    """Rules by name and by event type. It never changes; a change of rules is another set.

    Args:
        rules: those in force.
        withdrawn: match no events any more, but are found by name: what they matched before is on its way.
    """

    def __init__(self, rules: Iterable[Rule] = (), withdrawn: Iterable[Rule] = ()) -> None:
        in_force = {rule.name: rule for rule in rules}
        self.by_name: Mapping[str, Rule] = {rule.name: rule for rule in withdrawn} | in_force
        self._by_type: dict[tuple[str, str | None], tuple[Rule, ...]] = {}
        self._timed: set[tuple[str, str | None]] = set()
        gathering = [rule for rule in self.by_name.values() if rule.digest is not None]
        #: Whether any rule gathers what it makes.
        self.any_digest = bool(gathering)
        #: Whether any of those has a collapse key: what it gathers gives way to newer ones of the key.
        self.any_digest_of_keys = any(rule.collapse_key is not None for rule in gathering)
        self._off = {name for name, rule in self.by_name.items() if name not in in_force or not rule.enabled}
        for rule in in_force.values():
            if rule.enabled:
                place = (rule.event_type, rule.source_topic)
                self._by_type[place] = (*self._by_type.get(place, ()), rule)
                if rule.condition is not None and rule.condition.wants_times:
                    self._timed.add(place)

    def of(self, event_type: str, source_topic: str | None = None) -> tuple[Rule, ...]:
        """The enabled rules for events of a type, from a topic that is named by rules (None: from `events.*`)."""
        return self._by_type.get((event_type, source_topic), ())

    def want_times(self, event_type: str, source_topic: str | None = None) -> bool:
        """Whether a condition among `of(…)` looks at times."""
        return (event_type, source_topic) in self._timed

    def is_off(self, name: str) -> bool:
        """Whether a rule is switched off, or was withdrawn; of one that is not known that cannot be said."""
        return name in self._off

    @property
    def source_topics(self) -> frozenset[str]:
        """Kafka topics beyond `events.*` that enabled rules read."""
        return frozenset(topic for _, topic in self._by_type if topic is not None)

    def overlaid(self, rules: Mapping[str, Rule], withdrawn: Mapping[str, Rule] | None = None) -> "RuleSet":
        """This set with `rules` added or put in the place of those of the same name; `withdrawn`: see the class."""
        return RuleSet((dict(self.by_name) | dict(rules)).values(), (withdrawn or {}).values())

    def __len__(self) -> int:
        return len(self.by_name)
