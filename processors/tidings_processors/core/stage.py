"""What all stages have in common: a run is taken record by record, and no record stops a partition."""

from collections.abc import Sequence

from tidings_schemas.codec import Codec
from tidings_schemas.errors import InvalidEvent, Transient

from .dead_letter import dead_letter
from .policy import Silent
from .record import RecordIn, RecordOut, Step, Unreadable

#: A step ends behind the record with which it reaches so many outputs: one for popular topics must not fill the memory.
MAX_OUTS = 10_000


class Stage:
    """One of the stages between an event and a notification.

    Args:
        codec: encodes dead letters, and whatever the stage reads and writes.
    """

    name = ""

    def __init__(self, codec: Codec) -> None:
        self.codec = codec

    def process(self, run: Sequence[RecordIn], now_ms: int) -> Step:
        """Deals with a run of records of one topic partition, in order, as far as it gets.

        Never raises for what a record holds: that becomes a dead letter. A transient error ends the step
        before the record that met it; calling again with the rest of the run goes on from there. So does one whose
        `again` is set, with no need to wait.

        Args:
            now_ms: wall clock, ms since 1970.
        """
        step = Step()
        self.begin(now_ms)
        for record in run:
            mark = len(step.outs)
            try:
                if isinstance(record.headers, Unreadable):
                    raise InvalidEvent("the headers cannot be read: the name of one is not UTF-8")
                self.take(record, step, now_ms)
            except Transient as error:
                del step.outs[mark:]
                step.waiting = error
                return step
            except Exception as error:  # whatever a record holds, the partition goes on
                del step.outs[mark:]
                try:
                    self.bury(record, error, step, now_ms)
                except Transient as waiting:
                    step.waiting = waiting
                    return step
            if step.again:
                return step
            step.done += 1
            if len(step.outs) >= MAX_OUTS:
                return step
        return step

    def landed(self, partition: int, first: int, last: int) -> None:
        """Kafka has all that came of the records of a partition between these offsets."""

    def begin(self, now_ms: int) -> None:
        """Called before each step: what may change between steps is looked up here."""

    def take(self, record: RecordIn, step: Step, now_ms: int) -> None:
        """Deals with one record: adds to `step.outs` and counts.

        Raises:
            Transient: it must wait; what was added is taken back.
            Exception: any other makes a dead letter of the record; what was added is taken back.
        """
        raise NotImplementedError

    def settle(self, outcome: RecordOut | Silent, step: Step) -> None:
        """Adds what came of a record that has one outcome."""
        if isinstance(outcome, Silent):
            step.count(f"silent.{outcome.reason}")
        else:
            step.outs.append(outcome)

    def bury(self, record: RecordIn, error: Exception, step: Step, now_ms: int, index: int = 0) -> None:
        """Adds the dead letter of a record."""
        step.outs.append(dead_letter(record, self.name, error, now_ms, self.codec, index))
        step.count(f"dead-letter.{type(error).__name__}")
