"""What is wrong with a rule, and where."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake in a text of rules; line and column count from 1."""

    line: int
    column: int
    message: str
    rule: str | None = None

    def __str__(self) -> str:
        about = f"rule {self.rule!r}: " if self.rule else ""
        return f"{self.line}:{self.column}: {about}{self.message}"


class BadRules(ValueError):
    """A text of rules with mistakes: all of them, in the order of the text.

    Attributes:
        source: the text's name.
    """

    def __init__(self, source: str, problems: list[Problem]) -> None:
        self.source = source
        self.problems = sorted(problems)
        super().__init__("\n".join(f"{source}:{problem}" for problem in self.problems))
