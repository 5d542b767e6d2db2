"""Which channels (agents' inboxes) want a partition's runs."""

from __future__ import annotations

from faust.transport.conductor import Conductor as FaustConductor
from faust.types import TP
from faust.types.topics import TopicT


class Conductor(FaustConductor):
    """Faust's conductor, asked rather than called: the consumer puts runs into the channels itself.

    Faust's own way (two locks, a closure, decoding, a task for each wait) is for messages that come one by one.
    """

    def channels(self, tp: TP) -> list[TopicT]:
        """Channels subscribed to the partition, as of the last assignment; maybe none."""
        return list(self._tp_index.get(tp, ()))
