"""Links by toxiproxy, a server of its own that is told over HTTP what to spoil.

Source: its README, "HTTP API" (github.com/Shopify/toxiproxy, v2).
"""

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import httpx
from tidings.local.child import Child
from tidings.local.service import Service, wait_ready

from .links import TOXICS, NetFault, Route

_MODULE = "github.com/Shopify/toxiproxy/v2/cmd/server"
_VERSION = "v2.12.0"
_BUILD_S = 300


def program(cache: Path, tell: Callable[[str], None], build: bool = True) -> Path | None:
    """The server: an installed one, one that was built before, or one that Go builds now. None: not to be had."""
    if found := shutil.which("toxiproxy-server"):
        return Path(found)
    built = cache / f"toxiproxy-{_VERSION}" / "server"
    if not built.exists() and build and (go := shutil.which("go")):
        tell(f"building toxiproxy {_VERSION} with Go, once")
        _build(go, built, tell)
    return built if built.exists() else None


def _build(go: str, built: Path, tell: Callable[[str], None]) -> None:
    environ = {**os.environ, "GOBIN": str(built.parent)}
    command = [go, "install", f"{_MODULE}@{_VERSION}"]
    try:
        done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=_BUILD_S, check=False)
    except subprocess.TimeoutExpired:
        tell(f"Go did not build toxiproxy within {_BUILD_S} s")
        return
    if done.returncode:
        tell(f"Go could not build toxiproxy: {done.stderr.strip()[-300:]}")


class ToxiproxyLinks:
    """See `links.Links`.

    Args:
        server: the program.
        port: for its HTTP API.
        log: a file for what it says.
    """

    faults = tuple(NetFault)

    def __init__(self, server: Path, port: int, log: Path) -> None:
        self._names: dict[str, list[str]] = {}
        self._http = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10, trust_env=False)
        service = Service(
            name="toxiproxy",
            command=(str(server), "-host", "127.0.0.1", "-port", str(port)),
            log=log,
            ready=self._answers,
            ready_within=30.0,
        )
        self._child: Child = service.start()
        wait_ready(service, self._child)

    def open(self, routes: Sequence[Route]) -> None:
        """See `Links.open`."""
        for route in routes:
            names = self._names.setdefault(route.link, [])
            names.append(f"{route.link}-{len(names)}")
            place = {"listen": f"127.0.0.1:{route.listen}", "upstream": f"127.0.0.1:{route.target}"}
            self._post("/proxies", {"name": names[-1], "enabled": True, **place})

    def spoil(self, link: str, fault: NetFault) -> None:
        """See `Links.spoil`."""
        for name in self._names[link]:
            if fault is NetFault.DOWN:
                self._post(f"/proxies/{name}", {"enabled": False})
                continue
            kind, attributes = TOXICS[fault]
            for stream in ("upstream", "downstream"):
                self._post(f"/proxies/{name}/toxics", {"type": kind, "stream": stream, "attributes": attributes})

    def mend(self, link: str) -> None:
        """See `Links.mend`. Not by toxiproxy's `reset`, which would mend the other links too."""
        for name in self._names[link]:
            toxics = f"/proxies/{name}/toxics"
            for toxic in self._http.get(toxics).raise_for_status().json():
                self._http.delete(f"{toxics}/{toxic['name']}").raise_for_status()
            self._post(f"/proxies/{name}", {"enabled": True})

    def close(self) -> None:
        """See `Links.close`."""
        self._http.close()
        self._child.stop(5.0)

    def _post(self, path: str, body: dict[str, Any]) -> None:
        self._http.post(path, json=body).raise_for_status()

    def _answers(self) -> bool:
        try:
            return self._http.get("/version").status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False
