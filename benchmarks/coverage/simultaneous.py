"""How often many comparisons hold an error, at a nominal 5 %, by seeded simulation of counts: simultaneous.csv.

A draw is one family of comparisons: score tests of each true difference, adjusted. `holm`, `benjamini_hochberg` and
`none` say in how many per cent of the families a true difference is rejected at 5 %, `max_z` in how many the
simultaneous interval of at least one difference leaves the truth out; where all scores are equal that is the familywise
size. `max_z` takes the law of the largest statistic from the standard errors of the same draw, as users do. With
Benjamini & Hochberg's method, where all hypotheses are true, an error anywhere is what it bounds, too. With 4,000
draws, 5 % has a standard error of 0.34 points.

The means over points that all pairs and the rest need are shortened here (1 % of a tail) for the sake of time.
"""

import csv
from pathlib import Path

import numpy as np
from scipy.special import ndtr

import npsstats as nps
from npsstats.inference.adjustment import adjusted_pvalues
from npsstats.kernels import simultaneous
from npsstats.kernels.restricted import restricted_statistic
from npsstats.kernels.score import skewness_corrected_score

DRAWS = 4_000
LEVEL = 0.05
VALUES = np.array([0.0, 0.5, 1.0])
POINTS = 1 << 12

# Shares of detractors, passives and promoters; groups take them in turn.
POPULATIONS = {
    "27/37/36": [(0.27, 0.37, 0.36)],
    "10/60/30 and 0/80/20": [(0.1, 0.6, 0.3), (0.0, 0.8, 0.2)],
    "2/16/82": [(0.02, 0.16, 0.82)],
    "40/40/20, 20/40/40 and 5/25/70": [(0.4, 0.4, 0.2), (0.2, 0.4, 0.4), (0.05, 0.25, 0.7)],
}
SIZES = {
    "30 each": lambda groups: np.full(groups, 30),
    "200 each": lambda groups: np.full(groups, 200),
    "300 and 30 in turn": lambda groups: np.resize([300, 30], groups),
}
FAMILIES = (("reference", 6), ("successive", 12), ("pairs", 5), ("rest", 8))
COLUMNS = ["family", "groups", "rows", "populations", "n", "draws", "none", "holm", "benjamini_hochberg", "max_z"]


def sides_of(family: str, groups: int) -> tuple[np.ndarray, np.ndarray]:
    """Which groups stand on either side of each row, as matrices of 0 and 1."""
    one = np.eye(groups)
    if family == "reference":
        return one[1:], np.tile(one[0], (groups - 1, 1))
    if family == "successive":
        return one[1:], one[:-1]
    if family == "pairs":
        first, second = np.triu_indices(groups, 1)
        return one[second], one[first]
    return one, 1 - one


def contrasts_of(family: str, own: np.ndarray, other: np.ndarray, n: np.ndarray) -> simultaneous.Contrasts:
    """The same rows, for the law of the largest statistic."""
    if family == "rest":
        return simultaneous.Contrasts.rest(np.zeros(n.size, dtype=int), n.astype(float))
    return simultaneous.Contrasts.pairs(own.argmax(axis=1), other.argmax(axis=1), n.size)


def statistics_of(counts: np.ndarray, own: np.ndarray, other: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Score statistics of the true differences, shape (draws, rows)."""
    table = np.stack([own @ counts, other @ counts], axis=2).reshape(-1, 2, VALUES.size)
    null = np.tile(truth, len(counts))
    found = restricted_statistic(skewness_corrected_score, table, VALUES, np.array([1.0, -1.0]), null)
    return found.reshape(len(counts), -1)


def errors_of(counts: np.ndarray) -> np.ndarray:
    """Standard errors of the groups, shape (draws, groups)."""
    n = counts.sum(axis=-1)
    mean = counts @ VALUES / n
    return np.sqrt(np.maximum(counts @ VALUES**2 / n - mean**2, 0) / n)


def row_of(family: str, groups: int, populations: str, sizes: str) -> dict[str, object]:
    """Simulate one cell."""
    rng = np.random.default_rng([*map(ord, f"{family}{populations}{sizes}")])
    n, own, other = SIZES[sizes](groups), *sides_of(family, groups)
    shares = np.array([POPULATIONS[populations][i % len(POPULATIONS[populations])] for i in range(groups)])
    counts = np.stack([rng.multinomial(*each, size=DRAWS) for each in zip(n, shares, strict=True)], axis=1)
    score = shares @ VALUES
    truth = own @ (n * score) / (own @ n) - other @ (n * score) / (other @ n)
    z = statistics_of(counts.astype(float), own, other, truth)
    contrasts, errors = contrasts_of(family, own, other, n), errors_of(counts.astype(float))
    pvalues = 2 * ndtr(-np.abs(z))
    rejected = {"none": (pvalues <= LEVEL).any(axis=1)}
    for name in ("holm", "benjamini-hochberg"):
        rejected[name] = np.array([(adjusted_pvalues(p, name) <= LEVEL).any() for p in pvalues])
    rejected["max_z"] = rejected["none"].copy()
    for draw in np.flatnonzero(rejected["none"]):
        largest = np.full(z.shape[1], np.abs(z[draw]).max())
        p = simultaneous.max_pvalues(largest, contrasts, errors[draw], "two-sided")
        rejected["max_z"][draw] = p[0] <= LEVEL
    cell = {"family": family, "groups": groups, "rows": z.shape[1], "populations": populations, "n": sizes}
    share = {name.replace("-", "_"): f"{100 * found.mean():.2f}" for name, found in rejected.items()}
    return {**cell, "draws": DRAWS, **share}


def main() -> None:
    """Make the table."""
    simultaneous.MOST_POINTS = POINTS
    with (Path(__file__).parent / "simultaneous.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [*COLUMNS, "npsstats"], lineterminator="\n")
        writer.writeheader()
        for family, groups in FAMILIES:
            for populations in POPULATIONS:
                for sizes in SIZES:
                    writer.writerow({**row_of(family, groups, populations, sizes), "npsstats": nps.__version__})
            print(family, flush=True)


if __name__ == "__main__":
    main()
