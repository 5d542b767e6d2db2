"""`/v1/preferences`: how a user wants to be told."""

from datetime import UTC, datetime

from fastapi import APIRouter, Response
from tidings_schemas import Preference

from tidings_gateway.services import Known, Wired

from .preference_body import PreferenceBody, of
from .restoring import restored

router = APIRouter(tags=["preferences"])


@router.get("/v1/preferences")
async def get_preferences(services: Wired, identity: Known) -> PreferenceBody:
    """How the user wants to be told; the defaults, if the user never said."""
    return of(restored(services.views.preferences).of(identity.user))


@router.put("/v1/preferences")
async def put_preferences(body: PreferenceBody, services: Wired, identity: Known, response: Response) -> PreferenceBody:
    """Replaces how the user wants to be told, and answers with what is now in force.

    Answers after Kafka's acknowledgement and after this gateway has read it back (else with 202).
    """
    restored(services.views.preferences)
    preference = Preference(user=identity.user, updated_at=datetime.now(UTC), **body.fields())
    place = await services.writer.preference(preference)
    view, patience = services.views.preferences, services.settings.write_timeout_s
    if not await view.reached(place.partition, place.offset, patience):
        response.status_code = 202
    return body
