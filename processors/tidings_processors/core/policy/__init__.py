"""Policy: whether a user is told, when, and as one of how many. Pure: state and time are passed in. See README.md."""

from .decide import Deliver, decide
from .silence import Silent, silenced, silent
from .word import Word
from .words import in_words

__all__ = ["Deliver", "Silent", "Word", "decide", "in_words", "silenced", "silent"]
