"""A client of a run, against a server of the test's own."""

import asyncio
from itertools import repeat
from pathlib import Path

import pytest
from tidings_chaos.device import Device
from tidings_chaos.recorder import Recorder


@pytest.mark.parametrize("turns", range(12))
async def test_a_client_that_is_told_to_go_goes_at_whatever_moment(turns: int, tmp_path: Path) -> None:
    """Also just when its connection is there."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    address = server.sockets[0].getsockname()[:2]
    device = Device("client", "ann", "token", repeat(address), Recorder(tmp_path / "history.jsonl"))
    async with server, asyncio.timeout(10):
        device.begin()
        for _ in range(turns):
            await asyncio.sleep(0)
        await device.end()
