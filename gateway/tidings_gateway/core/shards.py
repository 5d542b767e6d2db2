"""Which gateway serves which partition, under which address, and which worker of it. Pure.

A user's partition is Kafka's own hash (murmur2) of the user's name, so whoever can compute that knows where to go.
"""

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

_SHARD = re.compile(r"([0-9]{1,4})/([0-9]{1,4})")


@dataclass(frozen=True, slots=True)
class Shards:
    """The gateways together, seen from one of them.

    Attributes:
        here: this gateway's shard.
        addresses: of each shard, as clients reach it: `https://push-1.example.com`, or `/shards/1` behind one proxy.
        moves: partition → shard, for those that do not live on shard `partition % count`.
        worker: which of this gateway's workers this is, of `workers`; they share out its partitions.
    """

    here: int
    addresses: tuple[str, ...]
    moves: Mapping[int, int] = field(default_factory=dict)
    worker: int = 0
    workers: int = 1

    def owner(self, partition: int) -> int:
        """The shard that serves the partition."""
        return self.moves.get(partition, partition % len(self.addresses))

    def own(self, count: int) -> Collection[int]:
        """Those of `count` partitions that are served here: by this worker of this gateway."""
        return frozenset(
            partition
            for partition in range(count)
            if self.owner(partition) == self.here and self.colleague(partition) is None
        )

    def colleague(self, partition: int) -> int | None:
        """The worker of its gateway that serves the partition; None: one with this one's number."""
        worker = partition // len(self.addresses) % self.workers
        return None if worker == self.worker else worker

    def elsewhere(self, partition: int) -> str | None:
        """The address of the gateway that serves the partition; None: this one."""
        owner = self.owner(partition)
        return None if owner == self.here else self.addresses[owner]

    def moved(self, moves: Mapping[int, int]) -> "Shards":
        """The same gateways with other moves; one to a shard that there is not counts as none."""
        return replace(self, moves={p: shard for p, shard in moves.items() if 0 <= shard < len(self.addresses)})


def parse_shard(text: str) -> tuple[int, int]:
    """`1/4` → (1, 4): this shard, of how many.

    Raises:
        ValueError: it is none.
    """
    found = _SHARD.fullmatch(text)
    if found is None or int(found[1]) >= int(found[2]):
        raise ValueError(f"{text!r} is no shard: write its number and how many there are, as 0/2 and 1/2")
    return int(found[1]), int(found[2])


def default_addresses(count: int) -> tuple[str, ...]:
    """Below one address, for a proxy that knows the gateways by path."""
    return tuple(f"/shards/{number}" for number in range(count))


def parse_moves(text: bytes | None) -> dict[int, int]:
    """The table of moves as it lies in the topic `control`: `{"moves": {"3": 1}}`; no table: no moves.

    Raises:
        ValueError: it is no such table.
    """
    try:
        found = json.loads(text)["moves"] if text else {}
        return {int(partition): int(shard) for partition, shard in found.items()}
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"the table of moved partitions cannot be read: {error!r}") from error


def format_moves(moves: Mapping[int, int]) -> bytes:
    """`parse_moves` undone."""
    return json.dumps({"moves": {str(partition): shard for partition, shard in sorted(moves.items())}}).encode()
