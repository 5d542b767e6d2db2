"""What the project is for: something happens, and who follows it sees it in the browser."""

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import NewTab
from tests.e2e.stack import Stack

pytestmark = [pytest.mark.kafka, pytest.mark.browser]


def test_who_follows_a_flight_sees_its_delay(stack: Stack, new_tab: NewTab, user: str) -> None:
    """Sign in, search, follow; a service publishes a delay; it appears without a reload, and is unread."""
    flight = stack.flight()
    tab = new_tab().sign_in(user)
    tab.follow(flight)
    stack.delay(flight, 45)
    item = tab.expect_item(f"{flight} is delayed by 45 minutes")
    expect(item).to_contain_text("EWR → ORD")
    tab.expect_unread(1)


def test_who_does_not_follow_sees_nothing(stack: Stack, new_tab: NewTab, user: str) -> None:
    """A flight that one does not follow stays away: the later one that one follows came alone."""
    followed, other = stack.flight(), stack.flight()
    tab = new_tab().sign_in(user)
    tab.follow(followed)
    stack.delay(other, 45)
    stack.delay(followed, 50)
    tab.expect_item(followed)
    assert len(tab.titles()) == 1


def test_reading_in_one_place_reads_everywhere(stack: Stack, new_tab: NewTab, user: str) -> None:
    """Marked as read in one tab, it is read in the tab beside it and on another device."""
    tab = new_tab().sign_in(user)
    beside, device = new_tab(beside=tab), new_tab().sign_in(user)
    for text in ("first", "second"):
        stack.tell(user, text)
    for each in (tab, beside, device):
        each.expect_unread(2)
    item = tab.expect_item("first")
    item.hover()
    item.get_by_role("button", name="Mark as read").click()
    for each in (tab, beside, device):
        each.expect_unread(1)
    device.page.get_by_role("button", name="Mark all as read").click()
    for each in (tab, beside, device):
        each.expect_unread(0)


def test_a_reload_shows_what_was_there_and_what_was_read(stack: Stack, new_tab: NewTab, user: str) -> None:
    """The inbox is the log's, not the tab's: a new visit finds the same notifications in the same states."""
    tab = new_tab().sign_in(user)
    for text in ("first", "second", "third"):
        stack.tell(user, text)
    tab.expect_unread(3)
    item = tab.expect_item("second")
    item.hover()
    item.get_by_role("button", name="Dismiss").click()
    expect(tab.items("second")).to_have_count(0)
    device = new_tab().sign_in(user)
    device.expect_unread(2)
    assert device.titles() == ["third", "first"]


def test_a_gateway_that_dies_loses_and_doubles_nothing(stack: Stack, new_tab: NewTab, user: str) -> None:
    """Killed without warning and started again: what came before, meanwhile and after is there once, in order."""
    tab = new_tab().sign_in(user)
    stack.tell(user, "before")
    tab.expect_item("before")
    stack.gateway.kill()
    try:
        tab.wait_for("Reconnecting")
        for number in range(10):
            stack.tell(user, f"meanwhile {number}")
    finally:
        stack.gateway.start()
    tab.wait_for("Live")
    stack.tell(user, "after")
    tab.expect_item("after")
    assert tab.titles() == ["after", *(f"meanwhile {number}" for number in reversed(range(10))), "before"]
    tab.expect_unread(12)


def test_a_muted_topic_stays_silent(stack: Stack, new_tab: NewTab, user: str) -> None:
    """Muted in the list of what one follows, a flight's delay does not come; unmuted, the next one does."""
    muted, other = stack.flight(), stack.flight()
    tab = new_tab().sign_in(user)
    tab.follow(muted)
    tab.follow(other)
    tab.page.get_by_role("button", name=f"Mute {muted}").click()
    expect(tab.page.get_by_role("button", name=f"Unmute {muted}")).to_be_visible()
    stack.delay(muted, 40)
    stack.delay(other, 50)
    tab.expect_item(other)
    expect(tab.items(muted)).to_have_count(0)
    tab.page.get_by_role("button", name=f"Unmute {muted}").click()
    expect(tab.page.get_by_role("button", name=f"Mute {muted}")).to_be_visible()
    stack.delay(muted, 60, day=1)
    tab.expect_item(muted)


def test_the_tab_that_keeps_the_connection_may_close(stack: Stack, new_tab: NewTab, user: str) -> None:
    """Two tabs share one stream; when the one that keeps it closes, the other takes over and misses nothing."""
    first = new_tab().sign_in(user)
    second = new_tab(beside=first)
    second.wait_for("Live")
    stack.tell(user, "while both are open")
    second.expect_item("while both are open")
    first.page.close()
    stack.tell(user, "while one is left")
    second.expect_item("while one is left")
    assert second.titles() == ["while one is left", "while both are open"]


def test_a_newer_word_on_a_flight_replaces_the_unread_one(stack: Stack, new_tab: NewTab, user: str) -> None:
    """Two delays of one departure are one notification: the newer."""
    flight = stack.flight()
    tab = new_tab().sign_in(user)
    tab.follow(flight)
    stack.delay(flight, 35)
    tab.expect_item("35 minutes")
    stack.delay(flight, 55)
    tab.expect_item("55 minutes")
    expect(tab.items(flight)).to_have_count(1)
    tab.expect_unread(1)
