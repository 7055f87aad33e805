"""Coverage of the intervals of `nonresponse_bounds` at a nominal 95 %, by complete enumeration: nonresponse.csv.

`known`: `n` respondents and a known response rate; all counts of promoters, passives and detractors. `invited`: `n`
people are asked, each answers with the probability of the rate and as the population of respondents does; a sample in
which nobody answers has no interval and counts as covered, as every score is possible.

Columns: how often the interval (low, high) holds the score of everyone if that is at the lower bound, in the middle
and at the upper bound of what the population allows (`lower`, `middle`, `upper`), and how often the interval of the set
holds all of it (`set`); then what was not chosen, least over the three places: the same quantile with Wald limits
(`wald_least`), and the score limits with the one-sided quantile throughout (`one_sided_least`), which fails where the
bounds are narrow. In per cent. Intervals that give each end half of the error would cover too much in the middle of
wide bounds, as they all do: there no end is near.
"""

import csv
from itertools import product
from pathlib import Path

import numpy as np
from scipy import stats

import npsstats as nps
from npsstats.kernels.identification import parameter_quantile

LEVEL = 0.95
POINTS = np.array([-100.0, 0.0, 100.0])
POPULATIONS = {"20/30/50": (0.2, 0.3, 0.5), "5/15/80": (0.05, 0.15, 0.8)}
KNOWN = [("known", n, rate) for n in (20, 40) for rate in (0.15, 0.9, 0.97, 0.99, 1.0)]
INVITED = [("invited", 25, rate) for rate in (0.3, 0.6, 0.9)]
PLACES = ("lower", "middle", "upper")
COLUMNS = ["design", "n", "rate", "population", *PLACES, "set", "wald_least", "one_sided_least", "npsstats"]
# Limits at the place itself miss it by rounding only.
ROUNDING = 1e-9


def enumerate_counts(n: int, cells: int) -> np.ndarray:
    """All counts of n people in so many cells."""
    grid = np.stack(np.meshgrid(*[np.arange(n + 1)] * (cells - 1), indexing="ij"), axis=-1).reshape(-1, cells - 1)
    grid = grid[grid.sum(axis=1) <= n]
    return np.column_stack([n - grid.sum(axis=1), grid])


def counted(table: np.ndarray) -> nps.RatingCounts:
    """Each sample is a group; rows are detractors, passives, promoters."""
    return nps.RatingCounts(
        table, metric=nps.NPS_CATEGORIES, missing=np.zeros(len(table), int), by=("sample",),
        labels=tuple((i,) for i in range(len(table))),
    )  # fmt: skip


def row(design: str, n: int, rate: float, name: str) -> dict[str, object]:
    """Compute one cell."""
    shares = np.array(POPULATIONS[name])
    if design == "known":
        table = enumerate_counts(n, 3)
        chance = stats.multinomial.pmf(table, n, shares)
        asked = {"response_rate": rate}
        rates = np.full(len(table), rate)
    else:
        everyone = enumerate_counts(n, 4)
        chance = stats.multinomial.pmf(everyone, n, [1 - rate, *rate * shares])
        table = everyone[:, 1:]
        answered = table.any(axis=1)
        table, chance = table[answered], chance[answered]
        asked = {"invited": n}
        rates = table.sum(axis=1) / n
    silent = 1 - chance.sum()
    bounds = nps.nonresponse_bounds(counted(table), **asked)
    ends = rate * shares @ POINTS + np.array([-100, 100]) * (1 - rate)
    places = (ends[0], ends.mean(), ends[1])

    def covered(low: np.ndarray, high: np.ndarray, first: float, last: float) -> float:
        return float(((low <= first + ROUNDING) & (last <= high + ROUNDING)) @ chance + silent)

    found = {place: covered(bounds.low, bounds.high, at, at) for place, at in zip(PLACES, places, strict=True)}
    found["set"] = covered(bounds.low_set, bounds.high_set, *ends)
    found["wald_least"] = min(covered(*wald(table, rates, n, design), at, at) for at in places)
    one_sided = nps.nonresponse_bounds(counted(table), **asked, confidence_level=2 * LEVEL - 1)
    # The set at level 90 % has the one-sided quantile of 95 %.
    found["one_sided_least"] = min(covered(one_sided.low_set, one_sided.high_set, at, at) for at in places)
    numbers = {name: f"{100 * share:.2f}" for name, share in found.items()}
    return {"design": design, "n": n, "rate": rate, "population": name, **numbers, "npsstats": nps.__version__}


def wald(table: np.ndarray, rates: np.ndarray, n: int, design: str) -> tuple[np.ndarray, np.ndarray]:
    """Imbens and Manski as they wrote it, by the standard errors of both bounds."""
    score = table @ POINTS / table.sum(axis=1)
    variance = table @ POINTS**2 / table.sum(axis=1) - score**2
    lower, upper = rates * score - 100 * (1 - rates), rates * score + 100 * (1 - rates)
    if design == "known":
        errors = [rates * np.sqrt(variance / n)] * 2
    else:
        gaps = (score + 100, 100 - score)
        errors = [np.sqrt((rates * variance + rates * (1 - rates) * gap**2) / n) for gap in gaps]
    largest, width = np.maximum(*errors), upper - lower
    wide = np.where(width > 0, np.inf, 0.0)
    quantile = parameter_quantile(np.divide(width, largest, out=wide, where=largest > 0), LEVEL)
    return lower - quantile * errors[0], upper + quantile * errors[1]


def main() -> None:
    """Make the table."""
    with (Path(__file__).parent / "nonresponse.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        for cell, name in product(KNOWN + INVITED, POPULATIONS):
            made = row(*cell, name)
            writer.writerow(made)
            print(made, flush=True)


if __name__ == "__main__":
    main()
