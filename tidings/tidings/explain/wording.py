"""Bits of sentences. Pure."""

from __future__ import annotations

from datetime import timedelta

from .evidence import Evidence

_KEPT = timedelta(days=1)  # how long `matches` and `drafts` hold what was written


def nothing_on(topic: str, evidence: Evidence) -> str:
    """Why nothing is there: it is gone, or has not come yet."""
    if evidence.now - evidence.event.place.at > _KEPT:
        return f"nothing is left on {topic}, which is kept for a day"
    return f"nothing has been written to {topic} yet: `tidings status` says whether a worker is at work"


def listed(names: list[str]) -> str:
    """A few of the names."""
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "") if names else "nobody"


def timed(moment: object) -> str:
    """A moment to the second, UTC."""
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
