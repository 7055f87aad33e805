"""Which variance factor for the score interval of a difference: differences_variance_factors.csv.

n_i / (n_i - 1) for each group, as in `compare`, against N / (N - 1) with N = n_1 + n_2 for both, as Miettinen &
Nurminen (1985) have it for two rates; both with the skewness correction. By enumeration of all pairs of samples.
"""

from pathlib import Path

import numpy as np
from differences import all_limits, misses, write
from differences_populations import PAIRS

import npsstats as nps

SIZES = ((5, 5), (10, 10), (20, 20), (30, 30), (5, 20), (5, 50), (10, 50), (15, 100))
FACTORS = {"each": False, "together": True}
COLUMNS = [
    "populations", "n", "n_reference", "factor", "coverage_mean", "coverage_min", "miss_side_max", "width_mean",
    "npsstats",
]  # fmt: skip


def main() -> None:
    """Make the table."""
    rows = []
    for n, m in SIZES:
        limits = {factor: all_limits("score", n, m, together=together) for factor, together in FACTORS.items()}
        for kind, pairs in PAIRS.items():
            for factor in FACTORS:
                left, right, width = misses(limits[factor], pairs, n, m)
                per_cent = 1 - (left + right).mean(), 1 - (left + right).max(), np.maximum(left, right).max()
                cells = [kind, n, m, factor, *(f"{100 * x:.4f}" for x in per_cent), f"{width.mean():.4f}"]
                rows.append(dict(zip(COLUMNS, [*cells, nps.__version__], strict=True)))
                print(*cells, flush=True)
    write(Path(__file__).parent / "differences_variance_factors.csv", COLUMNS, rows)


if __name__ == "__main__":
    main()
