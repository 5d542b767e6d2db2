"""Shell: the git source. Turns the commits of a local repository into events, and follows new ones.

It remembers nothing itself: it reads the end of `events.git` and goes on after the last commit that is told there.
"""

import subprocess
import threading
from collections.abc import Callable, Iterable
from pathlib import Path

import structlog
from tidings_schemas.settings import Settings
from tidings_schemas.topics import FOLLOWED_TOPIC, events_topic

from tidings_producers.core.commit import FORMAT, Commit, event, parse
from tidings_producers.errors import SourceUnusable
from tidings_producers.publisher import Publisher

from .player import persist
from .recent import recent

log = structlog.get_logger(__name__)


class Repository:
    """A local git repository.

    Args:
        path: its working tree or its `.git`.
        name: what it is called; the folder's name if empty.
        branch: the branch to read; the one that is checked out if empty.

    Raises:
        SourceUnusable: git is not installed, there is no repository or branch, or its name cannot be followed.
    """

    def __init__(self, path: Path, name: str = "", branch: str = "") -> None:
        self._path = path
        root = Path(self._git("rev-parse", "--path-format=absolute", "--git-common-dir").strip())
        self.name = name or (root.parent.name if root.name == ".git" else root.name.removesuffix(".git"))
        if not FOLLOWED_TOPIC.fullmatch(f"repo:{self.name}"):
            raise SourceUnusable(f"{self.name!r} cannot be followed: give it a plain --name, letters, digits and ._-")
        self.branch = branch or self._git("symbolic-ref", "--short", "HEAD", missing="HEAD").strip()
        self.head()

    def head(self) -> str:
        """The hash of the branch's newest commit."""
        found = self._git("rev-parse", "--verify", "--quiet", f"{self.branch}^{{commit}}", missing="").strip()
        if not found:
            raise SourceUnusable(f"{self.name} has no branch {self.branch!r} with a commit")
        return found

    def commits(self, head: str, known: Iterable[str] = (), limit: int = 0) -> list[Commit]:
        """The commits that `head` reaches and none of `known` does, oldest first; the newest `limit` (0 = all).

        Hashes in `known` that the repository does not have (a rewritten history) do not matter.
        """
        options = [f"--max-count={limit}"] if limit else []
        exclude = "\n".join(f"^{commit}" for commit in known)
        revisions = f"{head}\n{exclude}\n"
        out = self._git(
            "log", "--numstat", f"--format={FORMAT}", "--ignore-missing", *options, "--stdin", given=revisions
        )
        return parse(out)[::-1]

    def _git(self, *arguments: str, given: str | None = None, missing: str | None = None) -> str:
        """What git prints; `missing` if it fails and that is given."""
        command = ["git", "-C", str(self._path), *arguments]
        try:
            done = subprocess.run(command, input=given, capture_output=True, encoding="utf-8", errors="replace")
        except FileNotFoundError as error:
            raise SourceUnusable("git is not installed") from error
        if done.returncode == 0:
            return done.stdout
        if missing is None:
            raise SourceUnusable(f"git cannot read {self._path}: {done.stderr.strip()}")
        return missing


def told(settings: Settings, repository: Repository) -> set[str]:
    """Hashes of the repository's commits at the end of `events.git`. Raises: as `recent`."""
    source = f"/git/{repository.name}"
    return {one.id for one in recent(settings, events_topic("git").name) if one.source == source}


def run(
    repository: Repository,
    publisher: Publisher,
    known: set[str],
    stop: threading.Event,
    *,
    limit: int = 100,
    follow: bool = False,
    every: float = 1.0,
    show: Callable[[Commit], object] = lambda _: None,
) -> int:
    """Publishes commits that are not `known`, oldest first; returns how many.

    Args:
        limit: the most of a history of which nothing is known; 0 = all of it.
        follow: go on with new commits until `stop` is set, looking every `every` seconds.

    Raises:
        SourceUnusable: the repository cannot be read any more.
        Permanent: an event can never be published.
    """
    count, done = 0, ""
    while not stop.is_set():
        head = repository.head()
        if head != done:
            for commit in repository.commits(head, known, 0 if known else limit):
                if not persist(publisher, event(commit, repository.name, repository.branch), stop):
                    return count
                known.add(commit.hash)
                count += 1
                show(commit)
            done = head
            known = {*known, head}
        if not follow or stop.wait(every):
            break
    return count
