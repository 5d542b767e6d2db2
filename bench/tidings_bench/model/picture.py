"""The model as a picture: what asks for how many machines, what gives first, the way back after a failure, the bill."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from .arithmetic import Fleet, fleet
from .costs import Assumed, Load, Measured
from .recovery import Recovery

_COLOURS = {"CPU": "#1f6feb", "memory": "#bf3989", "network": "#2da44e"}
_USERS = (10_000, 30_000, 100_000, 300_000, 1_000_000, 3_000_000, 10_000_000, 30_000_000)


def draw(load: Load, measured: Measured, assumed: Assumed, recoveries: Mapping[str, Recovery], path: Path) -> None:
    """Writes `path`, `.svg` or `.png`."""
    import matplotlib

    matplotlib.use("agg")
    matplotlib.rcParams["svg.hashsalt"] = "tidings"  # the same picture is the same file
    from matplotlib import pyplot

    figure, ((growth, first), (back, bill)) = pyplot.subplots(2, 2, figsize=(11, 8), layout="constrained")
    found = fleet(load, measured, assumed)
    _growth(growth, load, measured, assumed)
    _first(first, found)
    _back(back, recoveries)
    _bars(bill, found.month, "a month, in the currency of the prices given", "#8250df")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=130, metadata={"Date": None} if path.suffix == ".svg" else None)
    pyplot.close(figure)


def _growth(axes: Any, load: Load, measured: Measured, assumed: Assumed) -> None:
    share = load.rate / load.users
    fleets = [fleet(replace(load, users=users, rate=users * share), measured, assumed) for users in _USERS]
    wants = {
        "CPU": [one.gateways.cpu for one in fleets],
        "memory": [one.gateways.memory for one in fleets],
        "network": [one.gateways.network for one in fleets],
    }
    for name, machines in wants.items():
        axes.loglog(_USERS, machines, "o-", label=name, color=_COLOURS[name])
    axes.axvline(load.users, color="grey", linestyle=":")
    axes.set_title(f"gateways by connected users, {share:g} notifications a second each")
    axes.set_xlabel("connected users")
    axes.set_ylabel(f"machines of {assumed.cores} cores")
    axes.grid(alpha=0.3, which="both")
    axes.legend(frameon=False)


def _first(axes: Any, found: Fleet) -> None:
    gateways, total = found.gateways, sum(found.gateways.parts.values())
    left = 0.0
    for (name, cores), shade in zip(gateways.parts.items(), ("#1f6feb", "#79b8ff", "#c8e1ff"), strict=True):
        width = gateways.cpu * cores / total
        axes.barh("CPU", width, left=left, color=shade, label=f"CPU: {name}")
        left += width
    axes.barh("memory", gateways.memory, color=_COLOURS["memory"])
    axes.barh("network", gateways.network, color=_COLOURS["network"])
    axes.set_title(f"what gives first: {gateways.first}")
    axes.set_xlabel("machines that each asks for")
    axes.legend(frameon=False, fontsize="small")


def _back(axes: Any, recoveries: Mapping[str, Recovery]) -> None:
    for name, recovery in recoveries.items():
        axes.plot(recovery.seconds, [100 * share for share in recovery.back], label=name)
    axes.set_title("a third of the gateways vanishes at once")
    axes.set_xlabel("seconds after")
    axes.set_ylabel("% of those cut off that are back")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)


def _bars(axes: Any, parts: Mapping[str, float], label: str, colour: str) -> None:
    names: Sequence[str] = list(parts)
    axes.barh(names, [parts[name] for name in names], color=colour)
    axes.set_title(f"together {sum(parts.values()):,.0f}")
    axes.set_xlabel(label)
    axes.invert_yaxis()
    axes.ticklabel_format(axis="x", style="plain")
