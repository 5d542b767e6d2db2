"""`tidings bench model`: what it prints and draws."""

import json
import subprocess
import sys
from pathlib import Path


def model(*arguments: str) -> str:
    """What the command prints."""
    command = [sys.executable, "-m", "tidings", "bench", "model", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout


def test_it_answers_for_any_load_and_draws_it(tmp_path: Path) -> None:
    """As JSON with everything that it was told, and as a picture that needs nothing else."""
    file = tmp_path / "scale.svg"
    found = json.loads(model("--users", "100000", "--rate", "10000", "--plot", str(file), "--json"))
    assert found["load"]["users"] == 100_000
    assert found["fleet"]["plain"]["gateways"]["cpu"] > 0
    assert set(found["back"]) == {"no spare machines", "a quarter more", "half as many more"}
    assert "<svg" in file.read_text()


def test_costs_of_another_machine_may_be_given(tmp_path: Path) -> None:
    """What --measure printed there; twice the costs ask for more."""
    costs = json.loads(model("--json"))["measured"]
    costs["costs"]["deliver_us"] *= 2
    (tmp_path / "costs.json").write_text(json.dumps(costs))
    before = json.loads(model("--json"))["fleet"]["plain"]["gateways"]["parts"]["deliveries"]
    after = json.loads(model("--json", "--costs", str(tmp_path / "costs.json")))["fleet"]["plain"]["gateways"]["parts"]
    assert after["deliveries"] == 2 * before
