"""A real browser before a real gateway, processors and Kafka."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright
from tidings.local import page as page_build
from tidings.local.services import Endpoints

from tests.e2e.stack import Stack, running
from tests.e2e.tab import Tab

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]

#: Makes a tab; the arguments are those of Playwright's `new_context`. `beside` opens it in that tab's own context.
NewTab = Callable[..., Tab]


@pytest.fixture(scope="session")
def chromium() -> Path:
    """Where Chromium is; without it, all that asks for a browser is skipped before anything is started for it."""
    if not CHROMIUM.exists():
        pytest.skip(f"no Chromium at {CHROMIUM}: apt-get install chromium")
    return CHROMIUM


@pytest.fixture(scope="module")
def browser(chromium: Path) -> Iterator[Browser]:
    """Chromium; a module's own, since Playwright's loop must not run beside pytest-asyncio's."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def stack(chromium: Path, kafka: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Processors and a gateway with the built page; tests keep out of one another's way by user and flight."""
    root = page_build.checkout()
    assert root is not None
    page_build.build(root)
    with running(kafka, f"e{uuid.uuid4().hex[:10]}.", tmp_path_factory.mktemp("stack")) as started:
        yield started


@pytest.fixture
def user() -> str:
    """A passenger whom no other test knows."""
    return f"passenger-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def new_tab(browser: Browser, stack: Stack) -> Iterator[NewTab]:
    """See `NewTab`."""
    contexts = []

    def make(beside: Tab | None = None, **options: Any) -> Tab:
        context = beside.page.context if beside else browser.new_context(locale="en-US", **options)
        contexts.append(context)
        return Tab(context.new_page(), stack.url).open()

    yield make
    for context in contexts:
        context.close()
