"""One stack for several users: started by the first, ended after the last."""

from pathlib import Path

import pytest
from tidings.local import kafka, shared

from tests.service.local.test_child import until

pytestmark = pytest.mark.kafka


def test_ends_with_its_last_user(tmp_path: Path) -> None:
    """The second user gets the first one's stack; it outlives the first and ends after both."""
    with shared.joined(tmp_path) as first:
        with shared.joined(tmp_path) as second:
            assert second == first
        assert kafka.answers(first.bootstrap_servers, within=10)
    until(lambda: not (tmp_path / "stack.json").exists(), within=20)
    until(lambda: not kafka.answers(first.bootstrap_servers, within=0.2), within=20)
