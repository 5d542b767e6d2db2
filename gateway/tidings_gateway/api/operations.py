"""`/healthz`, `/readyz`, `/metrics`: for those who run it."""

import asyncio
from typing import Annotated

import httpx
from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from tidings_gateway.fleet import merged
from tidings_gateway.services import Services, Wired

router = APIRouter(tags=["operations"])

Worker = Annotated[int | None, Query(description="Of several workers only the one that is asked.")]


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
async def readyz(services: Wired, response: Response, worker: Worker = None) -> ReadyOut:
    """Whether to send clients here: Kafka answers, the source has caught up, the views are restored, no drain began.

    Of several workers on one port all must be ready.
    """
    problems = await _problems(services)
    if services.fleet is not None and worker is None:
        problems += _of_others(await services.fleet.ask_others("/readyz"))
    if problems:
        response.status_code = 503
    return ReadyOut(ready=not problems, problems=problems)


@router.get("/metrics", response_class=Response)
async def metrics(services: Wired, worker: Worker = None) -> Response:
    """Prometheus metrics; of several workers on one port all of them, by the label `worker`."""
    text = services.metrics.text()
    if services.fleet is not None and worker is None:
        others = await services.fleet.ask_others("/metrics")
        texts = {number: None if answer is None else answer.text for number, answer in others.items()}
        text = await asyncio.to_thread(merged, texts | {services.fleet.number: text.decode()})
    return Response(text, media_type=services.metrics.content_type)


async def _problems(services: Services) -> list[str]:
    if services.streams.draining:
        return ["draining: the gateway is about to stop"]
    problems = [f"still reads {topic}" for topic in services.views.restoring()]
    if not services.streams.ready:
        problems.append("the source has not caught up with notifications")
    if not await services.health.reachable():
        problems.append(f"Kafka at {services.settings.bootstrap_servers} does not answer")
    return problems


def _of_others(answers: dict[int, httpx.Response | None]) -> list[str]:
    problems = []
    for number, answer in answers.items():
        said = ["does not answer"] if answer is None else answer.json()["problems"]
        problems += [f"worker {number}: {problem}" for problem in said]
    return problems
