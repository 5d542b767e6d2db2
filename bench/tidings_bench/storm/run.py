"""Carries a plan out: opens, publishes, cuts off, and looks once a second."""

import asyncio
import contextlib
import random
import resource
import ssl
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import httpx

from .client import Client
from .plan import Plan, Refused, Target, openings
from .tally import Row, Tally

_GRACE_S = 3.0  # for what was published last
_SPARE_FILES = 64

Token = tuple[str, str]
"""A user's name ("" where it is not known) and a token of that user."""


def room_for(streams: int) -> None:
    """Raises this process's limit of open files as far as it may.

    Raises:
        Refused: that is not far enough.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = streams + _SPARE_FILES
    if soft < needed:
        if hard != resource.RLIM_INFINITY and hard < needed:
            raise Refused(f"this shell may open {hard} files: raise it by `ulimit -Hn {needed}`, or open fewer streams")
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))


class Storm:
    """One run.

    Args:
        where: the gateway.
        plan: how much.
        tokens: handed out to the streams in turn.
        publisher: a token with the role `publish`; needed if the plan publishes.
        tls: how to check certificates.
        see: called with each second's row and the tally.
    """

    def __init__(
        self,
        where: Target,
        plan: Plan,
        tokens: Sequence[Token],
        publisher: str | None,
        tls: ssl.SSLContext | None,
        see: Callable[[Row, Tally], None],
    ) -> None:
        self.tally = Tally()
        self._where = where
        self._plan = plan
        self._publisher = publisher
        self._see = see
        self._tls = tls
        chosen = [tokens[number % len(tokens)] for number in range(plan.streams)]
        self._clients = [Client(where, user, token, self.tally, tls) for user, token in chosen]
        self._streams_of = Counter(user for user, _ in chosen if user)

    async def run(self) -> dict[str, Any]:
        """Returns the summary; Ctrl-C ends it early, and what was seen until then counts."""
        loop = asyncio.get_running_loop()
        begin = loop.time()
        tasks: set[asyncio.Task[None]] = set()
        helpers = [asyncio.create_task(part) for part in self._parts(begin, tasks)]
        try:
            await asyncio.sleep(self._plan.seconds)
            helpers[0].cancel()
            if self._plan.publish:
                helpers[1].cancel()
                await asyncio.sleep(_GRACE_S)
        except asyncio.CancelledError:
            pass
        finally:
            summary = self.tally.summary(dict(self._streams_of))
            await _end({*helpers, *tasks})
        return summary

    def _parts(self, begin: float, tasks: set[asyncio.Task[None]]) -> list[Any]:
        return [self._open(begin, tasks), self._publish(begin), self._drop(begin), self._look(begin)]

    async def _open(self, begin: float, tasks: set[asyncio.Task[None]]) -> None:
        loop = asyncio.get_running_loop()
        for due, client in zip(openings(self._plan), self._clients, strict=True):
            if (pause := begin + due - loop.time()) > 0:
                await asyncio.sleep(pause)
            tasks.add(asyncio.create_task(client.run()))

    async def _drop(self, begin: float) -> None:
        if not self._plan.drop:
            return
        await asyncio.sleep(max(0.0, begin + self._plan.drop_at - asyncio.get_running_loop().time()))
        for client in random.sample(self._clients, round(self._plan.drop * len(self._clients))):
            client.drop()

    async def _look(self, begin: float) -> None:
        loop, second = asyncio.get_running_loop(), 0
        while True:
            second += 1
            await asyncio.sleep(max(0.0, begin + second - loop.time()))
            self._see(self.tally.row(float(second)), self.tally)

    async def _publish(self, begin: float) -> None:
        if not self._plan.publish:
            return
        users, number, loop = list(self._streams_of), 0, asyncio.get_running_loop()
        headers = {"authorization": f"Bearer {self._publisher}", "content-type": "application/cloudevents+json"}
        verify = self._tls if self._tls is not None else False
        async with httpx.AsyncClient(timeout=30, verify=verify, trust_env=False, headers=headers) as http:
            while True:
                number += 1
                await asyncio.sleep(max(0.0, begin + number / self._plan.publish - loop.time()))
                await self._send(http, random.choice(users), number)

    async def _send(self, http: httpx.AsyncClient, user: str, number: int) -> None:
        try:
            answer = await http.post(f"{self._where.url}/v1/events", json=message(user, number, time.time_ns()))
            answer.raise_for_status()
        except httpx.HTTPStatusError as error:
            self.tally.errors[f"publish: status {error.response.status_code}"] += 1
        except httpx.HTTPError as error:
            self.tally.errors[f"publish: {type(error).__name__}"] += 1
        else:
            self.tally.published[user, number] = 1


def message(user: str, number: int, sent_ns: int) -> dict[str, Any]:
    """A CloudEvent that the shipped rules turn into one notification for the user."""
    return {
        "specversion": "1.0",
        "id": f"storm-{sent_ns}-{number}",
        "source": "urn:tidings:storm",
        "type": "tidings.demo.Message",
        "subject": user,
        "datacontenttype": "application/json",
        "data": {"user": user, "text": "storm", "sequence": number, "sent_at_ns": sent_ns},
    }


async def _end(tasks: set[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.gather(*tasks, return_exceptions=True)
