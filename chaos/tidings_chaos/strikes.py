"""Carries a schedule out: each fault at its time, or as soon as what it breaks is whole again."""

import asyncio
from collections.abc import Callable, Sequence
from random import Random

from .core.history import Fault
from .nemeses.catalogue import NEMESES, Nemesis
from .plan import Struck
from .schedule import Planned
from .world import World

_APART_S = 3.0  # before the same target is hit again, so that what it does alone is seen too


class Strikes:
    """The faults of a run.

    Args:
        begin: when the first event is published, in the recorder's time.
        seconds: no fault lasts longer than this after `begin`.
        tell: is told of each.

    Attributes:
        struck: those that are over.
        failures: what did not heal.
    """

    def __init__(self, world: World, begin: float, seconds: float, tell: Callable[[str], None]) -> None:
        self.struck: list[Struck] = []
        self.failures: list[str] = []
        self._world = world
        self._begin = begin
        self._seconds = seconds
        self._tell = tell
        self._locks: dict[str, asyncio.Lock] = {}

    async def run(self, planned: Sequence[Planned]) -> None:
        """Returns when all of it is healed."""
        late = 0.0  # by so much healing has put off the calms
        begun: list[asyncio.Task[None]] = []
        async with asyncio.TaskGroup() as at_work:
            for one in planned:
                if one.calm:
                    await asyncio.gather(*begun)
                    self._tell(f"calm for {one.calm:.0f} s")
                    late = max(late, self._now() + one.calm - one.at)
                await asyncio.sleep(max(0.0, one.at + late - self._now()))
                nemesis = NEMESES[one.nemesis]
                lock = self._locks.setdefault(nemesis.target, asyncio.Lock())
                await lock.acquire()  # what comes after waits as well: no crowd gathers behind a slow healing
                if self._now() + one.hold > self._seconds:
                    lock.release()
                    return
                begun.append(at_work.create_task(self._strike(nemesis, one, lock)))

    async def _strike(self, nemesis: Nemesis, planned: Planned, lock: asyncio.Lock) -> None:
        recorder, at, detail = self._world.recorder, self._now(), ""
        recorder.add(Fault(recorder.now(), nemesis.name, "start"))
        try:
            async with nemesis.act(self._world, Random(planned.seed)) as detail:
                self._tell(f"{nemesis.name}: {detail}, for {planned.hold:.1f} s")
                await asyncio.sleep(planned.hold)
        except Exception as error:  # whatever it is, the run goes on, and says so at the end
            self.failures.append(f"{nemesis.name} at {at:.0f} s did not heal: {type(error).__name__}: {error}")
            self._tell(self.failures[-1])
        finally:
            recorder.add(Fault(recorder.now(), nemesis.name, "heal", detail))
            self.struck.append(Struck(at, self._now(), nemesis.name, detail, planned))
            asyncio.get_running_loop().call_later(_APART_S, lock.release)

    def _now(self) -> float:
        return self._world.recorder.now() - self._begin
