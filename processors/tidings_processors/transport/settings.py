"""What can be set, and librdkafka's configuration made of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Assignor = Literal["cooperative-sticky", "range", "roundrobin"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Settings of the transport. Times are seconds, sizes bytes.

    Attributes:
        max_run: most records of one run.
        linger: how long the reader lets records gather after the first one. 0 is best for latency: runs grow by
            themselves while the agent is busy. A millisecond or two saves CPU where many partitions trickle.
        prefetch_runs: runs that wait in an agent's queue besides the one at work. 1 hands the next run out only when
            the agent asks, so that it may grow until then.
        buffer_records: records of one partition that may wait; above that the partition is paused.
        buffer_bytes: the same, in bytes of values.
        max_undone: records of one partition that may be handed out and not be done; above that the partition waits.
        fetch_wait: how long the broker may hold a fetch that finds nothing.
        fetch_backoff: how long librdkafka leaves a partition alone when it has enough of it (`fetch.queue.backoff.ms`).
        queued_records: records of one partition that librdkafka itself fetches ahead (`queued.min.messages`).
        session_timeout: silence after which the group gives the partitions to others.
        revoke_timeout: how long a revocation waits for runs at work; keep it below `session_timeout`.
        stop_timeout: how long a stop waits for runs at work.
        assignor: partition assignment strategy.
        auto_offset_reset: where a group starts that has committed nothing.
        watermark_interval: how often the sensors are told each partition's end.
        crash_on_agent_error: whether an exception that leaves an agent ends the app. The run it came from is never
            done, so the partition would not be committed any more; a restart delivers the run again.
        extra: librdkafka properties (security, rack, `group.protocol`, …); they win over those made of the above.
    """

    max_run: int = 1000
    linger: float = 0.0
    prefetch_runs: int = 1
    buffer_records: int = 20_000
    buffer_bytes: int = 8 * 1024 * 1024
    max_undone: int = 100_000
    fetch_wait: float = 0.02
    fetch_backoff: float = 0.02
    queued_records: int = 10_000
    session_timeout: float = 10.0
    revoke_timeout: float = 5.0
    stop_timeout: float = 1.5
    assignor: Assignor = "cooperative-sticky"
    auto_offset_reset: Literal["earliest", "latest", "error"] = "earliest"
    watermark_interval: float = 1.0
    crash_on_agent_error: bool = True
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what cannot work.

        Raises:
            ValueError: naming the setting and what it must be.
        """
        for name in ("max_run", "prefetch_runs", "buffer_records", "buffer_bytes", "max_undone", "queued_records"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, not {getattr(self, name)}")
        for name in ("linger", "fetch_wait", "fetch_backoff", "revoke_timeout", "stop_timeout"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must not be negative, but is {getattr(self, name)}")
        if self.revoke_timeout >= self.session_timeout:
            raise ValueError(
                f"revoke_timeout ({self.revoke_timeout} s) must be below session_timeout ({self.session_timeout} s), "
                "or the group gives the partitions away before their last commit"
            )


def librdkafka(settings: Settings, servers: str, group: str, client: str) -> dict[str, Any]:
    """The configuration of `confluent_kafka.Consumer`.

    Args:
        servers: `host:port,…`.
        group: consumer group (Faust: the app's id).
        client: client id shown to the broker.
    """
    group_protocol = settings.extra.get("group.protocol", "classic")
    classic = {
        "session.timeout.ms": _ms(settings.session_timeout),
        "heartbeat.interval.ms": _ms(settings.session_timeout / 10),
        "partition.assignment.strategy": settings.assignor,
    }
    return {
        "bootstrap.servers": servers,
        "group.id": group,
        "client.id": client,
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "auto.offset.reset": settings.auto_offset_reset,
        "fetch.wait.max.ms": _ms(settings.fetch_wait),
        "fetch.queue.backoff.ms": _ms(settings.fetch_backoff),
        "queued.min.messages": settings.queued_records,
        # Who has not been answered in the time after which the group gives up on us need not be waited for: with
        # librdkafka's 60 s, three times over, a commit to a coordinator that was gone kept a worker out for minutes.
        "socket.timeout.ms": max(_ms(settings.session_timeout), _ms(settings.fetch_wait) + 2_000),
        # A topic made after the worker started is found within this time instead of librdkafka's five minutes.
        "topic.metadata.refresh.interval.ms": 10_000,
        **(classic if group_protocol == "classic" else {}),
        **settings.extra,
    }


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
