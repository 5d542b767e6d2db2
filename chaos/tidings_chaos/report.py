"""What a run found, for people and for programs. Pure."""

from collections.abc import Sequence
from typing import Any

from .core.verdict import MEANING, Violation
from .plan import Outcome

_SHOWN = 50  # violations


def command(outcome: Outcome) -> str:
    """The command line that does the same again."""
    plan = outcome.plan
    return (
        f"tidings chaos --seed {plan.seed} --minutes {plan.seconds / 60:g} --rate {plan.rate:g} "
        f"--users {plan.audience.users} --group-protocol {plan.group_protocol} --nemeses {','.join(plan.nemeses)}"
    )


def as_json(outcome: Outcome) -> dict[str, Any]:
    """One JSON object."""
    return {
        "clean": outcome.clean,
        "seed": outcome.plan.seed,
        "seconds": outcome.plan.seconds,
        "violations": {str(name): count for name, count in outcome.verdict.broken.items()},
        "first_violations": [_line(one) for one in outcome.verdict.violations[:_SHOWN]],
        "failures": list(outcome.failures),
        "skipped": list(outcome.skipped),
        "strikes": dict(outcome.strikes),
        "unasked_exits": [f"{one.name}: {one.reason}" for one in outcome.exits],
        "figures": outcome.verdict.figures,
        "folder": str(outcome.plan.folder),
        "again": command(outcome),
    }


def markdown(outcome: Outcome, machine: str) -> str:
    """A page. `machine`: one line on where it ran."""
    plan = outcome.plan
    parts = [
        f"# Chaos, seed {plan.seed}: {'clean' if outcome.clean else 'NOT clean'}",
        f"`{command(outcome)}`",
        f"{plan.seconds / 60:g} minutes, {plan.rate:g} events/s, {plan.audience.users} users, "
        f"{plan.size.workers} workers, {plan.size.gateways} gateways. {machine}",
        "## Invariants\n" + _table(("invariant", "violations", "what must hold"), _invariants(outcome)),
        _violations(outcome.verdict.violations),
        _listed("## Why this run proves less than it should", outcome.failures),
        _listed("## Skipped", outcome.skipped),
        "## Figures\n" + _table(("figure", "value"), [(k, str(v)) for k, v in outcome.verdict.figures.items()]),
        "## Strikes\n" + _table(("nemesis", "times"), [(k, str(v)) for k, v in outcome.strikes.items()]),
        _listed(
            "## Processes that ended without having been told to", [f"{e.name}: {e.reason}" for e in outcome.exits]
        ),
        "## What happened when\n" + _table(("at", "healed", "nemesis", "what"), _happened(outcome)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _invariants(outcome: Outcome) -> list[tuple[str, ...]]:
    broken = outcome.verdict.broken
    return [(str(one), str(broken.get(one, 0)), meaning) for one, meaning in MEANING.items()]


def _happened(outcome: Outcome) -> list[tuple[str, ...]]:
    return [(f"{s.at:.1f} s", f"{s.healed:.1f} s", s.nemesis, s.detail) for s in outcome.struck]


def _violations(violations: Sequence[Violation]) -> str:
    if not violations:
        return ""
    shown = [_line(one) for one in violations[:_SHOWN]]
    more = len(violations) - len(shown)
    return _listed("## Violations", [*shown, *([f"and {more} more"] if more else [])])


def _line(violation: Violation) -> str:
    at = "" if violation.at is None else f" at {violation.at:.1f} s"
    return f"{violation.invariant}{at}: {violation.text}"


def _listed(title: str, lines: Sequence[str]) -> str:
    return title + "\n" + "\n".join(f"- {line}" for line in lines) if lines else ""


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in lines)
