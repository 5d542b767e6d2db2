"""Runs a worker process from start to end."""

import gc
import logging
import sys
from typing import NoReturn

import faust
import structlog
from pydantic import ValidationError
from tidings_schemas.logs import configure
from tidings_schemas.native.build import NotBuilt

from .app import build
from .core.rules import BadRules
from .settings import Settings

log = structlog.get_logger(__name__)


def run() -> None:
    """Runs a worker until it is told to stop. Ends the process: 0 after SIGTERM or Ctrl-C, 1 when it cannot start."""
    configure("processors")
    _quieten()
    try:
        app = build(Settings())
    except ValidationError as error:
        problems = (f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        _refuse("these settings cannot work: " + "; ".join(problems))
    except (BadRules, NotBuilt, OSError) as error:
        _refuse(str(error))
    _tune_garbage_collection()
    faust.Worker(app, quiet=True, override_logging=False, redirect_stdouts=False).execute_from_commandline()


def _refuse(why: str) -> NoReturn:
    print(f"error: {why}", file=sys.stderr)
    raise SystemExit(1)


def _quieten() -> None:
    """Faust tells of each of its fifty services, httpx of each call; on LOG_LEVEL=debug they may."""
    if not logging.getLogger().isEnabledFor(logging.DEBUG):
        for name in ("faust", "mode", "httpx"):
            logging.getLogger(name).setLevel(logging.WARNING)


def _tune_garbage_collection() -> None:
    """Records come and go by the thousand and hold no cycles; looking for some every 700 objects costs a tenth."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
