"""Commits, as `git log` prints them, and the events that they make."""

from dataclasses import dataclass
from datetime import UTC, datetime

from tidings_schemas.event import Event
from tidings_schemas.records import Followable

#: `git log --format=` for `parse`: a record separator, then fields between unit separators; then `--numstat` lines.
FORMAT = "%x1e%H%x1f%an%x1f%ae%x1f%ct%x1f%s%x1f"


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit; `committed_at` in UTC, `files`, `insertions`, `deletions` counted over its diff."""

    hash: str
    author: str
    author_email: str
    committed_at: datetime
    summary: str
    files: int
    insertions: int
    deletions: int


def parse(log: str) -> list[Commit]:
    """The commits in the output of `git log --numstat --format=FORMAT`, in its order.

    Raises:
        ValueError: it is not such output.
    """
    return [_commit(record) for record in log.split("\x1e")[1:]]


def event(commit: Commit, repository: str, branch: str) -> Event:
    """What to tell of a commit. Its id is the commit's hash, so the same commit is the same event each time."""
    return Event(
        type="tidings.git.CommitPushed",
        data={
            "repository": repository,
            "commit": commit.hash,
            "branch": branch,
            "author": commit.author,
            "author_email": commit.author_email,
            "committed_at": commit.committed_at,
            "summary": commit.summary,
            "files_changed": commit.files,
            "insertions": commit.insertions,
            "deletions": commit.deletions,
        },
        id=commit.hash,
        source=f"/git/{repository}",
        subject=repository,
        time=commit.committed_at,
    )


def followable(repository: str) -> Followable:
    """The repository, as something to follow."""
    return Followable(f"repo:{repository}", "repo", repository, "Git repository")


def _commit(record: str) -> Commit:
    name, author, email, seconds, summary, stat = record.split("\x1f")
    counts = [line.split("\t") for line in stat.splitlines() if line]
    return Commit(
        hash=name,
        author=author,
        author_email=email,
        committed_at=datetime.fromtimestamp(int(seconds), UTC),
        summary=summary,
        files=len(counts),
        insertions=sum(int(added) for added, _, _ in counts if added != "-"),  # "-": a binary file
        deletions=sum(int(removed) for _, removed, _ in counts if removed != "-"),
    )
