"""Where files lie."""

from pathlib import Path

import pytest
from tidings.local import paths
from tidings.local.errors import UnusableFolder

HOME = Path("/home/someone")


def test_xdg_defaults_are_below_home() -> None:
    """With an empty environment the XDG defaults hold."""
    found = paths.folders({}, HOME)
    assert found.data == HOME / ".local/share/tidings"
    assert found.cache == HOME / ".cache/tidings"
    assert found.state == HOME / ".local/state/tidings"


def test_xdg_variables_win() -> None:
    """Each XDG variable moves its own folder."""
    found = paths.folders({"XDG_DATA_HOME": "/d", "XDG_CACHE_HOME": "/c", "XDG_STATE_HOME": "/s"}, HOME)
    assert (found.data, found.cache, found.state) == (Path("/d/tidings"), Path("/c/tidings"), Path("/s/tidings"))


def test_relative_xdg_variable_is_ignored() -> None:
    """The specification calls a relative path invalid."""
    assert paths.folders({"XDG_DATA_HOME": "data"}, HOME).data == HOME / ".local/share/tidings"


def test_tidings_home_holds_everything() -> None:
    """TIDINGS_HOME beats XDG, for all folders."""
    found = paths.folders({"TIDINGS_HOME": "/t", "XDG_DATA_HOME": "/d"}, HOME)
    assert {found.data.parent, found.cache.parent, found.state.parent} == {Path("/t")}
    assert found.logs == Path("/t/state/logs")


@pytest.mark.parametrize("name", ["a,b", "a;b"])
def test_folder_that_kafka_would_misread_is_refused(name: str) -> None:
    """Kafka splits its folders at commas, and the registry's address ends at a semicolon; nothing is made."""
    with pytest.raises(UnusableFolder, match="set TIDINGS_HOME"):
        paths.beneath(Path("/nowhere") / name).create()
