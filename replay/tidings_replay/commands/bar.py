"""The progress bar: what is kept, how far, how fast, how long still."""

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text


class Rate(ProgressColumn):
    """Records a second."""

    def render(self, task: Task) -> Text:
        """The rate of the last moments."""
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:>9,.0f}/s", style="cyan")


def bar_of() -> Progress:
    """A bar on stderr that goes away at its end; its tasks have a field `what`."""
    columns = (TextColumn("{task.fields[what]}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    console = Console(stderr=True, highlight=False)
    return Progress(*columns, Rate(), TimeRemainingColumn(), console=console, transient=True)
