"""Questions whether something answers."""

import socket

from tidings.local import asking, kafka

from tests.service.local.test_download import Repository, served


def test_http_wants_200() -> None:
    """Only a 200 counts; another status, or nobody there, does not."""
    with served(Repository()) as address:
        assert asking.http(address)
    assert not asking.http(address)


def test_who_only_listens_is_no_kafka() -> None:
    """An open port is not yet a broker."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        servers = f"127.0.0.1:{server.getsockname()[1]}"
        assert asking.any_tcp(f"127.0.0.1:1, {servers}")
        assert not kafka.answers(servers, within=0.3)
    assert not asking.any_tcp(servers)
