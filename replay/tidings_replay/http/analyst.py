"""Who asks. How a token is verified is passed in: the assembling place takes the gateway's own way."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import HTTPConnection

ANALYST = "analyst"
#: The role that sees personal data in clear.
PERSONAL = "personal"


@dataclass(frozen=True, slots=True)
class Analyst:
    """Whom a valid token names, their roles, and when it ends (seconds since 1970)."""

    user: str
    roles: frozenset[str]
    expires_at: float


class Refusal(Exception):
    """An answer that is no data: an RFC 9457 problem.

    Attributes:
        status: HTTP status. headers: further ones, such as `Retry-After`.
    """

    def __init__(self, status: int, title: str, detail: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status, self.title, self.detail, self.headers = status, title, detail, headers or {}


#: Raises `Refusal` (401, 403) where there is no valid token.
Authenticate = Callable[[HTTPConnection], Awaitable[Analyst]]


def require(analyst: Analyst, role: str) -> None:
    """Nothing, if they have the role.

    Raises:
        Refusal: 403.
    """
    if role not in analyst.roles:
        raise Refusal(403, "Forbidden", f"This needs the role {role!r}: ask whoever issues your tokens.")
