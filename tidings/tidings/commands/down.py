"""`tidings down`: stop what `tidings up` started."""

from __future__ import annotations

import os
import select
import signal
from typing import Annotated

import typer

from tidings.local import paths, runfile
from tidings.local.errors import NotReady

_GRACE_S = 75.0


def down(
    force: Annotated[
        bool, typer.Option("--force", help="Kill everything at once; Kafka recovers at its next start.")
    ] = False,
) -> None:
    """Stop everything that `tidings up` started, in order, and return when it is gone.

    What Kafka and the registry hold is kept. Nothing running is no error.
    """
    folders = paths.folders()
    state = runfile.read(folders)
    if state is None:
        print("Nothing is running.")
        return
    if not end(state.pid, signal.SIGKILL if force else signal.SIGTERM, _GRACE_S):
        raise NotReady(
            f"Tidings (pid {state.pid}) has not ended within {_GRACE_S:.0f} s: "
            f"see {folders.logs}, or kill it with `tidings down --force`."
        )
    print("All is stopped.")


def end(pid: int, number: signal.Signals, within: float) -> bool:
    """Send a signal to a process; returns whether it ended within that many seconds.

    A pidfd stays with the process, so that a pid that is reused meanwhile is neither hit nor waited for.
    """
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        signal.pidfd_send_signal(descriptor, number)
        return bool(select.select([descriptor], [], [], within)[0])
    except ProcessLookupError:
        return True
    finally:
        os.close(descriptor)
