"""The way to the worker that serves the user, where several share out the partitions."""

from starlette.requests import Request

from tidings_gateway.services import Services


async def passed_on(request: Request, services: Services, user: str) -> bool:
    """Passes the request's connection on to that worker. False: it is this one, or must answer all the same."""
    worker = services.streams.colleague(user)
    if worker is None or services.handover is None:
        return False
    return await services.handover.pass_on(request.scope, worker)
