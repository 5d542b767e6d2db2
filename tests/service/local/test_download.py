"""Downloads, from a repository that this test serves."""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tidings.local import download
from tidings.local.artifacts import Artifact
from tidings.local.errors import Cancelled, DiskFull, DownloadFailed

CONTENT = bytes(range(256)) * 4096
WHOLE = Artifact("org/it/it-1.jar", len(CONTENT), hashlib.sha256(CONTENT).hexdigest())


@dataclass
class Repository:
    """What the server does, and what it was asked.

    Attributes:
        cuts: answers are broken off after so many bytes, one entry a request.
        content: what it sends.
        ranges: the Range header of each request.
    """

    content: bytes = CONTENT
    cuts: list[int] = field(default_factory=list)
    ranges: list[str | None] = field(default_factory=list)


@contextmanager
def served(repository: Repository) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = self.headers["Range"]
            repository.ranges.append(asked)
            start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
            rest = repository.content[start:]
            self.send_response(206 if asked else 200)
            self.send_header("Content-Length", str(len(rest)))
            self.end_headers()
            self.wfile.write(rest[: repository.cuts.pop(0)] if repository.cuts else rest)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def repository(monkeypatch: pytest.MonkeyPatch) -> Iterator[Repository]:
    """A repository that the environment names as the mirror."""
    one = Repository()
    with served(one) as address:
        monkeypatch.setenv("TIDINGS_MAVEN_REPOSITORY", address)
        yield one


def test_fetched_once(repository: Repository, tmp_path: Path) -> None:
    """A whole file is not asked for again, and progress ends at the total."""
    seen: list[tuple[int, int]] = []
    (path,) = download.fetch([WHOLE], tmp_path, lambda done, total: seen.append((done, total)))
    assert path.read_bytes() == CONTENT
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    download.fetch([WHOLE], tmp_path)
    assert len(repository.ranges) == 1


def test_broken_off_download_goes_on(repository: Repository, tmp_path: Path) -> None:
    """The rest alone is asked for, and the file is whole."""
    repository.cuts = [1000]
    (path,) = download.fetch([WHOLE], tmp_path)
    assert path.read_bytes() == CONTENT
    assert repository.ranges == [None, "bytes=1000-"]


def test_half_finished_file_is_noticed(repository: Repository, tmp_path: Path) -> None:
    """A file of the wrong size in the cache is fetched anew."""
    target = tmp_path / WHOLE.path
    target.parent.mkdir(parents=True)
    target.write_bytes(CONTENT[:500])
    download.fetch([WHOLE], tmp_path)
    assert target.read_bytes() == CONTENT


def test_damaged_part_is_mended(repository: Repository, tmp_path: Path) -> None:
    """A part that continues to the right size with the wrong bytes is thrown away and fetched from the start."""
    part = tmp_path / (WHOLE.path + ".part")
    part.parent.mkdir(parents=True)
    part.write_bytes(b"x" * 500)
    (path,) = download.fetch([WHOLE], tmp_path)
    assert path.read_bytes() == CONTENT
    assert repository.ranges == ["bytes=500-", None]


def test_wrong_content_is_refused(repository: Repository, tmp_path: Path) -> None:
    """Bytes of another digest never reach their place; the sentence names the file and the remedy."""
    repository.content = b"x" * len(CONTENT)
    with pytest.raises(DownloadFailed, match=r"it-1\.jar could not be fetched .*SHA-256.*TIDINGS_MAVEN_REPOSITORY"):
        download.fetch([WHOLE], tmp_path)
    assert not (tmp_path / WHOLE.path).exists()


def test_stop_keeps_what_was_fetched(repository: Repository, tmp_path: Path) -> None:
    """A cancelled download leaves its part for the next start."""
    done: list[int] = []
    with pytest.raises(Cancelled):
        download.fetch([WHOLE], tmp_path, lambda now, _: done.append(now), stopped=lambda: bool(done and done[-1]))
    assert 0 < (tmp_path / (WHOLE.path + ".part")).stat().st_size < len(CONTENT)
    (path,) = download.fetch([WHOLE], tmp_path)
    assert path.read_bytes() == CONTENT


def test_full_disk_is_told_before_anything_is_fetched(repository: Repository, tmp_path: Path) -> None:
    """More than any disk holds is refused with what is missing, and nothing is asked for."""
    huge = Artifact("it.jar", 1 << 60, "0")
    with pytest.raises(DiskFull, match=r"The download needs \d+ MiB in .*, but only \d+ MiB are free"):
        download.fetch([huge], tmp_path)
    assert repository.ranges == []
