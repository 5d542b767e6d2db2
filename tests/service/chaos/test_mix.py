"""Two minutes of everything that goes wrong, on a system of its own: nobody notices.

TIDINGS_CHAOS_SEED draws another schedule; `tidings chaos` runs longer ones.
"""

import os
from pathlib import Path

import pytest
from tidings_chaos import report
from tidings_chaos.plan import Plan
from tidings_chaos.progress import Plain
from tidings_chaos.recorder import read
from tidings_chaos.run import Run
from tidings_chaos.traffic import Audience

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(420)]

SEED = int(os.environ.get("TIDINGS_CHAOS_SEED", "1"))
SECONDS = 120.0
MIX = (
    *("broker-kill", "worker-kill", "worker-pause", "gateway-kill", "gateway-term", "rebalance"),
    *("link-clients", "link-workers", "registry-down", "poison", "slow-readers", "storm"),
)


async def test_two_minutes_of_trouble_lose_double_and_swap_nothing(tmp_path: Path) -> None:
    """Brokers, workers and gateways are killed and stopped, links cut, bad records written: the verdict is clean."""
    plan = Plan(SEED, SECONDS, MIX, tmp_path, rate=40, audience=Audience(users=20), toxiproxy=False)
    outcome = await Run(plan, Plain(SECONDS)).go()
    told = report.as_json(outcome)
    assert outcome.clean, told
    assert len(outcome.strikes) >= 5, told
    assert outcome.verdict.figures["events_ok"] > 1000, told
    assert outcome.verdict.figures["seen"] > 3000, told
    entries = list(read(tmp_path / "history.jsonl"))
    assert len(entries) > outcome.verdict.figures["frames"]
    page = report.markdown(outcome, "a test's machine.")
    assert page.startswith(f"# Chaos, seed {SEED}: clean")
    assert all(name in page for name in outcome.strikes)
