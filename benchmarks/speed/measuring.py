"""What the speed benchmarks share: where they ran, and a CSV file of results beside the script."""

import csv
import os
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy
import scipy

import npsstats


def machine() -> dict[str, Any]:
    """The versions and cores behind a measurement."""
    return {
        "npsstats": npsstats.__version__,
        "python": platform.python_version(),
        "numpy": numpy.__version__,
        "scipy": scipy.__version__,
        "cores": os.cpu_count(),
    }


def store(script: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write the results under the name of the script."""
    path = Path(script).with_suffix(".csv")
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [*rows[0], *machine()], lineterminator="\n")
        writer.writeheader()
        writer.writerows({**row, **machine()} for row in rows)
    print(path.read_text(encoding="utf-8"))
