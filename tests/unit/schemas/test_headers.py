"""What a record's headers are to those who can do without (on a real Kafka: tests/service/processors)."""

from typing import Any

import pytest
from tidings_schemas.headers import readable_headers


class Record:
    """Answers as confluent-kafka's `Message` does."""

    def __init__(self, headers: Any) -> None:
        self._headers = headers

    def headers(self) -> Any:
        if isinstance(self._headers, Exception):
            raise self._headers
        return self._headers


@pytest.mark.parametrize(
    ("told", "read"), [([("a", b"1")], [("a", b"1")]), (None, []), (SystemError("a name is not UTF-8"), [])]
)
def test_headers_that_cannot_be_read_are_none(told: Any, read: list[tuple[str, bytes]]) -> None:
    assert readable_headers(Record(told)) == read  # type: ignore[arg-type]
