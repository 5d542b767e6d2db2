"""A Faust transport on librdkafka that hands agents runs of records. See README.md."""

from .run import Run
from .settings import Settings
from .transport import Transport

__all__ = ["Run", "Settings", "Transport"]
