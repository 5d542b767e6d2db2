"""A gateway for each way that frames can take."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from tidings_gateway.stream_settings import StreamSettings

from tests.streaming.served import WAYS, Start, served


@pytest.fixture(params=WAYS)
def start(request: pytest.FixtureRequest) -> Iterator[Start]:
    """Starts a gateway with the settings that the test wants."""
    way = WAYS[request.param]
    if way.native == "on" and not shutil.which("cc"):
        pytest.skip("there is no C compiler: the native loop cannot be tested")
    with ExitStack() as stack:
        yield lambda **settings: stack.enter_context(
            served(StreamSettings(native=way.native, **settings), way.protocol)
        )
