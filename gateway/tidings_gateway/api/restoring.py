"""A view that has not been read to its end would lie; so it is not asked before."""

from typing import TypeVar

from tidings_gateway.views.change import State
from tidings_gateway.views.view import View

from .problems import Problem

S = TypeVar("S", bound=State)


def restored(view: View[S]) -> S:
    """The view's state.

    Raises:
        Problem: it is still being restored (503, try again).
    """
    if not view.restored:
        detail = f"The gateway has just started and still reads {view.topic.name}: try again in a moment."
        raise Problem(503, "restoring", detail, headers={"Retry-After": "1"})
    return view.state
