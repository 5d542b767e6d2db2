"""Which claims are accepted: what RFC 7519 says as joserfc reads it, and a little less."""

from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st
from joserfc.errors import ClaimError
from joserfc.jwt import JWTClaimsRegistry
from tidings_gateway.auth.claims import Policy, identity_of
from tidings_gateway.auth.identity import Unauthenticated, user_problem

from tests.unit.gateway.forged import CLAIMS, NOW

POLICY = Policy("tidings", leeway_s=10)
REGISTRY = JWTClaimsRegistry(
    now=NOW,
    leeway=POLICY.leeway_s,
    iss={"essential": True, "value": "tidings"},
    aud={"essential": True, "value": "tidings"},
    sub={"essential": True},
    exp={"essential": True},
)

odd: st.SearchStrategy[Any] = st.sampled_from([None, "", [], {}, True, False, 0, 1.5, -1, float("inf"), ["x"], "x"])
texts = st.sampled_from(["tidings", "Tidings", "tidings ", "ann"]) | odd
lists = st.lists(texts, max_size=3)
moments = st.integers(NOW - 12, NOW + 12) | st.sampled_from([NOW - 10.5, NOW + 9.5, NOW + 10.5, 10**400]) | odd
claims = st.fixed_dictionaries(
    {},
    optional={
        "iss": texts,
        "aud": texts | lists,
        "sub": texts,
        "exp": moments,
        "nbf": moments,
        "iat": moments,
        "jti": texts,
    },
)


def accepted_here(found: dict[str, Any]) -> bool:
    """Whether these claims name a user."""
    try:
        identity_of(found, "tidings", POLICY, NOW)
    except Unauthenticated:
        return False
    return True


def accepted_by_joserfc(found: dict[str, Any]) -> bool:
    """Whether joserfc's own rules and our further ones let them through."""
    try:
        REGISTRY.validate(found)
    except (ClaimError, TypeError, ValueError, OverflowError):
        return False
    exp = found["exp"]
    return type(exp) is int and exp <= NOW + POLICY.max_lifetime_s and user_problem(found["sub"]) is None


@given(claims.map(lambda some: CLAIMS | some))
@example(CLAIMS)
@example(CLAIMS | {"exp": True})
@example(CLAIMS | {"nbf": 10**400})
@example(CLAIMS | {"aud": ["other", "tidings"]})
@example(CLAIMS | {"aud": ["tidings", 1]})
def test_the_same_claims_are_accepted_as_by_joserfc(found: dict[str, Any]) -> None:
    """No claim passes that joserfc's registry refuses, and none is refused that it lets pass."""
    assert accepted_here(found) == accepted_by_joserfc(found)


@given(claims)
def test_claims_may_be_missing(found: dict[str, Any]) -> None:
    """Whatever is left out, both say the same."""
    assert accepted_here(found) == accepted_by_joserfc(found)
