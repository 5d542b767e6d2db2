"""Payloads to sinks: one to many, or to each its own."""

from collections.abc import Sequence
from typing import Protocol

from tidings_gateway.core.session import Session

from .base import Payload

#: A payload and the one who gets it.
Letter = tuple[Session, Payload]


class FanOut(Protocol):
    """Writes to sinks; says which sessions are full now."""

    def all(self, sessions: Sequence[Session], payload: Payload) -> list[Session]:
        """Writes one payload to each session's sink."""

    def each(self, letters: Sequence[Letter]) -> list[Session]:
        """Writes to each session its own; no session is there twice."""


class PlainFanOut:
    """A `FanOut` in Python."""

    def all(self, sessions: Sequence[Session], payload: Payload) -> list[Session]:
        """As `FanOut.all`."""
        return [session for session in sessions if not session.sink.write(payload)]

    def each(self, letters: Sequence[Letter]) -> list[Session]:
        """As `FanOut.each`."""
        return [session for session, payload in letters if not session.sink.write(payload)]
