"""What groups need for a 95 % interval to cover at least 91.5 % wherever the population lies: needs.csv.

For each method the least coverage over the populations that meet what the method's `Needs` say (respondents, and
respondents per unit of kurtosis), and over all. Populations are those of all three sets, so also the edges of the
triangle.
"""

import csv
from pathlib import Path

import numpy as np
from populations import POPULATIONS
from tables import LARGEST

import npsstats as nps
from npsstats.inference.intervals import ONE_SAMPLE_METHODS

SIZES = (10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 70, 80, 100, 150, 200, 300, 400)
COLUMNS = ["method", "needs_n", "needs_per_kurtosis", "n", "populations_met", "coverage_min_met", "coverage_min_all"]


def kurtosis(shares: np.ndarray) -> np.ndarray:
    """m4 / m2^2 of the values -1, 0, 1."""
    values = np.array([-1.0, 0.0, 1.0])
    squared = (values - (shares @ values)[:, None]) ** 2
    return (shares * squared**2).sum(axis=1) / (shares * squared).sum(axis=1) ** 2


def main() -> None:
    """Make the table."""
    shares = np.concatenate(list(POPULATIONS.values()))
    with (Path(__file__).parent / "needs.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [*COLUMNS, "npsstats"], lineterminator="\n")
        writer.writeheader()
        for name, method in ONE_SAMPLE_METHODS.items():
            needs = method.needs
            for n in (n for n in SIZES if n <= LARGEST.get(name, max(SIZES))):
                coverage = 100 * nps.operating_characteristics(name, n=n, probabilities=shares).coverage
                met = np.full(len(shares), n >= needs.n) & (n >= needs.per_kurtosis * kurtosis(shares))
                row = {
                    "method": name,
                    "needs_n": needs.n,
                    "needs_per_kurtosis": needs.per_kurtosis,
                    "n": n,
                    "populations_met": int(met.sum()),
                    "coverage_min_met": f"{coverage[met].min():.4f}" if met.any() else "",
                    "coverage_min_all": f"{coverage.min():.4f}",
                    "npsstats": nps.__version__,
                }
                writer.writerow(row)
            print(name, flush=True)


if __name__ == "__main__":
    main()
