"""What is installed is known, also by a process that has it at work."""

import pytest
from tidings.local import extras


@pytest.mark.parametrize("extra", sorted(extras.PROBE))
def test_an_extra_in_use_is_installed(extra: str) -> None:
    """Faust puts another module in its place when it is imported; asking again must not fail."""
    __import__(extras.PROBE[extra])
    assert extras.is_installed(extra)
