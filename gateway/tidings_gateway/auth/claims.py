"""Which claims an access token must make. Pure: the time is passed in.

Source: RFC 7519 §4.1. joserfc's registry of claims says the same (a test holds one against the other) and takes ten
times as long, which counts when thousands of clients come back at once.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .identity import Identity, Unauthenticated, user_problem

#: How issuers mark a token that is for the client alone: Keycloak's `typ`, Cognito's `token_use`.
_KINDS = {"typ": frozenset({"Bearer", "JWT", "at+jwt"}), "token_use": frozenset({"access"})}


@dataclass(frozen=True, slots=True)
class Policy:
    """What every token must obey.

    Attributes:
        audience: must be the token's `aud`, or among them.
        leeway_s: how far clocks may differ, in seconds.
        max_lifetime_s: a token that lives longer from now on is a mistake of its issuer.
    """

    audience: str = "tidings"
    leeway_s: int = 10
    max_lifetime_s: int = 31 * 24 * 60 * 60


def identity_of(claims: Mapping[str, Any], issuer: str, policy: Policy, now: int) -> Identity:
    """The identity that the claims of a token, whose signature holds, stand for.

    Args:
        issuer: whose key signed it.
        now: seconds since the epoch.

    Raises:
        Unauthenticated: they are not acceptable; the text says which one.
    """
    _demand(claims.get("iss") == issuer, "iss")
    _demand(_is_for(claims.get("aud"), policy.audience), "aud")
    _demand(isinstance(claims.get("jti", ""), str), "jti")
    for begin in ("nbf", "iat"):
        _demand(begin not in claims or _has_come(claims[begin], now + policy.leeway_s), begin)
    expires = _expiry(claims.get("exp"), policy, now)
    _check_kind(claims)
    user = claims.get("sub")
    if problem := user_problem(user):
        raise Unauthenticated(f"The token's claim 'sub' {problem}.")
    return Identity(str(user), _roles(claims), expires)


def _demand(holds: bool, claim: str) -> None:
    if not holds:
        raise Unauthenticated(f"The token's claim {claim!r} is missing or not acceptable.")


def _is_for(aud: Any, audience: str) -> bool:
    if isinstance(aud, list):
        return audience in aud and all(isinstance(one, str) for one in aud)
    return bool(aud == audience)


def _has_come(moment: Any, latest: int) -> bool:
    return _is_number(moment) and bool(-math.inf < moment <= latest)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _expiry(exp: Any, policy: Policy, now: int) -> int:
    if not isinstance(exp, int) or isinstance(exp, bool):
        raise Unauthenticated("The token's claim 'exp' must be a whole number of seconds.")
    if exp <= now - policy.leeway_s:
        raise Unauthenticated("The token has expired: get a new one.")
    if exp > now + policy.max_lifetime_s:
        raise Unauthenticated(f"The token lives longer than {policy.max_lifetime_s} seconds from now.")
    return exp


def _check_kind(claims: Mapping[str, Any]) -> None:
    for name, accepted in _KINDS.items():
        if name in claims and (not isinstance(claims[name], str) or claims[name] not in accepted):
            raise Unauthenticated(f"The token's claim {name!r} says that it is no access token.")


def _roles(claims: Mapping[str, Any]) -> frozenset[str]:
    roles = claims.get("roles", [])
    if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles):
        raise Unauthenticated("The token's claim 'roles' must be a list of strings.")
    return frozenset(roles)
