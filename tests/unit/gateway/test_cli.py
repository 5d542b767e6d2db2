"""What the gateway's commands take."""

import pytest
import typer
from tidings_gateway.cli import seconds


@pytest.mark.parametrize(
    ("text", "expected"), [("90", 90), ("45s", 45), ("30m", 1800), ("12h", 43_200), ("7d", 604_800), (" 1h ", 3600)]
)
def test_a_span_is_read_as_people_write_it(text: str, expected: int) -> None:
    """Seconds, minutes, hours and days."""
    assert seconds(text) == expected


@pytest.mark.parametrize("text", ["", "0", "0h", "-1h", "1.5h", "1w", "h", "1h30m", "٣h", "9999999d"])
def test_what_is_no_span_is_refused(text: str) -> None:
    """Zero, negative and unknown spans are refused with how to write one."""
    with pytest.raises(typer.BadParameter, match="12h"):
        seconds(text)
