"""The time of `import npsstats` against that of the three libraries it loads; the aim is at most 1.3 times.

Each import runs in a new interpreter, the two kinds in turn, so that a slow spell of the machine hits both.
"""

import statistics
import subprocess
import sys
import time

from measuring import store

RUNS = 30
STATEMENTS = {
    "numpy, scipy.special, narwhals": "import numpy, scipy.special, narwhals",
    "npsstats": "import npsstats",
}


def seconds(statement: str) -> float:
    """Time one new interpreter."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True)
    return time.perf_counter() - start


def main() -> None:
    """Measure and store."""
    times: dict[str, list[float]] = {name: [] for name in STATEMENTS}
    for statement in STATEMENTS.values():
        seconds(statement)  # fills the caches of the disk
    for _ in range(RUNS):
        for name, statement in STATEMENTS.items():
            times[name].append(seconds(statement))
    medians = {name: statistics.median(values) for name, values in times.items()}
    base = medians["numpy, scipy.special, narwhals"]
    store(
        __file__,
        [
            {
                "import": name,
                "runs": RUNS,
                "median_seconds": round(medians[name], 4),
                "fastest_seconds": round(min(values), 4),
                "ratio_of_medians": round(medians[name] / base, 3),
            }
            for name, values in times.items()
        ],
    )


if __name__ == "__main__":
    main()
