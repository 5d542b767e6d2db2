"""A supervisor over small children, as a program: `python -m tests.service.local.little_run FOLDER NAME=CODE…`.

Each child is a line of Python, started in the order given, one after the other. It prints `live` when all are ready.
"""

import os
import sys
from pathlib import Path

from tidings.commands.display import PlainDisplay
from tidings.local import paths, runfile
from tidings.local.errors import LocalError
from tidings.local.runstate import RunState
from tidings.local.service import Service
from tidings.local.steps import Observers, Progress, Step
from tidings.local.supervisor import Supervisor


def main(root: Path, children: dict[str, str]) -> None:
    folders = paths.beneath(root).create()
    shown = PlainDisplay(sys.stdout)
    with runfile.hold(folders, RunState(os.getpid(), "now", "http://page/")) as run_file:
        supervisor = Supervisor(run_file, shown.say)

        def launch(name: str, code: str) -> Step:
            log = folders.logs / f"{name}.log"
            command = (sys.executable, "-c", code)
            ready = lambda: log.exists() and "up" in log.read_text()  # noqa: E731
            service = Service(name, command, log, ready=ready, finite=name == "finite", grace=5)

            def run(_: Progress) -> str:
                return supervisor.launch(service)

            return Step(name, run, needs=tuple(list(children)[: list(children).index(name)][-1:]))

        todo = [launch(name, code) for name, code in children.items()]
        lived = supervisor.run(todo, Observers((shown, run_file)), lambda: shown.say("live"))
        shown.say(f"over, lived: {lived}")


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), dict(one.split("=", 1) for one in sys.argv[2:]))
    except LocalError as error:
        print(f"error: {error}")
        sys.exit(1)
