"""Audiences: followed topics that are built from fields, users that a field names."""

import pytest
from tidings_processors.core.audience import BadAudience, followers, users
from tidings_processors.core.cel.kinds import kind_of

from tests.unit.processors.builders import CATALOGUE, DELAYED, delayed

FIELDS = kind_of(CATALOGUE[DELAYED].json).fields


def test_topics_are_built_from_fields() -> None:
    audience = followers(["flight:{flight}", "route:{origin}-{destination}", "all", "number:{number}"], FIELDS)
    assert audience.topics(delayed()) == ["flight:UA1545", "route:EWR-IAH", "all", "number:1545"]


def test_a_topic_whose_field_is_null_is_left_out() -> None:
    audience = followers(["aircraft:{tail}", "flight:{flight}"], FIELDS)
    assert audience.topics(delayed()) == ["flight:UA1545"]
    assert audience.topics(delayed(tail="N1")) == ["aircraft:N1", "flight:UA1545"]


def test_a_topic_that_is_reached_twice_is_told_once() -> None:
    audience = followers(["airport:{origin}", "airport:{destination}"], FIELDS)
    assert audience.topics(delayed(destination="EWR")) == ["airport:EWR"]


def test_a_null_or_empty_user_is_nobody_and_each_is_told_once() -> None:
    schema = {"type": "array", "items": "string"}
    both = {"one": kind_of(["null", "string"]), "many": kind_of(schema)}
    assert users("one", both).users({"one": None}) == []
    assert users("one", both).users({"one": ""}) == []
    assert users("one", both).users({"one": "ann"}) == ["ann"]
    assert users("many", both).users({"many": ["ann", "bob", "ann", ""]}) == ["ann", "bob"]


@pytest.mark.parametrize(
    ("template", "at", "says"),
    [
        ("flight:{fligt}", 8, "no field 'fligt'"),
        ("flight {flight}", 6, "no ' '"),
        ("a|b", 1, r"no '\|'"),
        ("at:{scheduled_departure}", 4, "is timestamp"),
        ("x:{}", 3, "no field ''"),
        ("x:{flight", 2, "no '{'"),
    ],
)
def test_a_topic_that_can_never_be_is_refused_with_its_place(template: str, at: int, says: str) -> None:
    with pytest.raises(BadAudience, match=says) as caught:
        followers([template], FIELDS)
    assert caught.value.at == at


def test_users_are_named_by_texts_only() -> None:
    with pytest.raises(BadAudience, match="is int"):
        users("number", FIELDS)
    with pytest.raises(BadAudience, match="no field 'who'"):
        users("who", FIELDS)
