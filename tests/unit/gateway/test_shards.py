"""Who serves which partition."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from tidings_gateway.core.shards import Shards, default_addresses, format_moves, parse_moves, parse_shard
from tidings_gateway.settings import GatewaySettings

MOVES = st.dictionaries(st.integers(0, 63), st.integers(0, 9))


@given(count=st.integers(1, 64), shards=st.integers(1, 9), moves=MOVES)
def test_each_partition_has_exactly_one_gateway(count: int, shards: int, moves: dict[int, int]) -> None:
    """Whatever was moved where, nobody's user is served twice or not at all; and all gateways agree."""
    everyone = [Shards(here, default_addresses(shards)).moved(moves) for here in range(shards)]
    owned = sorted(partition for one in everyone for partition in one.own(count))
    assert owned == list(range(count))
    for partition in range(count):
        (home,) = [one.here for one in everyone if one.elsewhere(partition) is None]
        assert {one.elsewhere(partition) for one in everyone} <= {None, f"/shards/{home}"}


@given(count=st.integers(1, 64), shards=st.integers(1, 9), workers=st.integers(1, 9), moves=MOVES)
def test_each_partition_has_exactly_one_worker(count: int, shards: int, workers: int, moves: dict[int, int]) -> None:
    """Of its gateway, whose workers agree which of them that is; all shards' together serve all."""
    addresses = default_addresses(shards)
    everyone = [
        Shards(here, addresses, worker=worker, workers=workers).moved(moves)
        for here in range(shards)
        for worker in range(workers)
    ]
    assert sorted(partition for one in everyone for partition in one.own(count)) == list(range(count))
    for one in everyone:
        for partition in one.own(count):
            others = [other for other in everyone if other.here == one.here and other is not one]
            assert {other.colleague(partition) for other in others} <= {one.worker}


def test_workers_of_one_gateway_have_about_the_same_number_of_partitions() -> None:
    """Also where the gateway is one shard of several, whose partitions are every second."""
    for shards in (1, 2):
        one = Shards(0, default_addresses(shards), workers=2)
        assert len(one.own(16)) == 16 / shards / 2


@given(moves=MOVES)
def test_the_table_of_moves_is_read_as_it_was_written(moves: dict[int, int]) -> None:
    """Through the topic `control` and back."""
    assert parse_moves(format_moves(moves)) == moves


def test_no_table_means_no_moves() -> None:
    """As long as nobody moved anything, and after a tombstone."""
    assert parse_moves(None) == {}


@pytest.mark.parametrize("text", [b"[]", b'{"moves": 3}', b'{"moves": {"a": 1}}', b"{}", b"no json", b'{"moves": [1]}'])
def test_what_is_no_table_is_refused(text: bytes) -> None:
    """A gateway that took half of it would serve what nobody asked it to."""
    with pytest.raises(ValueError):
        parse_moves(text)


@pytest.mark.parametrize("text", ["2/2", "1", "", "-1/2", "a/b", "0/0", "1/2/3"])
def test_what_is_no_shard_is_refused_with_an_example(text: str) -> None:
    """Numbers begin at 0."""
    with pytest.raises(ValueError, match="0/2 and 1/2"):
        parse_shard(text)


def settings(**given: object) -> GatewaySettings:
    """Settings from these values and no `.env`."""
    return GatewaySettings(_env_file=None, **given)  # type: ignore[call-arg,arg-type]


def test_addresses_are_a_comma_separated_list_in_the_order_of_the_shards() -> None:
    """Hosts of their own, or paths behind one proxy, which are the default."""
    given = settings(shard="1/2", addresses="https://a.example, https://b.example:8443/push").shards()
    assert given == Shards(1, ("https://a.example", "https://b.example:8443/push"))
    assert settings(shard="1/2").shards() == Shards(1, ("/shards/0", "/shards/1"))
    assert settings().shards() is None
    assert settings().shards(1, 2) == Shards(0, ("",), worker=1, workers=2)
    assert settings(shard="1/2").shards(1, 2) == Shards(1, ("/shards/0", "/shards/1"), worker=1, workers=2)


@pytest.mark.parametrize(
    ("given", "match"),
    [
        ({"shard": "0/2", "addresses": "https://a.example"}, "all 2 shards"),
        ({"addresses": "https://a.example"}, "TIDINGS_GATEWAY_SHARD"),
        ({"shard": "0/2", "addresses": "a.example,b.example"}, "no address"),
        ({"shard": "0/2", "addresses": "https://a.example/,https://b.example/"}, "no address"),
        ({"shard": "2/2"}, "no shard"),
    ],
)
def test_what_cannot_be_meant_is_refused(given: dict[str, str], match: str) -> None:
    """At the start, not when the first user comes to the wrong gateway."""
    with pytest.raises(ValidationError, match=match):
        settings(**given)
