"""The commands that the `tidings` table loads, each from its own module."""

from .commands.replay import replay

__all__ = ["replay"]
