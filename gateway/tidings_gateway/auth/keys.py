"""The keys that we accept tokens from, each bound to its issuer and its algorithms.

The algorithm follows from the key, never from the token (RFC 8725 §3.1), and a key comes only from here: a token's
`jwk`, `jku` or `x5u` is never looked at (compare CVE-2026-27962).
"""

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import ECKey, Key, OctKey, OKPKey, RSAKey, import_key
from tidings_schemas.errors import Permanent

from .identity import UnknownKey

# RFC 9864 renames EdDSA to Ed25519; issuers still write the old name, and a warning for each token helps nobody.
warnings.filterwarnings("ignore", message="EdDSA is deprecated", category=SecurityWarning)

MIN_SECRET_BYTES = 32  # RFC 7518 §3.2: a key as large as the hash
_MIN_RSA_BITS = 2048  # RFC 7518 §3.3


class UnusableKey(Permanent):
    """A configured key that must not be used; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """One key with whose tokens it may verify and by which algorithms."""

    key: Key
    issuer: str
    algorithms: tuple[str, ...]


class Keyring(Mapping[str | None, TrustedKey]):
    """Trusted keys by key id; None stands for a key without one.

    Raises:
        UnknownKey: on `[]` with a key id that it does not hold.
    """

    def __init__(self, keys: Mapping[str | None, TrustedKey]) -> None:
        self._keys = dict(keys)

    def __getitem__(self, kid: str | None) -> TrustedKey:
        try:
            return self._keys[kid]
        except KeyError:
            raise UnknownKey("The token is signed by a key that this gateway does not know.") from None

    def __iter__(self) -> Iterator[str | None]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)


def from_secret(secret: str | bytes, issuer: str, kid: str | None = None) -> Keyring:
    """A keyring of one shared secret, for HS256.

    Raises:
        UnusableKey: the secret is shorter than 32 bytes or is really a public key.
    """
    raw = secret.encode() if isinstance(secret, str) else secret
    if len(raw) < MIN_SECRET_BYTES:
        raise UnusableKey(
            f"the JWT secret has {len(raw)} bytes, HS256 needs {MIN_SECRET_BYTES}: `openssl rand -hex 32` makes one"
        )
    try:
        key = OctKey.import_key(raw)
    except ValueError as error:
        raise UnusableKey(f"the JWT secret cannot be used ({error}); a public key belongs in TIDINGS_JWKS") from error
    return Keyring({kid: TrustedKey(key, issuer, ("HS256",))})


def from_jwks(document: Any, issuer: str) -> Keyring:
    """The signature keys of a JWK set (RFC 7517) that we can use; the others are left out, as §5 of it asks.

    Raises:
        UnusableKey: it is no key set, holds no usable key, or two usable keys share a key id.
    """
    if not isinstance(document, dict) or not isinstance(document.get("keys"), list):
        raise UnusableKey('the key set is no JSON object with a list "keys"')
    keys: dict[str | None, TrustedKey] = {}
    for jwk in document["keys"]:
        trusted = _trusted(jwk, issuer)
        if trusted is None:
            continue
        kid = trusted.key.kid
        if kid in keys:
            raise UnusableKey(f"two keys of the set have the key id {kid!r}: give each its own `kid`")
        keys[kid] = trusted
    if not keys:
        raise UnusableKey("the key set holds no usable key: RSA (from 2048 bits), EC P-256 or Ed25519, for signatures")
    return Keyring(keys)


def _trusted(jwk: Any, issuer: str) -> TrustedKey | None:
    if not isinstance(jwk, dict) or jwk.get("use", "sig") != "sig" or not isinstance(jwk.get("kid"), str | None):
        return None
    try:
        key = import_key(jwk)
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    algorithms = _algorithms(key)
    if "alg" in jwk:
        algorithms = tuple(name for name in algorithms if name == jwk["alg"])
    return TrustedKey(key, issuer, algorithms) if algorithms else None


def _algorithms(key: Key) -> tuple[str, ...]:
    match key:
        case RSAKey() if key.raw_value.key_size >= _MIN_RSA_BITS:
            return ("RS256",)
        case ECKey() if key.curve_name == "P-256":
            return ("ES256",)
        case OKPKey() if key.curve_name == "Ed25519":
            return ("EdDSA", "Ed25519")
    return ()  # a secret in a key set is public to all who can read the set
