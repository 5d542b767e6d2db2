"""What users and backend services do meanwhile: events are published, topics followed and left."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from random import Random

import httpx
from tidings_producers import AsyncPublisher
from tidings_schemas import Event
from tidings_schemas.delivery import Delivery
from tidings_schemas.errors import TidingsError

from .core.history import Followed, Outcome, Published
from .recorder import Recorder

POPULAR = "chaos:popular"

_TYPE = "tidings.demo.Message"
_SOURCE = "/chaos"
_SHARE_NAMED = 0.5  # of the events, so many name their user


@dataclass(frozen=True, slots=True)
class Audience:
    """Who there is. User i follows `topics_each` of the topics; all follow `POPULAR`, of which they are told by shared
    records; some come and go on `passing` topics."""

    users: int = 30
    topics: int = 12
    topics_each: int = 2
    passing: int = 3

    def user(self, number: int) -> str:
        """A user's name."""
        return f"user-{number % self.users}"

    def topic(self, number: int) -> str:
        """A topic that is followed throughout."""
        return f"chaos:{number % self.topics}"

    def follows(self) -> Iterator[tuple[str, str]]:
        """(user, topic) of those who follow throughout."""
        for number in range(self.users):
            yield self.user(number), POPULAR
            for other in range(self.topics_each):
                yield self.user(number), self.topic(number * self.topics_each + other)


class Traffic:
    """Publishes at a steady rate, each line numbered.

    Args:
        rate: events a second.
    """

    def __init__(self, publisher: AsyncPublisher, recorder: Recorder, audience: Audience, rate: float, rng: Random):
        self._publisher = publisher
        self._recorder = recorder
        self._audience = audience
        self._rate = rate
        self._rng = rng
        self._numbers: dict[str, Iterator[int]] = {}
        self._waiting: set[asyncio.Task[None]] = set()
        self.published = 0

    async def run(self, until: float) -> None:
        """Publishes until so many seconds after the run began."""
        due = self._recorder.now()
        while (now := self._recorder.now()) < until:
            if due > now:
                await asyncio.sleep(due - now)
            await self._one()
            due = max(due + 1 / self._rate, now - 1.0)  # after a stall it does not catch up with more than a second

    async def receipts(self) -> None:
        """Returns when the outcome of every event is known."""
        while self._waiting:
            await asyncio.wait(self._waiting)

    async def _one(self) -> None:
        named = self._rng.random() < _SHARE_NAMED
        number = self._rng.randrange(1 << 16)
        user = self._audience.user(number) if named else None
        topic = None if named else self._topic(number)
        line = user or topic or ""
        seq = next(self._numbers.setdefault(line, count()))
        event = _event(line, seq, user, topic)
        invoked = self._recorder.now()
        self.published += 1
        try:
            delivery = await self._publisher.publish(event)
        except TidingsError:  # no room, or the registry does not know it: nothing was sent
            self._settled(event, seq, invoked, "failed")
            return
        task = asyncio.create_task(self._settle(event, seq, invoked, delivery))
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)

    def _topic(self, number: int) -> str:
        if self._audience.passing and number % 8 == 0:
            return f"passing:{number // 8 % self._audience.passing}"
        if number % 8 == 1:
            return POPULAR
        return self._audience.topic(number)

    async def _settle(self, event: Event, seq: int, invoked: float, delivery: Delivery) -> None:
        try:
            await delivery
        except TidingsError:  # it may have been written all the same
            self._settled(event, seq, invoked, "unknown")
        else:
            self._settled(event, seq, invoked, "ok")

    def _settled(self, event: Event, seq: int, invoked: float, outcome: Outcome) -> None:
        user, topic = event.data["user"], event.data["topic"]
        entry = Published(self._recorder.now(), invoked, event.id, event.subject, seq, user, topic, outcome)
        self._recorder.add(entry)


def _event(line: str, seq: int, user: str | None, topic: str | None) -> Event:
    data = {"user": user, "topic": topic, "text": line, "sequence": seq, "sent_at_ns": 0}
    return Event(_TYPE, data, f"{line}/{seq}", _SOURCE, line, datetime.now(UTC))


class Follows:
    """Follows and leaves topics by the gateways' HTTP API, and records what was done.

    Args:
        addresses: of the gateways, one after another.
        tokens: by user.
    """

    def __init__(self, addresses: Iterator[tuple[str, int]], tokens: dict[str, str], recorder: Recorder) -> None:
        self._addresses = addresses
        self._tokens = tokens
        self._recorder = recorder
        self._http = httpx.AsyncClient(timeout=15, trust_env=False)

    async def follow(self, user: str, topic: str) -> None:
        """Returns when the user follows it."""
        while not await self._ask("PUT", user, topic):
            await asyncio.sleep(0.5)
        self._recorder.add(Followed(self._recorder.now(), user, topic, True))

    async def leave(self, user: str, topic: str) -> None:
        """From the moment of asking on the user may be told of it or not."""
        self._recorder.add(Followed(self._recorder.now(), user, topic, False))
        while not await self._ask("DELETE", user, topic):
            await asyncio.sleep(0.5)

    async def come_and_go(self, audience: Audience, rng: Random, pause_s: float = 0.5) -> None:
        """Users follow passing topics for a while, for ever."""
        while True:
            user = audience.user(rng.randrange(audience.users))
            topic = f"passing:{rng.randrange(max(1, audience.passing))}"
            # "Not throughout", said before the first try, since a lost answer may hide a success.
            self._recorder.add(Followed(self._recorder.now(), user, topic, False))
            await self.follow(user, topic)
            await asyncio.sleep(pause_s)
            await self.leave(user, topic)
            await asyncio.sleep(pause_s)

    async def close(self) -> None:
        """Ends its connections."""
        await self._http.aclose()

    async def _ask(self, method: str, user: str, topic: str) -> bool:
        host, port = next(self._addresses)
        headers = {"Authorization": f"Bearer {self._tokens[user]}"}
        try:
            answer = await self._http.request(method, f"http://{host}:{port}/v1/follows/{topic}", headers=headers)
        except httpx.HTTPError:
            return False
        return answer.is_success
