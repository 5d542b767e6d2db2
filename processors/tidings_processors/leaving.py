"""How a worker ends when going on could lose something: at once, with nothing acked."""

import os
import sys
from typing import NoReturn

import structlog

#: EX_TEMPFAIL of sysexits.h: a supervisor should start the worker again.
EXIT_CODE = 75

log = structlog.get_logger(__name__)


def leave(reason: str, **facts: object) -> NoReturn:
    """Ends the process with code 75.

    Not by an exception: Faust would ack what an agent holds when one leaves it, and a clean stop would wait for what is
    stuck. What was not acked is read again by whoever gets the partitions next.
    """
    log.critical(f"leaving: {reason}", exit_code=EXIT_CODE, **facts)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(EXIT_CODE)
