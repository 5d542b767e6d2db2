"""What FastAPI cannot know of the API: the stream, how to sign in, and that everything but health needs it."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from tidings_gateway.auth.authenticator import COOKIE

from . import problems, stream

_OPEN = frozenset({"/healthz", "/readyz", "/metrics", "/v1/session"})
_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    "cookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": COOKIE,
        "description": "HttpOnly; writes need an `Origin` that the gateway allows.",
    },
}


def describe(app: FastAPI) -> None:
    """Completes the app's OpenAPI document, which is made when first asked for."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _complete(
                get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
            )
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


def _complete(schema: dict[str, Any]) -> dict[str, Any]:
    schema["paths"][stream.PATH] = stream.OPENAPI
    components = schema.setdefault("components", {})
    components["securitySchemes"] = _SCHEMES
    components.setdefault("schemas", {})["Problem"] = problems.ProblemBody.model_json_schema()
    for path, operations in schema["paths"].items():
        for operation in operations.values():
            operation["security"] = [] if path in _OPEN else [{"bearer": []}, {"cookie": []}]
    return schema
