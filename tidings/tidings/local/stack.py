"""Kafka and the registry together, for as long as a `with` block lasts."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self

from tidings.local import kafka, ports, registry
from tidings.local.child import Child
from tidings.local.paths import Folders
from tidings.local.ports import HOST, Ports
from tidings.local.service import Service, wait_ready


class LocalStack:
    """The embedded broker and registry.

        with LocalStack(paths.beneath(tmp), ports.free_ports()) as stack:
            stack.bootstrap_servers, stack.registry_url

    Entering raises a `LocalError` that says what is missing; nothing runs then.
    """

    def __init__(self, folders: Folders, at: Ports | None = None, stopped: Callable[[], bool] = lambda: False) -> None:
        self._folders, self._ports, self._stopped = folders, at or Ports(), stopped
        self._running: list[tuple[Service, Child]] = []
        self.bootstrap_servers = f"{HOST}:{self._ports.kafka}"
        self.registry_url = f"http://{HOST}:{self._ports.registry}{registry.API}"

    def __enter__(self) -> Self:
        wanted = {"kafka": self._ports.kafka, "registry": self._ports.registry}
        ports.check({**wanted, "controller": self._ports.controller})
        self._folders.create()
        try:
            with ThreadPoolExecutor(2) as pool:
                list(pool.map(self._start, (self._kafka, self._registry)))
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End both; returns when they are gone."""
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda one: one[1].stop(one[0].grace), self._running))
        self._running.clear()

    @property
    def pids(self) -> dict[str, int]:
        return {service.name: child.pid for service, child in self._running}

    def _kafka(self) -> Service:
        return kafka.prepare(self._folders, self._ports, kafka.fetch(self._folders, stopped=self._stopped))

    def _registry(self) -> Service:
        return registry.prepare(self._folders, self._ports, registry.fetch(self._folders, stopped=self._stopped))

    def _start(self, prepare: Callable[[], Service]) -> None:
        service = prepare()
        child = service.start()
        self._running.append((service, child))
        wait_ready(service, child, self._stopped)
