"""What a newcomer does: clone, `make up`, look at the page."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, TimeoutError, expect
from tidings.local import page as page_build
from tidings.local import ports

from tests.e2e.processes import clean_environ
from tests.e2e.tab import Tab

pytestmark = [pytest.mark.kafka, pytest.mark.browser, pytest.mark.timeout(420)]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page's address after `make up` in a clone of what is committed, with data folders of its own."""
    root = page_build.checkout()
    if root is None or not (root / ".git").exists():
        pytest.skip("a clone needs a git checkout to be cloned from")
    folder = tmp_path_factory.mktemp("fresh")
    clone, port = folder / "tidings", ports.free_ports().gateway
    subprocess.run(["git", "clone", "--quiet", "--depth", "1", root.as_uri(), clone], check=True)
    home = {"XDG_DATA_HOME": str(folder / "data"), "XDG_STATE_HOME": str(folder / "state")}
    make(clone, home, "up", f"ARGS=--detach --port {port}")
    yield f"http://127.0.0.1:{port}/"
    make(clone, home, "down")


def make(clone: Path, home: dict[str, str], *arguments: str) -> None:
    """`make` as a stranger calls it: not in this checkout's virtual environment."""
    environ = {
        name: value for name, value in clean_environ().items() if name not in ("VIRTUAL_ENV", "MAKEFLAGS", "ARGS")
    }
    outside = [folder for folder in environ["PATH"].split(os.pathsep) if ".venv" not in folder]
    environ |= home | {"PATH": os.pathsep.join(outside)}
    done = subprocess.run(["make", *arguments], cwd=clone, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


def test_real_flights_reach_the_page_of_a_fresh_clone(browser: Browser, address: str) -> None:
    """After `make up` in an empty folder, whoever follows JFK sees its flights' news arrive in Chromium."""
    tab = Tab(browser.new_page(locale="en-US"), address).open().sign_in("newcomer")
    follow_once_announced(tab, "JFK")
    expect(tab.items("JFK").first).to_be_visible(timeout=90_000)


def follow_once_announced(tab: Tab, query: str) -> None:
    """The page is live a moment before the source has told what may be followed; a person would type again."""
    search = tab.page.get_by_role("combobox", name="Search")
    found = tab.page.get_by_role("option").filter(has_text=query).first
    for _ in range(30):
        search.fill(query)
        try:
            found.wait_for(timeout=3_000)
            break
        except TimeoutError:
            search.fill("")
    tab.follow(query)
