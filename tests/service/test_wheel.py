"""What a wheel carries: all that a `pip install` needs to run."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The files of a wheel built from this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    uv = Path(sys.executable).with_name("uv")
    command = [uv, "build", "--wheel", "--quiet", "--out-dir", folder, ROOT]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = folder.glob("*.whl")
    return set(zipfile.ZipFile(wheel).namelist())


def test_page_is_built_in(names: set[str]) -> None:
    """The build hook ran npm: the page and its scripts are there."""
    assert "tidings_gateway/static/index.html" in names
    assert any(name.startswith("tidings_gateway/static/") and name.endswith(".js") for name in names)


def test_every_schema_is_there(names: set[str]) -> None:
    """Each committed Avro schema, and no fewer."""
    schemas = {f"tidings_schemas/avro/{path.name}" for path in (ROOT / "schemas/tidings_schemas/avro").glob("*.avsc")}
    assert schemas
    assert schemas <= names


@pytest.mark.parametrize("name", ["tidings/local/artifacts.json", "tidings_processors/rules.yaml", "tidings/py.typed"])
def test_data_files_are_there(names: set[str], name: str) -> None:
    """What is read from inside a package at run time, or by type checkers."""
    assert name in names


def test_nothing_else_is_there(names: set[str]) -> None:
    """Packages and metadata alone: no tests, no sources of the page."""
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.startswith("tidings")} == set()
