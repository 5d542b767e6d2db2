"""Which tokens are accepted."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tidings_gateway.auth.identity import Unauthenticated, UnknownKey
from tidings_gateway.auth.tokens import Policy, verify

from tests.unit.gateway.forged import CLAIMS, EC, ED, KEYRING, NOW, RSA, forged, good, signed, token

POLICY = Policy("tidings", leeway_s=10)
FORGED = forged()
GOOD = good()
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


@settings(max_examples=2000, deadline=None)
@given(st.sampled_from(ROOTS), st.integers(0, 10**6), st.integers(0, 127))
def test_a_token_with_one_byte_changed_is_refused(root: str, where: int, byte: int) -> None:
    """No change of a single byte leaves a token valid, and none raises anything but the one error."""
    place = where % len(root)
    changed = root[:place] + chr(byte) + root[place + 1 :]
    if changed != root:
        with pytest.raises(Unauthenticated):
            verify(changed, KEYRING, POLICY, NOW)


@settings(max_examples=2000, deadline=None)
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
