"""Where keys come from: the development key's file, and an issuer's key set that changes."""

import json
import stat
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, Key
from tidings_gateway.auth.development import load_secret
from tidings_gateway.auth.jwks import KeySource
from tidings_gateway.auth.keys import UnusableKey

from tests.service.gateway_api.gateways import in_memory, settings

ISSUER = "https://login.example.com"


class Issuer:
    """An issuer's key set over HTTP, which the test changes, and how often it was asked."""

    def __init__(self) -> None:
        self.keys: list[Key] = []
        self.status = 200
        self.asked = 0

    def document(self) -> bytes:
        """The key set as JSON."""
        self.asked += 1
        return json.dumps({"keys": [key.as_dict(private=False) for key in self.keys]}).encode()


@pytest.fixture
def issuer() -> Iterator[tuple[Issuer, str]]:
    """An issuer and the address of its key set."""
    state = Issuer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(state.status)
            self.end_headers()
            self.wfile.write(state.document())

        def log_message(self, *_: Any) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield state, f"http://127.0.0.1:{server.server_port}/jwks.json"
        server.shutdown()


def make_key(kid: str) -> ECKey:
    """A new key of this id."""
    return ECKey.generate_key("P-256", {"kid": kid})


def token(key: ECKey) -> str:
    """A token that the key signs."""
    claims = {"iss": ISSUER, "aud": "tidings", "sub": "passenger-1", "exp": int(time.time()) + 60}
    return jwt.encode({"alg": "ES256", "kid": key.kid}, claims, key, algorithms=["ES256"])


def test_the_development_key_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    """The first call makes a long random secret that only its owner may read, later calls read the same."""
    path = tmp_path / "new" / "dev-jwt.key"
    secret = load_secret(path)
    assert (len(secret), stat.S_IMODE(path.stat().st_mode)) == (64, 0o600)
    assert load_secret(path) == secret
    assert load_secret(tmp_path / "other.key") != secret


def test_gateways_that_start_at_once_agree_on_the_key(tmp_path: Path) -> None:
    """However many make the key at the same time, all read the same whole one, and nothing else is left behind."""
    path = tmp_path / "dev-jwt.key"
    with ThreadPoolExecutor(16) as pool:
        secrets = set(pool.map(lambda _: load_secret(path), range(64)))
    assert (len(secrets), [file.name for file in tmp_path.iterdir()]) == (1, ["dev-jwt.key"])


def test_a_key_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    """A folder that cannot be used is named."""
    (tmp_path / "file").write_text("")
    with pytest.raises(UnusableKey, match="file"):
        load_secret(tmp_path / "file" / "dev-jwt.key")


async def test_a_new_key_of_the_issuer_is_accepted_without_restart(issuer: tuple[Issuer, str], tmp_path: Path) -> None:
    """When a token names an unknown key, the set is read anew; the new key works, a withdrawn one stops working."""
    state, address = issuer
    old, new = make_key("old"), make_key("new")
    state.keys = [old]
    given = settings(tmp_path, jwks=address, issuer=ISSUER, jwks_pause_s=0.0)
    async with in_memory(given) as gateway, gateway.app.state.services.auth.running(), gateway.client(None) as http:

        async def status(key: ECKey) -> int:
            answer = await http.get("/v1/me", headers={"authorization": f"Bearer {token(key)}"})
            return answer.status_code

        assert (await status(old), await status(new)) == (200, 401)
        state.keys = [new]
        assert (await status(new), await status(old)) == (200, 401)


async def test_unknown_keys_do_not_make_us_flood_the_issuer(issuer: tuple[Issuer, str]) -> None:
    """However many tokens name unknown keys, the issuer is asked once in a while only."""
    state, address = issuer
    state.keys = [make_key("one")]
    source = KeySource(address, ISSUER, pause_s=60)
    await source.load()
    for _ in range(50):
        await source.refresh()
    assert state.asked == 1


async def test_while_the_issuer_does_not_answer_old_keys_stay(issuer: tuple[Issuer, str]) -> None:
    """A broken key set, or none, leaves the keys in force that were there."""
    state, address = issuer
    state.keys = [make_key("one")]
    source = KeySource(address, ISSUER, pause_s=0)
    await source.load()
    for status, keys in ((500, state.keys), (200, [])):
        state.status, state.keys = status, list(keys)
        await source.refresh()
        assert list(source.keyring) == ["one"]
    assert state.asked == 3


async def test_keys_over_plain_http_are_refused() -> None:
    """A key set that could be forged on the way is refused when the gateway starts."""
    with pytest.raises(UnusableKey, match="https"):
        KeySource("http://login.example.com/jwks.json", ISSUER)


async def test_a_key_set_may_be_a_file(tmp_path: Path) -> None:
    """A mounted file serves as well as a URL."""
    path = tmp_path / "jwks.json"
    path.write_text(json.dumps({"keys": [make_key("one").as_dict(private=False)]}))
    source = KeySource(str(path), ISSUER)
    await source.load()
    assert list(source.keyring) == ["one"]
