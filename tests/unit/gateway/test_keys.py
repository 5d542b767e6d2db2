"""Which keys are trusted, and for which algorithms."""

import pytest
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey
from tidings_gateway.auth.keys import UnusableKey, from_jwks, from_secret

from tests.unit.gateway.forged import EC, ED, RSA


def public(*keys: RSAKey | ECKey | OKPKey | OctKey, **members: str) -> dict[str, object]:
    """A key set of the public halves."""
    return {"keys": [key.as_dict(private=False) | members for key in keys]}


def test_each_key_has_its_own_algorithms() -> None:
    """The algorithm follows from the key's type, never from a token."""
    ring = from_jwks(public(RSA, EC, ED), "issuer")
    assert {kid: key.algorithms for kid, key in ring.items()} == {
        "rsa": ("RS256",),
        "ec": ("ES256",),
        "ed": ("EdDSA", "Ed25519"),
    }


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {},
        {"keys": None},
        {"keys": []},
        {"keys": ["rsa", 5, {}]},
        {"keys": [{"kty": "RSA", "n": "!", "e": "AQAB"}]},
        {"keys": [{"kty": "ML-DSA", "kid": "future"}]},
        public(RSA, use="enc"),
        public(RSA, alg="PS256"),
        public(RSA, alg="HS256"),
        public(RSAKey.generate_key(1024, {"kid": "short"})),
        public(ECKey.generate_key("P-521", {"kid": "p521"})),
        {"keys": [OctKey.generate_key(256, {"kid": "secret"}).as_dict(private=True)]},
    ],
)
def test_a_set_without_a_usable_key_is_refused(document: object) -> None:
    """A set that could verify nothing, or only unsafely, is refused when it is read, not at the first token."""
    with pytest.raises(UnusableKey):
        from_jwks(document, "issuer")


def test_an_unknown_kind_of_key_does_not_spoil_the_set() -> None:
    """A key of a kind that we do not know yet is left out, the others stay (RFC 7517 §5)."""
    document = public(RSA)
    document["keys"] = [{"kty": "ML-DSA", "kid": "future"}, *document["keys"]]  # type: ignore[misc]
    assert list(from_jwks(document, "issuer")) == ["rsa"]


def test_two_keys_of_one_id_are_refused() -> None:
    """Of two keys with one id it would be chance which is meant."""
    with pytest.raises(UnusableKey, match="kid"):
        from_jwks(public(RSA, EC, kid="same"), "issuer")


@pytest.mark.parametrize("secret", ["", "short", "x" * 31])
def test_a_short_secret_is_refused(secret: str) -> None:
    """A secret that could be guessed is refused, with the command that makes a better one."""
    with pytest.raises(UnusableKey, match="openssl rand"):
        from_secret(secret, "issuer")


def test_a_public_key_is_no_secret() -> None:
    """A PEM file given as secret would let anyone sign who has the public key."""
    with pytest.raises(UnusableKey, match="TIDINGS_JWKS"):
        from_secret(RSA.as_pem(private=False), "issuer")
