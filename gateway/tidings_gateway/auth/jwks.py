"""Shell: an issuer's key set from a file or URL, which changes over time (rotation)."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import httpx
import structlog

from .keys import Keyring, UnusableKey, from_jwks

log = structlog.get_logger(__name__)

_LIMIT = 1024 * 1024  # bytes
_PATIENCE_S = 5.0


class KeySource:
    """The keyring of the moment.

    Keys that were once read stay in force while the issuer does not answer.

    Args:
        place: `https://…`, `http://` of this machine, or a file.
        issuer: whose tokens the keys vouch for.
        pause_s: however many tokens name unknown keys, the issuer is asked no more often.
    """

    def __init__(self, place: str, issuer: str, pause_s: float = 10.0) -> None:
        if place.startswith("http://") and httpx.URL(place).host not in ("127.0.0.1", "::1", "localhost"):
            raise UnusableKey(f"TIDINGS_JWKS={place}: keys over plain http can be forged on the way; use https")
        self._place = place
        self._issuer = issuer
        self._pause_s = pause_s
        self._asked_at = float("-inf")
        self._lock = asyncio.Lock()
        self.keyring = Keyring({})

    async def load(self) -> None:
        """Reads the set now.

        Raises:
            UnusableKey: it cannot be reached or holds no usable key.
        """
        self._asked_at = time.monotonic()
        self.keyring = from_jwks(await self._read(), self._issuer)

    async def refresh(self) -> None:
        """Reads the set anew, if that was not done a moment ago; what fails is logged and the old keys stay."""
        async with self._lock:
            if time.monotonic() - self._asked_at < self._pause_s:
                return
            try:
                await self.load()
            except UnusableKey as error:
                log.warning("key set not refreshed, the old keys stay in force", error=str(error))

    async def keep_fresh(self, every_s: float) -> None:
        """Refreshes for ever, so that a withdrawn key stops being accepted within `every_s` seconds."""
        while True:
            await asyncio.sleep(every_s)
            await self.refresh()

    async def _read(self) -> Any:
        try:
            return json.loads(await (self._fetch() if "://" in self._place else self._file()))
        except (OSError, ValueError, httpx.HTTPError) as error:
            raise UnusableKey(
                f"the key set at {self._place} cannot be read: {error or type(error).__name__}"
            ) from error

    async def _fetch(self) -> bytes:
        async with httpx.AsyncClient(timeout=_PATIENCE_S) as client:
            answer = await client.get(self._place)
        answer.raise_for_status()
        if len(answer.content) > _LIMIT:
            raise ValueError(f"it is larger than {_LIMIT} bytes")
        return answer.content

    async def _file(self) -> bytes:
        return await asyncio.to_thread(Path(self._place).read_bytes)
