"""What an analyst can get wrong, each with the remedy in its text."""

from tidings_schemas.errors import Permanent


class ReplayError(Permanent):
    """Base of the errors of a replay."""


class BadSpan(ReplayError):
    """`--from` or `--to` cannot be read, or they are the wrong way round."""


class BadCondition(ReplayError):
    """`--where` is no CEL expression, or names what does not exist."""


class BadToken(ReplayError):
    """A resume token is damaged or of another kind."""


class BadOutput(ReplayError):
    """The output cannot be written there or so."""


class NothingThere(ReplayError):
    """The topic does not exist."""
