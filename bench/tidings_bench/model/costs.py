"""What the model is told: costs that were measured, and what must be assumed, not being ours to measure. Pure data."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Load:
    """What is asked for.

    Attributes:
        users: connected at one time. streams: for each of them.
        rate: notifications a second, each to one connected user. heartbeat: seconds between beats of a stream.
        frame: bytes of a notification on the stream. record: in Kafka, headers included.
        retention_days: how long `notifications` keeps them.
    """

    users: int = 10_000_000
    streams: float = 1.0
    rate: float = 1_000_000.0
    heartbeat: float = 15.0
    frame: int = 562
    record: int = 420
    retention_days: float = 14.0

    @property
    def open(self) -> float:
        """Streams that are open."""
        return self.users * self.streams


@dataclass(frozen=True, slots=True)
class Measured:
    """Costs by measurement: CPU in µs of one core, memory in bytes.

    Attributes:
        busy_cpu: see `measure.Costs`.
        base_bytes: a gateway process without streams. stream_bytes: each stream.
        open_us, beat_us, deliver_us, read_us: see `measure.Costs`.
        stages_us: an event through all three stages of the processors.
        partition_rate: records a second that one partition's stages bear, one after the other.
    """

    base_bytes: int
    stream_bytes: int
    open_us: float
    beat_us: float
    deliver_us: float
    read_us: float
    stages_us: float
    busy_cpu: float = 0.0

    @property
    def partition_rate(self) -> float:
        """One partition is worked off by one process, on one core."""
        return 1e6 / self.stages_us


@dataclass(frozen=True, slots=True)
class Assumed:
    """What others' machines and networks bear, and cost. None of it was measured here: put your own figures in.

    Attributes:
        cores, memory, network: of one machine: cores, bytes, bits a second each way.
        busy: share of a core and of a network that may be in use when nothing is wrong.
        kernel_bytes: the kernel's memory for one idle connection, both buffers empty.
        tail_bytes: what a gateway keeps of each partition that it reads.
        segment: bytes of Ethernet, IP and TCP headers around a small segment.
        tls: bytes that TLS 1.3 adds to a record.
        broker_bytes: bytes a second that one broker takes in, replication included.
        broker_partitions, broker_disk: replicas of partitions, and bytes, that one broker holds.
        replicas: copies of each record, and gateways that read each shard.
        core_month, gb_ram_month, gb_disk_month, gb_out: prices, in any one currency.
    """

    cores: int = 16
    memory: float = 64e9
    network: float = 10e9
    busy: float = 0.5
    kernel_bytes: int = 4_000
    tail_bytes: int = 32 * 1024 * 1024
    segment: int = 92
    tls: int = 22
    broker_bytes: float = 100e6
    broker_partitions: int = 4_000
    broker_disk: float = 16e12
    replicas: int = 3
    core_month: float = 18.0
    gb_ram_month: float = 2.4
    gb_disk_month: float = 0.04
    gb_out: float = 0.01
