"""Replay over HTTP: a service of its own, so that no analyst can slow a user's gateway down."""

from .analyst import Analyst, Authenticate, Refusal
from .app import create_app
from .limits import Limits

__all__ = ["Analyst", "Authenticate", "Limits", "Refusal", "create_app"]
