"""What becomes of held notifications when their time has come."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from tidings_schemas import Preference
from tidings_schemas.identity import notification_id

from .book import Book
from .entry import Entry, State
from .silence import silenced
from .weigh import Hold, capped, quiet_end
from .word import Word

#: How long it is remembered what became of a held one, ms: as long as caps look back.
REMEMBERED_MS = 3_600_000
#: Rule and kind of a digest whose items do not agree on theirs.
MIXED = "digest"


@dataclass(slots=True)
class Release:
    """What to do with entries that were due together.

    Attributes:
        entries: each of them as it is from now on.
        single: is told as it is. summed: are told as one, under `sum_id`.
        told_before: whether that one was told already, and only the note of it is missing.
    """

    entries: list[Entry] = field(default_factory=list)
    single: Entry | None = None
    summed: Sequence[Entry] = ()
    sum_id: str = ""
    told_before: bool = False


def release(
    group: Sequence[Entry],
    preference: Preference | None,
    book: Book,
    is_told: Callable[[str], bool],
    is_off: Callable[[str], bool],
    now_ms: int,
) -> Release:
    """Tells what may be told; what must wait on gets a later time.

    First comes what was told already, if a crash came between the telling and the note of it: whatever has changed
    since must not tell it again.

    Args:
        group: entries of one user and bucket with the same due time.
        is_told: whether an id is in the output already.
        is_off: whether a rule is switched off.
    """
    made = Release(sum_id=sum_id_of(group[0]))
    if is_told(made.sum_id):
        made.summed, made.told_before = group, True
        made.entries = [_gone(entry, made.sum_id, now_ms) for entry in group]
        return made
    left = [entry for entry in group if not _ends(entry, preference, is_told, is_off, now_ms, made)]
    if left and not _waits(left, preference, book, now_ms, made):
        _tell(left, preference, now_ms, made)
    return made


def sum_id_of(entry: Entry) -> str:
    """Id of the notification that stands for all of an entry's group: the same at every replay."""
    return notification_id("tidings:policy", entry.bucket, str(entry.due_at), entry.user)


def untold(entry: Entry, book: Book, is_told: Callable[[str], bool]) -> Entry:
    """A held entry, later by as many ms as it takes to belong to a group that was not told yet.

    It would join one that was told if the partition's time went back, as it does when the next worker's clock is
    behind; and its sum's id would be known to everybody.
    """
    while entry.bucket and (is_told(sum_id := sum_id_of(entry)) or book.gave_way_to(sum_id)):
        entry = replace(entry, due_at=entry.due_at + 1)
    return entry


def done(entry: Entry, word: Word, now_ms: int, by: str | None = None, key: str | None = None) -> Entry:
    """The entry when something has become of it."""
    due = now_ms + REMEMBERED_MS
    return replace(
        entry, state=State.DONE, at=now_ms, due_at=due, word=word.value, by=by, key=key, limit=None, notification=b""
    )


def in_common(entries: Sequence[Entry]) -> tuple[str, str]:
    """(kind, rule) on which all agree, or `MIXED`."""
    kinds, rules = {entry.kind for entry in entries}, {entry.rule for entry in entries}
    return kinds.pop() if len(kinds) == 1 else MIXED, rules.pop() if len(rules) == 1 else MIXED


def _ends(
    entry: Entry,
    preference: Preference | None,
    is_told: Callable[[str], bool],
    is_off: Callable[[str], bool],
    now_ms: int,
    made: Release,
) -> bool:
    if is_told(entry.id):
        made.entries.append(_delivered(entry, preference, now_ms))
    elif entry.expires_at is not None and entry.expires_at <= now_ms:
        made.entries.append(done(entry, Word.EXPIRED, now_ms))
    elif is_off(entry.rule):
        made.entries.append(done(entry, Word.RULE_OFF, now_ms))
    elif (word := silenced(entry.kind, entry.topic, preference)) is not None:
        key = entry.topic if word is Word.MUTED_TOPIC else entry.kind
        made.entries.append(done(entry, word, now_ms, key=key))
    else:
        return False
    return True


def _waits(left: list[Entry], preference: Preference | None, book: Book, now_ms: int, made: Release) -> bool:
    end = quiet_end(preference, now_ms)
    if end is not None:
        quiet = Hold("", end, Word.HELD_QUIET_HOURS)
        made.entries += [_later(entry, quiet, entry.bucket, now_ms) for entry in left]
        return True
    hold = capped(*in_common(left), preference, left[0].user, book, now_ms)
    if hold is None or (hold.limit == 0 and left[0].bucket):  # 0 an hour: nothing but sums
        return False
    bucket = left[0].bucket or hold.bucket
    made.entries += [_later(entry, hold, bucket, now_ms) for entry in left]
    return True


def _tell(left: list[Entry], preference: Preference | None, now_ms: int, made: Release) -> None:
    if len(left) == 1:
        made.single = left[0]
        made.entries.append(_delivered(left[0], preference, now_ms))
    else:
        made.summed = left
        made.entries += [_gone(entry, made.sum_id, now_ms) for entry in left]


def _delivered(entry: Entry, preference: Preference | None, now_ms: int) -> Entry:
    return replace(done(entry, Word.DELIVERED, now_ms), counts=preference is not None and bool(preference.caps))


def _gone(entry: Entry, sum_id: str, now_ms: int) -> Entry:
    return done(entry, Word.SUMMED if entry.bucket.startswith("cap:") else Word.DIGESTED, now_ms, by=sum_id)


def _later(entry: Entry, hold: Hold, bucket: str, now_ms: int) -> Entry:
    return replace(hold.on(entry), bucket=bucket, at=now_ms, most=entry.most)
