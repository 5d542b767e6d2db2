"""A browser tab with the page, spoken to as a person would: by what is written on it."""

from playwright.sync_api import Locator, Page, expect


class Tab:
    """One tab. Waits are for what must become true; Playwright's `expect` repeats until then."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self._url = url

    def open(self) -> "Tab":
        """Goes to the page."""
        self.page.goto(self._url)
        return self

    def sign_in(self, user: str) -> "Tab":
        """Signs in as a demo passenger and waits until the stream is live."""
        self.page.get_by_placeholder("Or another name").fill(user)
        self.page.get_by_role("button", name="Sign in").click()
        self.wait_for("Live")
        return self

    def wait_for(self, status: str, seconds: float = 30) -> None:
        """Until the connection's state is `status`: Live, Reconnecting, Offline."""
        expect(self.page.get_by_role("button", name=f"Stream: {status}")).to_be_visible(timeout=seconds * 1000)

    def follow(self, query: str) -> None:
        """Searches, and follows the first that is found; returns once the list has it."""
        self.page.get_by_role("combobox", name="Search").fill(query)
        found = self.page.get_by_role("option").filter(has_text=query).first
        found.click()
        expect(found).to_contain_text("Following")
        self.page.keyboard.press("Escape")

    def items(self, text: str = "") -> Locator:
        """The notifications whose text holds `text`."""
        return self.page.get_by_role("article").filter(has_text=text)

    def expect_item(self, text: str, seconds: float = 30) -> Locator:
        """The one notification that says so, once it is there."""
        item = self.items(text)
        expect(item).to_have_count(1, timeout=seconds * 1000)
        return item

    def expect_unread(self, count: int) -> None:
        """Until the bell says so."""
        words = f"Inbox, {count} unread" if count else "Inbox, nothing unread"
        expect(self.page.get_by_role("button", name=words)).to_be_visible(timeout=15_000)

    def titles(self) -> list[str]:
        """What the notifications are called, newest first."""
        return [item.get_attribute("aria-label") or "" for item in self.page.get_by_role("article").all()]
