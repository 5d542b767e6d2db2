"""Texts of rules: every mistake is found, and told with its line and column."""

import json
import re
from datetime import timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tidings_processors.core.rules import BadRules, DigestSpec, read_rule, read_rules
from tidings_schemas import Priority

from tests.unit.processors.builders import CATALOGUE, DELAYED, MESSAGE, rule_text, rules, shipped_rules


def problems(text: str) -> list[str]:
    with pytest.raises(BadRules) as caught:
        read_rules(text, CATALOGUE)
    return [str(problem) for problem in caught.value.problems]


MISTAKES = """\
rules:
  - name: a
    match: tidings.flights.FlightDelayd
    audience: {followers: ["x"]}
    kind: k
    text: {en: {title: x}}
  - name: b
    match: tidings.flights.FlightDelayed
    audience: {followers: ["x"]}
    kind: k
    ttl: 5x
    txt: {}
    text: {en: {title: ""}, xx-YY-zz: {title: x}}
  - name: c
    match: tidings.flights.FlightDelayed
    when: >-
      delay_minutes >= 3 &&
      delay_minuts < 4
    audience: {followers: ["flight:{fligt}", "a b"]}
    kind: k
    collapse_key: "{{ foo }}"
    text:
      en:
        title: "{{ flight }} {{ fligt }}"
        body: |
          hallo
          {{ flight | nope }}
  - name: c
    match: tidings.flights.FlightDelayed
    when: "delay_minutes >= "
    audience: {users: delay_minutes}
    kind: k
    text: {en: {title: x}}
  - name: d
    match: tidings.flights.FlightDelayed
    audience: {followers: ["x"], users: flight}
    kind: k
    text: {}
  - name: e
    match: tidings.flights.FlightDelayed
    kind: k
  - 5
"""
FOUND = """\
3:12: rule 'a': there is no event type 'tidings.flights.FlightDelayd'
11:10: rule 'b': a duration is a number and a unit
12:5: rule 'b': there is no field 'txt' here
13:24: rule 'b': this must not be empty
13:29: rule 'b': 'xx-YY-zz' is no locale
18:7: rule 'c': the event has no field 'delay_minuts'
19:37: rule 'c': the event has no field 'fligt'
19:48: rule 'c': a topic has no ' '
21:23: rule 'c': the event has no field 'foo'
24:33: rule 'c': the event has no field 'fligt'
27:1: rule 'c': no sound template: No filter named 'nope'.
28:11: rule 'c': another rule has this name
30:29: rule 'c': no sound CEL
31:23: rule 'c': field 'delay_minutes' is int
36:15: rule 'd': an audience has either followers (topics) or users (a field)
38:11: rule 'd': this must not be empty
39:5: rule 'e': 'audience' is missing
39:5: rule 'e': 'text' is missing
42:5: this must be a mapping
"""


def test_every_mistake_is_told_with_line_and_column() -> None:
    """All of them at once, each where an editor would jump to."""
    found = problems(MISTAKES)
    for got, wanted in zip(found, FOUND.splitlines(), strict=True):
        assert got.startswith(wanted)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("rules: [", "1:9: no sound YAML"),
        ("rules:\n  - name: a\n    name: b\n", "3:5: 'name' is here twice"),
        ("rules:\n\t- a", "2:1: no sound YAML"),
        ("\x00", "1:1: no sound YAML"),
        ("rules: &a [*a]", "1:8: anchors and aliases are not allowed"),
        ("rules:\n  - &a x\n  - *a\n", "2:5: anchors and aliases are not allowed"),
        ("", "1:1: a text of rules is a mapping"),
        ("- name: x", "1:1: a text of rules is a mapping"),
        ("rules: {}", "1:1: a text of rules is a mapping"),
    ],
)
def test_what_is_no_text_of_rules_is_told_so(text: str, wanted: str) -> None:
    assert problems(text)[0].startswith(wanted)


def test_no_duration_is_longer_than_time_can_be_counted() -> None:
    for span in ("3651d", "999999999d", "99999999999d"):
        assert problems("rules:\n" + rule_text("a", ttl=span)) == ["7:10: rule 'a': a duration is at most 3650d"]
    assert rules(rule_text("a", ttl="3650d"))


@pytest.mark.parametrize(
    ("digest", "every"),
    [
        ("10m", timedelta(minutes=10)),
        ("hourly", "hourly"),
        ("daily@08:00", "daily@08:00"),
        ("daily@23:59", "daily@23:59"),
    ],
)
def test_a_digest_is_due_after_a_span_or_by_the_clock(digest: str, every: object) -> None:
    for written in (digest, f"{{every: {digest}}}"):
        digest_read = rules(rule_text("a", digest=written)).by_name["a"].digest
        assert digest_read is not None
        assert (digest_read.every, digest_read.most) == (every, 10)


def test_a_digest_lists_as_many_titles_as_its_rule_says() -> None:
    found = rules(rule_text("a", digest="{every: daily@08:00, most: 20}")).by_name["a"].digest
    assert found == DigestSpec(every="daily@08:00", most=20)


@pytest.mark.parametrize(
    ("digest", "wanted"),
    [
        ("{every: daily, most: 20}", "7:21: rule 'a': a digest is due a while after the first"),
        ("{every: 10m, most: 0}", "7:32: rule 'a': most is how many titles are listed, a number from 1 to 50"),
        ("{every: 10m, most: 51}", "7:32: rule 'a': most is how many"),
        ("{every: 10m, most: true}", "7:32: rule 'a': most is how many"),
        ("{every: 10m, most: '20'}", "7:32: rule 'a': most is how many"),
        ("{most: 20}", "7:13: rule 'a': 'every' is missing"),
        ("{every: 10m, moist: 20}", "7:26: rule 'a': there is no field 'moist' here; a digest's fields: every, most"),
    ],
)
def test_mistakes_in_a_digest_are_told_where_they_are(digest: str, wanted: str) -> None:
    (found,) = problems("rules:\n" + rule_text("a", digest=digest))
    assert found.startswith(wanted)


@pytest.mark.parametrize(
    "digest", ["daily", "daily@8:00", "daily@24:00", "weekly", "Hourly", "10", "8:00", "600", "[hourly]"]
)
def test_no_other_digest_is_known(digest: str) -> None:
    (found,) = problems("rules:\n" + rule_text("a", digest=digest))
    assert found.startswith("7:13: rule 'a': a digest is due a while after the first (30s, ")
    assert found.endswith("hourly, or daily at a local time (daily@08:00)")


@pytest.mark.parametrize(
    ("field", "value", "wanted"),
    [
        ("text", "{no: {title: Hei}}", "rule 'r': YAML reads False here; write a locale in quotes, such as 'no'"),
        ("text", "{~: {title: x}}", "rule 'r': YAML reads None here"),
        ("topic", "dead-letters", "rule 'r': dead-letters is a topic of Tidings' own"),
        ("topic", "notifications", "rule 'r': notifications is a topic of Tidings' own"),
        ("topic", "events.demo", "rule 'r': events.demo is read anyway"),
    ],
)
def test_what_reads_well_and_cannot_work_is_refused(field: str, value: str, wanted: str) -> None:
    """Norwegian is no boolean; a rule on what rules make would feed itself for ever."""
    with pytest.raises(BadRules, match=re.escape(wanted)):
        rules(rule_text("r", **{field: value}))


def test_a_rule_stands_alone_on_its_topic() -> None:
    """The topic `rules` holds one rule a record."""
    text = "name: a\nmatch: tidings.demo.Message\naudience: {users: user}\nkind: k\ntext: {en: {title: x}}\n"
    assert read_rule(text, CATALOGUE).name == "a"
    with pytest.raises(BadRules, match=r"^rule:2:8: .*no event type"):
        read_rule(text.replace("demo.Message", "demo.Massage"), CATALOGUE)


def test_a_version_is_of_what_a_rule_says_not_of_how_it_is_laid_out() -> None:
    (first,) = rules(rule_text("a", priority="high")).by_name.values()
    (same,) = rules(rule_text("a", priority='"high"  # a comment')).by_name.values()
    (other,) = rules(rule_text("a", priority="low")).by_name.values()
    assert first.version == same.version != other.version


def test_rules_are_found_by_event_type_and_source_topic() -> None:
    text = rule_text("a") + rule_text("b", topic="orders") + rule_text("c", enabled="false")
    found = rules(text)
    assert [rule.name for rule in found.of(MESSAGE)] == ["a"]
    assert [rule.name for rule in found.of(MESSAGE, "orders")] == ["b"]
    assert found.of(DELAYED) == ()
    assert found.source_topics == {"orders"}


def test_a_rule_of_the_topic_takes_the_place_of_the_files() -> None:
    base = rules(rule_text("a") + rule_text("b"))
    over = rules(rule_text("b", enabled="false") + rule_text("c"))
    merged = base.overlaid(over.by_name)
    assert [rule.name for rule in merged.of(MESSAGE)] == ["a", "c"]
    assert base.by_name["b"].enabled


def test_the_shipped_rules_tell_of_flights_in_two_languages() -> None:
    """At least twelve rules for flights, each in English and German."""
    flights = [rule for rule in shipped_rules().by_name.values() if rule.event_type.startswith("tidings.flights.")]
    assert len(flights) >= 12
    assert all({"en", "de"} <= rule.texts.by_locale.keys() for rule in flights)
    assert {rule.priority for rule in flights} == set(Priority)


def refused_or_read(text: str) -> None:
    """Only `BadRules` may come out, with places that an editor can jump to."""
    try:
        read_rules(text, CATALOGUE)
    except BadRules as error:
        found = error.problems
    else:
        return
    assert found
    assert all(problem.line >= 1 and problem.column >= 1 for problem in found)


@example("rules: " + "[" * 5_000)
@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    refused_or_read(text)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = ["match", "when", "audience", "kind", "ttl", "url", "text", "topic", "collapse_key", "digest", "priority"]


@example("ttl", "99999999999d")  # Python knows no such span
@example("digest", "999999999d")  # nor a time that is so far away
@given(st.sampled_from(FIELDS), VALUES)
def test_any_value_of_a_field_is_read_or_refused(field: str, value: object) -> None:
    refused_or_read("rules:\n" + rule_text("a", **{field: json.dumps(value)}))


# Pieces of templates, so that most texts get past the first brace.
PIECES = [
    *("{{", "}}", "{% if ", "{% endif %}", "{% for x in ", "{% endfor %}", "{% set x = ", "{% filter ", "%}", "{#"),
    *("text", "user", "(", ")", "[", "]", " | time", " | upper", " ~ ", " + ", " * ", ".", "'", "9" * 20, "__class__"),
]


@example("{{ " + "(" * 2_000 + "text" + ")" * 2_000 + " }}")
@example("{{ text" + "|upper" * 1_000 + " }}")
@example("{% if text %}" * 200 + "{% endif %}" * 200)
@example("{{ " + "9" * 5_000 + " }}")  # Python reads no whole number as long
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=12).map("".join))
def test_any_template_is_read_or_refused(template: str) -> None:
    """However deep it nests: Jinja and Python give up in ways of their own."""
    refused_or_read("rules:\n" + rule_text("a", text=json.dumps({"en": {"title": template}})))
