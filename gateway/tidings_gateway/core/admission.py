"""How many streams may be open: by user, by address, in all."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Caps:
    """Open streams at most."""

    per_user: int
    per_address: int
    total: int


@dataclass(slots=True)
class Admission:
    """Counts the open streams. An empty address (a Unix socket, a test) is not counted."""

    caps: Caps
    total: int = 0
    _users: Counter[str] = field(default_factory=Counter)
    _addresses: Counter[str] = field(default_factory=Counter)

    def enter(self, user: str, address: str) -> bool:
        """Counts one more, if there is room for it."""
        full = (
            self.total >= self.caps.total
            or self._users[user] >= self.caps.per_user
            or (address != "" and self._addresses[address] >= self.caps.per_address)
        )
        if not full:
            self._count(user, address, 1)
        return not full

    def leave(self, user: str, address: str) -> None:
        """Counts one less; once for each that entered."""
        self._count(user, address, -1)

    def _count(self, user: str, address: str, change: int) -> None:
        self.total += change
        _add(self._users, user, change)
        if address:
            _add(self._addresses, address, change)


def _add(counter: Counter[str], key: str, change: int) -> None:
    counter[key] += change
    if not counter[key]:
        del counter[key]
