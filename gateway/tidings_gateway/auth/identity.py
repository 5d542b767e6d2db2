"""Who asks, and the errors that say why we do not know or do not allow it.

AuthError
├── Unauthenticated   401: no token, or none that is valid (`code` says what is wrong with it)
│   └── UnknownKey    signed by a key that is not in our set; it may be a newer one
└── Forbidden         403: we know who asks, and the answer is no
"""

from dataclasses import dataclass
from typing import Literal

_USER_LIMIT = 200  # characters: the name is a Kafka key and half of a follow's key

Mechanism = Literal["bearer", "cookie"]


@dataclass(frozen=True, slots=True)
class Identity:
    """A user as a valid token names them.

    Attributes:
        user: the token's `sub`; key of everything that is theirs.
        roles: such as `publish` and `analyst`.
        expires_at: seconds since the epoch; streams end then.
    """

    user: str
    roles: frozenset[str]
    expires_at: int


class AuthError(Exception):
    """Base of both; its text is for the client and never holds a part of a token."""


class Unauthenticated(AuthError):
    """There is no valid token.

    Attributes:
        code: RFC 6750 §3.1 error code, or empty when no token came at all.
    """

    def __init__(self, message: str, code: str = "invalid_token") -> None:
        super().__init__(message)
        self.code = code


class UnknownKey(Unauthenticated):
    """The token names a key that we do not hold."""


class Forbidden(AuthError):
    """Known, and not allowed."""


def user_problem(user: object) -> str | None:
    """What is wrong with a user's name, or None.

    Control characters and lone surrogates are refused, so that a name is always valid UTF-8 and safe in a log.
    """
    if not isinstance(user, str) or not user:
        return "must be a non-empty string"
    if len(user) > _USER_LIMIT:
        return f"has {len(user)} characters, at most {_USER_LIMIT} are allowed"
    if not user.isprintable() or user != user.strip():
        return "must hold printable characters only, without spaces around"
    return None
