"""The closures that conditions compile to, held against the CEL library on expressions and values of all kinds."""

import math
from datetime import UTC, datetime
from typing import Any

import cel
from hypothesis import given, settings
from hypothesis import strategies as st
from tidings_processors.core.cel.kinds import BOOL, BYTES, DOUBLE, INT, STRING, TIMESTAMP, Kind
from tidings_processors.core.cel.syntax import Unsupported, parse
from tidings_processors.core.cel.translate import Mismatch, translate

ADDRESS = Kind("record", fields={"city": STRING, "zip": Kind("int", nullable=True)})
VARIABLES = {
    "i": INT,
    "j": INT,
    "n": Kind("int", nullable=True),
    "d": DOUBLE,
    "s": STRING,
    "t": Kind("string", nullable=True),
    "b": BOOL,
    "raw": BYTES,
    "at": TIMESTAMP,
    "tags": Kind("list", item=STRING),
    "marks": Kind("map", item=STRING),
    "home": ADDRESS,
    "work": Kind("record", nullable=True, fields=ADDRESS.fields),
}
INTS = st.one_of(
    st.integers(-5, 5), st.integers(-(2**63), 2**63 - 1), st.sampled_from([2**63 - 1, -(2**63), 2**53 + 1])
)
TEXTS = st.one_of(st.sampled_from(["", "a", "ab", "é", "zé", "😀", "x1"]), st.text(max_size=4))
DOUBLES = st.one_of(st.floats(), st.sampled_from([0.0, -0.0, 0.5, 1.0, 2.0**53, math.nan, math.inf]))
ADDRESSES = st.fixed_dictionaries({"city": TEXTS, "zip": st.none() | INTS})
RECORDS = st.fixed_dictionaries(
    {
        "i": INTS,
        "j": INTS,
        "n": st.none() | INTS,
        "d": DOUBLES,
        "s": TEXTS,
        "t": st.none() | TEXTS,
        "b": st.booleans(),
        "raw": st.binary(max_size=3),
        "at": st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1), timezones=st.just(UTC)),
        "tags": st.lists(TEXTS, max_size=3),
        "marks": st.dictionaries(st.sampled_from(["a", "k", "é"]), TEXTS, max_size=2),
        "home": ADDRESSES,
        "work": st.none() | ADDRESSES,
    }
)

_QUOTABLE = st.text(st.characters(blacklist_categories=["Cs", "Cc"], blacklist_characters="\"'\\"), max_size=3)
NUMBERS = st.one_of(
    st.sampled_from(["i", "j", "n", "home.zip", "size(s)", "s.size()", "size(tags)", "size(raw)", "size(marks)"]),
    st.integers(-3, 40).map(str),
    st.sampled_from(["9223372036854775807", "0x1F", "4611686018427387904"]),
)
REALS = st.one_of(st.just("d"), st.sampled_from(["0.5", "1.0", "1e3", "2.5", "9007199254740992.0"]))
WORDS = st.one_of(
    st.sampled_from(["s", "t", "home.city", "work.city", "marks.k", "marks.a"]), _QUOTABLE.map('"{}"'.format)
)


def _operations(inner: st.SearchStrategy[str], operators: list[str]) -> st.SearchStrategy[str]:
    return st.tuples(inner, st.sampled_from(operators), inner).map(lambda parts: f"({' '.join(parts)})")


SUMS = st.recursive(NUMBERS, lambda i: _operations(i, ["+", "-", "*", "/", "%"]) | i.map("-({})".format), max_leaves=3)
QUOTIENTS = _operations(REALS, ["+", "-", "*", "/"]) | REALS
PLAIN_TESTS = st.one_of(
    _operations(SUMS, ["<", "<=", ">", ">=", "==", "!="]),
    _operations(QUOTIENTS, ["<", "<=", ">", ">=", "==", "!="]),
    _operations(st.one_of(NUMBERS, REALS), ["<", "<=", ">", ">=", "==", "!="]),
    _operations(WORDS, ["<", "<=", ">", ">=", "==", "!="]),
    st.tuples(WORDS, st.sampled_from(["startsWith", "endsWith", "contains"]), WORDS).map(
        "{0[0]}.{0[1]}({0[2]})".format
    ),
    st.tuples(WORDS, st.lists(WORDS.filter(lambda w: w[0] == '"'), min_size=1, max_size=3).map(", ".join)).map(
        "{0[0]} in [{0[1]}]".format
    ),
    WORDS.map("{} in tags".format),
    WORDS.map("{} in marks".format),
    NUMBERS.map("{} in [1, 2, -3]".format),
    st.sampled_from(
        ["b", "true", "false", "t == null", "n != null", "work == null", "at == at", "at < at", "raw == raw"]
    ),
    st.sampled_from(["has(home.zip)", "has(work.city)", "has(marks.k)", "b == true", "null == null"]),
)
TESTS = st.recursive(
    PLAIN_TESTS,
    lambda inner: st.one_of(
        _operations(inner, ["&&", "||", "==", "!="]),
        inner.map("!({})".format),
        st.tuples(inner, inner, inner).map("({0[0]} ? {0[1]} : {0[2]})".format),
    ),
    max_leaves=5,
)


@settings(max_examples=400, deadline=None)
@given(text=TESTS, record=RECORDS)
def test_a_closure_never_gives_another_answer_than_the_library(text: str, record: dict[str, Any]) -> None:
    """Where the closure gives a value, the library gives the same; where it raises, the library is asked anyway."""
    program = cel.compile(text)
    try:
        closure = translate(parse(text), VARIABLES).run
    except (Unsupported, Mismatch):
        return
    try:
        mine = closure(record)
    except Exception:
        return
    theirs = program.execute({name: record[name] for name in program.references()["variables"] if name in record})
    assert mine is theirs, text


@settings(max_examples=100, deadline=None)
@given(text=st.one_of(SUMS, QUOTIENTS), record=RECORDS)
def test_numbers_come_out_as_the_library_reckons(text: str, record: dict[str, Any]) -> None:
    """The same for expressions whose value is a number, so that rounding and signs are seen and not only compared."""
    program = cel.compile(text)
    try:
        mine = translate(parse(text), VARIABLES).run(record)
    except Exception:
        return
    theirs = program.execute({name: record[name] for name in program.references()["variables"] if name in record})
    assert type(mine) is type(theirs), text
    assert mine == theirs or (mine != mine and theirs != theirs), text


@given(record=RECORDS)
def test_most_of_what_conditions_say_has_a_closure(record: dict[str, Any]) -> None:
    """The common forms are translated and answer without the library: otherwise the tests above would prove nothing."""
    for text, wanted in (
        ("i >= 30", record["i"] >= 30),
        ('s == "a" || b', record["s"] == "a" or record["b"]),
        ('s in ["a", "ab"] && !b', record["s"] in ("a", "ab") and not record["b"]),
        (
            's.startsWith("a") ? b : home.city == s',
            record["b"] if record["s"].startswith("a") else record["home"]["city"] == record["s"],
        ),
    ):
        assert translate(parse(text), VARIABLES).run(record) is wanted
