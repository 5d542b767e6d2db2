"""Plain templates as expressions, held against Jinja."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tidings_processors.core.cel.kinds import BOOL, DOUBLE, INT, STRING, TIMESTAMP, Kind
from tidings_processors.core.formats import FORMATS, Reader, locale_of, zone_of
from tidings_processors.core.template import compile_words

from tests.unit.processors.builders import rule_text, rules

KINDS = {"i": INT, "d": DOUBLE, "s": STRING, "n": Kind("string", nullable=True), "b": BOOL, "at": TIMESTAMP}
RECORDS = st.fixed_dictionaries(
    {
        "i": st.integers(-10_000, 10_000),
        "d": st.floats(-1e6, 1e6),
        "s": st.text(max_size=5),
        "n": st.none() | st.text(max_size=5),
        "b": st.booleans(),
        "at": st.datetimes(datetime(1990, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),
    }
)
READERS = st.builds(
    Reader,
    st.sampled_from(["en", "de", "de-AT", "fr"]).map(locale_of),
    st.sampled_from(["UTC", "Europe/Vienna", "America/New_York"]).map(zone_of),
)
WORDS = st.text(st.characters(blacklist_categories=["Cs", "Cc"], blacklist_characters="{}%#"), max_size=6)
FIELDS = st.one_of(
    st.sampled_from(list(KINDS)).map("{{{{ {} }}}}".format),
    st.tuples(st.sampled_from(list(KINDS)), st.sampled_from(list(FORMATS))).map("{{{{ {0[0]} | {0[1]} }}}}".format),
)
SOURCES = st.lists(st.one_of(WORDS, FIELDS, st.just("\n")), max_size=6).map("".join)


@given(SOURCES, RECORDS, READERS)
def test_a_plain_template_says_what_jinja_says(source: str, record: dict[str, Any], reader: Reader) -> None:
    """The same text, or an error from both: a format may not fit its field."""
    words = compile_words(source, KINDS)
    assert words.plain is not None
    try:
        wanted = words.render_by_jinja(record, reader)
    except Exception as error:
        wanted = type(error).__name__
    try:
        mine = words.render(record, reader)
    except Exception as error:
        mine = type(error).__name__
    assert mine == wanted


def test_what_is_not_plain_is_left_to_jinja() -> None:
    for source in (
        "{% if b %}x{% endif %}",
        "{{ s | upper }}",
        "{{ i + 1 }}",
        "{{ s[0] }}",
        "{{ at.date() }}",
        "{% set x = 1 %}",
    ):
        assert compile_words(source, KINDS).plain is None


def test_a_null_field_is_formatted_as_nothing() -> None:
    """By Jinja too; Babel would take it for the present moment."""
    reader = Reader(locale_of("en"), zone_of("UTC"))
    words = compile_words("x{{ n | time }}{{ n | minutes }}y", KINDS)
    assert words.render({"n": None}, reader) == words.render_by_jinja({"n": None}, reader) == "xy"


def test_a_template_knows_what_it_mentions() -> None:
    assert compile_words("{{ i }}{% if b %}{{ at | time }}{% endif %}{% set x = d %}{{ x }}", KINDS).uses == {
        "i",
        "b",
        "at",
        "d",
    }


def test_rules_know_what_their_words_mention() -> None:
    """In all languages, the collapse key and the address: nothing else of an event is decoded for its words."""
    rule = rule_text(
        text='{en: {title: "{{ text }}"}, de: {title: "x", body: "{{ sequence }}"}}',
        collapse_key='"{{ user }}"',
        url='"/{{ event.id }}"',
    )
    assert rules(rule).by_name["r"].words_use == {"text", "sequence", "user", "event"}


def test_a_word_that_looks_like_code_is_a_word() -> None:
    """A rule's words stand in the code as literals."""
    source = '\' + str(1) + """ \\ {{ s }}'
    words = compile_words(source, KINDS)
    assert words.plain is not None
    assert words.render({"s": "x"}, Reader(locale_of("en"), zone_of("UTC"))) == source.replace("{{ s }}", "x")
