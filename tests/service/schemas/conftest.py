"""A real registry, also behind a proxy that can be cut."""

from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit

import pytest
from tidings.local.services import Endpoints
from tidings_chaos.tcp_proxy import Proxy
from tidings_schemas.registry import Registry


@pytest.fixture
def registry(kafka: Endpoints) -> Iterator[Registry]:
    """A client of the real registry."""
    client = Registry(kafka.registry_url)
    yield client
    client.close()


@pytest.fixture
def proxy(kafka: Endpoints) -> Iterator[Proxy]:
    """Stands before the real registry."""
    address = urlsplit(kafka.registry_url)
    assert address.hostname is not None
    assert address.port is not None
    proxy = Proxy(address.hostname, address.port)
    yield proxy
    proxy.close()


@pytest.fixture
def proxied(kafka: Endpoints, proxy: Proxy) -> Iterator[Registry]:
    """A client that reaches the registry through the proxy."""
    client = Registry(urlunsplit(urlsplit(kafka.registry_url)._replace(netloc=f"127.0.0.1:{proxy.port}")))
    yield client
    client.close()
