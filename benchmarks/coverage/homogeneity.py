"""Size of the tests of `homogeneity` at a nominal 5 %, by seeded simulation of counts: homogeneity.csv.

In every cell the score is the same in all groups; the distribution is in those whose `same_distribution` is yes. There
the columns of the two tests of the distribution are sizes too; elsewhere they are how often these tests see that the
distributions differ. A size of 5 % has a standard error of 0.15 points with 20,000 draws, and of 0.5 points with the
2,000 draws of the permutation test. A test without an answer (a group without spread) counts as no rejection;
`undefined` says how often that is so for Welch's test, James's test and the chi-square.
"""

import csv
import sys
from pathlib import Path

import numpy as np

import npsstats as nps
from npsstats.kernels import heterogeneity as kernel

DRAWS, PERMUTED_DRAWS, RESAMPLES = 20_000, 2_000, 199
LEVEL = 0.05
VALUES = {"NPS": np.repeat([0.0, 0.5, 1.0], [7, 2, 2]), "mean": np.arange(11) / 10}


def ratings(**percent: float) -> np.ndarray:
    """Shares of the ratings 0-10, given as r5=20, r10=80."""
    shares = np.zeros(11)
    for name, value in percent.items():
        shares[int(name[1:])] = value / 100
    return shares / shares.sum()


# Groups take the populations in turn.
POPULATIONS = {
    "27/37/36": [np.array([2, 1, 2, 3, 3, 8, 8, 15, 22, 16, 20]) / 100],
    "10/60/30 and 0/80/20": [ratings(r5=10, r8=60, r10=30), ratings(r8=80, r9=20)],
    "10/60/30 and 20/40/40": [ratings(r5=10, r8=60, r10=30), ratings(r4=20, r7=40, r10=40)],
    "2/16/82": [ratings(r6=2, r8=16, r9=30, r10=52)],
    "2/16/82 and 10/0/90": [ratings(r6=2, r8=16, r9=30, r10=52), ratings(r6=10, r10=90)],
}
SIZES = {
    "10 each": lambda k: np.full(k, 10),
    "30 each": lambda k: np.full(k, 30),
    "100 each": lambda k: np.full(k, 100),
    "30 and 300 in turn": lambda k: np.resize([30, 300], k),
    "300 and 30 in turn": lambda k: np.resize([300, 30], k),
    "one 10 and others 100": lambda k: np.r_[10, np.full(k - 1, 100)],
}
GROUPS = (2, 4, 12)
TESTS = {
    "score": kernel.score_test,
    "likelihood": kernel.likelihood_test,
    "welch": kernel.welch_test,
    "james": kernel.james_test,
    "chi-square": kernel.chi_square_test,
}
COLUMNS = [
    "metric", "populations", "same_distribution", "groups", "n", *TESTS, "undefined", "permutation", "pearson",
    "kruskal-wallis", "npsstats",
]  # fmt: skip


def by_value(counts: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Add up the counts of ratings of the same value."""
    levels, column = np.unique(values, return_inverse=True)
    return counts @ (column[:, None] == np.arange(levels.size)), levels


def row(metric: str, name: str, k: int, size: str, seed: int) -> dict[str, object]:
    """Simulate one cell."""
    rng = np.random.default_rng([20260201, seed])
    shares = [POPULATIONS[name][j % len(POPULATIONS[name])] for j in range(k)]
    n = SIZES[size](k)
    drawn = np.stack([rng.multinomial(m, p, size=DRAWS) for m, p in zip(n, shares, strict=True)], axis=1).astype(float)
    # Small groups give the same tables many times.
    counts, copies = np.unique(drawn, axis=0, return_counts=True)
    tables, values = by_value(counts, VALUES[metric])
    undefined = ((tables > 0).sum(axis=2) == 1).any(axis=1)

    def rejected(verdict: kernel.Verdict, answered: np.ndarray | bool = True) -> str:
        return f"{100 * ((verdict.pvalue <= LEVEL) & answered) @ copies / DRAWS:.2f}"

    sizes = {
        test: rejected(function(tables, values), test in ("score", "likelihood") or ~undefined)
        for test, function in TESTS.items()
    }
    first, values = by_value(drawn[:PERMUTED_DRAWS], VALUES[metric])
    permuted = kernel.permutation_test(first, values, rngs=rng.spawn(PERMUTED_DRAWS), n_resamples=RESAMPLES)
    return {
        "metric": metric,
        "populations": name,
        "same_distribution": "yes" if len(POPULATIONS[name]) == 1 else "no",
        "groups": k,
        "n": size,
        **sizes,
        "undefined": f"{100 * undefined @ copies / DRAWS:.2f}",
        "permutation": f"{100 * (permuted.pvalue <= LEVEL).mean():.2f}",
        "pearson": rejected(kernel.pearson(counts)),
        "kruskal-wallis": rejected(kernel.kruskal_wallis(counts)),
        "npsstats": nps.__version__,
    }


def main() -> None:
    """Make the table."""
    cells = [("NPS", name, k, size) for name in POPULATIONS for k in GROUPS for size in SIZES]
    cells += [("mean", "27/37/36", k, size) for k in GROUPS for size in SIZES]
    with (Path(__file__).parent / "homogeneity.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        for seed, cell in enumerate(cells):
            writer.writerow(row(*cell, seed))
            file.flush()
            print(*cell, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
