"""`tidings status`: what runs, and whether each part answers."""

from __future__ import annotations

import json as jsonlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Annotated, Any

import typer

from tidings.local import asking, kafka, paths, registry, runfile
from tidings.local.runstate import RunState, ServiceState

#: As init scripts count: the program is not running.
NOT_RUNNING = 3


def status(
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Say what runs, where, and whether it answers now.

    The exit code is 0 if Tidings runs, and 3 if it does not.
    """
    state = runfile.read(paths.folders())
    document = report(state, answering(state) if state else {})
    print(jsonlib.dumps(document, indent=2) if json else text(document))
    raise typer.Exit(0 if state else NOT_RUNNING)


def answering(state: RunState) -> dict[str, bool]:
    """Each service that has an address → whether it answers within a second; all are asked at once."""
    asked = {name: one for name, one in state.services.items() if one.address}
    with ThreadPoolExecutor(max(1, len(asked))) as pool:
        return dict(zip(asked, pool.map(_answers, asked, asked.values()), strict=True))


def _answers(name: str, service: ServiceState) -> bool:
    if name == "kafka":
        return kafka.answers(service.address)
    if name == "registry":
        return registry.answers(service.address)
    return asking.http(f"{service.address.rstrip('/')}/readyz")


def report(state: RunState | None, answers: dict[str, bool]) -> dict[str, Any]:
    """The document that `--json` prints: the run file, with `answers` for each service that has an address."""
    if state is None:
        return {"running": False}
    document = {"running": True, **asdict(state)}
    for name, service in document["services"].items():
        service["answers"] = answers.get(name)
    return document


def text(document: dict[str, Any]) -> str:
    """The same for a person."""
    if not document["running"]:
        return "Tidings is not running: start it with `tidings up`."
    services = [_line(name, one) for name, one in document["services"].items()]
    head = f"Tidings is {document['phase']} (pid {document['pid']}, since {document['started_at']})."
    return "\n".join([head, f"Page: {document['page']}", "", *services])


def _line(name: str, service: dict[str, Any]) -> str:
    answer = {True: "answers", False: "does not answer", None: ""}[service["answers"]]
    restarts = f"restarted {service['restarts']} ×" if service["restarts"] else ""
    words = (f"pid {service['pid']}", service["address"], answer, restarts)
    return f"{name:<12} {service['state']:<10} {'  '.join(filter(None, words))}"
