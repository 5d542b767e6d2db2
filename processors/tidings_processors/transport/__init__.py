"""A Faust transport on librdkafka that hands agents runs of records. See README.md."""

from .consumer import Consumer
from .mailbox import ReaderStopped
from .run import Run
from .settings import Settings
from .transport import Transport

__all__ = ["Consumer", "ReaderStopped", "Run", "Settings", "Transport"]
