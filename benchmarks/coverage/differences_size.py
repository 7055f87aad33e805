"""Size of every test of a difference at a nominal 5 %, where both scores are equal: differences_size.csv.

By enumeration of all pairs of samples, but for those that have together a probability below 1e-5; sizes are in per
cent. Populations are shares of promoters, passives and detractors. Where pairs of samples are too many (some of 200 or
300 respondents with all three categories in both groups) the row is left out. Beside the tests of `compare` stands the
plain permutation test, of the difference that is not studentised: its hypothesis is that the distributions are equal.
"""

from pathlib import Path

import numpy as np
from differences import LEVEL, likely, test_misses, write
from differences_laws import LAWS, VALUES

import npsstats as nps
from npsstats.inference.contrasts import CONTRAST_METHODS
from npsstats.kernels.permutation import listed_splits
from npsstats.kernels.randomisation import alike, law_of, mass_up_to

CLASSIC = ((30, 60, 10), (20, 80, 0))
PAIRS = (
    CLASSIC,
    ((40, 40, 20), (40, 40, 20)),
    ((60, 0, 40), (20, 80, 0)),
    ((45, 30, 25), (30, 60, 10)),
    ((50, 0, 50), (5, 90, 5)),
    ((85, 10, 5), (80, 20, 0)),
    ((90, 0, 10), (82, 16, 2)),
)
SIZES = ((20, 20), (15, 60), (60, 15), (50, 50), (50, 200), (200, 50), (30, 300), (300, 30))
MOST_PAIRS = 400_000
PLAIN = "plain permutation"
COLUMNS = ["group", "reference", "n", "n_reference", *CONTRAST_METHODS, PLAIN, "npsstats"]


def plain_rejected(counts: np.ndarray) -> np.ndarray:
    """Whether the permutation test of the plain difference rejects: by P(|D*| >= |D|)."""
    pooled, n = counts.sum(axis=1), counts[:, 0].sum(axis=1)
    pvalue = np.empty(len(counts))
    for rows in alike(np.column_stack([n, pooled])):
        together, size = pooled[rows[0]], int(n[rows[0]])
        held = together > 0
        tables, weights = listed_splits(together[held], size)
        # Given both groups together, the difference is a multiple of the total of the first less what it is on average.
        average = size * (together @ VALUES) / together.sum()
        law = law_of(-np.abs(tables @ VALUES[held] - average), weights, 0.0)
        pvalue[rows] = mass_up_to(law, -np.abs(counts[rows, 0] @ VALUES - average))
    return pvalue < LEVEL * (1 - 1e-9)


def sizes(pair: tuple, n: int, m: int, methods: list[str]) -> dict[str, float] | None:
    """Compute the sizes of tests; None if there are too many pairs of samples."""
    shares = np.array(pair)[:, ::-1] / 100
    (first, own), (second, other) = (likely(size, one) for size, one in zip((n, m), shares, strict=True))
    if len(own) * len(other) > MOST_PAIRS:
        return None
    i, j = np.divmod(np.arange(len(own) * len(other)), len(other))
    counts = np.stack([first[i], second[j]], axis=1)
    found = {}
    for method in methods:
        if method == PLAIN:
            rejected = plain_rejected(counts)
        elif method in LAWS:
            rejected = np.logical_or(*LAWS[method](first, second, 0.0)).ravel()
        else:
            rejected = np.logical_or(*test_misses(method, counts, np.zeros(len(counts))))
        found[method] = 100 * float(own[i] * other[j] @ rejected)
    return found


def main() -> None:
    """Make the table."""
    rows = []
    for pair in PAIRS:
        names = ["/".join(map(str, one)) for one in pair]
        for n, m in SIZES:
            found = sizes(pair, n, m, [*CONTRAST_METHODS, PLAIN])
            print(names, n, m, found and {name: round(value, 1) for name, value in found.items()}, flush=True)
            if found:
                rows.append({
                    "group": names[0], "reference": names[1], "n": n, "n_reference": m,
                    **{name: f"{value:.4f}" for name, value in found.items()}, "npsstats": nps.__version__,
                })  # fmt: skip
    write(Path(__file__).parent / "differences_size.csv", COLUMNS, rows)


if __name__ == "__main__":
    main()
