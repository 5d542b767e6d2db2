"""The commands that the `tidings` table loads, each from its own module."""

from .commands.replay import replay
from .commands.sql import sql

__all__ = ["replay", "sql"]
