"""SQL over real topics."""

import json
from pathlib import Path

import duckdb
import pytest
from tidings_replay.commands.sql import Prompt
from tidings_replay.lake import Lake

from tests.service.replay.corner import Corner

pytestmark = pytest.mark.kafka


@pytest.fixture
def filled(corner: Corner) -> Corner:
    """100 messages in each of two partitions, and an empty topic."""
    corner.topic("events.demo", partitions=2)
    corner.topic("notifications")
    for partition in (0, 1):
        corner.put("events.demo", corner.messages(100, first=100 * partition), partition=partition)
    return corner


def test_a_query_sees_every_record_of_a_topic(filled: Corner) -> None:
    """Envelope and fields are columns."""
    query = "select _partition p, count(*) n, sum(sequence) s from events.demo group by 1 order by 1"
    rows = json.loads(filled.tidings("sql", "--json", query).stdout)
    assert rows == [{"p": 0, "n": 100, "s": 4950}, {"p": 1, "n": 100, "s": 14950}]


def test_only_the_wanted_partition_and_offsets_are_read(filled: Corner) -> None:
    """Predicates are pushed down to Kafka, and told."""
    result = filled.tidings("sql", "select count(*) from events.demo where _partition = 1 and _offset >= 90")
    assert "events.demo: 10 records read" in result.stderr


def test_an_empty_topic_has_its_columns(filled: Corner) -> None:
    """So that a query fits before the first notification."""
    assert json.loads(filled.tidings("sql", "--json", "select count(title) n from notifications").stdout) == [{"n": 0}]


def test_brackets_in_data_are_data(filled: Corner) -> None:
    """No markup of the terminal's: neither swallowed nor an error."""
    query = "select '[bold]:bug: [/red]' t from events.demo where _partition = 0 and _offset = 0"
    assert "[bold]:bug: [/red]" in filled.tidings("sql", query).stdout


def test_a_mistake_in_a_query_is_duckdbs_sentence(filled: Corner) -> None:
    """No traceback."""
    result = filled.tidings("sql", "select nothing from events.demo", exit_code=1)
    assert "nothing" in str(result.exception)


def test_a_result_may_be_drawn_and_saved(filled: Corner, tmp_path: Path) -> None:
    """In the terminal, as a page without a network, as Parquet."""
    page, file = tmp_path / "x.html", tmp_path / "x.parquet"
    query = "select _partition::varchar p, count(*) n from events.demo group by 1 order by 1"
    result = filled.tidings("sql", "--plot", "bar", "--html", str(page), "-o", str(file), query)
    assert "█" in result.stdout
    assert "plotly" in page.read_text()
    assert duckdb.execute(f"SELECT sum(n) FROM '{file}'").fetchall() == [(200,)]


def test_the_prompt_goes_on_after_a_mistake(filled: Corner, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Statements over several lines, commands, an error, and on."""
    with Lake(filled.settings, None) as lake:
        prompt = Prompt(lake)
        assert not prompt.complete("select count(*) n\n")
        assert prompt.complete("select count(*) n\nfrom events.demo;\n")
        prompt.take("select count(*) n\nfrom events.demo;\n")
        prompt.take("select nonsense from events.demo;")
        prompt.take(f"save {tmp_path}/x.csv")
        prompt.take("quit")
    assert prompt.over
    assert "200" in capsys.readouterr().out
    assert (tmp_path / "x.csv").read_text().splitlines() == ['"n"', "200"]


def test_statements_come_from_standard_input_too(filled: Corner) -> None:
    """`tidings sql < file.sql`."""
    from tidings.cli import app
    from typer.testing import CliRunner

    result = CliRunner().invoke(app, ["sql", "--json"], input="select 1 x; select 2 x;", env=filled.environ())
    assert result.stdout.split() == ["[", "{", '"x":', "1", "}", "]", "[", "{", '"x":', "2", "}", "]"]
