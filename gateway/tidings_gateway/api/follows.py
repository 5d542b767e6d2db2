"""`/v1/follows`: what a user follows."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel
from tidings_schemas import Follow
from tidings_schemas.delivery import RecordMetadata
from tidings_schemas.topics import FOLLOWED_TOPIC

from tidings_gateway.services import Known, Services, Wired

from .problems import Problem
from .restoring import restored

router = APIRouter(tags=["follows"])

FollowedTopic = Annotated[
    str,
    Path(
        pattern=f"^{FOLLOWED_TOPIC.pattern}$",
        description="What to follow, as `GET /v1/topics` names it.",
        examples=["airport:JFK"],
    ),
]
_WRITTEN: dict[int | str, dict[str, Any]] = {
    202: {"description": "Written, but this gateway has not read it back yet: the next GET may still be old."}
}


class FollowOut(BaseModel):
    """One follow."""

    topic: str
    since: datetime


class FollowsOut(BaseModel):
    """A user's follows, oldest first."""

    follows: list[FollowOut]


@router.get("/v1/follows")
async def list_follows(services: Wired, identity: Known) -> FollowsOut:
    """All that the user follows, oldest first."""
    follows = restored(services.views.follows).of(identity.user)
    ordered = sorted(follows.items(), key=lambda item: (item[1], item[0]))
    return FollowsOut(follows=[FollowOut(topic=topic, since=since) for topic, since in ordered])


@router.get("/v1/follows/{topic}", responses={404: {"description": "The user does not follow it."}})
async def get_follow(topic: FollowedTopic, services: Wired, identity: Known) -> FollowOut:
    """Whether the user follows the topic, and since when."""
    since = restored(services.views.follows).since(identity.user, topic)
    if since is None:
        raise Problem(404, "not-followed", f"You do not follow {topic}: PUT /v1/follows/{topic} changes that.")
    return FollowOut(topic=topic, since=since)


@router.put("/v1/follows/{topic}", status_code=204, response_class=Response, responses=_WRITTEN)
async def put_follow(topic: FollowedTopic, services: Wired, identity: Known) -> Response:
    """Follows the topic. Doing so again changes nothing.

    Answers after Kafka's acknowledgement and after this gateway has read it back, so that the next GET shows it.
    """
    view = restored(services.views.follows)
    since = view.since(identity.user, topic)
    limit = services.settings.max_follows
    if since is None and view.count(identity.user) >= limit:
        raise Problem(409, "too-many-follows", f"You follow {limit} topics, and more are not allowed: end one first.")
    # Written also if it is there already: another gateway may have ended it, which this one has not read yet.
    follow = Follow(topic, identity.user, since or datetime.now(UTC))
    return await _seen(services, await services.writer.follow(follow, services.views.follows.partitions))


@router.delete("/v1/follows/{topic}", status_code=204, response_class=Response, responses=_WRITTEN)
async def delete_follow(topic: FollowedTopic, services: Wired, identity: Known) -> Response:
    """Ends the follow. Doing so again changes nothing. Answers as PUT does."""
    restored(services.views.follows)
    partitions = services.views.follows.partitions
    return await _seen(services, await services.writer.unfollow(topic, identity.user, partitions))


async def _seen(services: Services, place: RecordMetadata) -> Response:
    seen = await services.views.follows.reached(place.partition, place.offset, services.settings.write_timeout_s)
    return Response(status_code=204 if seen else 202)
