"""The streams' limits from the environment: `TIDINGS_STREAM_HEARTBEAT=5` sets `StreamSettings.heartbeat`."""

from dataclasses import asdict, fields
from typing import Any, get_type_hints

from pydantic import ValidationError, create_model
from pydantic_settings import BaseSettings, SettingsConfigDict

from .settings import Misconfigured
from .stream_settings import StreamSettings

_PREFIX = "TIDINGS_STREAM_"


class _Environment(BaseSettings):
    model_config = SettingsConfigDict(env_prefix=_PREFIX, env_file=".env", extra="ignore", env_ignore_empty=True)


def load() -> StreamSettings:
    """The streams' settings of the environment and `.env`; ranges are written as JSON: `[1, 5]`.

    Raises:
        Misconfigured: a value is not of its setting's type.
    """
    types, defaults = get_type_hints(StreamSettings), asdict(StreamSettings())
    wanted: dict[str, Any] = {field.name: (types[field.name], defaults[field.name]) for field in fields(StreamSettings)}
    try:
        given = create_model("StreamEnvironment", __base__=_Environment, **wanted)()
    except ValidationError as error:
        faults = (f"{_PREFIX}{str(fault['loc'][0]).upper()}: {fault['msg']}" for fault in error.errors())
        raise Misconfigured("; ".join(faults)) from None
    return StreamSettings(**given.model_dump())
