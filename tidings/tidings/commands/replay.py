"""`tidings replay`: that of `tidings_replay`, and `--through`, which needs the processors' rules beside it."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Annotated, Any

import typer
from tidings_replay.commands.replay import replay as plain
from tidings_replay.core.errors import BadOutput

_THROUGH = Annotated[
    Path | None,
    typer.Option(
        exists=True,
        dir_okay=False,
        help="What if: past events through these rules, beside what was sent; sends nothing.",
    ),
]
_HTML = Annotated[Path | None, typer.Option(help="With --through: the difference as a page.")]


def replay(**options: Any) -> None:
    """See `tidings_replay.commands.replay`."""
    through, html = options.pop("through"), options.pop("html")
    if through is None:
        if html is not None:
            raise BadOutput("--html goes with --through; `tidings sql --html` makes pages of queries")
        plain(**options)
        return
    from .whatif import whatif

    if not options["topics"]:
        raise BadOutput("name the topic of the events, such as events.flights")
    output = Path(options["output"]) if options["output"] else None
    span = {"since": options["since"], "until": options["until"]}
    whatif(
        through,
        options["topics"],
        **span,
        output=output,
        html=html,
        personal=options["personal"],
        json=options["as_json"],
    )


_signature = inspect.signature(plain, eval_str=True)
_more = [
    inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)
    for name, kind in (("through", _THROUGH), ("html", _HTML))
]
replay.__signature__ = _signature.replace(parameters=[*_signature.parameters.values(), *_more])  # type: ignore[attr-defined]
replay.__annotations__ = {p.name: p.annotation for p in replay.__signature__.parameters.values()}  # type: ignore[attr-defined]
replay.__doc__ = plain.__doc__
