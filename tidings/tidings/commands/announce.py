"""What `up` says once the page lives."""

from __future__ import annotations

from tidings.local.runstate import RunState


def announce(state: RunState, json: bool, stop: str) -> None:
    """Print the page's address to standard output, or all that runs as JSON."""
    print(state.to_json() if json else text(state, stop), flush=True)


def text(state: RunState, stop: str) -> str:
    """For a person: the page first."""
    where = "\n".join(f"  {name:<24} {value}" for name, value in state.environ.items())
    return f"\nThe page is live: {state.page}\n\n{where}\n\n{stop}"
