"""The gateway's settings: what `tidings_schemas.settings` says, and how to serve browsers."""

import ipaddress
import re
from pathlib import Path
from typing import Annotated, Any

from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import NoDecode, SettingsConfigDict
from tidings_schemas.errors import Permanent
from tidings_schemas.settings import Settings

from .core.shards import Shards, default_addresses, parse_shard

DAY_S = 24 * 60 * 60
_LOOPBACK_NAMES = ("localhost", "ip6-localhost")


def _env(name: str) -> Any:
    return AliasChoices(name.lower(), name)


class GatewaySettings(Settings):
    """How the gateway listens, whom it trusts, and how much it takes.

    Three ways to know users, in this order: `jwks` (RS256, ES256, EdDSA), `jwt_secret` (HS256), else development:
    a key of this machine's own, for loopback only.

    Raises:
        pydantic.ValidationError: a value is out of range, or two ways to know users are given at once.
    """

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", populate_by_name=True, env_ignore_empty=True)

    host: str = Field(default="127.0.0.1", validation_alias=_env("TIDINGS_GATEWAY_HOST"))
    port: int = Field(default=8600, validation_alias=_env("TIDINGS_GATEWAY_PORT"), ge=0, le=65535)
    shard: str | None = Field(default=None, validation_alias=_env("TIDINGS_GATEWAY_SHARD"))
    addresses: Annotated[list[str], NoDecode] = Field(
        default_factory=list, validation_alias=_env("TIDINGS_GATEWAY_ADDRESSES")
    )
    workers: int = Field(default=1, validation_alias=_env("TIDINGS_GATEWAY_WORKERS"), ge=1, le=256)

    jwks: str | None = Field(default=None, validation_alias=_env("TIDINGS_JWKS"))
    jwks_refresh_s: float = Field(default=300.0, validation_alias=_env("TIDINGS_JWKS_REFRESH_S"), ge=1)
    jwks_pause_s: float = Field(default=10.0, validation_alias=_env("TIDINGS_JWKS_PAUSE_S"), ge=0)
    jwt_secret: SecretStr | None = Field(default=None, validation_alias=_env("TIDINGS_JWT_SECRET"))
    jwt_secret_file: Path | None = Field(default=None, validation_alias=_env("TIDINGS_JWT_SECRET_FILE"))
    issuer: str = Field(default="tidings", validation_alias=_env("TIDINGS_JWT_ISSUER"), min_length=1)
    audience: str = Field(default="tidings", validation_alias=_env("TIDINGS_JWT_AUDIENCE"), min_length=1)
    leeway_s: int = Field(default=10, validation_alias=_env("TIDINGS_JWT_LEEWAY_S"), ge=0, le=30)
    max_lifetime_s: int = Field(default=31 * DAY_S, validation_alias=_env("TIDINGS_JWT_MAX_LIFETIME_S"), ge=1)
    dev_key_file: Path | None = Field(default=None, validation_alias=_env("TIDINGS_DEV_KEY_FILE"))
    dev_allow_remote: bool = Field(default=False, validation_alias=_env("TIDINGS_DEV_ALLOW_REMOTE"))

    origins: Annotated[list[str], NoDecode] = Field(default_factory=list, validation_alias=_env("TIDINGS_ORIGINS"))
    cookie_secure: bool | None = Field(default=None, validation_alias=_env("TIDINGS_COOKIE_SECURE"))

    max_follows: int = Field(default=1000, validation_alias=_env("TIDINGS_MAX_FOLLOWS"), ge=1)
    max_body_bytes: int = Field(default=1024 * 1024, validation_alias=_env("TIDINGS_MAX_BODY_BYTES"), ge=1024)
    body_timeout_s: float = Field(default=10.0, validation_alias=_env("TIDINGS_BODY_TIMEOUT_S"), gt=0)
    write_timeout_s: float = Field(default=10.0, validation_alias=_env("TIDINGS_WRITE_TIMEOUT_S"), gt=0)
    static: Path = Field(default=Path(__file__).parent / "static", validation_alias=_env("TIDINGS_STATIC"))

    @field_validator("origins", "addresses", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("origins")
    @classmethod
    def _exact(cls, value: list[str]) -> list[str]:
        for origin in value:
            if not origin.startswith(("http://", "https://")) or "*" in origin or origin.count("/") != 2:
                raise ValueError(f"{origin!r} is no origin; write scheme://host[:port], without path or *")
        return value

    @model_validator(mode="after")
    def _one_way(self) -> "GatewaySettings":
        given = [self.jwks, self.jwt_secret, self.jwt_secret_file]
        if sum(value is not None for value in given) > 1:
            raise ValueError("set only one of TIDINGS_JWKS, TIDINGS_JWT_SECRET and TIDINGS_JWT_SECRET_FILE")
        return self

    @field_validator("addresses")
    @classmethod
    def _reachable(cls, value: list[str]) -> list[str]:
        for address in value:
            if not re.fullmatch(r"(https?://[^/?#]+)?(/[^?#]*[^/?#])?", address) or not address:
                raise ValueError(f"{address!r} is no address: write https://host[:port], or a path such as /shards/0")
        return value

    @field_validator("shard")
    @classmethod
    def _is_shard(cls, value: str | None) -> str | None:
        if value is not None:
            parse_shard(value)
        return value

    @model_validator(mode="after")
    def _all_shards(self) -> "GatewaySettings":
        if self.shard is None:
            if self.addresses:
                raise ValueError("TIDINGS_GATEWAY_ADDRESSES needs TIDINGS_GATEWAY_SHARD, which of them this is: 0/2")
            return self
        _, count = parse_shard(self.shard)
        if self.addresses and len(self.addresses) != count:
            raise ValueError(f"TIDINGS_GATEWAY_ADDRESSES must name all {count} shards in order, as each gateway's does")
        return self

    def shards(self, worker: int = 0, workers: int = 1) -> Shards | None:
        """Which users are served here, and where the others are; None: everybody is.

        Args:
            worker: of how many that share out this gateway's partitions.
        """
        if self.shard is None:
            return None if workers == 1 else Shards(0, ("",), worker=worker, workers=workers)
        here, count = parse_shard(self.shard)
        return Shards(here, tuple(self.addresses) or default_addresses(count), worker=worker, workers=workers)

    @property
    def development(self) -> bool:
        """Whether this machine's own key signs tokens."""
        return self.jwks is None and self.jwt_secret is None and self.jwt_secret_file is None

    @property
    def secure_cookies(self) -> bool:
        """Whether cookies are for https only; in development they are not, since there is no https."""
        return not self.development if self.cookie_secure is None else self.cookie_secure

    def allowed_origins(self) -> frozenset[str]:
        """Origins whose pages may write with a cookie. Default: the gateway's own, while it is on loopback."""
        if self.origins or not is_loopback(self.host):
            return frozenset(self.origins)
        names = {"localhost", "127.0.0.1", "[::1]"}
        return frozenset(f"http://{name}:{self.port}" for name in names)


class Misconfigured(Permanent):
    """A setting cannot be meant; the text names it."""


def load(**given: Any) -> GatewaySettings:
    """The settings of the environment and `.env`; `given` wins.

    Raises:
        Misconfigured: a value is not acceptable.
    """
    try:
        return GatewaySettings(**given)
    except ValidationError as error:
        faults = [f"{_name(fault['loc'])}{_plain(fault['msg'])}" for fault in error.errors(include_input=False)]
        raise Misconfigured("; ".join(faults)) from None  # the cause would print the values, which may be secret


def _name(where: tuple[int | str, ...]) -> str:
    return f"{str(where[0]).upper()}: " if where else ""


def _plain(message: str) -> str:
    return message.removeprefix("Value error, ")


def is_loopback(host: str) -> bool:
    """Whether a listening address is reachable from this machine alone; names other than localhost are not trusted."""
    if host.lower() in _LOOPBACK_NAMES:
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
