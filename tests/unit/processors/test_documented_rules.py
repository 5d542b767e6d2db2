"""The rules that the documentation shows."""

import re
from pathlib import Path

import pytest
from tidings_processors.core.rules import read_rules
from tidings_schemas.catalogue import load

_ROOT = Path(__file__).parents[3]
_BLOCK = re.compile(r"```yaml\n(- name: .*?)```", re.DOTALL)


@pytest.mark.parametrize("page", ["README.md", "processors/README.md"])
def test_rules_in_the_documentation_are_rules(page: str) -> None:
    """Whoever copies one from there gets a sound rule."""
    shown = _BLOCK.findall((_ROOT / page).read_text())
    assert shown
    for block in shown:
        assert len(read_rules(f"rules:\n{block}", load(), page)) == 1
