"""The processors' settings, from the environment, on top of those that all parts share."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AliasChoices, BeforeValidator, Field
from pydantic_settings import NoDecode
from tidings_schemas.settings import Settings as SharedSettings
from tidings_schemas.topics import DOMAINS

StageName = Literal["match", "fan-out", "deliver"]
STAGES: tuple[StageName, ...] = ("match", "fan-out", "deliver")
Native = Literal["auto", "on", "off"]
GroupProtocol = Literal["classic", "consumer"]
#: librdkafka's properties for each. The brokers' `range` gives partition n of every topic to the same worker (ADR 122).
GROUP_PROTOCOLS: dict[GroupProtocol, dict[str, str]] = {
    "classic": {},
    "consumer": {"group.protocol": "consumer", "group.remote.assignor": "range"},
}


def _env(name: str) -> AliasChoices:
    return AliasChoices(name, name.removeprefix("TIDINGS_").lower())


def _words(value: object) -> object:
    return [word.strip() for word in value.split(",") if word.strip()] if isinstance(value, str) else value


Words = Annotated[list[str], NoDecode, BeforeValidator(_words)]
StageNames = Annotated[list[StageName], NoDecode, BeforeValidator(_words)]


class Settings(SharedSettings):
    """What a worker can be told.

    Attributes:
        rules: a file of rules; None = the one that ships.
        domains: whose `events.*` are read.
        stages: the stages of this worker; leave some out to scale them apart.
        max_event_bytes: larger events are dead letters.
        processors_host, processors_port: where `/healthz`, `/readyz` and `/metrics` are served; port 0 = nowhere.
        fetch_wait_ms: how long the broker may hold a fetch that finds nothing.
        max_run: most records that a stage takes at once.
        linger_ms: how long an output may wait for company.
        session_timeout: seconds of silence after which the group gives a worker's partitions to others.
        group_protocol: who shares partitions out: the workers themselves (classic), or the brokers (consumer; Kafka 4).
        stuck_seconds: a run that stands still for longer (nothing dealt with, nothing acked) ends the process (75).
        dedupe_window: ids of notifications that are remembered for each partition.
        native: whether what is hot is done by code in C: where there is a compiler (auto), or else the worker does not
            start (on), or never (off).
        shared_above: a followed topic with more followers than this is told of in one shared record a partition.
    """

    rules: Path | None = Field(default=None, validation_alias=_env("TIDINGS_RULES"))
    domains: Words = Field(default=list(DOMAINS), validation_alias=_env("TIDINGS_DOMAINS"))
    stages: StageNames = Field(default=list(STAGES), validation_alias=_env("TIDINGS_STAGES"), min_length=1)
    max_event_bytes: int = Field(
        default=256 * 1024, validation_alias=_env("TIDINGS_MAX_EVENT_BYTES"), ge=1024, le=512 * 1024
    )
    processors_host: str = Field(default="127.0.0.1", validation_alias=_env("TIDINGS_PROCESSORS_HOST"))
    processors_port: int = Field(default=8604, validation_alias=_env("TIDINGS_PROCESSORS_PORT"), ge=0, le=65535)
    fetch_wait_ms: int = Field(default=20, validation_alias=_env("TIDINGS_FETCH_WAIT_MS"), ge=1)
    max_run: int = Field(default=1000, validation_alias=_env("TIDINGS_MAX_RUN"), ge=1)
    linger_ms: float = Field(default=5.0, validation_alias=_env("TIDINGS_LINGER_MS"), ge=0)
    session_timeout: float = Field(default=10.0, validation_alias=_env("TIDINGS_SESSION_TIMEOUT"), ge=6)
    group_protocol: GroupProtocol = Field(default="classic", validation_alias=_env("TIDINGS_GROUP_PROTOCOL"))
    stuck_seconds: float = Field(default=60.0, validation_alias=_env("TIDINGS_STUCK_SECONDS"), gt=0)
    dedupe_window: int = Field(default=50_000, validation_alias=_env("TIDINGS_DEDUPE_WINDOW"), ge=1)
    shared_above: int = Field(default=10_000, validation_alias=_env("TIDINGS_SHARED_ABOVE"), ge=0)
    native: Native = Field(default="auto", validation_alias=_env("TIDINGS_PROCESSORS_NATIVE"))

    @property
    def group(self) -> str:
        """The workers' consumer group."""
        return self.namespace.name("tidings-processors")
