"""What the questions share: registries of methods, checks of their arguments, and the way to the unit scale."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, get_args

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri

from npsstats.errors import UndefinedScoreError
from npsstats.kernels.wald import mean_and_variance
from npsstats.ratings.checks import check_number, check_rng, check_type, check_whole_number
from npsstats.ratings.counts import RatingCounts
from npsstats.ratings.pairs import PairedCounts
from npsstats.ratings.scales import Metric
from npsstats.ratings.surveys import SurveyCounts
from npsstats.results.format import level
from npsstats.results.protocol import group_text
from npsstats.typing import Alternative, FloatArray, IntArray

__all__ = [
    "PSEUDO_COUNTS",
    "Settings",
    "UnitProblem",
    "by_level",
    "check_alternative",
    "check_are_counts",
    "check_confidence_level",
    "check_counts",
    "check_levels",
    "check_metric",
    "check_pairs",
    "find_method",
    "pseudo_counted",
    "pvalues",
    "score_and_error",
    "settings_for",
    "two_sided",
]

Method = TypeVar("Method")

# Respondents added to the lowest, middle and highest category (detractors, passives, promoters).
PSEUDO_COUNTS = {
    "adjusted-wald": (0.75, 1.5, 0.75),  # Rocks (2016)
    "agresti-min": (0.5, 1.0, 0.5),  # Agresti & Min (2005)
    "bonett-price": (1.0, 0.0, 1.0),  # Bonett & Price (2012)
}

# The methods that draw random numbers, where not everything can be enumerated.
SIMULATED = ("bootstrap-t", "permutation", "sign-flip")

# The methods that take each argument beyond those of all.
OPTIONS = {"pseudo_counts": ("adjusted-wald",), "rng": SIMULATED, "n_resamples": SIMULATED}

N_RESAMPLES = 9_999

SMALLEST = float(np.nextafter(0.0, 1.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What is asked of a method, beyond the data.

    Attributes
    ----------
    confidence_level : float
        The level of the interval.
    alternative : str
        Two-sided, or the side of a one-sided interval and test.
    pseudo_counts : tuple of float or None
        Respondents to add to each level; None for those of the method.
    seed : int or None
        Where resamples come from: the interval and its test draw the same ones. None where there are none.
    n_resamples : int
        How many resamples are drawn.
    """

    confidence_level: float
    alternative: Alternative = "two-sided"
    pseudo_counts: tuple[float, ...] | None = None
    seed: int | None = None
    n_resamples: int = N_RESAMPLES

    @property
    def tail(self) -> float:
        """The probability of an error on one side."""
        return (1 - self.confidence_level) / (2 if self.alternative == "two-sided" else 1)

    @property
    def z(self) -> float:
        """The normal quantile of the level."""
        return float(-ndtri(self.tail))


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
    name : str
        What the score is called.
    """

    counts: FloatArray
    values: FloatArray
    bounds: tuple[float, float]
    name: str

    @classmethod
    def of(cls, counts: IntArray, metric: Metric) -> "UnitProblem":
        """Add up the counts of ratings that the metric does not tell apart; counts by group and rating."""
        low, high = metric.bounds
        return cls(by_level(counts, metric), (metric.levels - low) / (high - low), metric.bounds, metric.name)

    @classmethod
    def of_changes(cls, counts: IntArray, metric: Metric) -> "UnitProblem":
        """Count the changes, second value minus first, of people rated twice; counts by group and both ratings."""
        width = metric.bounds[1] - metric.bounds[0]
        change = (metric.levels[:, None] - metric.levels) / width
        # Differences that agree but for rounding are one.
        _, first, column = np.unique(change.round(12), return_index=True, return_inverse=True)
        second_by_first = by_level(by_level(counts, metric).swapaxes(1, 2), metric)
        table = np.zeros((len(counts), first.size))
        np.add.at(table.T, column.ravel(), second_by_first.reshape(len(counts), -1).T)
        # From -1 ... 1 to 0 ... 1.
        return cls(table, (1 + change.ravel()[first]) / 2, (-width, width), f"the change of {metric.name}")

    @property
    def width(self) -> float:
        """The width of the scale of the score, in points."""
        return self.bounds[1] - self.bounds[0]

    def to_points(self, unit: FloatArray) -> FloatArray:
        """Map scores from the unit scale to points; the ends of the scale exactly."""
        return np.where(unit == 1, self.bounds[1], self.bounds[0] + self.width * unit)


def by_level(counts: IntArray | FloatArray, metric: Metric) -> FloatArray:
    """Add up, along the last axis, the counts of ratings that a metric does not tell apart."""
    _, column = np.unique(metric.values, return_inverse=True)
    membership = (column[:, None] == np.arange(metric.levels.size)).astype(np.float64)
    table: FloatArray = counts @ membership
    return table


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


def check_metric(counts: object, metric: Metric | None) -> Metric:
    """Find the metric of a question to counts of either kind, before the design is known."""
    if metric is not None:
        return check_type("metric", metric, Metric, "npsstats.NPS")
    if isinstance(counts, (RatingCounts, PairedCounts, SurveyCounts)):
        return counts.metric
    msg = (
        f"`counts` must be RatingCounts, PairedCounts or SurveyCounts; got {type(counts).__name__}. "
        "Make them with `tabulate`, `tabulate_pairs` or `tabulate_survey` from responses."
    )
    raise TypeError(msg)


def check_pairs(pairs: PairedCounts, metric: Metric | None, *, twice: bool = True) -> Metric:
    """Find the metric of a question to pairs, and check that each group has answers in both waves.

    `twice` asks for respondents who answered both.
    """
    if metric is None:
        if pairs.metric != pairs.metric_second:
            msg = (
                f"both waves must have the same metric to be compared; got {pairs.metric.name} on {pairs.metric.scale} "
                f"and {pairs.metric_second.name} on {pairs.metric_second.scale}."
            )
            raise ValueError(msg)
        metric = pairs.metric
    check_type("metric", metric, Metric, "npsstats.NPS")
    for scale in (pairs.metric.scale, pairs.metric_second.scale):
        if metric.scale != scale:
            msg = f"`metric` {metric.name} is defined on the scale {metric.scale}; the counts are on {scale}."
            raise ValueError(msg)
    n = pairs.n if twice else np.minimum(pairs.n_first, pairs.n_second)
    empty = np.flatnonzero(n == 0)
    if empty.size:
        label = pairs.labels[empty[0]]
        where = f" (first: {group_text(label)})" if label else ""
        who = "at least one respondent with both ratings" if twice else "respondents in both waves"
        msg = (
            f"a change needs {who}; {empty.size} of {len(pairs.labels)} groups have none{where}. "
            "Leave them out with `pairs.select(...)`."
        )
        raise UndefinedScoreError(msg)
    return metric


def check_are_counts(counts: object) -> RatingCounts:
    """Check that the data of a question are counts."""
    if isinstance(counts, SurveyCounts):
        msg = (
            "`counts` must be RatingCounts, of independent respondents who count the same; SurveyCounts have a design. "
            "For them there are `estimate`, `compare`, `equivalence`, `homogeneity` and `trend`; `counts.respondents` "
            "are the simple counts, without weights and clusters."
        )
        raise TypeError(msg)
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


def check_alternative(alternative: object) -> None:
    """Check the name of an alternative."""
    if alternative not in get_args(Alternative):
        msg = f"`alternative` must be one of 'two-sided', 'less', 'greater'; got {alternative!r}."
        raise ValueError(msg)


def settings_for(
    method: str,
    metric: Metric,
    *,
    confidence_level: float,
    alternative: Alternative,
    pseudo_counts: ArrayLike | None,
    rng: Any,
    n_resamples: int | None,
    methods: Collection[str] = SIMULATED,
) -> Settings:
    """Check what is asked of a method; `methods` are those that the caller has."""
    check_confidence_level(confidence_level)
    check_alternative(alternative)
    for name, value in {"pseudo_counts": pseudo_counts, "rng": rng, "n_resamples": n_resamples}.items():
        if value is not None and method not in OPTIONS[name]:
            takers = [taker for taker in OPTIONS[name] if taker in methods or name == "pseudo_counts"]
            msg = (
                f"`{name}` is an argument of method{'s' if len(takers) > 1 else ''} {', '.join(map(repr, takers))} "
                f"only; method {method!r} "
                f"{'adds no respondents of your choice' if name == 'pseudo_counts' else 'needs no random numbers'}."
            )
            raise ValueError(msg)
    return Settings(
        confidence_level=float(confidence_level),
        alternative=alternative,
        pseudo_counts=None if pseudo_counts is None else _check_pseudo_counts(pseudo_counts, metric),
        seed=int(check_rng(rng).integers(2**63)) if method in SIMULATED else None,
        n_resamples=N_RESAMPLES if n_resamples is None else _check_resamples(n_resamples),
    )


def _check_pseudo_counts(pseudo_counts: ArrayLike, metric: Metric) -> tuple[float, ...]:
    levels = metric.levels
    rule = f"`pseudo_counts` must hold one number, 0 or more, for each of the {levels.size} values of {metric.name}"
    try:
        added = np.asarray(pseudo_counts, dtype=np.float64)
    except (TypeError, ValueError):
        msg = f"{rule}; got {pseudo_counts!r}."
        raise TypeError(msg) from None
    if added.shape != levels.shape or not np.all(np.isfinite(added) & (added >= 0)):
        msg = f"{rule} ({', '.join(f'{value:g}' for value in levels)} points, in this order); got {pseudo_counts!r}."
        raise ValueError(msg)
    return tuple(added.tolist())


def _check_resamples(n_resamples: int) -> int:
    n_resamples = check_whole_number("n_resamples", n_resamples)
    if n_resamples < 1:
        msg = f"`n_resamples` must be 1 or more; got {n_resamples}."
        raise ValueError(msg)
    return n_resamples


def pseudo_counted(counts: FloatArray, method: str, chosen: tuple[float, ...] | None = None) -> FloatArray:
    """Add the pseudo-counts of a method, or those that were chosen instead."""
    added: FloatArray = counts + np.array(PSEUDO_COUNTS[method] if chosen is None else chosen)
    return added


def check_levels(method: str, problem: UnitProblem, least: int, most: int) -> None:
    """Check that a score has as many distinct values as a method is made for."""
    values = problem.values.size
    if not least <= values <= most:
        wanted = "three" if least == most else "two or three"
        own = " Pass `pseudo_counts`, one for each value, or use another method." if method == "adjusted-wald" else ""
        msg = (
            f"`method` {method!r} is made for metrics with {wanted} distinct values, such as NPS; {problem.name} has "
            f"{values}.{own} For any metric: 'score', 'tango', 'likelihood', 'wald', 't', 'goodman', 'bootstrap-t'."
        )
        raise ValueError(msg)


def pvalues(
    statistic: FloatArray,
    alternative: Alternative,
    tail: Callable[[FloatArray], FloatArray] = lambda size: ndtr(-size),
) -> FloatArray:
    """Compute p-values by the tail; never 0, at the least the smallest number above it.

    `tail` gives the probability above a positive value, of a symmetric law; by default the normal one.
    """
    beyond = tail(np.abs(statistic))
    if alternative == "two-sided":
        p: FloatArray = 2 * beyond
    else:
        p = np.where(statistic * (-1 if alternative == "less" else 1) >= 0, beyond, 1 - beyond)
    # nan stays: a statistic that does not exist has no p-value.
    bounded: FloatArray = np.where(np.isnan(statistic), np.nan, p.clip(min=SMALLEST, max=1))
    return bounded


def two_sided(below: FloatArray, above: FloatArray, alternative: Alternative) -> FloatArray:
    """Choose or combine the p-values of the two sides: twice the smaller one, 1 at most."""
    sides = {"less": below, "greater": above, "two-sided": 2 * np.minimum(below, above)}
    bounded: FloatArray = sides[alternative].clip(min=SMALLEST, max=1)
    return bounded


def score_and_error(problem: UnitProblem) -> tuple[FloatArray, FloatArray]:
    """Compute the scores and their plug-in standard errors, in points."""
    _, variance = mean_and_variance(problem.counts, problem.values)
    # In points from the start, so that 300 - 100 of 1,000 is 20 to the last bit.
    points = problem.to_points(problem.values)
    return problem.counts @ points / problem.counts.sum(axis=-1), problem.width * np.sqrt(variance)
