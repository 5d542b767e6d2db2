"""What may go wrong with one record in a stage, beyond the wire's own errors."""

from tidings_schemas.errors import Permanent, Transient


class RuleFailed(Permanent):
    """A rule's condition, audience or text failed for one event; `rule` names it. Other rules go on."""

    def __init__(self, message: str, rule: str) -> None:
        super().__init__(message)
        self.rule = rule


class UnknownRule(Permanent):
    """A draft names a rule that nobody has (any more)."""


class RuleNotHereYet(Transient):
    """A draft names a rule that has not reached this worker yet."""


class StateNotHereYet(Transient):
    """Followers or preferences of the record's partition are not restored yet."""
