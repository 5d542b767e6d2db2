"""Kafka's default partitioner."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tidings_schemas.partitioner import murmur2, partition_of

# org.apache.kafka.common.utils.UtilsTest.testMurmur2, as Java's signed ints.
JAVA = {
    b"21": -973932308,
    b"foobar": -790332482,
    b"a-little-bit-long-string": -985981536,
    b"a-little-bit-longer-string": -1486304829,
    b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
    b"abc": 479470107,
}


@pytest.mark.parametrize(("data", "expected"), JAVA.items())
def test_murmur2_is_javas(data: bytes, expected: int) -> None:
    """The vectors of Kafka's own test hold."""
    assert murmur2(data) == expected % 2**32


@given(st.text(max_size=30), st.integers(1, 100))
def test_a_partition_exists_and_a_string_is_its_utf8(key: str, partitions: int) -> None:
    """Every key has a partition, the same for text and for its bytes."""
    assert 0 <= partition_of(key, partitions) < partitions
    assert partition_of(key, partitions) == partition_of(key.encode(), partitions)
