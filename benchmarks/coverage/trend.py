"""Misses of the intervals of `trend` for a slope at a nominal 5 %, by seeded simulation of counts: trend.csv.

A miss is an interval that leaves out the true slope; without a slope it is the size of the test. `default` estimates
the overdispersion; `chance_only` does not. The two other columns are what was not chosen: `truncated` multiplies the
error by sqrt(max(1, X2 / df)) and takes quantiles of Student's t throughout, `observed_variances` weighs each period
by the variance observed in it (0 taken for a hundredth of the pooled one), as default does otherwise. `between` is the
standard deviation, in points, by which the true scores of periods scatter about the line; `dispersion` the mean of the
dispersion found. A size of 5 % has a standard error of 0.5 points with 2,000 draws.
"""

import csv
from pathlib import Path

import numpy as np
from scipy import stats

import npsstats as nps

DRAWS = 2_000
POINTS = np.array([-100.0, 0.0, 100.0])
USUAL, TOP, STEEP = (0.2, 0.3, 0.5), (0.02, 0.03, 0.95), (0.5, 0.3, 0.2)
FEW = "1 + Poisson(2)"

# Shares at both ends of the time, answers by period, scatter between periods in points.
CASES = [
    ("5 quarters of 200", USUAL, USUAL, np.full(5, 200), 0),
    ("8 quarters of 200", USUAL, USUAL, np.full(8, 200), 0),
    ("8 quarters of 200", USUAL, USUAL, np.full(8, 200), 5),
    ("8 quarters of 200", USUAL, USUAL, np.full(8, 200), 15),
    ("8 quarters, 4 of 20 and 4 of 400", USUAL, USUAL, np.repeat([20, 400], 4), 0),
    ("24 months of 30", USUAL, USUAL, np.full(24, 30), 0),
    ("24 months of 30", USUAL, USUAL, np.full(24, 30), 15),
    ("24 months of 60", STEEP, TOP, np.full(24, 60), 0),
    ("24 months, 12 of 400 and 12 of 20", STEEP, TOP, np.repeat([400, 20], 12), 0),
    ("200 days of 1", USUAL, USUAL, np.full(200, 1), 0),
    (f"200 days of {FEW}", USUAL, USUAL, None, 0),
    (f"200 days of {FEW}", USUAL, USUAL, None, 15),
    (f"200 days of {FEW}", TOP, TOP, None, 0),
    (f"200 days of {FEW}", STEEP, TOP, None, 0),
    ("1,000 days of 1, a tenth of days asked", USUAL, TOP, "gaps", 0),
]
COLUMNS = [
    "periods", "start", "end", "between", "default", "chance_only", "truncated", "observed_variances", "dispersion",
    "npsstats",
]  # fmt: skip


def draw(case: tuple, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Counts of the shape (draws, periods, 3), and the times in years."""
    _, start, end, n, between = case
    time = np.arange(1000)[np.sort(rng.choice(1000, 100, replace=False))] / 365 if isinstance(n, str) else None
    n = np.full(100, 1) if isinstance(n, str) else 1 + rng.poisson(2, 200) if n is None else n
    time = np.arange(n.size) / 12 if time is None else time
    along = ((time - time[0]) / (time[-1] - time[0]))[:, None]
    shares = np.broadcast_to((1 - along) * np.array(start) + along * np.array(end), (DRAWS, n.size, 3)).copy()
    # A scatter of the score that leaves the passives alone; none of these shares falls below 0 but by clipping.
    shift = np.clip(rng.normal(0, between / 200, (DRAWS, n.size)), -shares[..., 2], shares[..., 0])
    shares[..., 0] -= shift
    shares[..., 2] += shift
    return rng.multinomial(np.broadcast_to(n, (DRAWS, n.size)), shares), time


def misses(counts: np.ndarray, time: np.ndarray, slope: float) -> dict[str, float]:
    """Percentages of draws whose interval leaves out the slope."""
    draws, periods, _ = counts.shape
    series = nps.RatingCounts(
        counts.reshape(-1, 3), metric=nps.NPS_CATEGORIES, missing=np.zeros(draws * periods, int), by=("draw", "period"),
        labels=tuple((i, t) for i in range(draws) for t in range(periods)),
    )  # fmt: skip
    found = {}
    for name, overdispersion in (("default", True), ("chance_only", False)):
        line = nps.trend(series, times=np.tile(time, draws), overdispersion=overdispersion)
        low, high = line.low[::2], line.high[::2]
        found[name] = ((slope < low) | (slope > high)).mean()
        if overdispersion:
            t = np.abs(line.estimate[::2] - slope) / line.standard_error[::2]
            found["truncated"] = (t > stats.t.ppf(0.975, periods - 2)).mean()
            dispersion = line.dispersion.mean()
    found["observed_variances"] = observed(counts, time, slope)
    return {**{name: f"{100 * share:.2f}" for name, share in found.items()}, "dispersion": f"{dispersion:.2f}"}


def observed(counts: np.ndarray, time: np.ndarray, slope: float) -> float:
    """Misses with weights from the variance observed in each period."""
    n = counts.sum(axis=2)
    score = counts @ POINTS / n
    pooled = counts.sum(axis=1) / n.sum(axis=1, keepdims=True)
    floor = (pooled @ POINTS**2 - (pooled @ POINTS) ** 2) / 100
    weight = n / np.maximum(counts @ POINTS**2 / n - score**2, floor[:, None])
    centred = time - (weight * time).sum(axis=1, keepdims=True) / weight.sum(axis=1, keepdims=True)
    precision = (weight * centred**2).sum(axis=1)
    estimate = (weight * centred * score).sum(axis=1) / precision
    level = (weight * score).sum(axis=1, keepdims=True) / weight.sum(axis=1, keepdims=True)
    df = time.size - 2
    spread = (weight * (score - level - estimate[:, None] * centred) ** 2).sum(axis=1) / df
    quantile = np.maximum(stats.norm.ppf(0.975), stats.t.ppf(0.975, df) * np.sqrt(spread))
    return float((np.abs(estimate - slope) * np.sqrt(precision) > quantile).mean())


def main() -> None:
    """Make the table."""
    with (Path(__file__).parent / "trend.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        for place, case in enumerate(CASES):
            counts, time = draw(case, np.random.default_rng([20240315, place]))
            slope = (np.array(case[2]) - np.array(case[1])) @ POINTS / (time[-1] - time[0])
            names = {"periods": case[0], "start": "/".join(map(str, case[1])), "end": "/".join(map(str, case[2]))}
            row = {**names, "between": case[4], **misses(counts, time, slope), "npsstats": nps.__version__}
            writer.writerow(row)
            print(row, flush=True)


if __name__ == "__main__":
    main()
