"""False changes, power and places of `find_changes` at 95 %, by seeded simulation of counts: changes.csv.

Without a step, `found` is how often at least one change is found (nominally 5 %), `several` how often two or more. With
a step halfway, or where `place` says, `found` is the power; `covered` is how often the interval of the place holds the
true one among the draws in which exactly one change was found, and `width` the mean number of periods in it.
`between` is the standard deviation, in points, by which the true scores of periods scatter. With 400 draws a size
of 5 % has a standard error of 1.1 points.
"""

import csv
from pathlib import Path

import numpy as np

import npsstats as nps

DRAWS, RESAMPLES = 400, 199
USUAL, TOP = np.array([0.2, 0.3, 0.5]), np.array([0.02, 0.08, 0.9])

# Shares, periods, answers by period (mean), step in points, its place, scatter in points, exchange.
CASES = [
    (USUAL, 8, 200, 0, 4, 0, "respondents"),
    (USUAL, 24, 100, 0, 12, 0, "respondents"),
    (USUAL, 24, 100, 0, 12, 0, "periods"),
    (USUAL, 24, 100, 0, 12, 15, "respondents"),
    (USUAL, 24, 100, 0, 12, 15, "periods"),
    (TOP, 24, 100, 0, 12, 0, "respondents"),
    (USUAL, 100, 3, 0, 50, 0, "respondents"),
    (TOP, 100, 3, 0, 50, 0, "respondents"),
    (USUAL, 24, 100, 10, 12, 0, "respondents"),
    (USUAL, 24, 100, 15, 12, 0, "respondents"),
    (USUAL, 24, 100, 15, 4, 0, "respondents"),
    (USUAL, 24, 100, 30, 12, 0, "respondents"),
    (USUAL, 24, 100, 30, 12, 15, "periods"),
    (TOP, 24, 100, -10, 12, 0, "respondents"),
    (USUAL, 100, 5, 30, 50, 0, "respondents"),
    (USUAL, 100, 5, 30, 20, 0, "respondents"),
]
COLUMNS = [
    "shares", "periods", "n_by_period", "between", "exchange", "step", "place", "found", "several", "covered", "width",
    "npsstats",
]  # fmt: skip


def draw(case: tuple, rng: np.random.Generator) -> np.ndarray:
    """One table of counts by period, each period with an answer at least."""
    shares, periods, mean, step, place, between, _ = case
    score = step / 200 * (np.arange(periods) >= place) + rng.normal(0, between / 200, periods)
    table = np.tile(shares, (periods, 1))
    score = np.clip(score, -table[:, 2], table[:, 0])
    table[:, 0] -= score
    table[:, 2] += score
    return rng.multinomial(rng.poisson(mean - 1, periods) + 1, table)


def row(case: tuple, rng: np.random.Generator) -> dict[str, object]:
    """Count what is found."""
    shares, periods, mean, step, place, between, exchange = case
    labels = tuple((i,) for i in range(periods))
    many, covered, width = [], [], []
    for _ in range(DRAWS):
        counts = nps.RatingCounts(
            draw(case, rng), metric=nps.NPS_CATEGORIES, missing=np.zeros(periods, int), by=("period",), labels=labels
        )
        found = nps.find_changes(counts, exchange=exchange, n_resamples=RESAMPLES, rng=rng)
        many.append(len(found))
        if len(found) == 1:
            covered.append(found.earliest[0] <= place <= found.latest[0])
            width.append(found.latest[0] - found.earliest[0] + 1)
    return {
        "shares": "/".join(map(str, shares)), "periods": periods, "n_by_period": mean, "between": between,
        "exchange": exchange, "step": step, "place": place if step else "",
        "found": f"{100 * (np.array(many) > 0).mean():.1f}", "several": f"{100 * (np.array(many) > 1).mean():.1f}",
        "covered": f"{100 * np.mean(covered):.1f}" if step else "", "width": f"{np.mean(width):.1f}" if step else "",
        "npsstats": nps.__version__,
    }  # fmt: skip


def main() -> None:
    """Make the table."""
    with (Path(__file__).parent / "changes.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        for place, case in enumerate(CASES):
            made = row(case, np.random.default_rng([20240315, place]))
            writer.writerow(made)
            print(made, flush=True)


if __name__ == "__main__":
    main()
