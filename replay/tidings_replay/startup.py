"""What a command need not load to begin."""

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from types import ModuleType

import pyarrow as pa


class _NoPandas(MetaPathFinder):
    """To import pandas is an error."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> None:
        """Of pandas; of others it knows nothing."""
        if name == "pandas":
            raise ImportError("not now")


def without_pandas() -> None:
    """Keeps pyarrow from importing pandas, where that is installed, when it makes its first array of Python objects.

    That takes 0.25 s of CPU, for nothing: no such object comes from pandas here. pyarrow looks for it once; whoever
    needs it later, for `to_pandas` for example, still gets it.
    """
    if "pandas" in sys.modules:
        return
    barrier = _NoPandas()
    sys.meta_path.insert(0, barrier)
    try:
        pa.array([0])
    finally:
        sys.meta_path.remove(barrier)
