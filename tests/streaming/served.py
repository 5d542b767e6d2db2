"""The application on a real server, in a thread of its own."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, NamedTuple, TypeVar

import uvloop
from starlette.types import ASGIApp
from tidings_gateway import server, sockets
from tidings_gateway.protocol import StreamProtocol
from tidings_gateway.sources.base import Source
from tidings_gateway.stream_settings import Native, StreamSettings
from tidings_schemas.codec import Codec

from tests.streaming.app import Gateway
from tests.streaming.build import CODEC

T = TypeVar("T")


class Way(NamedTuple):
    """How a stream reaches its client."""

    protocol: Any
    native: Native = "off"


#: Our own server's transport, with the sends in Python or in C, or what any ASGI server offers.
WAYS = {
    "fast": Way(StreamProtocol),
    "native": Way(StreamProtocol, "on"),
    "httptools": Way("httptools"),
    "h11": Way("h11"),
}


class Served:
    """A running gateway."""

    def __init__(self, gateway: Gateway, port: int, loop: asyncio.AbstractEventLoop) -> None:
        self.gateway = gateway
        self.port = port
        self._loop = loop

    @property
    def counters(self) -> Any:
        """What the streams count."""
        return self.gateway.streams.counters

    def call(self, function: Callable[..., T], *arguments: Any, **named: Any) -> T:
        """Calls it on the gateway's loop and waits for the result."""

        async def on_the_loop() -> T:
            return function(*arguments, **named)

        return self.wait(on_the_loop())

    def wait(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Runs it on the gateway's loop and waits for the result."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(30)

    def publish(self, user: str, title: str = "a title", **more: Any) -> str:
        """As `Gateway.publish`."""
        return self.call(self.gateway.publish, user, title, **more)


#: Starts a gateway with the stream settings that it is called with.
Start = Callable[..., Served]


@contextlib.contextmanager
def served(
    settings: StreamSettings,
    protocol: Any = StreamProtocol,
    source: Source | None = None,
    codec: Codec = CODEC,
    middleware: Callable[[ASGIApp], ASGIApp] = lambda app: app,
) -> Iterator[Served]:
    """A gateway on a free port for as long as the block lasts."""
    gateway = Gateway(settings, source, codec)
    listener = sockets.listen("127.0.0.1", 0)
    port = listener.getsockname()[1]
    config = server.configure(middleware(gateway.app), protocol=protocol)
    gateway_server = server.GatewayServer(config, gateway.streams, 0.0)
    loops: list[asyncio.AbstractEventLoop] = []
    started = threading.Event()

    async def run() -> None:
        loops.append(asyncio.get_running_loop())
        serving = asyncio.create_task(gateway_server.serve(sockets=[listener]))
        while not gateway_server.started and not serving.done():
            await asyncio.sleep(0.005)
        started.set()
        await serving

    def run_in_thread() -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(run())

    thread = threading.Thread(target=run_in_thread, daemon=True)
    thread.start()
    assert started.wait(30), "the server did not start"
    try:
        yield Served(gateway, port, loops[0])
    finally:
        gateway_server.should_exit = True
        thread.join(30)
        assert not thread.is_alive(), "the server did not end"
