"""Exact coverage of every interval of `estimate`, for NPS, by complete enumeration: one table per method.

    python benchmarks/coverage/tables.py [method ...]

writes methods/<method>.csv, which the documentation, the paper and a test read, and figure.svg from all of them.
`exact`, `lloyd` and `bootstrap-t` list samples of samples and stop at smaller n.
"""

import csv
import sys
import time
from pathlib import Path

import numpy as np
from populations import POPULATIONS

import npsstats as nps
from npsstats.inference.intervals import ONE_SAMPLE_METHODS

HERE = Path(__file__).parent
SIZES = (10, 20, 30, 50, 100, 200, 500, 1000)
LARGEST = {"exact": 50, "lloyd": 50, "bootstrap-t": 100}
PRIORS = ("jeffreys", "uniform")

COLUMNS = [
    "populations", "n", "coverage_mean", "coverage_min", "miss_away_mean", "miss_towards_mean", "miss_side_max",
    "width_mean", "npsstats",
]  # fmt: skip


def row(populations: str, n: int, method) -> dict[str, object]:
    """Compute the coverage over one set of populations, in per cent, and the mean width, in points."""
    found = nps.operating_characteristics(method, n=n, probabilities=POPULATIONS[populations])
    # Away from 0: the interval is too far out. A score of 0 has no such side: its misses are shared out.
    positive = np.sign(found.score) / 2 + 0.5
    away = positive * found.miss_right + (1 - positive) * found.miss_left
    towards = positive * found.miss_left + (1 - positive) * found.miss_right
    per_cent = {
        "coverage_mean": found.coverage.mean(),
        "coverage_min": found.coverage.min(),
        "miss_away_mean": away.mean(),
        "miss_towards_mean": towards.mean(),
        "miss_side_max": np.maximum(away, towards).max(),
    }
    return {
        "populations": populations,
        "n": n,
        **{name: f"{100 * value:.4f}" for name, value in per_cent.items()},
        "width_mean": f"{found.expected_width.mean():.4f}",
        "npsstats": nps.__version__,
    }


def posterior_interval(prior: str):
    """Make a function that gives the equal-tailed posterior interval of counts."""

    class Interval:
        def __init__(self, counts: nps.RatingCounts) -> None:
            self.low, self.high = nps.posterior(counts, prior=prior).interval()

    return Interval


def main(names: list[str]) -> None:
    """Make the tables of the methods named, or of all."""
    methods = {
        **{name: name for name in ONE_SAMPLE_METHODS},
        **{f"posterior-{p}": posterior_interval(p) for p in PRIORS},
    }
    (HERE / "methods").mkdir(exist_ok=True)
    for name in names or methods:
        start = time.perf_counter()
        largest = 100 if name.startswith("posterior") else LARGEST.get(name, max(SIZES))
        rows = [row(kind, n, methods[name]) for kind in POPULATIONS for n in SIZES if n <= largest]
        with (HERE / "methods" / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        print(f"{name}: {time.perf_counter() - start:.0f} s", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
