"""Whom a storm may be let loose on, and how much of it."""

import pytest
from tidings_bench.storm.plan import MODEST, Plan, Refused, Target, openings, question, share, target


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:8600", Target(False, "127.0.0.1", 8600)),
        ("localhost:8600/", Target(False, "localhost", 8600)),
        ("https://push.example.com/base/", Target(True, "push.example.com", 443, "/base")),
        ("http://[::1]:8600", Target(False, "::1", 8600)),
    ],
)
def test_addresses_are_read_as_people_write_them(url: str, expected: Target) -> None:
    """With and without a scheme, with a path below which the gateway lies."""
    assert target(url) == expected


@pytest.mark.parametrize(
    "url", ["", "ftp://x", "http://", "http://a:b", "http://u:p@host", "http://host:99999", "h?q=1"]
)
def test_what_is_no_address_is_refused(url: str) -> None:
    """Before anything is opened to whatever it might mean."""
    with pytest.raises(Refused, match="no address"):
        target(url)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_this_machine_needs_no_question(host: str) -> None:
    """It harms only who runs it."""
    assert question(Target(False, host, 8600), Plan(1_000_000, 1, 1), None) is None


@pytest.mark.parametrize("host", ["10.0.0.1", "push.example.com", "localhost.evil.example", "0.0.0.0"])
def test_any_other_is_asked_for_by_name_and_kept_modest(host: str) -> None:
    """More than a thousand streams need a limit that says so."""
    where = Target(True, host, 443)
    assert host in str(question(where, Plan(MODEST, 1, 1), None))
    with pytest.raises(Refused, match=f"--limit {MODEST + 1}"):
        question(where, Plan(MODEST + 1, 1, 1), None)
    assert question(where, Plan(MODEST + 1, 1, 1), MODEST + 1) is not None


@pytest.mark.parametrize(
    ("location", "path"),
    [
        ("/shards/1/v1/stream?hop=1", "/shards/1/v1/stream?hop=1"),
        ("https://push.example.com/x", "/x"),
        ("https://push.example.com:8443/x", None),
        ("https://other.example.com/x", None),
        ("//other.example.com/x", None),
        ("http://push.example.com/x", None),
        ("javascript:alert(1)", None),
        ("", None),
    ],
)
def test_a_redirect_never_leads_to_a_host_that_was_not_named(location: str, path: str | None) -> None:
    """Whatever the gateway, or who stands in its place, says."""
    assert target("https://push.example.com").follow(location) == path


def test_shares_are_percentages() -> None:
    """As on the command line; what is none is refused."""
    assert [share(text) for text in ("0%", "50%", "12.5%", "100%")] == [0.0, 0.5, 0.125, 1.0]
    for text in ("50", "101%", "-1%", "%", "half"):
        with pytest.raises(Refused):
            share(text)


def test_streams_are_opened_at_an_even_rate() -> None:
    """So many a second, the first at once."""
    assert list(openings(Plan(streams=4, rate=2.0, seconds=1))) == [0.0, 0.5, 1.0, 1.5]
