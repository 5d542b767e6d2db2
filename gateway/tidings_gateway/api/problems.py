"""Errors as RFC 9457 problem details: `type`, `title`, `status`, and in `detail` what to do about it."""

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, TypedDict

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from tidings_schemas.errors import (
    InvalidEvent,
    OversizeValue,
    SchemaNotRegistered,
    TidingsError,
    Transient,
    UnknownEventType,
)

from tidings_gateway.auth.identity import Forbidden, Unauthenticated
from tidings_gateway.streams import Elsewhere

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"
_RETRY_AFTER_S = "2"


class Fault(TypedDict, total=False):
    """One of several things that are wrong. `index`: which event of a batch, from 0."""

    index: int
    field: str
    detail: str


class Problem(Exception):
    """An answer that is an error.

    Args:
        status: HTTP status.
        code: the last part of `type`, stable, for programs: `urn:tidings:problem:<code>`.
        detail: for people: what is wrong and what to do.
        faults: the single faults, if there are several.
        extra: further members of the answer.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        faults: Sequence[Fault] = (),
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.faults = list(faults)
        self.headers = dict(headers or {})
        self.extra = dict(extra or {})

    def response(self) -> JSONResponse:
        """The answer to send."""
        content = {
            "type": f"urn:tidings:problem:{self.code}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            **({"errors": self.faults} if self.faults else {}),
            **self.extra,
        }
        return JSONResponse(content, self.status, self.headers, media_type=MEDIA_TYPE)


class ProblemBody(BaseModel):
    """Problem details (RFC 9457)."""

    type: str = Field(examples=["urn:tidings:problem:invalid"])
    title: str
    status: int
    detail: str = Field(description="What is wrong and what to do about it.")
    errors: list[dict[str, Any]] = Field(
        default=[], description="Single faults: `field`, `detail`, `index` in a batch."
    )


def of(error: Exception) -> Problem:
    """The problem that tells of an error of any kind."""
    match error:
        case Problem():
            return error
        case Unauthenticated():
            challenge = f'Bearer realm="tidings", error="{error.code}"' if error.code else 'Bearer realm="tidings"'
            return Problem(401, "unauthenticated", str(error), headers={"WWW-Authenticate": challenge})
        case Forbidden():
            return Problem(403, "forbidden", str(error))
        case RequestValidationError():
            return _of_validation(error)
        case HTTPException(status_code=400):  # FastAPI's, for what is not even UTF-8
            return Problem(400, "bad-request", "The body is no JSON in UTF-8: mend it, it will not pass later.")
        case HTTPException():
            code = HTTPStatus(error.status_code).phrase.lower().replace(" ", "-")
            return Problem(error.status_code, code, str(error.detail), headers=error.headers)
        case TidingsError():
            return _of_tidings(error)
        case Elsewhere():
            extra = {"url": error.address} if error.address else {}
            return Problem(421, "elsewhere", "Another gateway serves this user: ask that of `url`.", extra=extra)
    return Problem(500, "internal", "The gateway failed; its log says why. Trying again does no harm.")


def _of_validation(error: RequestValidationError) -> Problem:
    faults = [Fault(field=_field(fault["loc"]), detail=_plain(fault["msg"])) for fault in error.errors()]
    first = faults[0]
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    return Problem(422, "invalid", f"{first['field']}: {first['detail']}{more}", faults=faults)


def _field(where: Sequence[int | str]) -> str:
    return ".".join(str(part) for part in where[1:]) or str(where[0])


def _plain(message: str) -> str:
    return message.removeprefix("Value error, ")


def _of_tidings(error: TidingsError) -> Problem:
    match error:
        case InvalidEvent():
            return Problem(422, "invalid", str(error), faults=[Fault(field=error.field, detail=str(error))])
        case UnknownEventType():
            return Problem(422, "unknown-event-type", str(error))
        case OversizeValue():
            return Problem(413, "too-large", str(error))
        case Transient():
            detail = f"{error} Try again with the same ids: what was written twice is recognised."
            return Problem(503, "unavailable", detail, headers={"Retry-After": _RETRY_AFTER_S})
        case SchemaNotRegistered():
            return Problem(503, "schema-not-registered", str(error))
    return Problem(502, "refused", str(error))


async def _answer(request: Request, error: Exception) -> JSONResponse:
    problem = _no_json(request) if _concerns_body(error) else None
    problem = problem or of(error)
    if problem.status >= 500:
        level = logging.WARNING if problem.status == 503 else logging.ERROR
        log.log(level, "request failed", path=request.url.path, status=problem.status, error=problem.detail)
    return problem.response()


def _concerns_body(error: Exception) -> bool:
    return isinstance(error, RequestValidationError) and any(fault["loc"][0] == "body" for fault in error.errors())


def _no_json(request: Request) -> Problem | None:
    """A body that says it is no JSON is not looked at: a foreign page's form can send no other (CSRF)."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type == "application/json" or (media_type.startswith("application/") and media_type.endswith("+json")):
        return None
    return Problem(415, "unsupported-media-type", "Send JSON, and say so by `Content-Type: application/json`.")


def install(app: FastAPI) -> None:
    """Makes every error that is raised on purpose a problem; for the others see `middleware.Unexpected`."""
    for kind in (Problem, Unauthenticated, Forbidden, RequestValidationError, HTTPException, TidingsError, Elsewhere):
        app.add_exception_handler(kind, _answer)


#: For OpenAPI: what any route may answer besides success.
RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"description": text, "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    for status, text in {
        400: "The body is not even UTF-8.",
        401: "No valid token.",
        403: "Not allowed: a role is missing, or the cookie came from a foreign page.",
        408: "The body did not come in time.",
        413: "The body is too large.",
        415: "The body does not say that it is JSON.",
        422: "The input is not valid; `errors` names the fields.",
        503: "Kafka or the schema registry does not answer; `Retry-After` says when to try again.",
    }.items()
}
