"""Settings that every part shares, from the environment (and `.env`)."""

import os
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from .kafka_log import LOGGER
from .topics import Namespace

#: Any other librdkafka property: LIBRDKAFKA_SOCKET_TIMEOUT_MS=3000 → socket.timeout.ms=3000
_PASS_THROUGH = "LIBRDKAFKA_"


def _env(name: str) -> Any:
    return AliasChoices(name.lower(), name)


class Settings(BaseSettings):
    """How to reach Kafka and the registry, and which namespace to live in."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", populate_by_name=True)

    bootstrap_servers: str = Field(default="127.0.0.1:9092", validation_alias=_env("KAFKA_BOOTSTRAP_SERVERS"))
    security_protocol: str = Field(default="PLAINTEXT", validation_alias=_env("KAFKA_SECURITY_PROTOCOL"))
    sasl_mechanism: str | None = Field(default=None, validation_alias=_env("KAFKA_SASL_MECHANISM"))
    sasl_username: str | None = Field(default=None, validation_alias=_env("KAFKA_SASL_USERNAME"))
    sasl_password: SecretStr | None = Field(default=None, validation_alias=_env("KAFKA_SASL_PASSWORD"))
    sasl_password_file: Path | None = Field(default=None, validation_alias=_env("KAFKA_SASL_PASSWORD_FILE"))
    ssl_cafile: Path | None = Field(default=None, validation_alias=_env("KAFKA_SSL_CAFILE"))
    registry_url: str = Field(
        default="http://127.0.0.1:8081/apis/ccompat/v7", validation_alias=_env("SCHEMA_REGISTRY_URL")
    )
    registry_auth: SecretStr = Field(
        default=SecretStr(""), validation_alias=_env("SCHEMA_REGISTRY_BASIC_AUTH_USER_INFO")
    )
    prefix: str = Field(default="", validation_alias=_env("TIDINGS_NAMESPACE"))
    partitions: int = Field(default=4, validation_alias=_env("TIDINGS_PARTITIONS"), ge=1)
    replication: int = Field(default=1, validation_alias=_env("TIDINGS_REPLICATION"), ge=1)
    max_event_bytes: int = Field(default=256 * 1024, validation_alias=_env("TIDINGS_MAX_EVENT_BYTES"), ge=1)

    @cached_property
    def namespace(self) -> Namespace:
        """The namespace of topics and groups."""
        return Namespace(self.prefix)

    def kafka(self, **overrides: Any) -> dict[str, Any]:
        """A client's configuration: where its log goes, connection, security, then pass-through, then `overrides`."""
        config: dict[str, Any] = {
            "logger": LOGGER,
            "bootstrap.servers": self.bootstrap_servers,
            "security.protocol": self.security_protocol,
            "sasl.mechanism": self.sasl_mechanism,
            "sasl.username": self.sasl_username,
            "sasl.password": self._password(),
            "ssl.ca.location": str(self.ssl_cafile) if self.ssl_cafile else None,
        }
        passed = {
            name.removeprefix(_PASS_THROUGH).lower().replace("_", "."): value
            for name, value in os.environ.items()
            if name.startswith(_PASS_THROUGH)
        }
        return {name: value for name, value in config.items() if value is not None} | passed | overrides

    def _password(self) -> str | None:
        if self.sasl_password_file:
            return self.sasl_password_file.read_text().strip()
        return self.sasl_password.get_secret_value() if self.sasl_password else None
