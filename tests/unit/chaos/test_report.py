"""What a run tells people and programs."""

from pathlib import Path

from tidings_chaos.core.verdict import Invariant, Verdict, Violation
from tidings_chaos.plan import Outcome, Plan, Struck
from tidings_chaos.report import as_json, command, markdown
from tidings_chaos.schedule import Planned

PLAN = Plan(seed=7, seconds=120, nemeses=("worker-kill",), folder=Path("there"), group_protocol="consumer")
STRUCK = Struck(3.0, 8.5, "worker-kill", "worker-1 | alone", Planned(3.0, "worker-kill", 2.0, 1))


def outcome(*violations: Violation, failures: tuple[str, ...] = ()) -> Outcome:
    """Of a run with one strike."""
    verdict = Verdict(list(violations), {"events_ok": 10, "seen": 20})
    return Outcome(PLAN, verdict, failures, (), (), (STRUCK,))


def test_a_clean_run_says_so_and_how_to_do_it_again() -> None:
    """Title, command, a zero for each invariant, what struck when; a bar in a text breaks no table."""
    page = markdown(outcome(), "2 cores.")
    assert page.startswith("# Chaos, seed 7: clean\n")
    assert command(outcome()) in page
    assert "--seed 7 --minutes 2 " in command(outcome())
    assert "--group-protocol consumer" in command(outcome())
    assert page.count("| 0 |") == len(Invariant)
    assert "| 3.0 s | 8.5 s | worker-kill | worker-1 \\| alone |" in page


def test_a_violation_is_told_with_client_event_and_time() -> None:
    """And counted at its invariant; programs get the same."""
    lost = Violation(Invariant.LOSS, "ann/0: e1 was acknowledged and never seen", 4.2)
    page = markdown(outcome(lost), "2 cores.")
    assert page.startswith("# Chaos, seed 7: NOT clean\n")
    assert "- loss at 4.2 s: ann/0: e1 was acknowledged and never seen" in page
    assert "| loss | 1 |" in page
    assert as_json(outcome(lost))["violations"] == {"loss": 1}


def test_hundreds_of_violations_are_summed_up() -> None:
    """The first fifty, and how many more."""
    page = markdown(outcome(*(Violation(Invariant.SKIP, f"n{n}") for n in range(300))), "2 cores.")
    assert page.count("- skip: ") == 50
    assert "- and 250 more" in page


def test_a_run_that_did_not_heal_is_not_clean() -> None:
    """Without any violation: it proves less than it should, and says why."""
    told = outcome(failures=("worker-1 is not ready",))
    assert not as_json(told)["clean"]
    assert "- worker-1 is not ready" in markdown(told, "2 cores.")
