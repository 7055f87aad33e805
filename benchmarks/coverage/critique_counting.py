"""What the simulations of critique share: sources of random numbers, tallies, and counts of many samples at once."""

import numpy as np

import npsstats as nps
from npsstats.ratings.combinations import all_combinations, combinations_of
from npsstats.ratings.counts import RatingCounts
from npsstats.ratings.joint import JointCounts

__all__ = ["COLUMNS", "SIZES", "Z", "counted", "joined", "normal_cells", "rng_of", "tally"]

Z = 1.959963984540054
SIZES = (50, 100, 400, 1_000)
COLUMNS = [
    "question", "population", "n", "part", "draws", "without", "coverage", "error", "below", "above", "width",
    "npsstats",
]  # fmt: skip
# Limits that are the truth miss it by rounding only.
ROUNDING = 1e-9


def rng_of(*names: object) -> np.random.Generator:
    """Each cell has a source of its own, so that it can be computed again alone."""
    return np.random.default_rng([20260601, *"/".join(map(str, names)).encode()])


def tally(truth: float | np.ndarray, low: np.ndarray, high: np.ndarray) -> dict[str, object]:
    """Count misses of the samples that have an interval, in per cent; `below`: the truth lies below the interval."""
    known = ~np.isnan(low) & ~np.isnan(high)
    truth = np.broadcast_to(truth, low.shape)[known]
    low, high = low[known], high[known]
    below, above = (truth < low - ROUNDING).mean(), (truth > high + ROUNDING).mean()
    covered = 1 - below - above
    return {
        "draws": known.size,
        "without": f"{100 * (1 - known.mean()):.1f}",
        "coverage": f"{100 * covered:.1f}",
        "error": f"{100 * np.sqrt(covered * (1 - covered) / low.size):.1f}",
        "below": f"{100 * below:.1f}",
        "above": f"{100 * above:.1f}",
        "width": f"{(high - low).mean():.4g}",
        "npsstats": nps.__version__,
    }


def counted(tables: np.ndarray, metric: nps.Metric, sides: tuple[str, ...] = ("one",)) -> RatingCounts:
    """Put samples of the shape (draws, sides, ratings) into groups; each draw is a block by itself."""
    return RatingCounts(
        tables.reshape(-1, tables.shape[-1]),
        metric=metric,
        missing=np.zeros(len(tables) * len(sides), dtype=np.int64),
        by=("draw", "side"),
        labels=tuple((draw, side) for draw in range(len(tables)) for side in sides),
    )


def joined(
    tables: np.ndarray, metrics: tuple[nps.Metric, ...], sides: tuple[object, ...] = ("one",), *, outcome: bool = False
) -> JointCounts:
    """Put cross-tables of the shape (draws, sides, cells) into groups; with an outcome its 0 come first, then its 1."""
    size = tables.shape[-1]
    cells = RatingCounts(
        tables.reshape(-1, size),
        metric=combinations_of(size),
        missing=np.zeros(len(tables) * len(sides), dtype=np.int64),
        by=("draw", "side"),
        labels=tuple((draw, side) for draw in range(len(tables)) for side in sides),
    )
    answers = all_combinations(tuple(metric.scale.size for metric in metrics))
    if not outcome:
        return JointCounts(cells, metrics=metrics, answers=answers)
    return JointCounts(
        cells,
        metrics=metrics,
        answers=np.tile(answers, (2, 1)),
        outcome=np.repeat([0.0, 1.0], len(answers)),
        outcome_name="problem",
    )


def normal_cells(rho: float, *margins: np.ndarray) -> np.ndarray:
    """Shares of two ratings that are cuts of two normal opinions with a correlation, by midpoints of many strips."""
    from scipy.special import ndtr, ndtri

    strips = ndtri((np.arange(20_000) + 0.5) / 20_000)
    first, second = (ndtri(np.append(0, margin.cumsum()).clip(0, 1)) for margin in margins)
    inside = (strips[:, None] > first[:-1]) & (strips[:, None] <= first[1:])
    given = np.diff(ndtr((second - rho * strips[:, None]) / np.sqrt(1 - rho**2)), axis=1)
    cells = inside.T.astype(float) @ given
    return cells / cells.sum()
