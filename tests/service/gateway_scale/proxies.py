"""The proxies of deploy/proxy, run on free ports before gateways on free ports."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tidings.local.ports import free_ports

CONFIGS = Path(__file__).parents[3] / "deploy" / "proxy"
COMMANDS = {
    "nginx": ["nginx", "-c", "{config}", "-p", "{folder}", "-e", "stderr", "-g", "pid {folder}/pid; daemon off;"],
    "haproxy": ["haproxy", "-db", "-f", "{config}"],
    "caddy": ["caddy", "run", "--adapter", "caddyfile", "--config", "{config}"],
}
FILES = {"nginx": "nginx.conf", "haproxy": "haproxy.cfg", "caddy": "Caddyfile"}
PROXIES = [
    pytest.param(
        name,
        marks=pytest.mark.skipif(
            shutil.which(name, path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin") is None,
            reason=f"{name} is not installed (Debian: apt-get install {'nginx-light' if name == 'nginx' else name})",
        ),
    )
    for name in COMMANDS
]


@dataclass
class Proxy:
    """One proxy, which may be stopped and started."""

    name: str
    port: int
    folder: Path
    config: Path
    process: subprocess.Popen[bytes] | None = field(default=None)

    @property
    def url(self) -> str:
        """Where browsers come."""
        return f"https://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Returns when it takes connections."""
        program, *arguments = [part.format(config=self.config, folder=self.folder) for part in COMMANDS[self.name]]
        path = shutil.which(program, path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
        assert path is not None
        with (self.folder / "log").open("ab") as log:
            environ = {"HOME": str(self.folder), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
            self.process = subprocess.Popen([path, *arguments], stdout=log, stderr=log, env=environ)
        deadline = time.monotonic() + 20
        while not _listens(self.port):
            assert self.process.poll() is None, (self.folder / "log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def stop(self) -> None:
        """Ends it, and with it all connections through it."""
        assert self.process is not None
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextmanager
def proxy(name: str, folder: Path, gateways: Sequence[int]) -> Iterator[Proxy]:
    """The proxy before the gateways of shard 0 and shard 1."""
    folder.mkdir()
    port = free_ports().gateway
    text = (CONFIGS / FILES[name]).read_text().replace(":8600", f":{gateways[0]}").replace(":8610", f":{gateways[1]}")
    text = text.replace("8443", str(port)).replace("/etc/tidings", str(folder))
    text = text.replace("100000", "5000")  # connections: a test may open fewer files than a server
    config = folder / FILES[name]
    config.write_text(text)
    _certificate(folder)
    running = Proxy(name, port, folder, config)
    running.start()
    try:
        yield running
    finally:
        running.stop()


def _certificate(folder: Path) -> None:
    """A self-signed one for loopback, as three files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    certificate = made.public_bytes(serialization.Encoding.PEM)
    no_password = serialization.NoEncryption()
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, no_password)
    (folder / "tls.crt").write_bytes(certificate)
    (folder / "tls.key").write_bytes(secret)
    (folder / "tls.pem").write_bytes(certificate + secret)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
