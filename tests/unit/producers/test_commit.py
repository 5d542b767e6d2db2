"""Commits from git's own output."""

from datetime import UTC, datetime

from tidings_producers.core.commit import event, followable, parse
from tidings_schemas import catalogue
from tidings_schemas.codec import Codec, FixedSchemas

LOG = (
    "\x1e1111\x1fAda Lovelace\x1fada@example.org\x1f1357805700\x1fAdd notes\x1f\n\n3\t1\tnotes.md\n-\t-\tengine.png\n"
    "\x1e2222\x1fGrace\x1fgrace@example.org\x1f1357805760\x1f\x1f\n"
)


def test_changes_are_counted_and_binary_files_have_no_lines() -> None:
    """A picture is a file changed, without insertions."""
    first, empty = parse(LOG)
    assert (first.files, first.insertions, first.deletions) == (2, 3, 1)
    assert first.committed_at == datetime(2013, 1, 10, 8, 15, tzinfo=UTC)
    assert (empty.summary, empty.files) == ("", 0)


def test_no_output_is_no_commits() -> None:
    """An empty range is not an error."""
    assert parse("") == []


def test_a_commits_event_fits_and_has_the_hash_for_its_id() -> None:
    """The same commit is the same event each time."""
    told = event(parse(LOG)[0], "engine", "main")
    Codec(catalogue.load(), FixedSchemas(catalogue.load())).check(told.type, told.data)
    assert (told.id, told.source, told.subject) == ("1111", "/git/engine", "engine")
    assert followable("engine").topic == "repo:engine"
