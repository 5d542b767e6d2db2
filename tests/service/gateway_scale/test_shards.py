"""Two gateways that share the partitions of a real Kafka: who comes to the wrong one, and a partition that moves."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import astuple

import httpx
import pytest
from tidings.local.ports import free_ports
from tidings_gateway.core.shards import Shards, default_addresses
from tidings_schemas.partitioner import partition_of

from tests.service.gateway_scale.follower import Follower
from tests.service.gateway_scale.processes import PARTITIONS, Corner, gateway, until

pytestmark = pytest.mark.kafka

QUICK = {
    "TIDINGS_STREAM_DRAIN": "0.2",
    "TIDINGS_STREAM_DRAIN_RETRY": "[0.05, 0.2]",
    "TIDINGS_STREAM_RETRY": "0.1",
}


@contextmanager
def two_shards(here: Corner) -> Iterator[tuple[int, int]]:
    """The ports of both gateways."""
    ports = astuple(free_ports())[:2]
    addresses = ",".join(f"http://127.0.0.1:{port}" for port in ports)
    with ExitStack() as stack:
        for number, port in enumerate(ports):
            shard = {"TIDINGS_GATEWAY_SHARD": f"{number}/2", "TIDINGS_GATEWAY_ADDRESSES": addresses}
            stack.enter_context(gateway(here, port, **shard, **QUICK))
        yield ports


def users_of(partition: int, count: int) -> list[str]:
    """So many users who live there."""
    found = (f"user-{n}" for n in range(10_000))
    return [user for user in found if partition_of(user, PARTITIONS) == partition][:count]


def cookie(here: Corner, user: str) -> str:
    """The value of the session's cookie."""
    return here.bearer(user).removeprefix("Bearer ")


def shards_command(here: Corner, *arguments: str) -> str:
    """What `tidings shards` prints."""
    command = [sys.executable, "-m", "tidings", "shards", *arguments]
    environ = dict(os.environ) | here.environ
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=True, timeout=60).stdout


def test_at_the_wrong_gateway_the_client_is_sent_to_the_right_one(here: Corner) -> None:
    """By a redirect that keeps the cursor: it gets what it missed and what comes, from the one that serves it."""
    with two_shards(here) as ports, ExitStack() as stack:
        for partition in range(PARTITIONS):
            (user,) = users_of(partition, 1)
            right, wrong = ports[partition % 2], ports[1 - partition % 2]
            with here.stream(right, user) as first:
                beginning = first.until_ready().cursor
            here.publish(user, title="missed")
            follower = Follower(f"http://127.0.0.1:{wrong}/v1/stream", cookie(here, user), 2, beginning)
            stack.callback(follower.stop)
            follower.start()
            assert follower.live.wait(20)
            here.publish(user, title="live")
            follower.join(20)
            assert (follower.titles, follower.failures) == (["missed", "live"], [])
            assert follower.hosts == [f"127.0.0.1:{right}"]


def test_who_cannot_follow_a_redirect_with_its_token_is_told_in_the_stream(here: Corner) -> None:
    """Clients drop `Authorization` on their way to another host: `bye` names the URL, and JSON answers do by 421."""
    with two_shards(here) as ports:
        (user,) = users_of(0, 1)
        with here.stream(ports[1], user) as stream:
            stream.until_over()
        (bye,) = stream.data("bye")
        assert bye == {"reason": "moved", "reconnect": True, "url": f"http://127.0.0.1:{ports[0]}/v1/stream"}
        authorized = {"authorization": here.bearer(user)}
        asked = httpx.get(f"http://127.0.0.1:{ports[1]}/v1/notifications", headers=authorized)
        assert (asked.status_code, asked.json()["url"]) == (421, f"http://127.0.0.1:{ports[0]}")
        with httpx.Client(follow_redirects=True, cookies={"tidings_session": cookie(here, user)}) as http:
            assert http.get(f"http://127.0.0.1:{ports[1]}/v1/notifications").json()["notifications"] == []


def test_a_partition_that_moves_takes_its_streams_along(here: Corner) -> None:
    """While events keep coming, and back again: each user gets every one of them once, in order, without a `reset`."""
    partition, rounds = 1, 60
    movers, stayers = users_of(partition, 5), users_of(3, 2)
    with two_shards(here) as ports, ExitStack() as stack:
        followers = {}
        for user in [*movers, *stayers]:
            follower = Follower(f"http://127.0.0.1:{ports[1]}/v1/stream", cookie(here, user), rounds)
            stack.callback(follower.stop)
            follower.start()
            followers[user] = follower
        assert all(follower.live.wait(20) for follower in followers.values())
        for number in range(rounds):
            here.publish(*followers, title=str(number))
            if number == 15:
                shards_command(here, "move", str(partition), "--to", "0")
            if number == 40:
                until(lambda: all(len(followers[user].hosts) > 1 for user in movers), "they have moved")
                shards_command(here, "move", str(partition), "--back")
            time.sleep(0.02)
        for follower in followers.values():
            follower.join(30)
        for user, follower in followers.items():
            assert follower.titles == [str(number) for number in range(rounds)], user
            assert "reset" not in follower.control
            assert follower.failures == []
        right, left = (f"127.0.0.1:{port}" for port in ports)
        assert all({right, left} == set(followers[user].hosts) for user in movers)
        assert all(followers[user].hosts == [left] for user in stayers)


def test_the_command_says_where_everybody_is(here: Corner) -> None:
    """What it prints is what the gateways do."""
    shards_command(here, "move", "2", "--to", "1")
    table = Shards(0, default_addresses(2)).moved({2: 1})
    rows = [line.split() for line in shards_command(here, "show", "-n", "2").splitlines() if "│" in line]
    shown = {int(row[1]): int(row[3]) for row in rows}
    assert shown == {partition: table.owner(partition) for partition in range(PARTITIONS)}
