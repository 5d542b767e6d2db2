"""The page's build, with a real npm on a very small page."""

import json
from pathlib import Path

import pytest
from tidings.local import page
from tidings.local.errors import PageBuildFailed

BUILD = "mkdir -p ../gateway/tidings_gateway/static && cp page.html ../gateway/tidings_gateway/static/index.html"


def checkout(root: Path, build: str) -> Path:
    """A checkout with nothing but a page whose build is the given shell command."""
    web = root / "web"
    web.mkdir()
    package = {"name": "little", "version": "1.0.0"}
    (web / "package.json").write_text(json.dumps({**package, "scripts": {"build": build}}))
    lock = {**package, "lockfileVersion": 3, "requires": True, "packages": {"": package}}
    (web / "package-lock.json").write_text(json.dumps(lock))
    (web / "page.html").write_text("one")
    return root


def test_built_once_and_again_after_a_change(tmp_path: Path) -> None:
    """A current page is left alone; a changed source, or a lost result, is built."""
    root = checkout(tmp_path, BUILD)
    index = page.static(root) / "index.html"
    assert page.build(root)
    assert index.read_text() == "one"
    assert not page.build(root)
    (root / "web" / "page.html").write_text("two")
    assert page.build(root)
    assert index.read_text() == "two"
    index.unlink()
    assert page.build(root)


def test_failure_shows_the_end_of_the_output(tmp_path: Path) -> None:
    """The error names the command and says what the build said; the next try builds again."""
    root = checkout(tmp_path, "echo cannot resolve ./missing && exit 3")
    for _ in range(2):
        with pytest.raises(PageBuildFailed, match=r"(?s)`npm run build` failed.*cannot resolve ./missing"):
            page.build(root)
