"""Shell: the development issuer, whose secret is made once and stays on this machine."""

import os
import secrets
import stat
import tempfile
import uuid
from collections.abc import Iterable
from pathlib import Path

from joserfc import jwt
from joserfc.jwk import OctKey

from .keys import MIN_SECRET_BYTES, Keyring, UnusableKey, from_secret

ISSUER = "tidings-development"
KEY_ID = "development"


def default_key_file() -> Path:
    """`dev-jwt.key` in Tidings' data folder (`TIDINGS_HOME`, else the XDG data folder)."""
    if home := os.environ.get("TIDINGS_HOME"):
        return Path(home).expanduser() / "data" / "dev-jwt.key"
    given = Path(os.environ.get("XDG_DATA_HOME", ""))
    base = given if given.is_absolute() else Path.home() / ".local" / "share"
    return base / "tidings" / "dev-jwt.key"


def load_secret(path: Path) -> str:
    """The secret of the file, which is made (mode 0600) if it is not there.

    Raises:
        UnusableKey: others than the owner may read the file, or it cannot be read or made.
    """
    try:
        if not path.exists():
            _make(path)
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise UnusableKey(f"others may read the development key {path}: run `chmod 600 {path}`, or delete it")
        return path.read_text().strip()
    except OSError as error:
        raise UnusableKey(f"the development key {path} cannot be read or made: {error.strerror}") from error


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".dev-jwt-")  # mkstemp makes it with mode 0600
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(MIN_SECRET_BYTES) + "\n")
        # A link either makes the whole file or fails: of two gateways that start at once, one key wins.
        os.link(name, path)
    except FileExistsError:
        pass
    finally:
        Path(name).unlink()


class DevelopmentIssuer:
    """Issues tokens to anyone who asks, so it is for one's own machine only."""

    def __init__(self, secret: str, audience: str = "tidings") -> None:
        self._secret = secret
        self._audience = audience
        self._key = OctKey.import_key(secret)

    def keyring(self) -> Keyring:
        """The keyring that accepts this issuer's tokens."""
        return from_secret(self._secret, ISSUER, KEY_ID)

    def issue(self, user: str, roles: Iterable[str], ttl_s: int, now: float) -> str:
        """A token for `user` that is valid from `now` (seconds since the epoch) for `ttl_s` seconds."""
        claims = {
            "iss": ISSUER,
            "aud": self._audience,
            "sub": user,
            "iat": int(now),
            "exp": int(now) + ttl_s,
            "jti": str(uuid.uuid4()),
            "roles": sorted(roles),
        }
        return jwt.encode({"alg": "HS256", "kid": KEY_ID}, claims, self._key)
