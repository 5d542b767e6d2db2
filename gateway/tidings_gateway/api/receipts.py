"""`/v1/receipts`: what became of notifications on a device."""

import uuid
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from tidings_schemas import Receipt, State

from tidings_gateway.services import Known, Wired

router = APIRouter(tags=["notifications"])


class ReceiptBody(BaseModel):
    """What a device tells."""

    model_config = ConfigDict(extra="forbid")

    notifications: list[uuid.UUID] = Field(
        max_length=1000, description="Ids of the notifications; empty = all up to now."
    )
    state: State = Field(description="What they became.")
    device: Annotated[str | None, Field(max_length=200, description="Which device.")] = None
    id: uuid.UUID | None = Field(
        default=None, description="The device's own id of this receipt: send it again to retry."
    )


class ReceiptOut(BaseModel):
    """The receipt was written; it comes back on every stream of the user as `read-state`."""

    id: uuid.UUID


@router.post("/v1/receipts", status_code=202)
async def post_receipt(body: ReceiptBody, services: Wired, identity: Known) -> ReceiptOut:
    """Tells what became of notifications. All devices of the user learn of it by `read-state` on their streams."""
    receipt_id = body.id or uuid.uuid4()
    notifications = [str(notification) for notification in body.notifications]
    await services.writer.receipt(
        Receipt(str(receipt_id), identity.user, notifications, body.state.value, datetime.now(UTC), body.device)
    )
    return ReceiptOut(id=receipt_id)
