"""An HTTP sink: JSON lines in batches, each tried again until it is taken, with a key by which the receiver knows a
repeat."""

import time
from collections.abc import Callable, Mapping

import httpx
import pyarrow as pa
from tidings_schemas.errors import Refused, Transient

from .lines import json_line

_TRIES = 8


class SinkUnavailable(Transient):
    """The HTTP sink did not take a batch in any try."""


class HttpSink:
    """POSTs `application/x-ndjson`; any 2xx takes the batch; 429 and 5xx are tried again with growing pauses.

    Args:
        pause: waits so many seconds.
    """

    def __init__(self, url: str, batch: int = 500, pause: Callable[[float], None] = time.sleep) -> None:
        self._url, self._batch, self._pause = url, batch, pause
        self._http = httpx.Client(timeout=30)
        self.rows = 0

    def write(self, table: pa.Table) -> None:
        """See `Writer.write`.

        Raises:
            Refused: a 4xx answer.
            SinkUnavailable: no 2xx answer in any try.
        """
        for batch in table.to_batches(max_chunksize=self._batch):
            rows = batch.to_pylist(maps_as_pydicts="lossy")
            first, last = rows[0], rows[-1]
            key = f"{first['_topic']}:{first['_partition']}:{first['_offset']}-{last['_partition']}:{last['_offset']}"
            self._post(b"".join(json_line(row) + b"\n" for row in rows), key)
            self.rows += len(rows)

    def close(self, metadata: Mapping[str, str]) -> list[str]:
        """See `Writer.close`."""
        self._http.close()
        return [self._url]

    def abort(self) -> None:
        """See `Writer.abort`."""
        self._http.close()

    def _post(self, body: bytes, key: str) -> None:
        why = ""
        for attempt in range(_TRIES):
            try:
                headers = {"content-type": "application/x-ndjson", "idempotency-key": key}
                answer = self._http.post(self._url, content=body, headers=headers)
            except httpx.HTTPError as error:
                why = str(error) or type(error).__name__
            else:
                if answer.is_success:
                    return
                why = f"{answer.status_code} {answer.text[:200]}"
                if answer.status_code < 500 and answer.status_code != 429:
                    raise Refused(f"{self._url} refused the rows: {why}")
            self._pause(min(10.0, 0.2 * 2**attempt))
        raise SinkUnavailable(f"{self._url} took nothing in {_TRIES} tries: {why}")
