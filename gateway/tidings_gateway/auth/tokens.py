"""Token → identity. Pure: keys and the time are passed in.

Source: RFC 7519 and RFC 8725 (best current practices), stricter where strictness costs an honest issuer nothing.
The signature itself is joserfc's to verify; what surrounds it is done here, once and for each rule in one place.
"""

import json
import re
from binascii import a2b_base64, b2a_base64
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Never

from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry

from .claims import Policy, identity_of
from .identity import Identity, Unauthenticated
from .keys import Keyring, TrustedKey

__all__ = ["Policy", "verify"]

_MAX_BYTES = 8 * 1024  # what servers commonly take as a header line
_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", re.ASCII)
#: Every other parameter either brings a key along (jwk, jku, x5u, x5c) or changes what is verified (crit, b64, zip).
_HEADER = frozenset({"alg", "kid", "typ", "x5t", "x5t#S256"})
_TYPES = frozenset({"jwt", "at+jwt", "application/at+jwt"})  # RFC 9068 §2.1
_FROM_URL = str.maketrans("-_", "+/")


def verify(token: str, keyring: Keyring, policy: Policy, now: float) -> Identity:
    """The identity that a signed JWT in compact form (JWS) vouches for.

    Args:
        now: seconds since the epoch.

    Raises:
        Unauthenticated: it is not valid; the text says which rule it breaks, and repeats nothing of it.
    """
    if len(token) > _MAX_BYTES:
        raise Unauthenticated(f"The token is larger than {_MAX_BYTES} bytes.")
    if not _COMPACT.fullmatch(token):
        raise Unauthenticated("The token is no JWT: three parts of base64url, joined by dots.")
    signed, _, signature = token.rpartition(".")
    head, _, body = signed.partition(".")
    algorithm, kid = _header(head)
    trusted = keyring[kid]
    if not _holds(trusted, algorithm, signed, signature):
        raise Unauthenticated("The token's signature or algorithm is not valid for its key.")
    return identity_of(_object(body), trusted.issuer, policy, int(now))


@lru_cache(maxsize=64)
def _header(segment: str) -> tuple[str, str | None]:
    """Algorithm and key id. Remembered, since all tokens of one key have the same header."""
    header = _object(segment)
    if unknown := header.keys() - _HEADER:
        raise Unauthenticated(f"The token's header has {len(unknown)} parameter(s) that are not accepted.")
    if "typ" in header and str(header["typ"]).lower() not in _TYPES:
        raise Unauthenticated("The token's header says that it is no access token (typ).")
    if "kid" in header and not isinstance(header["kid"], str):
        raise Unauthenticated("The token's key id (kid) is no string.")
    try:
        JWSRegistry().check_header(dict(header))
    except (JoseError, TypeError, ValueError) as error:
        raise Unauthenticated("The token's header is not sound.") from error
    return header["alg"], header.get("kid")


def _holds(trusted: TrustedKey, algorithm: str, signed: str, signature: str) -> bool:
    """Whether the signature is the key's. The algorithm must be one of the key's own, whatever the token says."""
    if algorithm not in trusted.algorithms:
        return False
    try:
        known = _algorithm(algorithm)
        known.check_key(trusted.key)
        return bool(known.verify(signed.encode(), _bytes(signature), trusted.key))
    except Exception as error:  # joserfc also lets TypeError, ValueError, … of a malformed signature through
        raise Unauthenticated("The token's signature or algorithm is not valid for its key.") from error


@lru_cache(maxsize=8)
def _algorithm(name: str) -> Any:  # joserfc does not export its type
    return JWSRegistry(algorithms=[name]).get_alg(name)


def _bytes(segment: str) -> bytes:
    """base64url without padding, in the one way in which these bytes can be written.

    Raises:
        ValueError: it is something else.
    """
    text = segment.translate(_FROM_URL).encode() + b"=" * (-len(segment) % 4)
    raw = a2b_base64(text, strict_mode=True)
    if b2a_base64(raw, newline=False) != text:  # the last character may have bits to spare
        raise ValueError("bits are left over")
    return raw


def _object(segment: str) -> Mapping[str, Any]:
    try:
        value = _JSON.decode(_bytes(segment).decode())  # json would also take UTF-16 and UTF-32
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
