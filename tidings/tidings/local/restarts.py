"""When a child ends while all is live: is it started again, when, and what is told? Pure: time is passed in."""

from __future__ import annotations

from dataclasses import dataclass, replace

#: sysexits.h EX_TEMPFAIL; by contract a child that ends with it asks to be started again.
RESTART_ME = 75

FIRST_DELAY_S = 1.0
LONGEST_DELAY_S = 30.0
#: A child that lived this long is taken for healthy: its next end counts as the first.
HEALTHY_AFTER_S = 60.0


@dataclass(frozen=True, slots=True)
class Life:
    """What is remembered of one child: when it was last started, and how often it ended too soon in a row."""

    started: float
    failures: int = 0

    def restarted(self, now: float) -> Life:
        return replace(self, started=now)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do about a child that ended: `delay` seconds until its next start, or None for never."""

    life: Life
    delay: float | None
    sentence: str


def after_exit(name: str, reason: str, code: int, life: Life, now: float, finite: bool, log: str) -> Verdict:
    """Decide about one child.

    Args:
        reason: how it ended, in words, e.g. "signal SIGKILL".
        code: exit code; negative for a signal.
        finite: whether it may come to its own end with code 0.
        log: path of its log, for the sentence.
    """
    if finite and code == 0:
        return Verdict(life, None, f"{name} has come to its end.")
    failures = 1 if now - life.started >= HEALTHY_AFTER_S else life.failures + 1
    delay = 0.0 if code == RESTART_ME and failures == 1 else backoff(failures)
    how = "asked to be started again" if code == RESTART_ME else f"ended unexpectedly ({reason})"
    when = f"in {delay:.0f} s" if delay else "now"
    return Verdict(replace(life, failures=failures), delay, f"{name} {how}; starting it again {when} (log: {log}).")


def backoff(failures: int) -> float:
    """Seconds to wait after that many ends in a row: 1, 2, 4, … up to half a minute."""
    doublings = min(failures - 1, 5)  # a float overflows after a thousand
    return min(FIRST_DELAY_S * 2.0**doublings, LONGEST_DELAY_S)
