"""The loop of `send()` calls in C as a `FanOut`, and which way a gateway takes (ADR 100)."""

from array import array
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

import structlog
from tidings_schemas.native.build import NotBuilt

from tidings_gateway.core.audience import Audience
from tidings_gateway.core.session import Session
from tidings_gateway.native.sender import MOST, Sender
from tidings_gateway.native.transcoder import Transcoder
from tidings_gateway.stream_settings import Native

from .base import Payload
from .fanout import FanOut, Letter, PlainFanOut
from .fast import FastSink

Made = TypeVar("Made")

log = structlog.get_logger(__name__)

_WORTH_IT = 4  # sockets; for fewer, the way through C costs more than it saves


class _Crowd(NamedTuple):
    """An audience as C wants it, made once: whoever is told again and again is told without a look at each."""

    sinks: list[FastSink]
    sockets: "array[int]"


class NativeFanOut:
    """A `FanOut` that hands the sockets in which nothing waits to C, and treats the others as `fan_out` does.

    A socket that takes only a part leaves the rest to its transport, as one that fails does: the transport notices
    by itself.

    Args:
        sender: the loop.
        least: sockets from which on it is called.
    """

    def __init__(self, sender: Sender, least: int = _WORTH_IT) -> None:
        self._sender = sender
        self._least = least
        self._plain = PlainFanOut()

    def all(self, sessions: Sequence[Session], payload: Payload) -> list[Session]:
        """As `FanOut.all`."""
        if len(sessions) < self._least:
            return self._plain.all(sessions, payload)
        if type(sessions) is Audience and (crowd := _crowd(sessions)) is not None:
            return self._send(crowd.sockets, sessions, payload)
        direct: list[Session] = []
        descriptors: list[int] = []
        others: list[Session] = []
        for session in sessions:
            sink = session.sink
            descriptor = sink.descriptor() if type(sink) is FastSink else -1
            if descriptor >= 0:
                direct.append(session)
                descriptors.append(descriptor)
            else:
                others.append(session)
        return self._plain.all(others, payload) + self._send(array("i", descriptors), direct, payload)

    def _send(self, sockets: "array[int]", sessions: Sequence[Session], payload: Payload) -> list[Session]:
        left = self._sender.send(sockets, payload.chunked)
        return [sessions[at] for at, taken in left if not sessions[at].sink.write_rest(payload, taken)]

    def each(self, letters: Sequence[Letter]) -> list[Session]:
        """As `FanOut.each`."""
        if len(letters) < self._least:
            return self._plain.each(letters)
        full: list[Session] = []
        for begin in range(0, len(letters), MOST):
            full += self._some(letters[begin : begin + MOST])
        return full

    def _some(self, letters: Sequence[Letter]) -> list[Session]:
        direct: list[Letter] = []
        descriptors: list[int] = []
        others: list[Letter] = []
        for letter in letters:
            sink = letter[0].sink
            descriptor = sink.descriptor() if type(sink) is FastSink else -1
            if descriptor >= 0:
                direct.append(letter)
                descriptors.append(descriptor)
            else:
                others.append(letter)
        full = self._plain.each(others)
        for at, taken in self._sender.send_chunks(descriptors, [payload.frames for _, payload in direct]):
            session, payload = direct[at]
            if not session.sink.write_rest(payload, taken):
                full.append(session)
        return full


def _crowd(audience: Audience) -> _Crowd | None:
    """None: some of them cannot be written to directly, or not just now."""
    if audience.note is None:
        sinks = [session.sink for session in audience]
        sockets = array("i", [sink.socket if type(sink) is FastSink else -1 for sink in sinks])
        audience.note = () if -1 in sockets else _Crowd(sinks, sockets)
    crowd: _Crowd | None = audience.note or None
    return None if crowd is None or True in [sink.written for sink in crowd.sinks] else crowd


def chosen(native: Native) -> FanOut:
    """The way that the setting asks for.

    Raises:
        NotBuilt: the native one is asked for and cannot be had.
    """
    if native == "off":
        return PlainFanOut()
    sender = _had(Sender, native)
    return PlainFanOut() if sender is None else NativeFanOut(sender, 1 if native == "on" else _WORTH_IT)


def transcoder(native: Native) -> Transcoder | None:
    """What makes frames of Avro, by the same setting; None: Python does.

    Raises:
        NotBuilt: the native one is asked for and cannot be had.
    """
    return None if native == "off" else _had(Transcoder, native)


def _had(make: Callable[[], Made], native: Native) -> Made | None:
    try:
        return make()
    except NotBuilt as error:
        if native == "on":
            raise
        log.info("Python does what C would do", because=str(error))
        return None
