"""The peers: each as its own documentation sets it up for one core, with nothing on that slows it down."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from urllib.parse import quote, urlencode

from confluent_kafka import Producer
from joserfc import jwt
from joserfc.jwk import OctKey
from tidings.local.child import Child
from tidings.local.ports import free_ports
from tidings_schemas.settings import Settings
from tidings_schemas.topics import NOTIFICATIONS

from tidings_bench.services import prepared

from .cores import Usage
from .reader import get
from .side import Http, Running, Side, program, server

_SECRET = "a secret of this bench alone, for no other use"
_NCHAN = Path("/usr/lib/nginx/modules/ngx_nchan_module.so")
_KAFKA_SSE = Path(__file__).with_name("kafka_sse")
_HEAD = "\r\n\r\n"
_SETTLING_S = 5.0


class Peer:
    """One peer.

    Args:
        name: as the table shows it.
        remedy: how to get it.
        there: whether it is there.
        run: starts it.
    """

    def __init__(
        self,
        name: str,
        remedy: str,
        there: Callable[[], bool],
        run: Callable[[Path, int], AbstractContextManager[Running]],
    ) -> None:
        self.name = name
        self._remedy = remedy
        self._there = there
        self.run = run

    def missing(self) -> str | None:
        """As `Side.missing`."""
        return None if self._there() else self._remedy


class _Stock(Http):
    def request(self, number: int) -> bytes:
        return get("/stream")

    def publish(self, data: str) -> None:
        self.post("/publish", data)


@contextmanager
def _stock(folder: Path, streams: int) -> Iterator[Running]:
    port = free_ports().gateway
    command = [sys.executable, "-m", "tidings_bench.gateway.stock", str(port)]
    with server("sse-starlette", command, port, folder) as child:
        yield _Stock(child, port, ": hi")


class _Nchan(Http):
    def request(self, number: int) -> bytes:
        return get("/stream")

    def publish(self, data: str) -> None:
        self.post("/publish", data, {"Content-Type": "text/plain"})


@contextmanager
def _nchan(folder: Path, streams: int) -> Iterator[Running]:
    port, config = free_ports().gateway, folder / "nginx.conf"
    config.write_text(
        f"load_module {_NCHAN}; daemon off; master_process off; pid {folder}/nginx.pid; error_log stderr error;\n"
        f"events {{ worker_connections {2 * streams + 100}; }}\n"
        f"http {{ access_log off; nchan_shared_memory_size 256M; server {{ listen 127.0.0.1:{port} backlog=4096;\n"
        " location = /stream { nchan_subscriber eventsource; nchan_channel_id all; "
        "nchan_subscriber_first_message newest; }\n"
        " location = /publish { nchan_publisher; nchan_channel_id all; nchan_message_buffer_length 100; } } }\n"
    )
    command = [program("nginx") or "nginx", "-c", str(config), "-p", str(folder)]
    with server("nchan", command, port, folder) as child:
        yield _Nchan(child, port, _HEAD)


_MAY_PUBLISH = jwt.encode({"alg": "HS256"}, {"mercure": {"publish": ["*"]}}, OctKey.import_key(_SECRET))


class _Mercure(Http):
    def request(self, number: int) -> bytes:
        return get("/.well-known/mercure?topic=all")

    def publish(self, data: str) -> None:
        headers = {"Authorization": f"Bearer {_MAY_PUBLISH}", "Content-Type": "application/x-www-form-urlencoded"}
        self.post("/.well-known/mercure", urlencode({"topic": "all", "data": data}), headers)


@contextmanager
def _mercure(folder: Path, streams: int) -> Iterator[Running]:
    port, config = free_ports().gateway, folder / "Caddyfile"
    config.write_text(
        f"{{\n auto_https off\n admin off\n persist_config off\n}}\nhttp://127.0.0.1:{port} {{\n route {{\n"
        f'  mercure {{\n   transport local\n   anonymous\n   publisher_jwt "{_SECRET}"\n   subscriber_jwt "{_SECRET}"\n'
        "  }\n  respond 404\n }\n}\n"
    )
    command = [program("mercure") or "mercure", "run", "--config", str(config), "--adapter", "caddyfile"]
    with server("mercure", command, port, folder, GOMAXPROCS="1", HOME=str(folder)) as child:
        yield _Mercure(child, port, _HEAD)


class _Centrifugo(Http):
    def request(self, number: int) -> bytes:
        return get("/connection/uni_sse?cf_connect=" + quote(json.dumps({"subs": {"all": {}}})))

    def publish(self, data: str) -> None:
        body = json.dumps({"channel": "all", "data": {"text": data}})
        self.post("/api/publish", body, {"X-API-Key": _SECRET, "Content-Type": "application/json"})


@contextmanager
def _centrifugo(folder: Path, streams: int) -> Iterator[Running]:
    port, config = free_ports().gateway, folder / "config.json"
    settings = {"address": "127.0.0.1", "port": port, "api_key": _SECRET, "token_hmac_secret_key": _SECRET}
    allowed = ["uni_sse", "allow_anonymous_connect_without_token"]
    allowed += ["allow_subscribe_for_client", "allow_subscribe_for_anonymous"]
    config.write_text(json.dumps(settings | dict.fromkeys(allowed, True) | {"log_level": "error"}))
    command = [program("centrifugo") or "centrifugo", "--config", str(config)]
    with server("centrifugo", command, port, folder, GOMAXPROCS="1") as child:
        yield _Centrifugo(child, port, '"connect"')


class _KafkaSse:
    """Published to through Kafka, as ours is."""

    ready = _HEAD

    def __init__(self, child: Child, port: int, settings: Settings) -> None:
        self.port = port
        self.usage = Usage(child.pid)
        self._topic = settings.namespace.name(NOTIFICATIONS)
        self._producer = Producer(settings.kafka(**{"linger.ms": 0}))
        self._settled = False

    def request(self, number: int) -> bytes:
        return get("/stream")

    def publish(self, data: str) -> None:
        if not self._settled:  # the head comes before the stream's consumer has asked Kafka where the log ends
            time.sleep(_SETTLING_S)
            self._settled = True
        self._producer.produce(self._topic, json.dumps({"text": data}), b"", 0)
        self._producer.poll(0)


@contextmanager
def _kafka_sse(folder: Path, streams: int) -> Iterator[Running]:
    port = free_ports().gateway
    with prepared() as settings:
        topic = settings.namespace.name(NOTIFICATIONS)
        command = ["node", str(_KAFKA_SSE / "server.js"), str(port), settings.bootstrap_servers, topic]
        with server("kafka-sse", command, port, folder) as child:
            yield _KafkaSse(child, port, settings)


def _go(name: str, module: str) -> str:
    return f"build {name} with Go ({module}) and put it on the PATH"


PEERS: dict[str, Side] = {
    peer.name: peer
    for peer in (
        Peer("sse-starlette", "", lambda: True, _stock),
        Peer(
            "nchan",
            "apt install nginx libnginx-mod-nchan (Debian)",
            lambda: program("nginx") is not None and _NCHAN.exists(),
            _nchan,
        ),
        Peer(
            "centrifugo",
            _go("centrifugo", "go install github.com/centrifugal/centrifugo/v5@v5.4.9"),
            lambda: program("centrifugo") is not None,
            _centrifugo,
        ),
        Peer(
            "mercure",
            _go("mercure", "cd mercure/caddy/mercure && go build, from github.com/dunglas/mercure, v0.21"),
            lambda: program("mercure") is not None,
            _mercure,
        ),
        Peer(
            "kafka-sse",
            f"npm install --prefix {_KAFKA_SSE} (Node.js 20 and a C++ compiler)",
            lambda: program("node") is not None and (_KAFKA_SSE / "node_modules" / "kafka-sse").exists(),
            _kafka_sse,
        ),
    )
}
