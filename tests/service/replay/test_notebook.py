"""The notebook runs from end to end on a day of real flights that real processors have dealt with."""

import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from tidings_bench import stack
from tidings_bench.services import prepared
from tidings_schemas.settings import Settings

from tests.service.replay.corner import Corner

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(600)]
NOTEBOOKS = Path(__file__).parents[3] / "docs" / "notebooks"


@pytest.fixture
def day(corner: Corner, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Settings]:
    """Topics of a namespace that hold 8 February 2013, with a worker that has dealt with all of it."""
    for name, value in corner.endpoints.environ().items():
        monkeypatch.setenv(name, value)
    with prepared(("flights",)) as settings:
        for name, value in {"TIDINGS_NAMESPACE": settings.prefix, "TIDINGS_DOMAINS": "flights"}.items():
            monkeypatch.setenv(name, value)
        worker = stack.worker(settings, tmp_path)
        worker._env["TIDINGS_DOMAINS"] = "flights"
        with stack.running(worker):
            spec = importlib.util.spec_from_file_location("flights_day", NOTEBOOKS / "flights_day.py")
            assert spec is not None
            assert spec.loader is not None
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            module.fill(settings)
            module.until_quiet(settings)
            yield settings


def test_the_notebook_answers_its_five_questions(day: Settings, tmp_path: Path) -> None:
    """Every cell runs; every question has its picture."""
    images = Path(os.environ.get("TIDINGS_NOTEBOOK_IMAGES", tmp_path))
    os.environ["TIDINGS_NOTEBOOK_IMAGES"] = str(images)
    notebook = nbformat.read(NOTEBOOKS / "flights.ipynb", as_version=4)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(NOTEBOOKS)}}).execute()
    if keep := os.environ.get("TIDINGS_NOTEBOOK_KEEP"):
        nbformat.write(notebook, keep)
    names = sorted(p.name for p in images.glob("notebook-*.png"))
    assert names == [f"notebook-{n}.png" for n in ("hours", "late", "people", "saved", "woken")]
    assert all((images / name).stat().st_size > 5000 for name in names)
