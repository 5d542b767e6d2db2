"""Tokens for load: HS256, signed with the secret that the bench gave its gateway."""

import time

from joserfc import jwt
from joserfc.jwk import OctKey


class Issuer:
    """Signs a token a user."""

    def __init__(self, secret: str, issuer: str = "tidings", audience: str = "tidings") -> None:
        self._key = OctKey.import_key(secret)
        self._claims = {"iss": issuer, "aud": audience}

    def token(self, user: str, ttl_s: int = 3600, roles: tuple[str, ...] = ()) -> str:
        """A token for `user`, valid from now."""
        now = int(time.time())
        claims = self._claims | {"sub": user, "iat": now, "exp": now + ttl_s, "roles": list(roles)}
        return jwt.encode({"alg": "HS256", "typ": "JWT"}, claims, self._key)
