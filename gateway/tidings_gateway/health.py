"""Shell: does Kafka answer?"""

import asyncio
import time

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from tidings_schemas.settings import Settings

_PATIENCE_S = 2.0
_KEEP_S = 2.0  # however often probes come, Kafka is asked no more often


class KafkaHealth:
    """Asks Kafka for its metadata, in a thread."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._admin: AdminClient | None = None
        self._lock = asyncio.Lock()
        self._asked_at = -_KEEP_S
        self._reachable = False

    async def reachable(self) -> bool:
        """Whether a broker answered within the last two seconds or does so now."""
        async with self._lock:
            if time.monotonic() - self._asked_at >= _KEEP_S:
                self._reachable = await asyncio.to_thread(self._ask)
                self._asked_at = time.monotonic()
            return self._reachable

    def _ask(self) -> bool:
        if self._admin is None:
            self._admin = AdminClient(self._settings.kafka())
        try:
            return bool(self._admin.list_topics(timeout=_PATIENCE_S).brokers)
        except KafkaException:
            return False
