"""The gateway does what its OpenAPI document says, whatever is sent."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import APIOperation, BaseSchema, Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tidings.local.services import Endpoints
from tidings_gateway.settings import GatewaySettings
from tidings_schemas.admin import ensure_topics
from tidings_schemas.catalogue import load
from tidings_schemas.registry import Registry, register_all

from tests.service.gateway_api.test_running import signed_in, started

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
Described = tuple[BaseSchema, dict[str, str]]
OPERATIONS = 16  # besides the stream, which does not end


@pytest.fixture(scope="module")
def described(
    kafka: Endpoints, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[BaseSchema, dict[str, str]]]:
    """How a running gateway describes itself, and headers of one who may publish."""
    folder: Path = tmp_path_factory.mktemp("gateway")
    prefix = f"d{uuid.uuid4().hex[:10]}."
    ensure_topics(GatewaySettings(_env_file=None, bootstrap_servers=kafka.bootstrap_servers, prefix=prefix))
    registry = Registry(kafka.registry_url)
    register_all(registry, load())
    registry.close()
    with started(folder, **kafka.environ(), TIDINGS_NAMESPACE=prefix) as (_, url):
        schema = schemathesis.openapi.from_url(f"{url}/openapi.json").exclude(path="/v1/stream")
        yield schema, signed_in(folder, "passenger-1", "publish")


@pytest.mark.kafka
def test_every_answer_is_as_described(described: tuple[BaseSchema, dict[str, str]], subtests: pytest.Subtests) -> None:
    """No input makes the gateway fail or answer with a status, a type or a body that it did not describe."""
    schema, headers = described
    operations = [result.ok() for result in schema.get_all_operations()]
    assert len(operations) == OPERATIONS
    for operation in operations:
        with subtests.test(operation.label):
            _hold_to(operation, headers)


def _hold_to(operation: "APIOperation", headers: dict[str, str]) -> None:
    @settings(max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.one_of(operation.as_strategy(generation_mode=mode) for mode in GenerationMode))
    def check(case: Case) -> None:
        case.call_and_validate(headers=headers, checks=CHECKS)

    check()
