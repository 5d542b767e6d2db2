"""Apicurio Registry in one child process, its schemas in an H2 file; the Confluent API is what others talk to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tidings.local import artifacts, asking, download, java, unpack
from tidings.local.paths import Folders
from tidings.local.ports import HOST, Ports
from tidings.local.service import Service

API = "/apis/ccompat/v7"


def fetch(
    folders: Folders,
    progress: download.Progress = lambda done, total: None,
    stopped: Callable[[], bool] = lambda: False,
) -> Path:
    """The folder of the unpacked registry, fetched as needed. Raises what `download.fetch` raises."""
    bundle = artifacts.locked()["registry"]
    folder = folders.cache / f"apicurio-registry-{bundle.version}"
    if not unpack.is_whole(folder):
        (archive,) = download.fetch(bundle.files, folders.cache / "maven", progress, stopped)
        unpack.unpack(archive, folder)
        archive.unlink()  # 150 MiB that nobody reads again
    return folder


def prepare(folders: Folders, ports: Ports, program: Path) -> Service:
    """How the registry is run."""
    data = folders.data / "registry"
    data.mkdir(parents=True, exist_ok=True)
    temporary = java.empty_folder(folders.state / "tmp" / "registry")
    settings = properties(data, ports.registry)
    options = (f"-D{key}={value}" for key, value in settings.items())
    address = f"http://{HOST}:{ports.registry}{API}"
    return Service(
        name="registry",
        command=java.command((*options, "-jar", str(program / "quarkus-run.jar")), temporary, heap_mib=256),
        log=folders.logs / "registry.log",
        folder=data,
        ready=lambda: answers(address),
        address=address,
    )


def properties(data: Path, port: int) -> dict[str, str]:
    """Settings of a single node that writes its H2 database into `data`."""
    return {
        "quarkus.http.host": HOST,
        "quarkus.http.port": str(port),
        # The management server listens on all interfaces, port 9000, unless told otherwise; nobody asks it here.
        "quarkus.management.host": HOST,
        "quarkus.management.port": "0",
        "quarkus.http.access-log.enabled": "false",
        "apicurio.storage.kind": "sql",
        "apicurio.storage.sql.kind": "h2",
        # H2 writes with half a second's delay by default: a kill could forget an id that was already given out.
        "apicurio.datasource.url": f"jdbc:h2:file:{data / 'registry'};WRITE_DELAY=0",
        "apicurio.datasource.jdbc.initial-size": "2",
        "apicurio.datasource.jdbc.min-size": "2",
        "apicurio.datasource.jdbc.max-size": "10",
        "apicurio.storage.snapshot.location": str(data),
    }


def answers(address: str, within: float = 1.0) -> bool:
    """Whether a registry at `address` (its Confluent API) lists its subjects within that many seconds."""
    return asking.http(f"{address}/subjects", within)
