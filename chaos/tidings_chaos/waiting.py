"""Waits for conditions."""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic

_LOOK_S = 0.25


async def until(condition: Callable[[], bool | Awaitable[bool]], seconds: float) -> bool:
    """Returns whether the condition came true within so many seconds."""
    deadline = monotonic() + seconds
    while True:
        holds = condition()
        if holds if isinstance(holds, bool) else await holds:
            return True
        if monotonic() > deadline:
            return False
        await asyncio.sleep(_LOOK_S)
