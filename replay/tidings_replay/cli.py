"""The commands that the `tidings` table loads."""

from .commands.dlq import dlq_app
from .commands.replay import replay
from .commands.sql import sql

__all__ = ["dlq_app", "replay", "sql"]
