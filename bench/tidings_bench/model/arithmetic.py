"""From a load to machines, memory, network, partitions and money. Pure: every line can be done by hand."""

from dataclasses import dataclass
from math import ceil

from .costs import Assumed, Load, Measured

_DAY_S, _MONTH_S = 86_400, 30 * 86_400
_BEAT = 60  # bytes of a heartbeat's frame in its HTTP chunk
_CHUNK = 10  # bytes of HTTP's chunk around a frame


@dataclass(frozen=True, slots=True)
class Gateways:
    """One resource a line: how many machines it asks for, alone. `machines`: the most that any asks for.

    Attributes:
        cpu, memory, network: machines' worth of each, when nothing is wrong.
        spare: machines beyond these, so that a third of them may fail at once.
        out_bits: bits a second to clients, all headers included.
    """

    cpu: float
    memory: float
    network: float
    spare: int
    out_bits: float
    parts: dict[str, float]

    @property
    def machines(self) -> int:
        """In use when nothing is wrong."""
        return ceil(max(self.cpu, self.memory, self.network))

    @property
    def first(self) -> str:
        """What gives first."""
        wants = {"CPU": self.cpu, "memory": self.memory, "network": self.network}
        return max(wants, key=lambda name: wants[name])


@dataclass(frozen=True, slots=True)
class Kafka:
    """The log: partitions of `notifications` (and of the stages' topics), brokers, bytes on disk."""

    partitions: int
    by_bytes: float
    by_disk: float
    by_partitions: float

    @property
    def brokers(self) -> int:
        """As many as the scarcest resource asks for, and never fewer than replicas."""
        return max(3, ceil(max(self.by_bytes, self.by_disk, self.by_partitions)))


@dataclass(frozen=True, slots=True)
class Fleet:
    """All of it."""

    gateways: Gateways
    processor_cores: float
    kafka: Kafka
    month: dict[str, float]


def fleet(load: Load, measured: Measured, assumed: Assumed) -> Fleet:
    """What the load needs."""
    kafka = _kafka(load, measured, assumed)
    gateways = _gateways(load, measured, assumed, kafka)
    cores = load.rate * measured.stages_us / 1e6 / assumed.busy
    return Fleet(gateways, cores, kafka, _month(load, assumed, gateways, cores, kafka))


def _gateways(load: Load, measured: Measured, assumed: Assumed, kafka: Kafka) -> Gateways:
    parts = {
        "deliveries": load.rate * load.streams * measured.deliver_us / 1e6,
        "reading Kafka": load.rate * assumed.replicas * measured.read_us / 1e6,
        "heartbeats": load.open / load.heartbeat * measured.beat_us / 1e6,
    }
    cpu = sum(parts.values()) / (assumed.cores * (assumed.busy - measured.busy_cpu))
    streams = load.open * (measured.stream_bytes + assumed.kernel_bytes)
    tails = kafka.partitions * assumed.tail_bytes * assumed.replicas
    bits = out_bits(load, assumed)
    fixed = measured.base_bytes * assumed.cores  # a worker a core
    memory = (streams + tails) / (assumed.memory * 0.8 - fixed)
    network = bits / (assumed.network * assumed.busy)
    machines = ceil(max(cpu, memory, network))
    return Gateways(cpu, memory, network, ceil(machines / 2), bits, parts)


def out_bits(load: Load, assumed: Assumed) -> float:
    """Bits a second to clients: frames and heartbeats with HTTP, TLS, TCP, IP and Ethernet around them."""
    around = _CHUNK + assumed.tls + assumed.segment
    frames = load.rate * load.streams * (load.frame + around)
    beats = load.open / load.heartbeat * (_BEAT + around)
    return 8 * (frames + beats)


def _kafka(load: Load, measured: Measured, assumed: Assumed) -> Kafka:
    partitions = ceil(load.rate / (measured.partition_rate * assumed.busy))
    # Each notification is written three times on its way: matches or events, drafts, notifications.
    written = 3 * load.rate * load.record * assumed.replicas
    kept = load.rate * load.record * assumed.replicas * _DAY_S * (load.retention_days + 2)
    copies = 7 * partitions * assumed.replicas  # events and the six topics that share their number of partitions
    by = (written / assumed.broker_bytes, kept / assumed.broker_disk, copies / assumed.broker_partitions)
    return Kafka(partitions, *by)


def _month(load: Load, assumed: Assumed, gateways: Gateways, cores: float, kafka: Kafka) -> dict[str, float]:
    machine = assumed.cores * assumed.core_month + assumed.memory / 1e9 * assumed.gb_ram_month
    count = gateways.machines + gateways.spare
    return {
        "gateways": count * machine,
        "processors": cores * (assumed.core_month + 4 * assumed.gb_ram_month),
        "brokers": kafka.brokers * (machine + assumed.broker_disk / 1e9 * assumed.gb_disk_month),
        "bytes to clients": gateways.out_bits / 8 * _MONTH_S / 1e9 * assumed.gb_out,
    }
