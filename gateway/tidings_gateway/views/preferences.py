"""How users want to be told. Pure."""

from datetime import UTC, datetime

from tidings_schemas import Preference

from .change import Change

_NEVER = datetime.fromtimestamp(0, UTC)
_DEFAULT = ("en", "UTC")


class Preferences:
    """user → preference."""

    def __init__(self) -> None:
        self._by_user: dict[str, Preference] = {}

    def apply(self, changes: list[Change]) -> None:
        """See `State.apply`."""
        for key, record, _ in changes:
            user = key.decode(errors="replace")
            if record is None:
                self._by_user.pop(user, None)
            else:
                self._by_user[user] = Preference.from_avro(record)

    def of(self, user: str) -> Preference:
        """The user's preference; of one who never said anything, the defaults."""
        return self._by_user.get(user) or Preference(user=user, updated_at=_NEVER)

    def reader(self, user: str) -> tuple[str, str]:
        """How the user reads: (locale, time zone). Asked for each shared record and user, so it is kept short."""
        preference = self._by_user.get(user)
        return _DEFAULT if preference is None else (preference.locale, preference.time_zone)

    def __len__(self) -> int:
        """How many users have said something."""
        return len(self._by_user)
