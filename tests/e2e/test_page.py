"""The page itself: who can use it, and what it must not do."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import ConsoleMessage, Request, expect

from tests.e2e.conftest import NewTab
from tests.e2e.stack import Stack
from tests.e2e.tab import Tab

pytestmark = [pytest.mark.kafka, pytest.mark.browser]

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


def violations(tab: Tab) -> list[tuple[str, Any]]:
    """What axe-core finds wrong with the page as it stands: rule and elements."""
    tab.page.evaluate(AXE.read_text())
    found = tab.page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)
    assert len(found["passes"]) > 20, "axe looked at too little to say anything"
    return [(wrong["id"], [node["target"] for node in wrong["nodes"]]) for wrong in found["violations"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_wrong(stack: Stack, new_tab: NewTab, user: str, scheme: str) -> None:
    """WCAG 2.2 AA as far as axe-core can tell, contrast included: signed out, empty, with notifications, in dialogs."""
    tab = new_tab(color_scheme=scheme, reduced_motion="reduce")
    expect(tab.page.get_by_role("button", name="passenger-1")).to_be_visible()
    assert violations(tab) == []
    tab.sign_in(user)
    assert violations(tab) == []
    stack.tell(user, "something to read")
    tab.expect_item("something to read")
    tab.page.get_by_role("button", name="Raw events").click()
    assert violations(tab) == []
    tab.page.get_by_role("button", name="Account of").click()
    tab.page.get_by_role("button", name="Preferences").click()
    tab.page.get_by_label("Hold everything").check()
    assert violations(tab) == []


def test_a_phone_needs_no_sideways_scrolling(stack: Stack, new_tab: NewTab, user: str) -> None:
    """At 390 pixels each view fits, also with long words in it."""
    tab = new_tab(**PHONE).sign_in(user)
    stack.tell(user, "long " + "x" * 120)
    tab.expect_item("long")
    for view in ("Inbox", "Following", "Events"):
        tab.page.get_by_role("navigation").get_by_role("button", name=view).click()
        assert tab.page.evaluate("document.documentElement.scrollWidth") == 390, view


def test_the_page_asks_nobody_but_its_gateway(stack: Stack, new_tab: NewTab, user: str) -> None:
    """No request leaves for another origin, and nothing breaks the content security policy."""
    tab = new_tab()
    asked: list[str] = []
    said: list[str] = []

    def on_request(request: Request) -> None:
        asked.append(request.url)

    def on_console(message: ConsoleMessage) -> None:
        said.append(message.text)

    tab.page.on("request", on_request)
    tab.page.on("console", on_console)
    tab.page.reload()
    tab.sign_in(user)
    stack.tell(user, "hello")
    tab.expect_item("hello")
    assert asked
    assert [url for url in asked if not url.startswith((stack.url, "data:"))] == []
    assert [text for text in said if "Content Security Policy" in text or "Error" in text] == []


def test_the_keyboard_suffices(stack: Stack, new_tab: NewTab, user: str) -> None:
    """g goes to the inbox, j and k move, Enter reads, e dismisses and the focus stays in the list."""
    tab = new_tab().sign_in(user)
    for text in ("first", "second", "third"):
        stack.tell(user, text)
    tab.expect_unread(3)
    keyboard = tab.page.keyboard
    keyboard.press("g")
    expect(tab.items("third")).to_be_focused()
    keyboard.press("j")
    expect(tab.items("second")).to_be_focused()
    keyboard.press("Enter")
    tab.expect_unread(2)
    keyboard.press("e")
    expect(tab.items("second")).to_have_count(0)
    expect(tab.items("first")).to_be_focused()
    keyboard.press("k")
    expect(tab.items("third")).to_be_focused()
    keyboard.press("u")
    tab.expect_unread(2)


def test_every_frame_can_be_looked_into(stack: Stack, new_tab: NewTab, user: str) -> None:
    """The log of raw events shows event, id and data; paused, it keeps still."""
    tab = new_tab().sign_in(user)
    tab.page.get_by_role("button", name="Raw events").click()
    stack.tell(user, "look into me")
    frame = tab.page.locator("tidings-event-log").get_by_role("listitem").filter(has_text="look into me")
    frame.get_by_role("button").click()
    expect(frame).to_contain_text("event: notification")
    expect(frame).to_contain_text("id: v1.")
    tab.page.get_by_role("button", name="Pause").click()
    stack.tell(user, "while paused")
    tab.expect_item("while paused")
    expect(tab.page.get_by_role("button", name="Resume (1 passed)")).to_be_visible()
    expect(tab.page.locator("tidings-event-log").get_by_role("listitem").filter(has_text="while paused")).to_have_count(
        0
    )


def test_preferences_outlive_the_visit(stack: Stack, new_tab: NewTab, user: str) -> None:
    """Language and time zone are kept with the user: another device speaks German and tells Berlin's time."""
    flight = stack.flight()
    tab = new_tab().sign_in(user)
    tab.follow(flight)
    tab.page.get_by_role("button", name="Account of").click()
    tab.page.get_by_role("button", name="Preferences").click()
    tab.page.get_by_label("Language").select_option("de")
    tab.page.get_by_label("Time zone").select_option("Europe/Berlin")
    tab.page.get_by_role("button", name="Save").click()
    expect(tab.page.get_by_text("Preferences saved.")).to_be_visible()
    stack.delay(flight, 45)
    device = new_tab().sign_in(user)
    expect(device.expect_item(f"{flight} hat 45 Minuten Verspätung")).to_contain_text("14:45")


def test_a_newcomer_reads_local_time(stack: Stack, new_tab: NewTab, user: str) -> None:
    """Who never chose a time zone gets the browser's, and every device of theirs keeps it."""
    tab = new_tab(timezone_id="America/New_York")
    with tab.page.expect_response(lambda answer: answer.request.method == "PUT" and "preferences" in answer.url):
        tab.sign_in(user)
    device = new_tab(timezone_id="UTC").sign_in(user)
    device.page.get_by_role("button", name="Account of").click()
    device.page.get_by_role("button", name="Preferences").click()
    expect(device.page.get_by_label("Time zone")).to_have_value("America/New_York")


def test_a_session_that_ended_says_so(stack: Stack, new_tab: NewTab, user: str) -> None:
    """When the cookie is gone, the stream is not tried for ever: the page says that one has been signed out."""
    tab = new_tab().sign_in(user)
    tab.page.context.clear_cookies()
    stack.gateway.kill()
    stack.gateway.start()
    expect(tab.page.get_by_text("You have been signed out")).to_be_visible(timeout=30_000)
