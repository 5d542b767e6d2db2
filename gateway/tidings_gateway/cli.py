"""`tidings gateway` and `tidings token`."""

import json as jsonlib
import re
import time
from typing import Annotated

import typer
from tidings_schemas import logs
from tidings_schemas.errors import Permanent

from .auth import development
from .auth.identity import user_problem
from .settings import load

_SPAN = re.compile(r"([0-9]{1,6})([smhd]?)")
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}


def seconds(text: str) -> int:
    """A span such as 90, 45s, 30m, 12h or 7d, in seconds.

    Raises:
        typer.BadParameter: it is none, or it is zero.
    """
    match = _SPAN.fullmatch(text.strip())
    span = int(match[1]) * _SECONDS[match[2]] if match else 0
    if not span:
        raise typer.BadParameter(f"{text!r} is no time span: write 90, 45s, 30m, 12h or 7d")
    return span


def token(
    user: Annotated[str, typer.Option("--user", "-u", help="Whose token.")],
    role: Annotated[list[str] | None, typer.Option("--role", "-r", help="publish or analyst; repeatable.")] = None,
    ttl: Annotated[str, typer.Option(help="How long it is valid: 90, 45s, 30m, 12h, 7d.")] = "12h",
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Print a token of the development issuer, which a gateway on this machine accepts.

    Examples:

        tidings token --user passenger-1

        curl -N -H "Authorization: Bearer $(tidings token -u passenger-1)" http://127.0.0.1:8600/v1/stream

        tidings token --user gates --role publish --ttl 1h
    """
    if problem := user_problem(user):
        raise typer.BadParameter(f"the user's name {problem}", param_hint="--user")
    settings = load()
    if not settings.development:
        raise Permanent("users come from TIDINGS_JWKS or TIDINGS_JWT_SECRET here: your own issuer makes their tokens")
    now, span = time.time(), seconds(ttl)
    secret = development.load_secret(settings.dev_key_file or development.default_key_file())
    text = development.DevelopmentIssuer(secret, settings.audience).issue(user, role or [], span, now)
    print(jsonlib.dumps({"token": text, "user": user, "expires_at": int(now) + span}) if json else text)


def gateway(
    host: Annotated[
        str | None, typer.Option(help="Where to listen [env: TIDINGS_GATEWAY_HOST; default: 127.0.0.1].")
    ] = None,
    port: Annotated[
        int | None, typer.Option(help="Port, 0 for any [env: TIDINGS_GATEWAY_PORT; default: 8600].")
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(help="Processes on that port, one a core [env: TIDINGS_GATEWAY_WORKERS; default: 1]."),
    ] = None,
    shard: Annotated[
        str | None,
        typer.Option(help="Serve every Nth partition, as 0/2 and 1/2 [env: TIDINGS_GATEWAY_SHARD; default: all]."),
    ] = None,
) -> None:
    """Run the gateway: the page, the API and the streams, until Ctrl-C or SIGTERM.

    Kafka and the schema registry are where KAFKA_BOOTSTRAP_SERVERS and SCHEMA_REGISTRY_URL say. Users come from
    TIDINGS_JWKS or TIDINGS_JWT_SECRET(_FILE); without them this machine's own development key signs.

    Examples:

        tidings gateway

        tidings gateway --workers 4

        tidings gateway --shard 0/2 --port 8600 & tidings gateway --shard 1/2 --port 8610

        TIDINGS_JWKS=https://login.example.com/jwks.json TIDINGS_JWT_ISSUER=https://login.example.com tidings gateway
    """
    from .run import run

    options = {"host": host, "port": port, "workers": workers, "shard": shard}
    given = {name: value for name, value in options.items() if value is not None}
    logs.configure("gateway")
    run(load(**given))
