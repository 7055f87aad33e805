"""The time and memory of exact unconditional and Lloyd's limits: one group, and all samples of one size.

All samples of n = 30 are what the exact coverage of the interval takes.
"""

import time
import tracemalloc
from collections.abc import Callable

import numpy as np
from measuring import store

from npsstats.kernels.enumeration import outcomes
from npsstats.kernels.exact import LARGEST_N, exact_limits, exact_pvalues, lloyd_limits

VALUES = np.array([0.0, 0.5, 1.0])
SHARES = np.array([0.2, 0.3, 0.5])


def measured(call: Callable[[], object]) -> tuple[float, float]:
    """Seconds of the faster of two runs, and the peak memory of another in MiB (tracing memory takes time)."""
    seconds = []
    for _ in range(2):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    tracemalloc.start()
    call()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return min(seconds), peak / 2**20


def main() -> None:
    """Measure and store."""
    one = {n: n * SHARES[None] for n in (30, 100, 150, LARGEST_N)}
    every = {n: outcomes(n, 3).astype(float) for n in (10, 20, 30)}
    calls: list[tuple[str, int, int, Callable[[], object]]] = []
    for n, rows in {**one, **{-n: rows for n, rows in every.items()}}.items():
        size = len(rows)
        calls += [
            ("exact limits", abs(n), size, lambda rows=rows: exact_limits(rows, VALUES, 0.95, "two-sided")),
            ("lloyd limits", abs(n), size, lambda rows=rows: lloyd_limits(rows, VALUES, 0.95, "two-sided")),
            (
                "exact pvalues",
                abs(n),
                size,
                lambda rows=rows: exact_pvalues(rows, VALUES, np.full(len(rows), 0.6), "two-sided"),
            ),
        ]
    table = []
    for call, n, groups, run in calls:
        seconds, mebibytes = measured(run)
        table.append(
            {
                "call": call,
                "n": n,
                "groups": groups,
                "seconds": round(seconds, 4),
                "peak_mebibytes": round(mebibytes, 1),
            }
        )
    store(__file__, table)


if __name__ == "__main__":
    main()
