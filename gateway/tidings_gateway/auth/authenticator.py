"""Shell: request → identity, by bearer token or cookie."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Collection

from starlette.requests import HTTPConnection

from tidings_gateway.settings import GatewaySettings

from . import development, tokens
from .identity import Forbidden, Identity, Mechanism, Unauthenticated, UnknownKey
from .jwks import KeySource
from .keys import Keyring, UnusableKey, from_secret
from .origins import check_origin

COOKIE = "tidings_session"


class Authenticator:
    """Knows the keys of the moment and how a token comes with a request.

    Raises:
        UnusableKey: the configured key or key set cannot be used.
    """

    def __init__(self, settings: GatewaySettings) -> None:
        self._policy = tokens.Policy(settings.audience, settings.leeway_s, settings.max_lifetime_s)
        self._origins: Collection[str] = settings.allowed_origins()
        self._refresh_s = settings.jwks_refresh_s
        self._source = KeySource(settings.jwks, settings.issuer, settings.jwks_pause_s) if settings.jwks else None
        self.issuer = _development_issuer(settings) if settings.development else None
        self._fixed = Keyring({}) if self._source else self.issuer.keyring() if self.issuer else _secret(settings)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Loads the key set, if there is one, and keeps it fresh meanwhile."""
        if self._source is None:
            yield
            return
        await self._source.load()
        task = asyncio.create_task(self._source.keep_fresh(self._refresh_s))
        try:
            yield
        finally:
            task.cancel()

    async def identify(self, request: HTTPConnection) -> Identity:
        """Who asks.

        One mechanism per request: with an `Authorization` header the cookie is not even looked at. A token in
        the URL is never read, since URLs end up in logs.

        Raises:
            Unauthenticated: there is no valid token (401).
            Forbidden: the cookie came from a page that may not use it (403).
        """
        token, mechanism = credentials(request)
        if mechanism == "cookie":
            self.check_origin(request)
        try:
            return tokens.verify(token, self._keyring, self._policy, time.time())
        except UnknownKey:
            if self._source is None:
                raise
            await self._source.refresh()
            return tokens.verify(token, self._keyring, self._policy, time.time())

    def check_origin(self, request: HTTPConnection) -> None:
        """See `origins.check_origin`."""
        headers = request.headers
        check_origin(
            request.scope.get("method", "GET"), headers.get("origin"), headers.get("sec-fetch-site"), self._origins
        )

    @property
    def _keyring(self) -> Keyring:
        return self._source.keyring if self._source else self._fixed


def credentials(request: HTTPConnection) -> tuple[str, Mechanism]:
    """The token and how it came.

    Raises:
        Unauthenticated: none came, or more than one, so that it is unclear which is meant.
    """
    lines = request.headers.getlist("authorization")
    if len(lines) > 1:
        raise Unauthenticated("The request has several Authorization headers: send one.", "invalid_request")
    if lines:
        scheme, _, token = lines[0].partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise Unauthenticated("The Authorization header must read `Bearer <token>`.", "invalid_request")
        return token.strip(), "bearer"
    cookies = [value for name, value in _cookies(request) if name == COOKIE]
    if len(cookies) > 1:
        raise Unauthenticated(f"Several {COOKIE} cookies came: delete the site's cookies and sign in again.")
    if not cookies:
        raise Unauthenticated("Send `Authorization: Bearer <token>`, or sign in to get the cookie.", "")
    return cookies[0], "cookie"


def require_role(identity: Identity, role: str) -> None:
    """Nothing, if the identity has the role.

    Raises:
        Forbidden: it has not.
    """
    if role not in identity.roles:
        raise Forbidden(f"This needs the role {role!r}: ask whoever issues your tokens to put it in the claim 'roles'.")


def _cookies(request: HTTPConnection) -> list[tuple[str, str]]:
    # Not `request.cookies`: a dict keeps the last of two cookies of one name, which another subdomain may have set.
    pairs = (part.partition("=") for line in request.headers.getlist("cookie") for part in line.split(";"))
    return [(name.strip(), value.strip().strip('"')) for name, _, value in pairs]


def _development_issuer(settings: GatewaySettings) -> development.DevelopmentIssuer:
    path = settings.dev_key_file or development.default_key_file()
    return development.DevelopmentIssuer(development.load_secret(path), settings.audience)


def _secret(settings: GatewaySettings) -> Keyring:
    if settings.jwt_secret is not None:
        return from_secret(settings.jwt_secret.get_secret_value(), settings.issuer)
    assert settings.jwt_secret_file is not None
    try:
        secret = settings.jwt_secret_file.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableKey(f"TIDINGS_JWT_SECRET_FILE={settings.jwt_secret_file} cannot be read: {error}") from error
    return from_secret(secret, settings.issuer)
