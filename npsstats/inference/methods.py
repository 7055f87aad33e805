"""What the questions share: registries of methods, checks of their arguments, and the way to the unit scale."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from scipy.special import ndtr

from npsstats.errors import UndefinedScoreError
from npsstats.ratings.checks import check_number, check_type
from npsstats.ratings.counts import RatingCounts
from npsstats.ratings.scales import Metric
from npsstats.results.format import level
from npsstats.results.protocol import group_text
from npsstats.typing import Alternative, FloatArray, IntArray

__all__ = [
    "PSEUDO_COUNTS",
    "UnitProblem",
    "check_are_counts",
    "check_confidence_level",
    "check_counts",
    "find_method",
    "pseudo_counted",
    "pvalues",
]

Method = TypeVar("Method")

# Respondents added to the lowest, middle and highest category (detractors, passives, promoters).
PSEUDO_COUNTS = {
    "adjusted-wald": np.array([0.75, 1.5, 0.75]),  # Rocks (2016)
    "bonett-price": np.array([1.0, 0.0, 1.0]),  # Bonett & Price (2012)
}

SMALLEST = float(np.nextafter(0.0, 1.0))


@dataclass(frozen=True, slots=True)
class UnitProblem:
    """Counts by distinct value of a metric, with the values mapped to 0-1.

    Attributes
    ----------
    counts : ndarray, shape (groups, levels)
        Respondents by level.
    values : ndarray, shape (levels,)
        The levels on the unit scale, from 0 to 1.
    bounds : tuple of float
        The lowest and the highest score, in points.
    """

    counts: FloatArray
    values: FloatArray
    bounds: tuple[float, float]

    @classmethod
    def of(cls, counts: IntArray, metric: Metric) -> "UnitProblem":
        """Add up the counts of ratings that the metric does not tell apart; counts by group and rating."""
        levels, column = np.unique(metric.values, return_inverse=True)
        table = np.zeros((len(counts), levels.size))
        np.add.at(table.T, column, counts.T)
        low, high = metric.bounds
        return cls(table, (levels - low) / (high - low), metric.bounds)

    @property
    def width(self) -> float:
        """The width of the scale of the score, in points."""
        return self.bounds[1] - self.bounds[0]

    def to_points(self, unit: FloatArray) -> FloatArray:
        """Map scores from the unit scale to points; the ends of the scale exactly."""
        return np.where(unit == 1, self.bounds[1], self.bounds[0] + self.width * unit)


def check_counts(counts: object, metric: Metric | None) -> tuple[RatingCounts, Metric]:
    """Check the data of a question and find its metric."""
    counts = check_are_counts(counts)
    metric = counts.metric if metric is None else check_type("metric", metric, Metric, "npsstats.NPS")
    if metric.scale != counts.scale:
        msg = f"`metric` {metric.name} is defined on the scale {metric.scale}; the counts are on {counts.scale}."
        raise ValueError(msg)
    empty = np.flatnonzero(counts.n == 0)
    if empty.size:
        label = counts.labels[empty[0]]
        where = f"; the first is {group_text(label)!r}" if label else ""
        msg = (
            f"a score needs at least one rating; {empty.size} of {len(counts)} groups have none{where} "
            f"({counts.missing[empty[0]]} missing). Leave them out with `counts.answered()`."
        )
        raise UndefinedScoreError(msg)
    return counts, metric


def check_are_counts(counts: object) -> RatingCounts:
    """Check that the data of a question are counts."""
    if not isinstance(counts, RatingCounts):
        msg = (
            f"`counts` must be RatingCounts; got {type(counts).__name__}. "
            "Make them with `tabulate` from responses, or with `RatingCounts.from_categories`."
        )
        raise TypeError(msg)
    return counts


def check_confidence_level(confidence_level: float) -> None:
    """Check that a level is a number strictly between 0 and 1."""
    check_number("confidence_level", confidence_level)
    if not 0 < confidence_level < 1:
        hint = f" For {level(confidence_level / 100)} pass {confidence_level / 100:g}." if confidence_level > 1 else ""
        msg = f"`confidence_level` must lie between 0 and 1; got {confidence_level!r}.{hint}"
        raise ValueError(msg)


def find_method(methods: Mapping[str, Method], name: object) -> Method:
    """Look a method up by its exact name."""
    if not isinstance(name, str):
        msg = f"`method` must be text; got {name!r}."
        raise TypeError(msg)
    if name not in methods:
        msg = f"`method` must be one of {', '.join(map(repr, methods))}; got {name!r}."
        raise ValueError(msg)
    return methods[name]


def pseudo_counted(counts: FloatArray, method: str) -> FloatArray:
    """Add the pseudo-counts of a method, which exist for metrics with three values."""
    if counts.shape[-1] != 3:
        msg = (
            f"`method` {method!r} is made for metrics with three values, such as NPS; this metric has "
            f"{counts.shape[-1]}. Use method='score'."
        )
        raise ValueError(msg)
    added: FloatArray = counts + PSEUDO_COUNTS[method]
    return added


def pvalues(statistic: FloatArray, alternative: Alternative) -> FloatArray:
    """Compute p-values of normal statistics, by the tail; never 0, at the least the smallest number above it."""
    if alternative == "two-sided":
        p: FloatArray = 2 * ndtr(-np.abs(statistic))
    else:
        p = ndtr(statistic if alternative == "less" else -statistic)
    bounded: FloatArray = np.maximum(p, SMALLEST)
    return bounded
