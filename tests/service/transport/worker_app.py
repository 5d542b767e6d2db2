"""A worker process for tests: notes every record it gets in a file, then says that the run is done.

Environment: `SERVERS`, `GROUP`, `TOPIC`, `NOTES` (file), `SETTINGS` (JSON of `Settings`), `DELAY` (seconds a run
takes).
"""

import asyncio
import json
import os
from typing import Any

from tidings_processors.transport import Settings

from tests.service.transport.harness import app_of

app = app_of(os.environ["SERVERS"], os.environ["GROUP"], Settings(**json.loads(os.environ.get("SETTINGS", "{}"))))
notes = os.open(os.environ["NOTES"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
delay = float(os.environ.get("DELAY", "0"))


@app.agent(app.topic(os.environ["TOPIC"]), name="note")
async def note(stream: Any) -> None:
    """Notes each record's partition and offset; one write a run, so that a kill leaves whole lines."""
    async for run in stream:
        await asyncio.sleep(delay)
        lines = [f"{message.partition()} {message.offset()}\n" for message in run]
        os.write(notes, "".join(lines).encode())
        run.done()


if __name__ == "__main__":
    app.main()
