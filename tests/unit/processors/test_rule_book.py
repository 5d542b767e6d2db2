"""Rules that change: what a worker goes by while an apply comes in, and what becomes of a rule that is withdrawn."""

from hypothesis import given
from hypothesis import strategies as st
from tidings_processors.core.rules import RuleSet
from tidings_processors.rule_book import RuleBook
from tidings_processors.rules_topic import text_of

from tests.unit.processors.builders import CATALOGUE, MESSAGE, rule_text, rules

NAMES = ("a", "b", "c")


def one(name: str, **more: str) -> str:
    """A rule as the topic holds it."""
    return text_of(rules(rule_text(name, **more)).by_name[name])


def book(base: RuleSet | None = None) -> RuleBook:
    return RuleBook(base or RuleSet(), CATALOGUE)


def matching(rule_set: RuleSet) -> set[str]:
    """The rules that events meet."""
    return {rule.name for rule in rule_set.of(MESSAGE)}


@given(st.lists(st.dictionaries(st.sampled_from(NAMES), st.booleans(), min_size=1), max_size=5))
def test_half_of_an_apply_is_never_in_force(applies: list[dict[str, bool]]) -> None:
    """After each single change the rules are those of before the apply; after its end they are those of after it."""
    rule_book, expected = book(), set[str]()
    for apply in applies:
        for name, is_there in apply.items():
            rule_book.change(name, one(name) if is_there else None)
            assert matching(rule_book.rules()) == expected
        rule_book.settle()
        expected = expected.union(name for name in apply if apply[name]) - {n for n in apply if not apply[n]}
        assert matching(rule_book.rules()) == expected


def test_a_set_that_somebody_holds_does_not_change() -> None:
    rule_book = book()
    rule_book.change("a", one("a"))
    rule_book.settle()
    held = rule_book.rules()
    rule_book.change("a", None)
    rule_book.change("b", one("b"))
    rule_book.settle()
    assert (matching(held), matching(rule_book.rules())) == ({"a"}, {"b"})


def test_what_a_withdrawn_rule_matched_before_is_still_told() -> None:
    """It is on its way under the old name, and the rule that took its place will not see the event again."""
    rule_book = book()
    rule_book.change("a", one("a"))
    rule_book.settle()
    rule_book.change("a", None)
    rule_book.settle()
    assert matching(rule_book.rules()) == set()
    assert rule_book.rules().by_name["a"].enabled


def test_what_is_held_of_a_withdrawn_rule_is_off() -> None:
    """Until the rule is there again."""
    rule_book = book()
    for text, is_off in ((one("a"), False), (None, True), (one("a"), False)):
        rule_book.change("a", text)
        rule_book.settle()
        assert rule_book.rules().is_off("a") is is_off


def test_a_rule_that_is_switched_off_silences_what_it_matched_before() -> None:
    rule_book = book()
    rule_book.change("a", one("a"))
    rule_book.settle()
    rule_book.change("a", one("a", enabled="false"))
    rule_book.settle()
    assert matching(rule_book.rules()) == set()
    assert not rule_book.rules().by_name["a"].enabled


def test_withdrawn_the_rule_of_the_file_is_in_force_again() -> None:
    rule_book = book(rules(rule_text("a", kind="of-the-file")))
    rule_book.change("a", one("a", kind="of-the-topic"))
    rule_book.settle()
    rule_book.change("a", None)
    rule_book.settle()
    assert [rule.kind for rule in rule_book.rules().of(MESSAGE)] == ["of-the-file"]


def test_a_broken_rule_leaves_the_one_before_in_force_and_takes_the_others() -> None:
    rule_book = book()
    rule_book.change("a", one("a"))
    rule_book.settle()
    before = rule_book.rules().by_name["a"]
    rule_book.change("a", "name: a\nmatch: no.Such\n")
    rule_book.change("b", one("b"))
    rule_book.settle()
    assert matching(rule_book.rules()) == {"a", "b"}
    assert rule_book.rules().by_name["a"] is before


def test_the_rules_are_here_when_the_topic_has_no_more() -> None:
    """Not when some of them have come: a worker that began then would go by half of them."""
    rule_book = book()
    rule_book.change("a", one("a"))
    assert not rule_book.restored().done()
    rule_book.settle()
    assert rule_book.restored().done()
