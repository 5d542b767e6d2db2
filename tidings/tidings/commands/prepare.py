"""`tidings prepare`: topics and schemas, for deployments where `tidings up` does not do it."""

from __future__ import annotations

import json as jsonlib
from typing import Annotated

import typer

from tidings.local import prepare as local_prepare


def prepare(json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> None:
    """Make the topics and register the schemas that are missing, on the Kafka and registry of the environment.

    Doing it again changes nothing.

    Example:

        KAFKA_BOOTSTRAP_SERVERS=kafka:9092 SCHEMA_REGISTRY_URL=http://registry:8080/apis/ccompat/v7 tidings prepare
    """
    from tidings_schemas.settings import Settings

    settings = Settings()
    made, ids = local_prepare.topics(settings), local_prepare.schemas(settings)
    if json:
        print(jsonlib.dumps({"topics_made": made, "schemas": ids}))
    else:
        print(f"{len(made)} topics made, {len(ids)} schemas registered.")
