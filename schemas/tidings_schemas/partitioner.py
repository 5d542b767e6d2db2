"""Kafka's default partitioner, so that every part agrees on where a key lives.

librdkafka does the same with `partitioner=murmur2_random`; this is for those who must know a partition
without producing: the gateway (where does a user's stream live?) and follows (partitioned by a part of the key).
Source: org.apache.kafka.common.utils.Utils.murmur2.
"""

_M = 0x5BD1E995
_MASK = 0xFFFFFFFF


def murmur2(data: bytes) -> int:
    """32-bit murmur2 of `data` with Kafka's seed, as an unsigned int."""
    length = len(data)
    h = 0x9747B28C ^ length
    whole = length & ~3
    for i in range(0, whole, 4):
        k = int.from_bytes(data[i : i + 4], "little") * _M & _MASK
        k ^= k >> 24
        h = (h * _M & _MASK) ^ (k * _M & _MASK)
    if tail := data[whole:]:
        h = (h ^ int.from_bytes(tail, "little")) * _M & _MASK
    h ^= h >> 13
    h = h * _M & _MASK
    return h ^ (h >> 15)


def partition_of(key: str | bytes, partitions: int) -> int:
    """The partition, 0 ≤ p < `partitions`, where Kafka's default partitioner puts `key`."""
    raw = key.encode() if isinstance(key, str) else key
    return (murmur2(raw) & 0x7FFFFFFF) % partitions
