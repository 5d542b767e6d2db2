"""The git source on a real repository and a real Kafka."""

import subprocess
import threading
from pathlib import Path

import pytest
from tidings_producers.core.commit import Commit
from tidings_producers.errors import SourceUnusable
from tidings_producers.publisher import Publisher
from tidings_producers.sources.git import Repository, run, told
from tidings_schemas.settings import Settings

from tests.reading import read_all

WHO = ("-c", "user.name=Ada Lovelace", "-c", "user.email=ada@example.org")


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *WHO, *arguments], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def _commit(folder: Path, summary: str) -> str:
    (folder / "notes.md").write_text(f"{summary}\n")
    _git(folder, "add", ".")
    _git(folder, "commit", "-q", "-m", summary)
    return _git(folder, "rev-parse", "HEAD")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A repository called `engine` with two commits."""
    folder = tmp_path / "engine"
    folder.mkdir()
    _git(folder, "init", "-q", "-b", "main")
    _commit(folder, "Add notes")
    _commit(folder, "Mend notes — naïvely 🛩")
    return folder


def test_commits_are_read_oldest_first(folder: Path) -> None:
    """With their counts; a limit keeps the newest."""
    repository = Repository(folder)
    commits = repository.commits(repository.head())
    assert [commit.summary for commit in commits] == ["Add notes", "Mend notes — naïvely 🛩"]
    assert (commits[1].files, commits[1].insertions, commits[1].deletions) == (1, 1, 1)
    assert [commit.summary for commit in repository.commits(repository.head(), limit=1)] == ["Mend notes — naïvely 🛩"]
    assert (repository.name, repository.branch) == ("engine", "main")


def test_known_commits_are_left_out_also_after_a_rewrite(folder: Path) -> None:
    """Hashes that the repository has lost do no harm."""
    repository = Repository(folder)
    first = repository.commits(repository.head())[0].hash
    assert [commit.summary for commit in repository.commits(repository.head(), [first, "f" * 40])] == [
        "Mend notes — naïvely 🛩"
    ]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"path": "nowhere"}, "git cannot read"),
        ({"branch": "nobody"}, "no branch 'nobody'"),
        ({"name": "a|b"}, "plain --name"),
    ],
)
def test_what_cannot_be_read_is_told(folder: Path, wrong: dict[str, str], told: str) -> None:
    """In one sentence, before anything is published."""
    path = folder / wrong.pop("path", ".")
    with pytest.raises(SourceUnusable, match=told):
        Repository(path, **wrong)


def test_an_empty_repository_is_told(tmp_path: Path) -> None:
    """It has a branch, but no commit on it."""
    _git(tmp_path, "init", "-q", "-b", "main")
    with pytest.raises(SourceUnusable, match="no branch 'main' with a commit"):
        Repository(tmp_path)


@pytest.mark.kafka
def test_each_commit_is_published_once(folder: Path, publisher: Publisher, settings: Settings) -> None:
    """A second run publishes only what is new."""
    repository, stop = Repository(folder), threading.Event()
    assert run(repository, publisher, told(settings, repository), stop) == 2
    publisher.flush(30)
    newest = _commit(folder, "Third")
    assert run(repository, publisher, told(settings, repository), stop) == 1
    publisher.flush(30)
    records = read_all(settings, "events.git")
    last = publisher.codec.decode(records[-1].value())[1]
    assert [record.key() for record in records] == [b"engine"] * 3
    assert (last["commit"], last["summary"], last["author"]) == (newest, "Third", "Ada Lovelace")


@pytest.mark.kafka
def test_following_sees_new_commits(folder: Path, publisher: Publisher) -> None:
    """Until it is stopped."""
    seen: list[str] = []
    stop, second = threading.Event(), threading.Event()

    def show(commit: Commit) -> None:
        seen.append(commit.summary)
        if len(seen) == 2:
            second.set()
        if commit.summary == "Third":
            stop.set()

    follower = threading.Thread(
        target=run,
        args=(Repository(folder), publisher, set(), stop),
        kwargs={"follow": True, "every": 0.02, "show": show},
    )
    follower.start()
    assert second.wait(60)
    _commit(folder, "Third")
    follower.join(60)
    assert seen[-1] == "Third"
    assert not follower.is_alive()
