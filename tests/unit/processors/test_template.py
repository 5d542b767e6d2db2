"""Plain templates as expressions, held against Jinja; and what no template may do."""

import resource
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2.exceptions import SecurityError, TemplateRuntimeError
from tidings_processors.core.cel.kinds import BOOL, DOUBLE, INT, STRING, TIMESTAMP, Kind
from tidings_processors.core.formats import FORMATS, Reader, locale_of, zone_of
from tidings_processors.core.rules.problem import BadRules
from tidings_processors.core.template import BadTemplate, compile_words

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


ENGLISH = Reader(locale_of("en"), zone_of("UTC"))
RECORD = {"i": 7, "d": 2.5, "s": "ab", "n": None, "b": True, "at": datetime(2013, 1, 10, 9, tzinfo=UTC)}


@pytest.fixture
def little_memory() -> Iterator[None]:
    """256 MiB above what the process has: what grows without bound fails at once, and the machine does not notice."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + 2**28, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)


REFUSED = {
    "{{ 'x' | center(10000000000) }}": "the filter 'center' is not allowed",
    "{{ s | indent(9999999999) }}": "the filter 'indent' is not allowed",
    "{{ [s] | map('center', 9999999999) | join }}": "the filter 'center' is not allowed",
    "{{ '%9999999999d' | format(1) }}": "the filter 'format' is not allowed",
    "{{ '%9999999999d' % i }}": "% is for numbers only",
    "{{ s % 1 }}": "% is for numbers only",
    "{{ 'a' * 10000000000 }}": "* is for numbers only",
    "{{ s * 10000000000 }}": "* is for numbers only",
    "{{ [1] * 10000000000 }}": "* is for numbers only",
    "{{ 10 ** 10000000000 }}": "** is not there",
    "{{ range(10000000000) | join }}": "no field 'range'",
    "{{ s.center(10000000000) }}": "center() is not allowed",
    "{{ '{:9999999999}'.format(1) }}": "format() is not allowed",
    "{{ i.to_bytes(9999999999) }}": "to_bytes() is not allowed",
    "{{ s.replace('', s) }}": "replace() is not allowed",
    "{{ s['center'](10000000000) }}": "only methods may be called",
    "{{ (s | attr('center'))(10000000000) }}": "only methods may be called",
    "{% macro m(x) %}{{ x }}{{ x }}{% endmacro %}": "a macro is not allowed",
    "{% set x %}{% for c in s %}{{ s }}{% endfor %}{% endset %}": "a loop within",
    "{% filter upper %}{% for c in s %}{{ s }}{% endfor %}{% endfilter %}": "a loop within",
    "{% for c in [s] recursive %}{% endfor %}": "a recursive loop",
    "{% set x = [s, s] %}": "may be looped over, but not kept",
    "{% for x in [[s, s]] %}{% endfor %}": "may be looped over, but not kept",
    "{% autoescape true %}{{ s }}{% endautoescape %}": "autoescape is not allowed",
}


@pytest.mark.parametrize("source", REFUSED)
def test_what_could_grow_without_bound_is_refused_with_its_line(source: str, little_memory: None) -> None:
    """When the rule is read: nothing of it is worked out even then."""
    with pytest.raises(BadTemplate) as refused:
        compile_words("{{ s }}\n" + source, KINDS)
    assert REFUSED[source] in str(refused.value)
    assert refused.value.line == 2


ENDED = {
    "a text that doubles": "{% set x = s ~ s %}" + "{% set x = x ~ x %}" * 60 + "{{ x }}",
    "a sum that doubles": "{% set x = s + s %}" + "{% set x = x + x %}" * 60 + "{{ x }}",
    "a buffer that doubles": "{% set x %}{{ s }}{% endset %}"
    + "{% set x %}{{ x }}{{ x }}{% endset %}" * 60
    + "{{ x }}",
    "a list that doubles": "{% set x = s.split() %}" + "{% set x = x + x %}" * 60 + "{{ x }}",
    "a number that doubles its digits": "{% set x = i * i %}" + "{% set x = x * x %}" * 60 + "{{ x }}",
    "replacements of replacements": "{{ s" + " | replace('', 'ababababab')" * 30 + " }}",
    "separators of separators": "{% set x = s %}" + "{% set x = x | join(x) %}" * 40 + "{{ x }}",
    "a text that is repeated, seen late": "{{ s[:] * 10000000000 }}",
    "a format that is seen late": "{{ ('%9999999999' + 'd') % i }}",
    "a rounding to no end": "{{ i | round(-10000000000) }}",
    "a named filter": "{{ s | map(('cent' ~ 'er'), 10000000000) | join }}",
}


@pytest.mark.parametrize("source", ENDED.values(), ids=list(ENDED))
def test_what_grows_ends_at_a_bound(source: str, little_memory: None) -> None:
    """As an error of this rule for this event, long before the memory ends."""
    words = compile_words(source, KINDS)
    with pytest.raises((SecurityError, TemplateRuntimeError)):
        words.render(RECORD, ENGLISH)


def test_a_loop_ends_when_the_text_is_long_enough(little_memory: None) -> None:
    """It would be cut to a few thousand characters anyway."""
    words = compile_words(
        "{% for a in s %}{% for b in s %}{% for c in s %}{{ s }}{% endfor %}{% endfor %}{% endfor %}", KINDS
    )
    text = words.render(RECORD | {"s": "x" * 5000}, ENGLISH)
    assert 2**20 < len(text) <= 2**20 + 5000


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("{{ i * 2 + 1 }} {{ i % 4 }} {{ d | round(1) }}", "15 3 2.5"),
        ("{{ s + '!' }} {{ s ~ i ~ n }} {{ s | replace('a', 'A') }}", "ab! ab7None Ab"),
        ("{{ s.split('a') | join('-') }} {{ [s, i] | join(', ') }}", "-b ab, 7"),
        ("{% for x in [s, i] %}{{ x }}{{ loop.cycle('a', 'b') }}{% endfor %}", "aba7b"),
        ("{% set x, y = i, s %}{% set z %}{{ y }}{{ x }}{% endset %}{{ z | upper }}", "AB7"),
        ("{{ at.date().isoformat() }} {{ s.upper() }} {{ s | default('x') }}", "2013-01-10 AB ab"),
    ],
)
def test_what_is_bounded_stays_allowed(source: str, says: str) -> None:
    assert compile_words(source, KINDS).render(RECORD, ENGLISH) == says


def test_a_rules_text_says_where_it_could_grow() -> None:
    """With line and column of the word, as every other mistake."""
    text = rule_text(text='{en: {title: "{{ text | center(1000000000) }}"}}')
    with pytest.raises(BadRules) as refused:
        rules(text)
    (problem,) = refused.value.problems
    line = ("rules:\n" + text).splitlines()[problem.line - 1]
    assert line[problem.column - 1 :].startswith("center(")
    assert "the filter 'center' is not allowed" in problem.message
