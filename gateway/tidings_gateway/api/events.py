"""`/v1/events`: events from services that do not speak Kafka."""

from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.requests import Request
from tidings_schemas import Event
from tidings_schemas.delivery import RecordMetadata
from tidings_schemas.errors import TidingsError

from tidings_gateway.auth.authenticator import require_role
from tidings_gateway.services import Known, Wired

from . import problems
from .cloud_events import BATCH, MAX_BATCH, STRUCTURED, read_events
from .problems import Fault, Problem

router = APIRouter(tags=["events"])

_EVENT = {
    "specversion": "1.0",
    "id": "7f3c",
    "source": "/gates",
    "type": "tidings.demo.Message",
    "subject": "passenger-1",
    "data": {"text": "Gate B12 is open"},
}
_BODY = {
    "required": True,
    "content": {
        STRUCTURED: {"schema": {"type": "object"}, "example": _EVENT},
        BATCH: {"schema": {"type": "array", "items": {"type": "object"}, "maxItems": MAX_BATCH}, "example": [_EVENT]},
        "application/json": {"schema": {}, "example": _EVENT["data"]},
    },
}


class PlaceOut(BaseModel):
    """Where Kafka keeps an event."""

    id: str
    topic: str
    partition: int
    offset: int


class PlacesOut(BaseModel):
    """One receipt for each event, in their order."""

    receipts: list[PlaceOut]


@router.post("/v1/events", openapi_extra={"requestBody": _BODY})
async def post_events(request: Request, services: Wired, identity: Known) -> PlacesOut:
    """Takes CloudEvents (structured, batch or binary) with JSON data; needs the role `publish`.

    A batch is checked before anything is written: with one bad event nothing is written, and `errors` names each bad
    one by its index. If Kafka fails in the middle, the answer is 503 with the receipts of what was written; send the
    whole batch again with the same ids, since an event that comes twice is recognised.
    """
    require_role(identity, "publish")
    events = read_events(request.headers, await request.body(), services.reader, datetime.now(UTC))
    outcomes = await services.writer.events(events)
    services.metrics.events.inc(sum(isinstance(outcome, RecordMetadata) for outcome in outcomes))
    return _receipts(events, outcomes)


def _receipts(events: list[Event], outcomes: list[RecordMetadata | TidingsError]) -> PlacesOut:
    places: list[PlaceOut] = []
    faults: list[Fault] = []
    for index, (event, outcome) in enumerate(zip(events, outcomes, strict=True)):
        if isinstance(outcome, RecordMetadata):
            places.append(PlaceOut(id=event.id, **outcome._asdict()))
        else:
            faults.append(Fault(index=index, detail=str(outcome)))
    if faults:
        raise _partly(next(o for o in outcomes if isinstance(o, TidingsError)), faults, places)
    return PlacesOut(receipts=places)


def _partly(error: TidingsError, faults: list[Fault], places: list[PlaceOut]) -> Problem:
    whole = problems.of(error)
    extra: dict[str, Any] = {"receipts": [place.model_dump() for place in places]}
    return Problem(whole.status, whole.code, whole.detail, faults=faults, headers=whole.headers, extra=extra)
