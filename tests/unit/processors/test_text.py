"""Texts: locales and their fallbacks, local times and amounts, and a sandbox that holds."""

from datetime import UTC, datetime

import pytest
from jinja2.exceptions import SecurityError, UndefinedError
from tidings_processors.core.condition import variables_of
from tidings_processors.core.formats import Reader, locale_of, zone_of
from tidings_processors.core.template import BadTemplate, compile_words
from tidings_processors.core.text import MAX_BODY, MAX_TITLE, Text, Texts, reader_of

from tests.unit.processors.builders import CATALOGUE, DELAYED, delayed

KINDS = variables_of(CATALOGUE[DELAYED].json)
ENGLISH = Reader(locale_of("en"), zone_of("UTC"))


def said(source: str, locale: str = "en", zone: str = "UTC", **fields: object) -> str:
    return compile_words(source, KINDS).render(delayed() | fields, Reader(locale_of(locale), zone_of(zone)))


def texts(*locales: str) -> Texts:
    return Texts({tag: Text(tag, compile_words(tag, {}), compile_words("", {})) for tag in locales})


@pytest.mark.parametrize(
    ("source", "locale", "zone", "wanted"),
    [
        ("{{ estimated_departure | time }}", "en", "UTC", "3:45\u202fPM"),
        ("{{ estimated_departure | time }}", "de", "Europe/Vienna", "16:45"),
        ("{{ estimated_departure | time }}", "en-US", "America/New_York", "10:45\u202fAM"),
        ("{{ estimated_departure | date }}", "de", "UTC", "10.01.2013"),
        ("{{ estimated_departure | date }}", "en", "Pacific/Auckland", "Jan 11, 2013"),
        ("{{ estimated_departure | datetime }}", "de", "Europe/Berlin", "10.01.13, 16:45"),
        ("{{ delay_minutes | minutes }}", "en", "UTC", "45 minutes"),
        ("{{ delay_minutes | minutes }}", "de", "UTC", "45 Minuten"),
        ("{{ delay_minutes | duration }}", "en", "UTC", "45 minutes"),
        ("{{ (delay_minutes + 16) | duration }}", "de", "UTC", "1 Stunde 1 Minute"),
        ("{{ 0 | duration }}", "en", "UTC", "0 minutes"),
        ("{{ (0 - delay_minutes) | minutes }}", "en", "UTC", "45 minutes"),
        ("{{ 12345.5 | number }}", "de", "UTC", "12.345,5"),
    ],
)
def test_times_and_amounts_are_said_as_the_reader_expects(source: str, locale: str, zone: str, wanted: str) -> None:
    assert said(source, locale, zone) == wanted


def test_local_times_keep_to_daylight_saving() -> None:
    """The same hour UTC is an hour later in summer."""
    summer = datetime(2013, 7, 10, 15, 45, tzinfo=UTC)
    assert said("{{ estimated_departure | time }}", "de", "Europe/Berlin") == "16:45"
    assert said("{{ estimated_departure | time }}", "de", "Europe/Berlin", estimated_departure=summer) == "17:45"


@pytest.mark.parametrize(
    ("tag", "wanted"),
    [("de-AT", "de"), ("de_AT", "de"), ("DE", "de"), ("fr", "en"), ("en-GB", "en"), ("", "en"), ("pt-BR", "pt-br")],
)
def test_a_locale_falls_back_to_its_language_and_then_to_english(tag: str, wanted: str) -> None:
    assert texts("de", "en", "pt-br").pick(tag).locale == wanted


def test_without_english_the_first_text_serves_all() -> None:
    assert texts("de", "fr").pick("it").locale == "de"


def test_times_are_written_in_the_language_of_the_text() -> None:
    """A reader of French who gets an English text gets English times; an Austrian with a German text Austrian ones."""
    assert reader_of(texts("en").pick("fr").locale, "fr", "UTC").locale.language == "en"
    assert str(reader_of(texts("de").pick("de-AT").locale, "de-AT", "UTC").locale) == "de_AT"


def test_a_time_zone_that_does_not_exist_is_utc() -> None:
    """A wrong preference must not silence its user."""
    for name in ("Mars/Phobos", "", "../../etc/passwd", "Europe"):
        assert zone_of(name) is UTC


def test_a_null_field_renders_as_nothing() -> None:
    assert said("[{{ tail }}]") == "[]"


@pytest.mark.parametrize(
    ("source", "line", "says"),
    [
        ("{{ fligt }}", 1, "no field 'fligt'"),
        ("a\n\n{{ event.sub }}", 3, "no 'sub'"),
        ("{{ flight", 1, "no sound template"),
        ("a\n{{ flight | tme }}", 2, "No filter named 'tme'"),
        ("{% include 'x' %}", 1, "include is not allowed"),
        ("{% import 'x' as y %}", 1, "import is not allowed"),
        ("{% for i in range(9) %}{% endfor %}", 1, "no field 'range'"),
        ("x" * 8001, 1, "at most 8000"),
    ],
)
def test_a_template_that_can_never_work_is_refused_with_its_line(source: str, line: int, says: str) -> None:
    with pytest.raises(BadTemplate, match=says) as caught:
        compile_words(source, KINDS)
    assert caught.value.line == line


@pytest.mark.parametrize(
    "source",
    ["{{ flight.__class__ }}", "{{ ''.__class__.__mro__ }}", "{{ flight[:] * 1000000000 }}"],
)
def test_the_sandbox_holds(source: str) -> None:
    with pytest.raises(SecurityError):
        said(source)


def test_a_missing_attribute_is_an_error_not_an_empty_text() -> None:
    with pytest.raises(UndefinedError):
        said("{{ flight.nothing }}")


def test_a_title_is_one_line_and_lengths_are_bounded() -> None:
    text = Text("en", compile_words("{{ flight }}\n \t x", KINDS), compile_words("{{ flight }}", KINDS))
    assert text.render(delayed(), ENGLISH) == ("UA1545 x", "UA1545")
    title, body = text.render(delayed(flight="x" * 5000), ENGLISH)
    assert (len(title), len(body)) == (MAX_TITLE, MAX_BODY)
    assert title.endswith("…")


def test_an_empty_title_is_an_error() -> None:
    with pytest.raises(ValueError, match="title is empty"):
        Text("en", compile_words("{{ tail }}", KINDS), compile_words("", {})).render(delayed(), ENGLISH)
