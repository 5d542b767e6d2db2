"""`/v1/notifications`: the inbox, and what came after a cursor."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from tidings_gateway.services import Known, Services, Wired

from .redirects import sent_on

router = APIRouter(tags=["notifications"])


class InboxOut(BaseModel):
    """The user's inbox at `cursor`; go on from there by `GET /v1/stream?lastEventId=<cursor>`."""

    cursor: str
    unread: int
    notifications: list[dict[str, Any]] = Field(description="Newest first, as on the stream, each with its `state`.")


class WaitedOut(BaseModel):
    """What came after the cursor that was asked for; ask again with the new one."""

    cursor: str
    notifications: list[dict[str, Any]] = Field(description="Oldest first, as on the stream.")
    read_states: list[dict[str, Any]] = Field(description="As `read-state` on the stream.")
    reset: Literal["malformed", "recreated", "partition", "expired", "future", "too-far"] | str | None = Field(
        description="Why the cursor could not be honoured: fetch the inbox anew, then go on from `cursor`."
    )


@router.get(
    "/v1/notifications",
    response_model=InboxOut | WaitedOut,
    responses={307: {"description": "Another gateway serves this user: follow."}},
)
async def get_notifications(
    request: Request,
    services: Wired,
    identity: Known,
    limit: Annotated[int, Query(ge=1, le=200, description="Of the inbox: at most so many.")] = 50,
    after: Annotated[str | None, Query(max_length=200, description="Long poll: what came after this cursor.")] = None,
    wait: Annotated[float, Query(ge=0, le=60, description="Long poll: wait so many seconds for something.")] = 0,
) -> InboxOut | WaitedOut | Response:
    """The inbox; or, with `after`, what came since, for networks that do not let a stream through."""
    if away := await sent_on(request, services, identity.user):
        return away
    if after is not None:
        return await _waited(services, identity.user, after, wait)
    inbox = await services.streams.snapshot(identity.user, limit)
    return InboxOut(cursor=inbox.cursor, unread=inbox.unread, notifications=inbox.notifications)


async def _waited(services: Services, user: str, after: str, wait: float) -> WaitedOut:
    waited = await services.streams.wait(user, after, wait)
    return WaitedOut(
        cursor=waited.cursor,
        notifications=waited.notifications,
        read_states=waited.read_states,
        reset=waited.reset,
    )
