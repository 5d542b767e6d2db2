"""A peer: how it is started on a job, or why it cannot be."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Job:
    """What a peer is to do.

    Attributes:
        group: consumer group; nothing is committed to it yet, so that the source is read from its beginning.
        event_schema, draft_schema: files that hold the Avro schemas; `draft_id` is the id of the second.
        rule, version: what a draft says of the rule that made it.
        rules: the file of the rule itself.
        home: a folder for what the peer wants to keep.
        environ: where Kafka, the registry and the namespace are, as Tidings wants to be told.
    """

    servers: str
    group: str
    source: str
    target: str
    event_schema: Path
    draft_schema: Path
    draft_id: int
    rule: str
    version: str
    rules: Path
    home: Path
    environ: Mapping[str, str]

    @property
    def words(self) -> list[str]:
        """The end of a peer's command line, as `same_rule.Job` and `StreamsApp` read it."""
        schemas = [str(self.event_schema), str(self.draft_schema), str(self.draft_id)]
        return [self.servers, self.group, self.source, self.target, *schemas, self.rule, self.version, str(self.home)]


class Missing(Exception):
    """The peer cannot run here; the text says why and what would help."""


def _nothing(_: Job) -> Mapping[str, str]:
    return {}


@dataclass(frozen=True)
class Peer:
    """One stream processor.

    Attributes:
        key: as in `--peers`. name, version: as shown.
        command, environ: its command line and further environment variables for a job.
    """

    key: str
    name: str
    version: str
    command: Callable[[Job], Sequence[str]]
    environ: Callable[[Job], Mapping[str, str]] = field(default=_nothing)
