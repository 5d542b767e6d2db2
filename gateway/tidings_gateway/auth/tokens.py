"""Token → identity. Pure: keys and the time are passed in.

Source: RFC 7519 and RFC 8725 (best current practices), stricter where strictness costs an honest issuer nothing.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Never

from joserfc import jws
from joserfc.errors import ClaimError, ExpiredTokenError
from joserfc.jwt import JWTClaimsRegistry
from joserfc.util import urlsafe_b64decode

from .identity import Identity, Unauthenticated, user_problem
from .keys import Keyring, TrustedKey

_MAX_BYTES = 8 * 1024  # what servers commonly take as a header line
_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", re.ASCII)
#: Every other parameter either brings a key along (jwk, jku, x5u, x5c) or changes what is verified (crit, b64, zip).
_HEADER = frozenset({"alg", "kid", "typ", "x5t", "x5t#S256"})
_TYPES = frozenset({"jwt", "at+jwt", "application/at+jwt"})  # RFC 9068 §2.1
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


def verify(token: str, keyring: Keyring, policy: Policy, now: float) -> Identity:
    """The identity that a signed JWT in compact form (JWS) vouches for.

    Args:
        now: seconds since the epoch.

    Raises:
        Unauthenticated: it is not valid; the text says which rule it breaks, and repeats nothing of it.
    """
    header = _header(token)
    trusted = keyring[_kid(header)]
    claims = _verified_claims(token, trusted)
    _check_claims(claims, trusted.issuer, policy, int(now))
    return Identity(claims["sub"], _roles(claims), claims["exp"])


def _header(token: str) -> Mapping[str, Any]:
    if len(token) > _MAX_BYTES:
        raise Unauthenticated(f"The token is larger than {_MAX_BYTES} bytes.")
    if not _COMPACT.fullmatch(token):
        raise Unauthenticated("The token is no JWT: three parts of base64url, joined by dots.")
    return _checked_header(token.partition(".")[0])


@lru_cache(maxsize=64)
def _checked_header(segment: str) -> Mapping[str, Any]:
    """Remembered, since all tokens of one key have the same: when thousands come back at once, it counts."""
    header = _object(segment.encode())
    if unknown := header.keys() - _HEADER:
        raise Unauthenticated(f"The token's header has {len(unknown)} parameter(s) that are not accepted.")
    if "typ" in header and str(header["typ"]).lower() not in _TYPES:
        raise Unauthenticated("The token's header says that it is no access token (typ).")
    return header


def _kid(header: Mapping[str, Any]) -> str | None:
    kid = header.get("kid")
    if "kid" in header and not isinstance(kid, str):
        raise Unauthenticated("The token's key id (kid) is no string.")
    return kid


def _verified_claims(token: str, trusted: TrustedKey) -> dict[str, Any]:
    try:
        jws.deserialize_compact(token, trusted.key, algorithms=trusted.algorithms)
    except Exception as error:  # joserfc also lets TypeError, ValueError, … of a malformed token through
        raise Unauthenticated("The token's signature or algorithm is not valid for its key.") from error
    return _object(token.split(".")[1].encode())


def _object(segment: bytes) -> dict[str, Any]:
    try:
        text = urlsafe_b64decode(segment).decode()  # json would also take UTF-16 and UTF-32
        value = _JSON.decode(text)
    except (ValueError, RecursionError) as error:
        raise Unauthenticated("A part of the token is no sound JSON.") from error
    if not isinstance(value, dict):
        raise Unauthenticated("A part of the token is no JSON object.")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # Of two members with one name, parsers differ in which they take: what was checked must be what is used.
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name occurs twice")
    return members


def _refuse(constant: str) -> Never:
    raise ValueError(f"{constant} is no JSON")


_JSON = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse)


def _check_claims(claims: dict[str, Any], issuer: str, policy: Policy, now: int) -> None:
    registry = JWTClaimsRegistry(
        now=now,
        leeway=policy.leeway_s,
        iss={"essential": True, "value": issuer},
        aud={"essential": True, "value": policy.audience},
        sub={"essential": True},
        exp={"essential": True},
    )
    try:
        registry.validate(claims)
    except ExpiredTokenError as error:
        raise Unauthenticated("The token has expired: get a new one.") from error
    except ClaimError as error:
        raise Unauthenticated(f"The token's claim {error.claim!r} is missing or not acceptable.") from error
    except (TypeError, ValueError, OverflowError) as error:
        raise Unauthenticated("The token's claims have wrong types.") from error
    _check_lifetime(claims["exp"], policy, now)
    _check_kind(claims)
    if problem := user_problem(claims["sub"]):
        raise Unauthenticated(f"The token's claim 'sub' {problem}.")


def _check_lifetime(exp: Any, policy: Policy, now: int) -> None:
    if not isinstance(exp, int):
        raise Unauthenticated("The token's claim 'exp' must be a whole number of seconds.")
    if exp > now + policy.max_lifetime_s:
        raise Unauthenticated(f"The token lives longer than {policy.max_lifetime_s} seconds from now.")


def _check_kind(claims: Mapping[str, Any]) -> None:
    for name, accepted in _KINDS.items():
        if name in claims and (not isinstance(claims[name], str) or claims[name] not in accepted):
            raise Unauthenticated(f"The token's claim {name!r} says that it is no access token.")


def _roles(claims: Mapping[str, Any]) -> frozenset[str]:
    roles = claims.get("roles", [])
    if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles):
        raise Unauthenticated("The token's claim 'roles' must be a list of strings.")
    return frozenset(roles)
