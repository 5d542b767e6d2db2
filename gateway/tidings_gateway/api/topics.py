"""`/v1/topics`: search what may be followed."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from tidings_gateway.services import Known, Wired

from .restoring import restored

router = APIRouter(tags=["follows"])


class TopicOut(BaseModel):
    """Something that may be followed. The coordinates are degrees north and east, where it has a place."""

    topic: str
    kind: str
    title: str
    subtitle: str
    latitude: float | None
    longitude: float | None


class TopicsOut(BaseModel):
    """What was found, best first."""

    topics: list[TopicOut]


@router.get("/v1/topics")
async def search_topics(
    services: Wired,
    identity: Known,
    q: Annotated[str, Query(max_length=100, description="Beginnings of words, or a code: `jfk`, `new yo`.")] = "",
    kind: Annotated[str | None, Query(max_length=100, description="Only this kind: `airport`.")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> TopicsOut:
    """Searches what may be followed: the exact code comes first, then what begins so, then words."""
    found = restored(services.views.followables).search(q, kind or None, limit)
    return TopicsOut(topics=[TopicOut.model_validate(f, from_attributes=True) for f in found])
