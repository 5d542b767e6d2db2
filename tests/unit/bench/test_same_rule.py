"""The rule as the peers apply it is the rule that Tidings applies."""

from pathlib import Path

import pytest
from tidings_bench import flights
from tidings_bench.peers import peer, same_rule
from tidings_processors.core.match import Match
from tidings_processors.core.record import RecordIn
from tidings_processors.core.rules import read_rules
from tidings_processors.core.untimed import untimed_codec
from tidings_schemas import Draft
from tidings_schemas.catalogue import load
from tidings_schemas.codec import Codec, FixedSchemas

CATALOGUE = load()
SCHEMAS = FixedSchemas(CATALOGUE)
CODEC = Codec(CATALOGUE, SCHEMAS)
RULES = read_rules(flights.RULE, CATALOGUE, "bench")
RULE = RULES.by_name["bench-delayed"]


@pytest.fixture
def rule(tmp_path: Path) -> same_rule.SameRule:
    for name in (flights.TYPE, Draft.avro_name):
        (tmp_path / name).write_text(CATALOGUE[name].text)
    draft_id = SCHEMAS.id_of(CATALOGUE[Draft.avro_name])
    files = str(tmp_path / flights.TYPE), str(tmp_path / Draft.avro_name)
    return same_rule.SameRule(same_rule.Job("", "", "", "", *files, draft_id, RULE.name, RULE.version, ""))


def test_a_peer_makes_the_same_bytes_as_the_match_stage(rule: same_rule.SameRule) -> None:
    """Key and value, for events of every kind that the load has."""
    stage = Match(CODEC, untimed_codec(CATALOGUE, SCHEMAS), lambda: RULES, 65536)
    for n in range(0, 20_000, 997):
        value = CODEC.encode(flights.TYPE, flights.fields(n))
        head = [(name, bytes(said or b"")) for name, said in flights.headers(n)]  # type: ignore[arg-type]
        step = stage.process([RecordIn(flights.TOPIC, 0, n, b"k", value, head, 0)], 0)
        assert [(out.key, out.value) for out in step.outs] == [rule.draft(value, head)]


def test_a_peer_leaves_out_what_the_condition_leaves_out(rule: same_rule.SameRule) -> None:
    """A delay below 30 minutes."""
    value = CODEC.encode(flights.TYPE, flights.fields(1) | {"delay_minutes": 29})
    assert rule.draft(value, flights.headers(1)) is None


def test_a_job_survives_the_command_line() -> None:
    """What one side puts on it, the other reads off it."""
    here = Path("/x")
    job = peer.Job("s", "g", "in", "out", here / "e", here / "d", 7, "r", "v", here / "rules", here, {})
    assert same_rule.Job.of(job.words) == same_rule.Job("s", "g", "in", "out", "/x/e", "/x/d", 7, "r", "v", "/x")
