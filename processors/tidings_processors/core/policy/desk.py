"""Where held notifications are written down, and told when their time has come. Pure: records in, records out."""

from collections.abc import Callable
from dataclasses import replace

from tidings_schemas import Decision, Notification, Preference
from tidings_schemas.codec import Codec
from tidings_schemas.errors import Transient
from tidings_schemas.topics import DECISIONS, NOTIFICATIONS, POLICY

from tidings_processors.core.record import RecordIn, RecordOut, Step, source_header
from tidings_processors.core.window import Window

from .book import Book
from .decision import decision
from .entry import Entry, State
from .release import REMEMBERED_MS, Release, done, in_common, release, sum_id_of, untold
from .summary import newest, summary
from .weigh import Hold
from .word import Word

#: What is done is remembered until so many records lie behind it, so that no replay can reach back further.
REPLAYED = 100_000
#: What fell due while nobody worked asks so often (ms) whether the replay is over.
_REPLAY_MS = 200
#: Groups that are dealt with at once; then other partitions get their turn.
_GROUPS = 500


class Desk:
    """Writes entries, decisions and what is told of them.

    Args:
        codec: encodes all of these.
        untimed: decodes held notifications.
    """

    def __init__(self, codec: Codec, untimed: Codec) -> None:
        self._codec = codec
        self._untimed = untimed

    def hold(
        self,
        book: Book,
        record: RecordIn,
        entry: Entry,
        hold: Hold,
        notification: bytes,
        preference: Preference | None,
        window: Window,
        step: Step,
    ) -> None:
        """The draft at hand is held."""
        held = untold(replace(hold.on(entry), notification=notification), book, window.__contains__)
        step.outs += [self._entry(record, held), self._decision(record, held, preference)]
        book.put(held, record.offset)
        step.count(f"policy.{hold.word}")

    def repeat(self, book: Book, record: RecordIn, entry: Entry, preference: Preference | None, step: Step) -> None:
        """A draft comes again of which something is known; what else came of it may have been lost in a crash."""
        if entry.word:
            step.outs.append(self._decision(record, entry, preference))
        if entry.state is State.HELD:
            for old in book.held_with(entry.user, entry.collapse_key):
                if old.offset < entry.offset:
                    self.collapse(book, record, old, entry.id, step)

    def recount(self, book: Book, record: RecordIn, entry: Entry, preference: Preference | None, step: Step) -> None:
        """A draft comes again that was told; the note of it, which counts for caps, may have been lost in a crash."""
        if preference is not None and preference.caps and entry.id not in book.entries:
            at = min(record.timestamp_ms, book.now_ms)
            self.told(book, record, replace(entry, at=at, due_at=at + REMEMBERED_MS), step)

    def told(self, book: Book, record: RecordIn, entry: Entry, step: Step) -> None:
        """The draft at hand is told, and counts."""
        step.last.append(self._entry(record, entry))
        book.put(entry, record.offset)

    def refuse(self, record: RecordIn, entry: Entry, word: Word, preference: Preference | None, step: Step) -> None:
        """The draft at hand is never told."""
        key = {Word.MUTED_TOPIC: entry.topic, Word.MUTED_KIND: entry.kind, Word.CHANNEL_OFF: entry.kind}.get(word)
        step.outs.append(self._decision(record, replace(entry, word=word.value, key=key), preference))
        step.count(f"silent.{word}")

    def collapse(self, book: Book, record: RecordIn, old: Entry, by: str, step: Step) -> None:
        """A held one gives way to a newer one of its key; until that is noted, a replay of the newer does it again."""
        gone = done(old, Word.COLLAPSED, book.now_ms, by=by, key=old.collapse_key)
        step.outs.append(self._decision(record, gone, None))
        step.last.append(self._entry(record, gone))
        book.put(gone, record.offset)
        step.count(f"policy.{Word.COLLAPSED}")

    def release_due(
        self,
        book: Book,
        record: RecordIn,
        preference: Callable[[str], Preference | None],
        is_off: Callable[[str], bool],
        window: Window,
        step: Step,
    ) -> bool:
        """Deals with what is due at a record; whether there was anything.

        Args:
            is_off: whether a rule is switched off.

        Raises:
            Transient: nothing was done, and nothing can be done yet.
        """
        groups = 0
        is_replay = record.offset <= max(book.restored_to, window.restored_to)
        while groups < _GROUPS and (group := book.take_due(book.now_ms)):
            if is_replay and _is_news(group, window):
                book.wait(group, book.now_ms + _REPLAY_MS)  # what comes again may be newer and let it give way
                continue
            try:
                self._deal_with(group, book, record, preference, is_off, window, step)
            except Transient:
                book.wait(group, book.now_ms)
                if not groups:
                    raise
                break
            except Exception as error:  # one user's must not keep all others' from being told
                book.wait(group, book.now_ms + REMEMBERED_MS)
                step.count(f"policy.failed.{type(error).__name__}")
            groups += 1
        return groups > 0

    def _deal_with(
        self,
        group: list[Entry],
        book: Book,
        record: RecordIn,
        preference: Callable[[str], Preference | None],
        is_off: Callable[[str], bool],
        window: Window,
        step: Step,
    ) -> None:
        if group[0].state is not State.HELD:
            self._forget(group[0], book, record, step)
            return
        wishes = preference(group[0].user)
        made = release(group, wishes, book, window.__contains__, is_off, book.now_ms)
        told, notes = self._tellings(made, wishes, record, book)
        moved = [entry for entry in made.entries if entry.state is State.HELD]
        ended = [entry for entry in made.entries if entry.state is not State.HELD]
        words = [self._decision(record, entry, wishes) for entry in ended]
        notes += [self._entry(record, entry) for entry in ended]
        step.outs += told
        for entry in moved:
            step.outs += [self._entry(record, entry), self._decision(record, entry, wishes)]
        step.later += words
        step.last += notes
        for entry in made.entries:
            book.put(entry, record.offset)
            step.count(f"policy.{entry.word}")
        if made.summed:
            window.add(made.sum_id, for_all=False)
            if wishes is not None and wishes.caps:
                book.put(_sum_entry(made, record, book.now_ms), record.offset)
        if made.single is not None:
            window.add(made.single.id, for_all=False)

    def _tellings(
        self, made: Release, wishes: Preference | None, record: RecordIn, book: Book
    ) -> tuple[list[RecordOut], list[RecordOut]]:
        """What is told, and what is noted of that behind it."""
        if made.single is not None:
            return [_telling(record, made.single.user, made.single.notification)], []
        if not made.summed:
            return [], []
        counts = wishes is not None and bool(wishes.caps)
        notes = [self._entry(record, _sum_entry(made, record, book.now_ms))] if counts else []
        return [] if made.told_before else [self._sum(made, wishes, record, book.now_ms)], notes

    def _sum(self, made: Release, wishes: Preference | None, record: RecordIn, now_ms: int) -> RecordOut:
        listed = [self._untimed.decode(entry.notification)[1] for entry in newest(made.summed)]
        locale = "en" if wishes is None else wishes.locale
        fields = summary(made.sum_id, made.summed, listed, locale, now_ms)
        return _telling(record, made.summed[0].user, self._codec.encode(Notification.avro_name, fields))

    def _forget(self, entry: Entry, book: Book, record: RecordIn, step: Step) -> None:
        if entry.state is State.DONE and record.offset - entry.offset <= REPLAYED:
            book.wait([entry], book.now_ms + REMEMBERED_MS)
            return
        step.outs.append(_note(record, entry, None))
        book.forget(entry.id)

    def _entry(self, record: RecordIn, entry: Entry) -> RecordOut:
        return _note(record, entry, self._codec.encode(Entry.avro_name, entry.to_avro()))

    def _decision(self, record: RecordIn, entry: Entry, preference: Preference | None) -> RecordOut:
        value = self._codec.encode(Decision.avro_name, decision(entry, preference))
        return RecordOut(DECISIONS.name, entry.user.encode(), value, [source_header(record, 0)], record.partition)


def _is_news(group: list[Entry], window: Window) -> bool:
    """Whether nothing of it was told before."""
    ids = (sum_id_of(group[0]), *(entry.id for entry in group))
    return group[0].state is State.HELD and not any(one in window for one in ids)


def _note(record: RecordIn, entry: Entry, value: bytes | None) -> RecordOut:
    return RecordOut(POLICY.name, entry.id.encode(), value, [source_header(record, 0)], record.partition)


def _telling(record: RecordIn, user: str, value: bytes) -> RecordOut:
    return RecordOut(NOTIFICATIONS.name, user.encode(), value, [source_header(record, 0)])


def _sum_entry(made: Release, record: RecordIn, now_ms: int) -> Entry:
    """That a sum was told, for caps."""
    kind, rule = in_common(made.summed)
    return replace(
        made.summed[0],
        id=made.sum_id,
        state=State.TOLD,
        kind=kind,
        rule=rule,
        collapse_key=None,
        bucket="",
        due_at=now_ms + REMEMBERED_MS,
        at=now_ms,
        expires_at=None,
        offset=record.offset,
        counts=True,
        word="",
        key=None,
        limit=None,
        notification=b"",
    )
