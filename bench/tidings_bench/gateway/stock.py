"""The usual way in Python, as a peer: FastAPI, sse-starlette, a queue for each client.

python -m tidings_bench.gateway.stock PORT
"""

import asyncio
import sys
from collections.abc import AsyncIterator

import uvicorn
from fastapi import FastAPI, Request
from sse_starlette import EventSourceResponse, ServerSentEvent

app = FastAPI()
queues: set[asyncio.Queue[tuple[int, str]]] = set()
published = 0


@app.get("/stream")
async def stream() -> EventSourceResponse:
    """Everything from now on."""
    queue: asyncio.Queue[tuple[int, str]] = asyncio.Queue(1000)
    queues.add(queue)

    async def events() -> AsyncIterator[ServerSentEvent]:
        try:
            yield ServerSentEvent(comment="hi")
            while True:
                number, data = await queue.get()
                yield ServerSentEvent(data=data, id=str(number))
        finally:
            queues.discard(queue)

    return EventSourceResponse(events())


@app.post("/publish")
async def publish(request: Request) -> dict[str, int]:
    """Sends the body to all."""
    global published
    published += 1
    data = (await request.body()).decode()
    for queue in queues:
        queue.put_nowait((published, data))
    return {"number": published}


if __name__ == "__main__":
    uvicorn.run(
        app, host="127.0.0.1", port=int(sys.argv[1]), loop="uvloop", http="httptools", log_level="error", backlog=4096
    )
