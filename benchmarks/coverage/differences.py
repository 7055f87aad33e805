"""Coverage of every 95 % interval of `compare`, for the difference of two NPS: one table per method.

    python benchmarks/coverage/differences.py [method ...]

writes differences/<method>.csv, and differences_summary_<pairs>.csv of all. At sizes with few enough pairs of samples
the intervals of all of them are computed once, and their probabilities added up for each pair of populations. At
larger sizes, for fewer pairs of populations: mover, the bootstrap and bayes still by enumeration, of all samples but
those that have together a probability below 1e-5 (differences_laws.py; bayes at all sizes); other methods by the test
of the true difference, for all samples where those are few, else for 20,000 seeded draws. The standard error of a
coverage of 95 % is then 0.15 points, so that the least of 100 comes out some tenths too low.
"""

import csv
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from differences_laws import LAWS, VALUES, positions
from differences_populations import PAIRS, SIZES

import npsstats as nps
from npsstats.inference.contrasts import CONTRAST_METHODS, ContrastProblem
from npsstats.inference.methods import Settings
from npsstats.kernels.enumeration import number_of_outcomes, outcomes
from npsstats.kernels.planning import outcome_probabilities

__all__ = ["all_limits", "cells", "enumerable", "likely", "limits_of", "misses", "pair_misses", "problem_of", "write"]

HERE = Path(__file__).parent
LEVEL = 0.05
SETTINGS = Settings(confidence_level=1 - LEVEL, seed=20260401)
WIDTH = 200
# Pairs of samples whose limits are computed; each pair of populations above this.
MOST_LIMITS = 1_000_000
PAIRS_AT_LARGE_SIZES = 100
DRAWS = 20_000
# Probability of the samples that are left out.
LEFT_OUT = 5e-6
# In units: a limit that meets the true difference but for rounding holds it.
SLACK = 1e-10

COLUMNS = [
    "populations", "n", "n_reference", "pairs", "samples", "coverage_mean", "coverage_min", "miss_away_mean",
    "miss_towards_mean", "miss_side_max", "width_mean", "npsstats",
]  # fmt: skip


def problem_of(counts: np.ndarray, sizes: np.ndarray | None = None) -> ContrastProblem:
    """The problem of counts of the shape (rows, 2, 3)."""
    weights = np.tile([1.0, -1.0], (len(counts), 1))
    return ContrastProblem(
        counts=counts.astype(float), values=VALUES, weights=weights, sizes=sizes, width=WIDTH, name="NPS"
    )


def true_difference(pair: np.ndarray) -> float:
    return float((pair[0] - pair[1]) @ VALUES)


def all_limits(method: str, n: int, m: int, *, together: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Limits of all samples of n (rows) against all of m (columns), in units.

    Reflected samples, and samples of one size that are swapped, have the reflected limits. `together` gives the score
    interval Miettinen & Nurminen's variance factor N / (N - 1).
    """
    first, second = outcomes(n, 3), outcomes(m, 3)
    shape = len(first), len(second)
    i, j = np.divmod(np.arange(shape[0] * shape[1]), shape[1])
    mirror = positions(first[:, ::-1])[i], positions(second[:, ::-1])[j]
    images = [(i, j, 1), (*mirror, -1)]
    if n == m:
        images += [(j, i, -1), (*mirror[::-1], 1)]
    places = np.array([a * shape[1] + b for a, b, _ in images])
    chosen = np.flatnonzero(places.min(axis=0) == places[0])
    counts = np.stack([first[i[chosen]], second[j[chosen]]], axis=1)
    sizes = np.full((len(counts), 2), n + m) if together else None
    limits = CONTRAST_METHODS[method].limits(problem_of(counts, sizes), SETTINGS)
    low, high = np.empty((2, shape[0] * shape[1]))
    for place, (_, _, sign) in zip(places, images, strict=True):
        low[place[chosen]], high[place[chosen]] = limits if sign == 1 else (-limits[1], -limits[0])
    return low.reshape(shape), high.reshape(shape)


def misses(
    limits: tuple[np.ndarray, np.ndarray], pairs: np.ndarray, n: int, m: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Probabilities that the interval lies left, and right, of the true difference, and its mean width; per pair."""
    low, high = limits
    first, second = (outcome_probabilities(outcomes(size, 3), pairs[:, k]) for k, size in enumerate((n, m)))
    left, right, width = np.empty((3, len(pairs)))
    for k, pair in enumerate(pairs):
        true = true_difference(pair)
        left[k] = first[k] @ ((high < true - SLACK) @ second[k])
        right[k] = first[k] @ ((low > true + SLACK) @ second[k])
        width[k] = WIDTH * (first[k] @ ((high - low) @ second[k]))
    return left, right, width


def likely(n: int, shares: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The most probable samples, and their probabilities."""
    table = outcomes(n, 3)
    probability = outcome_probabilities(table, shares[None])[0]
    order = np.argsort(-probability)
    kept = order[: np.searchsorted(probability[order].cumsum(), 1 - LEFT_OUT) + 1]
    return table[kept], probability[kept]


def law_misses(method: str, pair: np.ndarray, n: int, m: int) -> tuple[float, float]:
    """As `misses`, by the laws of the arms."""
    (first, own), (second, other) = (likely(size, shares) for size, shares in zip((n, m), pair, strict=True))
    left, right = LAWS[method](first, second, true_difference(pair))
    return own @ left @ other, own @ right @ other


def samples_of(pair: np.ndarray, n: int, m: int, seed: list[int]) -> tuple[np.ndarray, np.ndarray, bool]:
    """Pairs of samples, their weights, and whether these are all."""
    (first, own), (second, other) = (likely(size, shares) for size, shares in zip((n, m), pair, strict=True))
    if len(own) * len(other) <= DRAWS:
        i, j = np.divmod(np.arange(len(own) * len(other)), len(other))
        return np.stack([first[i], second[j]], axis=1), own[i] * other[j], True
    rng = np.random.default_rng(seed)
    drawn = np.stack([rng.multinomial(size, shares, DRAWS) for size, shares in zip((n, m), pair, strict=True)], axis=1)
    place = positions(drawn[:, 0]) * number_of_outcomes(m, 3) + positions(drawn[:, 1])
    _, rows, times = np.unique(place, return_index=True, return_counts=True)
    return drawn[rows], times / DRAWS, False


def test_misses(method: str, counts: np.ndarray, true: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Whether the test rejects the true difference, as the interval lies left or right of it."""
    statistic, pvalue = CONTRAST_METHODS[method].test(problem_of(counts), true, SETTINGS)
    # A p-value at the level keeps the difference in the interval.
    rejected = pvalue < LEVEL * (1 - 1e-9)
    return rejected & (statistic < 0), rejected & (statistic > 0)


def simulated(method: str, pairs: np.ndarray, n: int, m: int) -> tuple[np.ndarray, np.ndarray, bool]:
    """As `misses`, by the test of the true difference; and whether all samples were used."""
    made = [samples_of(pair, n, m, [20260401, n, m, k]) for k, pair in enumerate(pairs)]
    true = np.array([true_difference(pair) for pair in pairs])
    # The permutation test shares its splits between samples that are the same together.
    blocks = [range(len(pairs))] if method == "permutation" else [[k] for k in range(len(pairs))]
    left, right = np.empty((2, len(pairs)))
    for block in blocks:
        sizes = [len(made[k][1]) for k in block]
        sides = test_misses(method, np.concatenate([made[k][0] for k in block]), np.repeat(true[block], sizes))
        for total, side in zip((left, right), sides, strict=True):
            starts = np.cumsum([0, *sizes[:-1]])
            total[block] = np.add.reduceat(side * np.concatenate([made[k][1] for k in block]), starts)
    return left, right, all(one[2] for one in made)


def enumerable(n: int, m: int) -> bool:
    return number_of_outcomes(n, 3) * number_of_outcomes(m, 3) <= MOST_LIMITS


def pair_misses(
    method: str, pairs: np.ndarray, n: int, m: int, limits: tuple[np.ndarray, np.ndarray] | None = None
) -> tuple[np.ndarray, np.ndarray, bool]:
    """Probabilities that the interval lies left, and right, of the true difference; and whether these are exact."""
    if limits is not None:
        left, right, _ = misses(limits, pairs, n, m)
    elif method in LAWS:
        left, right = np.array([law_misses(method, pair, n, m) for pair in pairs]).T
    else:
        return simulated(method, pairs, n, m)
    return left, right, True


def limits_of(method: str, n: int, m: int) -> tuple[np.ndarray, np.ndarray] | None:
    """The limits of all samples, where those are few; limits of `bayes` take too long."""
    return all_limits(method, n, m) if enumerable(n, m) and method != "bayes" else None


def cells(method: str, n: int, m: int) -> Iterator[dict[str, object]]:
    """Compute the rows of one size."""
    limits = limits_of(method, n, m)
    for kind, all_pairs in PAIRS.items():
        pairs = all_pairs if enumerable(n, m) else all_pairs[:PAIRS_AT_LARGE_SIZES]
        left, right, every = pair_misses(method, pairs, n, m, limits)
        width = "" if limits is None else f"{misses(limits, pairs, n, m)[2].mean():.4f}"
        positive = np.sign([true_difference(pair) for pair in pairs]) / 2 + 0.5
        # Away from 0: the interval is too far out. A difference of 0 has no such side: its misses are shared out.
        away = positive * right + (1 - positive) * left
        towards = positive * left + (1 - positive) * right
        per_cent = {
            "coverage_mean": 1 - (left + right).mean(),
            "coverage_min": 1 - (left + right).max(),
            "miss_away_mean": away.mean(),
            "miss_towards_mean": towards.mean(),
            "miss_side_max": np.maximum(left, right).max(),
        }
        yield {
            "populations": kind,
            "n": n,
            "n_reference": m,
            "pairs": len(pairs),
            "samples": "all" if every else str(DRAWS),
            **{name: f"{100 * value:.4f}" for name, value in per_cent.items()},
            "width_mean": width,
            "npsstats": nps.__version__,
        }


def write(path: Path, columns: list[str], rows: list[dict[str, object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def summarise() -> None:
    """Write mean and least coverage by method and size, the safest method first."""
    found: dict[str, dict[str, dict[str, tuple[float, float]]]] = {kind: {} for kind in PAIRS}
    for path in sorted((HERE / "differences").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                size = f"n = {row['n']}, {row['n_reference']}"
                pair = float(row["coverage_mean"]), float(row["coverage_min"])
                found[row["populations"]].setdefault(path.stem, {})[size] = pair
    sizes = [f"n = {n}, {m}" for n, m in SIZES]
    for kind, methods in found.items():
        order = sorted(methods, key=lambda name: -sum(min(least, 95) for _, least in methods[name].values()))
        rows = [
            {"method": name, **{size: "{:.1f}/{:.1f}".format(*methods[name][size]) for size in sizes}} for name in order
        ]
        columns = ["method", *sizes, "npsstats"]
        write(HERE / f"differences_summary_{kind}.csv", columns, [{**row, "npsstats": nps.__version__} for row in rows])


def main(names: list[str]) -> None:
    """Make the tables of the methods named, or of all, and the summaries."""
    (HERE / "differences").mkdir(exist_ok=True)
    for name in names or CONTRAST_METHODS:
        rows = []
        for size in SIZES:
            start = time.process_time()
            rows += list(cells(name, *size))
            print(name, *size, f"{time.process_time() - start:.0f} s", rows[-4]["coverage_min"], flush=True)
        write(HERE / "differences" / f"{name}.csv", COLUMNS, rows)
    summarise()


if __name__ == "__main__":
    main(sys.argv[1:])
