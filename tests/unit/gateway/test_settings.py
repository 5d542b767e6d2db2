"""What the gateway's settings accept, and what they conclude."""

from typing import Any

import pytest
from pydantic import ValidationError
from tidings_gateway.settings import GatewaySettings, is_loopback


def make(**values: Any) -> GatewaySettings:
    """Settings from these values and no `.env`."""
    return GatewaySettings(_env_file=None, **values)  # type: ignore[call-arg]


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "[::1]", "localhost", "LOCALHOST"])
def test_loopback_is_known(host: str) -> None:
    """Addresses that only this machine reaches count as loopback."""
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "example.com", "localhost.evil", "", "127.1.evil"])
def test_anything_else_is_not_loopback(host: str) -> None:
    """Whatever others might reach, also a name that might resolve to anything, does not count as loopback."""
    assert not is_loopback(host)


@pytest.mark.parametrize("origin", ["*", "https://*.example.com", "example.com", "https://a/b", "null", "https://a/"])
def test_only_exact_origins_are_accepted(origin: str) -> None:
    """An origin with a wildcard, a path or no scheme is refused when the gateway starts."""
    with pytest.raises(ValidationError, match="origin"):
        make(origins=origin)


def test_origins_are_a_comma_separated_list() -> None:
    """TIDINGS_ORIGINS reads as people write lists."""
    assert make(origins="https://a.example, https://b.example").allowed_origins() == {
        "https://a.example",
        "https://b.example",
    }


def test_on_loopback_the_own_origin_is_allowed() -> None:
    """Without settings the gateway's own page works on loopback, under each of its names."""
    assert "http://localhost:8600" in make(port=8600).allowed_origins()


def test_beyond_loopback_no_origin_is_guessed() -> None:
    """Behind a proxy the gateway does not know its own origin, so it guesses none."""
    assert make(host="0.0.0.0").allowed_origins() == frozenset()


def test_two_ways_to_know_users_are_refused() -> None:
    """With a secret and a key set it would be unclear who may sign."""
    with pytest.raises(ValidationError, match="only one"):
        make(jwks="https://issuer.example/jwks", jwt_secret="s" * 32)


@pytest.mark.parametrize(
    ("values", "expected"), [({}, True), ({"jwt_secret": "s" * 32}, False), ({"jwks": "f"}, False)]
)
def test_development_is_the_absence_of_keys(values: dict[str, Any], expected: bool) -> None:
    """Only a gateway without any key of an issuer signs for itself, and only its cookies go over plain http."""
    settings = make(**values)
    assert (settings.development, settings.secure_cookies) == (expected, not expected)


def test_the_leeway_is_bounded() -> None:
    """Clocks may differ by 30 seconds at most."""
    with pytest.raises(ValidationError):
        make(leeway_s=31)
