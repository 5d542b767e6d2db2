"""A client that keeps to the standard: it comes back to the address that it knows, with the last id, and is sent on."""

import threading
from collections.abc import Callable

import httpx
from httpx_sse import EventSource, ServerSentEvent

Request = Callable[[], tuple[str, dict[str, str]]]


class Follower(threading.Thread):
    """Reads until it has so many notifications, or is told to stop.

    Attributes:
        titles: of the notifications, in the order in which they came.
        control: names of the other events.
        hosts: host and port of each answer that became a stream.
        failures: what went wrong; empty in a good run.
    """

    def __init__(self, url: str, cookie: str, wanted: int, cursor: str = "") -> None:
        super().__init__(daemon=True)
        self.titles: list[str] = []
        self.control: list[str] = []
        self.hosts: list[str] = []
        self.failures: list[str] = []
        self.live = threading.Event()
        self.cursor = cursor
        self._url = url
        self._cookie = cookie
        self._wanted = wanted
        self._stopped = threading.Event()
        self._retry = 0.2

    def stop(self) -> None:
        """Ends it at its next frame."""
        self._stopped.set()

    def run(self) -> None:
        with httpx.Client(follow_redirects=True, timeout=30, verify=False, trust_env=False) as http:
            http.cookies.set("tidings_session", self._cookie)
            while not self._done():
                try:
                    self._connect(http)
                except httpx.TransportError as error:
                    self.failures.append(repr(error))
                self._stopped.wait(self._retry)

    def _connect(self, http: httpx.Client) -> None:
        headers = {"accept": "text/event-stream"}
        if self.cursor:
            headers["last-event-id"] = self.cursor
        with http.stream("GET", self._url, headers=headers) as response:
            self.hosts.append(f"{response.url.host}:{response.url.port}")
            for event in EventSource(response).iter_sse():
                self._take(event)
                if self._done():
                    return

    def _take(self, event: ServerSentEvent) -> None:
        self.cursor = event.id or self.cursor
        if event.retry is not None:
            self._retry = min(event.retry / 1000, 0.5)
        if event.event == "notification":
            self.titles.append(event.json()["title"])
            return
        self.control.append(event.event)
        if event.event == "ready":
            self.live.set()

    def _done(self) -> bool:
        return self._stopped.is_set() or len(self.titles) >= self._wanted
