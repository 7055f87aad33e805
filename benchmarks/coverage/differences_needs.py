"""What two groups need for a 95 % interval of their difference to cover at least 91.5 %: differences_needs.csv.

For each method and size the least coverage over the pairs of populations that meet what the method's `Needs` say
(`ContrastProblem.shortfall`), and over all: `RARE`, where methods are worst; at sizes with few enough pairs of samples
those of all kinds, and at smaller ones `EDGES`, a grid; above, some whose populations both lack one category.
Everything is enumerated.
"""

import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from differences import enumerable, likely, limits_of, pair_misses, problem_of, write
from differences_populations import PAIRS
from populations import POPULATIONS

import npsstats as nps
from npsstats.inference.contrasts import CONTRAST_METHODS
from npsstats.inference.intervals import Needs
from npsstats.kernels.enumeration import number_of_outcomes

SIZES = (
    (10, 10), (10, 15), (10, 20), (10, 40), (10, 100), (12, 12), (15, 15), (15, 100), (20, 20), (20, 60), (25, 25),
    (30, 30), (40, 40), (50, 50), (60, 60), (30, 300), (50, 200), (100, 100), (200, 200), (100, 400),
)  # fmt: skip
# The permutation test of two larger groups lists too many splits.
LARGEST = {"permutation": 100}
PAIRS_AT_LARGE_SIZES = 60
MOST_SAMPLES = 20_000
# Pairs of samples up to which the whole grid of edges is tried.
MOST_OUTCOMES = 250_000
COLUMNS = [
    "method", "needs_n", "needs_per_kurtosis", "n", "n_reference", "pairs", "pairs_met", "coverage_min_met",
    "coverage_min_all", "npsstats",
]  # fmt: skip


def _rare() -> np.ndarray:
    """Pairs of populations of two categories, one of them rare; either of two reflected pairs."""
    arms = [one for share in (0.01, 0.02, 0.05, 0.1, 0.25) for one in itertools.permutations((share, 1 - share, 0.0))]
    return np.array([pair for pair in itertools.product(arms, repeat=2) if pair[0][0] > pair[0][2]])


def _edges() -> np.ndarray:
    """All pairs of populations that lack one category, with the others in steps of 4 %."""
    triangle = POPULATIONS["triangle"]
    return np.array(list(itertools.product(triangle[(triangle == 0).any(axis=1)][::2], repeat=2)))


RARE, EDGES = _rare(), _edges()


def other_pairs(n: int, m: int) -> np.ndarray:
    """The pairs of populations of one size beside the rare ones."""
    if enumerable(n, m):
        grid = [EDGES] if number_of_outcomes(n, 3) * number_of_outcomes(m, 3) <= MOST_OUTCOMES else []
        return np.concatenate([*PAIRS.values(), *grid])
    few = [pair for pair in PAIRS["edge"] if len(likely(n, pair[0])[1]) * len(likely(m, pair[1])[1]) <= MOST_SAMPLES]
    return np.array(few[:PAIRS_AT_LARGE_SIZES])


def coverages(method: str) -> Iterator[tuple[tuple[int, int], np.ndarray, np.ndarray]]:
    """Yield sizes, pairs of populations and coverages."""
    for n, m in SIZES:
        if method in LARGEST and min(n, m) > LARGEST[method] and not enumerable(n, m):
            continue
        limits = limits_of(method, n, m)
        # Without limits that serve for all pairs, a quarter of these must do.
        others = other_pairs(n, m)[:: 4 if enumerable(n, m) and limits is None else 1]
        found = [
            1 - np.add(*pair_misses(method, pairs, n, m, served)[:2])
            for pairs, served in ((RARE, None), (others, limits))
        ]
        yield (n, m), np.concatenate([RARE, others]), np.concatenate(found)


def met(needs: Needs, pairs: np.ndarray, n: int, m: int) -> np.ndarray:
    return problem_of(pairs * np.array([n, m])[:, None]).shortfall(needs) <= 1


def row(method: str, pairs: np.ndarray, n: int, m: int, coverage: np.ndarray) -> dict[str, object]:
    """Make the row of one size."""
    needs = CONTRAST_METHODS[method].needs
    good = met(needs, pairs, n, m)
    cells = [method, needs.n, needs.per_kurtosis, n, m, len(pairs), int(good.sum())]
    cells += [f"{100 * coverage[good].min():.4f}" if good.any() else "", f"{100 * coverage.min():.4f}"]
    return dict(zip(COLUMNS, [*cells, nps.__version__], strict=True))


def main() -> None:
    """Make the table."""
    rows = []
    for name in CONTRAST_METHODS:
        for (n, m), pairs, coverage in coverages(name):
            rows.append(row(name, pairs, n, m, coverage))
            print(*rows[-1].values(), flush=True)
    write(Path(__file__).parent / "differences_needs.csv", COLUMNS, rows)


if __name__ == "__main__":
    main()
