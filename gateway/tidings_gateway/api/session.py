"""`/v1/session` and `/v1/me`: who is signed in."""

import time
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from starlette.requests import Request

from tidings_gateway.auth.authenticator import COOKIE
from tidings_gateway.auth.identity import user_problem
from tidings_gateway.services import Known, Wired

from .problems import Problem

router = APIRouter(tags=["session"])

_TTL_S = 12 * 60 * 60


def _user(name: str) -> str:
    if problem := user_problem(name):
        raise ValueError(f"the user's name {problem}")
    return name


class SessionBody(BaseModel):
    """Who wants to be signed in."""

    model_config = ConfigDict(extra="forbid")

    user: Annotated[str, AfterValidator(_user)] = Field(examples=["passenger-1"])
    roles: list[Annotated[str, Field(min_length=1, max_length=50)]] = Field(default=[], max_length=10)


class MeOut(BaseModel):
    """Who is signed in, until when (seconds since the epoch), and whether anyone may sign in as anyone."""

    user: str
    roles: list[str]
    expires_at: int
    development: bool


@router.post("/v1/session")
async def sign_in(body: SessionBody, services: Wired, request: Request, response: Response) -> MeOut:
    """Signs in as anyone, by cookie. Only where the development key signs; elsewhere your own login sets the cookie."""
    issuer = services.auth.issuer
    if issuer is None:
        detail = f"This gateway does not sign in users: your own login sets the cookie {COOKIE} to a JWT for them."
        raise Problem(404, "no-development-issuer", detail)
    if request.headers.get("origin") is not None:  # a foreign page must not sign its visitor in as someone
        services.auth.check_origin(request)
    now = time.time()
    token = issuer.issue(body.user, body.roles, _TTL_S, now)
    response.set_cookie(
        COOKIE, token, max_age=_TTL_S, httponly=True, samesite="strict", secure=services.settings.secure_cookies
    )
    return MeOut(user=body.user, roles=sorted(body.roles), expires_at=int(now) + _TTL_S, development=True)


@router.delete("/v1/session", status_code=204, response_class=Response)
async def sign_out(services: Wired, request: Request) -> Response:
    """Forgets the cookie. A token that was copied stays valid until it expires."""
    services.auth.check_origin(request)
    response = Response(status_code=204)
    response.delete_cookie(COOKIE, httponly=True, samesite="strict", secure=services.settings.secure_cookies)
    return response


@router.get("/v1/me")
async def me(services: Wired, identity: Known) -> MeOut:
    """Who is signed in."""
    return MeOut(
        user=identity.user,
        roles=sorted(identity.roles),
        expires_at=identity.expires_at,
        development=services.settings.development,
    )
