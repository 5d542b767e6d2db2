"""Histories of runs in which all went well, for tests that spoil them."""

import struct
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field

from tidings_chaos.core.history import (
    Bounds,
    Buried,
    Closed,
    Entry,
    Fault,
    Followed,
    Framed,
    Logged,
    Opened,
    Poisoned,
    Published,
)

EPOCH = "0a0b0c0d0e0f"
USERS = ("ann", "bob")
TOPIC = "t1"


def cursor(offset: int, partition: int = 0, epoch: str = EPOCH) -> str:
    """A cursor of the one topic that these histories have, or of another."""
    packed = struct.pack(">6sHQ", bytes.fromhex(epoch), partition, offset)
    return "v1." + urlsafe_b64encode(packed).rstrip(b"=").decode()


@dataclass
class Honest:
    """One partition, two users who both follow a topic, one client each; every second event goes to the followers.

    Args:
        events: how many are published, one a second.
        breaks: after which of them the clients lose their connection and come back.
        popular: what goes to the followers is one shared record, as of a topic with many.
    """

    events: int = 8
    breaks: Sequence[int] = (3,)
    popular: bool = False
    log: list[Logged] = field(default_factory=list)

    def history(self) -> list[Entry]:
        """All entries, in order."""
        made: list[Entry] = [Followed(0.0, user, TOPIC, True) for user in USERS]
        for user in USERS:
            made += [Opened(1.0, user, user, ""), Framed(1.1, user, "ready", cursor(0))]
        for number in range(self.events):
            made += self._event(number, 10.0 + number)
            if number in self.breaks:
                made += self._break(10.5 + number)
        made += [Fault(10.2, "worker-kill", "start"), Fault(12.2, "worker-kill", "heal")]
        made += [Poisoned(15.0, "not framed", "events.demo", 0, 77, "d1", "UndecodableValue")]
        made += [Buried("events.demo", 0, 77, "UndecodableValue", "the first byte is not 0", "d1")]
        return [*made, *self.log, Bounds(0, 0, len(self.log), EPOCH)]

    def _event(self, number: int, at: float) -> list[Entry]:
        user = USERS[number // 2 % 2]
        shared = number % 2 == 1
        line = TOPIC if shared else user
        sequence = number // 2 if shared else number // 4
        name = f"e{number}"
        to = (None, TOPIC) if shared else (user, None)
        made: list[Entry] = [Published(at + 0.1, at, name, line, sequence, *to, "ok")]
        if shared and self.popular:
            self.log.append(Logged(0, len(self.log), f"n-{name}", "", name, TOPIC))
        for whom in USERS if shared else (user,):
            if not (shared and self.popular):
                self.log.append(Logged(0, len(self.log), f"n-{name}-{whom}", whom, name))
            there = cursor(len(self.log))
            made.append(Framed(at + 0.2, whom, "notification", there, f"n-{name}-{whom}", name, "r", whom))
        return made

    def _break(self, at: float) -> list[Entry]:
        made: list[Entry] = []
        for user in USERS:
            here = cursor(len(self.log))
            made += [Closed(at, user), Opened(at + 0.1, user, user, here), Framed(at + 0.2, user, "ready", here)]
        return made
