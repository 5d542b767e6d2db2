"""The mark of a replay keeps records from users."""

import pytest
from tidings_gateway.sources.mark import unless_replayed


@pytest.mark.parametrize(
    ("topic", "headers", "told"),
    [
        ("notifications", [("tidings-src", b"drafts:0:1:0")], True),
        ("notifications", None, True),
        ("notifications", [("tidings-src", b"x"), ("tidings-replay", b"r;notifications:0:1")], False),
        ("staging.notifications", [("tidings-replay", b"")], False),
        ("sandbox.notifications", [("tidings-replay", b"r;notifications:0:1")], True),
    ],
)
def test_a_replayed_record_is_told_in_a_sandbox_only(
    topic: str, headers: list[tuple[str, bytes]] | None, told: bool
) -> None:
    """Anything else is as it was."""
    assert unless_replayed(b"value", headers, topic) == (b"value" if told else None)
