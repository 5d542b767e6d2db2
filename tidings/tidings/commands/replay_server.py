"""`tidings replay-server`: replays over HTTP, with the gateway's own way to verify tokens."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator
from typing import Annotated

import typer
import uvicorn
from fastapi import FastAPI
from starlette.requests import HTTPConnection
from tidings_gateway.auth.authenticator import Authenticator
from tidings_gateway.auth.identity import Forbidden, Unauthenticated
from tidings_gateway.settings import Misconfigured, is_loopback, load
from tidings_replay.http import Analyst, Limits, Refusal, create_app
from tidings_replay.job import masking_secret
from tidings_schemas.logs import configure
from tidings_schemas.settings import Settings


def build(limits: Limits) -> FastAPI:
    """The application, its keys and Kafka from the environment.

    Raises:
        Misconfigured, UnusableKey: a setting cannot be meant.
    """
    auth = Authenticator(load())

    async def authenticate(request: HTTPConnection) -> Analyst:
        try:
            identity = await auth.identify(request)
        except Unauthenticated as error:
            raise Refusal(401, "Unauthorized", str(error), {"WWW-Authenticate": "Bearer"}) from error
        except Forbidden as error:
            raise Refusal(403, "Forbidden", str(error)) from error
        return Analyst(identity.user, identity.roles, identity.expires_at)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with auth.running():
            yield

    app = create_app(Settings(), authenticate, masking_secret(), limits)
    app.router.lifespan_context = lifespan
    return app


def replay_server(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 = any free one.")] = 8610,
    public: Annotated[str, typer.Option(help="Topics that /v2/stream gives to anyone, masked: events.flights,…")] = "",
    span: Annotated[int, typer.Option(min=1, help="Records that one request may read.")] = 5_000_000,
    per_user: Annotated[int, typer.Option(min=1, help="Requests of one user at once.")] = 2,
    total: Annotated[int, typer.Option(min=1, help="Requests at once.")] = 16,
) -> None:
    """Serve replays over HTTP: GET /v1/replay, and Wikimedia's EventStreams at /v2/stream/{streams}.

    \b
    Examples:
      tidings replay-server --public events.flights
      curl -H "Authorization: Bearer $(tidings token -u ann -r analyst)" \\
           'http://127.0.0.1:8610/v1/replay?topic=events.flights&from=-1h'
    """
    settings = load()
    if settings.development and not is_loopback(host) and not settings.dev_allow_remote:
        raise Misconfigured(
            f"--host {host} is reachable from elsewhere, and the development key is no secret there: set TIDINGS_JWKS"
        )
    configure("replay")
    names = frozenset(name.strip() for name in public.split(",") if name.strip())
    app = build(Limits(span, per_user, total, names))
    uvicorn.run(app, host=host, port=port, log_level=os.environ.get("LOG_LEVEL", "info").lower(), log_config=None)
