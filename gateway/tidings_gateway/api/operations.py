"""`/healthz`, `/readyz`, `/metrics`: for those who run it."""

from fastapi import APIRouter, Response
from pydantic import BaseModel

from tidings_gateway.services import Services, Wired

router = APIRouter(tags=["operations"])


class HealthOut(BaseModel):
    """The process is alive."""

    status: str


class ReadyOut(BaseModel):
    """What must hold before clients should come here."""

    ready: bool
    problems: list[str]


@router.get("/healthz")
async def healthz() -> HealthOut:
    """The process is alive. Says nothing of Kafka: restarting the gateway would not mend it."""
    return HealthOut(status="ok")


@router.get("/readyz", responses={503: {"model": ReadyOut, "description": "Not ready; `problems` says why."}})
async def readyz(services: Wired, response: Response) -> ReadyOut:
    """Whether to send clients here: Kafka answers, the source has caught up, the views are restored, no drain began."""
    problems = await _problems(services)
    if problems:
        response.status_code = 503
    return ReadyOut(ready=not problems, problems=problems)


@router.get("/metrics", response_class=Response)
async def metrics(services: Wired) -> Response:
    """Prometheus metrics."""
    return Response(services.metrics.text(), media_type=services.metrics.content_type)


async def _problems(services: Services) -> list[str]:
    if services.streams.draining:
        return ["draining: the gateway is about to stop"]
    problems = [f"still reads {topic}" for topic in services.views.restoring()]
    if not services.streams.ready:
        problems.append("the source has not caught up with notifications")
    if not await services.health.reachable():
        problems.append(f"Kafka at {services.settings.bootstrap_servers} does not answer")
    return problems
