"""Shell: a request and its ranges → a session with everything in it; the same for this process and for workers."""

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from tidings_schemas.catalogue import load
from tidings_schemas.registry import Registry
from tidings_schemas.settings import Settings

from . import outputs
from .core.decode import Decoder
from .core.masking import Mask
from .core.plan import Range
from .core.process import Process
from .reader import Limits, Reader
from .request import Request
from .session import Progress, Session
from .startup import without_pandas

#: The secret of pseudonyms: set it to compare exports with one another; else each run has its own.
SECRET = "TIDINGS_MASKING_SECRET"


@dataclass(frozen=True, slots=True)
class Job:
    """What one process is to do; picklable.

    Attributes:
        run: names the run in file names and marks.
        part: how manyth run of a resumed replay. worker: which process, from 0.
    """

    request: Request
    ranges: tuple[Range, ...]
    run: str
    secret: bytes
    part: int = 1
    worker: int = 0

    def session(
        self, settings: Settings, progress: Progress = lambda _r, _k: None, told: Callable[[str], None] = lambda _: None
    ) -> Session:
        """The session, ready to run.

        Raises:
            BadOutput, BadCondition, OSError: see there.
        """
        without_pandas()
        catalogue = load()
        registry = Registry(settings.registry_url, settings.registry_auth.get_secret_value())
        mask = None if self.request.personal else Mask(self.secret)
        raw = outputs.kind_of(self.request) == "topic"
        process = Process(Decoder(catalogue, registry), self.request.filter(), mask, raw=raw)
        watched = self.request.ordered or self.request.speed != "max" or self.request.limit is not None
        limits = Limits(patience=float(os.environ.get("TIDINGS_REPLAY_PATIENCE", "120")))
        reader = Reader(settings, self.ranges, together=watched, follow=self.request.follow, limits=limits, told=told)
        writer = outputs.open_writer(
            settings, self.request, catalogue, run=self.run, part=self.part, worker=self.worker
        )
        side = outputs.side_path(self.request, self.run, self.part, self.worker)
        return Session(
            self.request, self.ranges, reader, process, writer, side,
            progress=progress, told=told, patience=limits.patience,
        )  # fmt: skip


def masking_secret() -> bytes:
    """The environment's secret, or a new one."""
    return os.environ.get(SECRET, "").encode() or secrets.token_bytes(32)
