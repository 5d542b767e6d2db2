"""Which tokens are accepted."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tidings_gateway.auth.identity import Unauthenticated, UnknownKey
from tidings_gateway.auth.tokens import Policy, verify

from tests.unit.gateway.forged import CLAIMS, EC, ED, KEYRING, NOW, RSA, forged, good, signed, token

POLICY = Policy("tidings", leeway_s=10)
FORGED = forged()
GOOD = good()
BYTES = [chr(code) for code in range(128)]
ROOTS = [GOOD["HS256"], signed(RSA, "RS256"), signed(EC, "ES256"), signed(ED, "EdDSA")]


@pytest.mark.parametrize("name", GOOD)
def test_an_honest_token_is_accepted(name: str) -> None:
    """Each kind of token that an honest issuer writes names its user."""
    assert verify(GOOD[name], KEYRING, POLICY, NOW).user == CLAIMS["sub"]


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_token_is_refused(name: str) -> None:
    """Each forgery of the table is refused by the one error that means 401."""
    with pytest.raises(Unauthenticated):
        verify(FORGED[name], KEYRING, POLICY, NOW)


def test_the_table_of_forgeries_is_large() -> None:
    """The table is as long as the promise says: at least 120 forgeries, all different."""
    assert len(set(FORGED.values())) == len(FORGED) >= 120


@pytest.mark.parametrize("root", ROOTS, ids=["HS256", "RS256", "ES256", "EdDSA"])
def test_a_token_with_one_byte_changed_is_refused(root: str) -> None:
    """Of 5,000 changes of a single byte none leaves a token valid, and none raises anything but the one error."""
    chance = random.Random(root[-8:])
    for _ in range(5_000):
        place, byte = chance.randrange(len(root)), chance.choice(BYTES)
        if byte != root[place]:
            with pytest.raises(Unauthenticated):
                verify(root[:place] + byte + root[place + 1 :], KEYRING, POLICY, NOW)


@settings(max_examples=1000, deadline=None)
@given(st.text(max_size=200) | st.from_regex(r"[A-Za-z0-9_-]{1,99}\.[A-Za-z0-9_-]{1,99}\.[A-Za-z0-9_-]{1,99}"))
def test_any_text_is_refused_by_the_one_error(text: str) -> None:
    """Whatever comes as a token, the answer is the one error that means 401."""
    with pytest.raises(Unauthenticated):
        verify(text, KEYRING, POLICY, NOW)


def test_the_identity_says_user_roles_and_end() -> None:
    """A token's subject, roles and expiry reach the identity."""
    identity = verify(token(roles=["publish", "analyst"]), KEYRING, POLICY, NOW)
    assert (identity.roles, identity.expires_at) == (frozenset({"publish", "analyst"}), NOW + 600)


def test_an_unknown_key_is_told_apart() -> None:
    """A key id that we do not hold has its own error, so that the key set can be read anew."""
    with pytest.raises(UnknownKey):
        verify(token({"kid": "next"}), KEYRING, POLICY, NOW)


@pytest.mark.parametrize("name", FORGED)
def test_no_error_repeats_a_part_of_the_token(name: str) -> None:
    """An error's text is safe to log: it holds no part of the token."""
    forgery = FORGED[name]
    with pytest.raises(Unauthenticated) as caught:
        verify(forgery, KEYRING, POLICY, NOW)
    parts = [part for part in forgery.split(".") if len(part) > 8]
    assert not any(part in str(caught.value) for part in parts)
