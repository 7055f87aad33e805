"""How well does a method keep its level?"""

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike

from npsstats.inference.intervals import ONE_SAMPLE_METHODS
from npsstats.inference.methods import Settings, UnitProblem, find_method, settings_for
from npsstats.kernels.enumeration import log_multinomial, number_of_outcomes, outcomes
from npsstats.ratings.checks import check_type, check_whole_number
from npsstats.ratings.counts import RatingCounts
from npsstats.ratings.scales import NPS_CATEGORIES, Metric
from npsstats.results.operating import OperatingCharacteristics
from npsstats.typing import Alternative, FloatArray, IntArray

__all__ = ["operating_characteristics"]

MOST_OUTCOMES = 2_000_000

# Outcomes times populations whose probabilities are held at once, 32 MB for each array.
BLOCK = 4_000_000

# In points relative to the width of the scale: a limit that meets the true score but for rounding holds it.
SLACK = 1e-10


class Interval(Protocol):
    """What a function of counts must give: limits in points, one per group."""

    @property
    def low(self) -> FloatArray: ...

    @property
    def high(self) -> FloatArray: ...


def operating_characteristics(
    method: str | Callable[[RatingCounts], Interval] = "score",
    *,
    n: int,
    probabilities: ArrayLike,
    metric: Metric | None = None,
    confidence_level: float = 0.95,
    alternative: Alternative = "two-sided",
    pseudo_counts: ArrayLike | None = None,
    rng: Any = None,
    n_resamples: int | None = None,
) -> OperatingCharacteristics:
    """Compute how often an interval holds the true score, and how wide it is, by complete enumeration.

    Every sample of `n` respondents that could come is made, its interval computed, and its probability added up:
    exact figures, without simulation (but for ``"bootstrap-t"`` where its intervals are simulated). Use `estimate` for
    the intervals themselves. Each interval of ``"exact"`` and ``"lloyd"`` is a search of its own: seconds at n = 20, a
    minute at 40, hours at 100.

    Parameters
    ----------
    method : str or callable, default "score"
        A method of `estimate`, or any function that takes `RatingCounts` and gives an object with ``low`` and
        ``high``, in points, one per group.
    n : int
        Respondents in a sample, 1 or more.
    probabilities : array_like of float, shape (values,) or (populations, values)
        The share of each distinct value of the metric in the population, lowest value first (for NPS detractors,
        passives, promoters); each row adds up to 1.
    metric : Metric, optional
        The score; NPS by default. There must be no more than 2,000,000 samples: with three values n up to 1,998.
    confidence_level, alternative, pseudo_counts, rng, n_resamples
        As for `estimate`. A function is given no arguments: its level is told here for the record.

    Returns
    -------
    OperatingCharacteristics
        Per population ``score, coverage, miss_left, miss_right, expected_width``; shares of all samples, and points.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ValueError
        If probabilities are no shares, the method does not apply to the metric, or there are too many samples.

    Examples
    --------
    Wald's interval in samples of 20, when one customer in a hundred is a detractor:

    >>> import npsstats as nps
    >>> population = [0.01, 0.19, 0.80]
    >>> wald = nps.operating_characteristics("wald", n=20, probabilities=population)
    >>> score = nps.operating_characteristics("score", n=20, probabilities=population)
    >>> print(f"{wald.coverage[0]:.3f} {score.coverage[0]:.3f}")
    0.924 0.982
    """
    metric = NPS_CATEGORIES if metric is None else check_type("metric", metric, Metric, "npsstats.NPS")
    shares = _check_probabilities(probabilities, metric)
    table = _all_samples(n, metric)
    options = {"pseudo_counts": pseudo_counts, "rng": rng, "n_resamples": n_resamples}
    if not isinstance(method, str) and any(option is not None for option in options.values()):
        msg = "`pseudo_counts`, `rng` and `n_resamples` are for methods of `estimate`; `method` is a function."
        raise ValueError(msg)
    name = method if isinstance(method, str) else getattr(method, "__name__", "function")
    settings = settings_for(
        name, metric, confidence_level=confidence_level, alternative=alternative, methods=ONE_SAMPLE_METHODS, **options
    )
    if isinstance(method, str):
        chosen = find_method(ONE_SAMPLE_METHODS, method)
        title, references = chosen.title, chosen.references
        low, high = _limits(method, table, metric, settings)
    else:
        title, references = "interval of a function", ()
        low, high = _limits_of_function(method, table, metric)
    score = shares @ metric.levels
    coverage, left, right, width = _expectations(table, shares, score, low, high, metric)
    return OperatingCharacteristics(
        probabilities=shares,
        score=score,
        coverage=coverage,
        miss_left=left,
        miss_right=right,
        expected_width=width,
        n=int(n),
        metric=metric,
        method=name,
        method_title=title,
        confidence_level=settings.confidence_level,
        alternative=alternative,
        references=metric.references + references,
    )


def _all_samples(n: int, metric: Metric) -> IntArray:
    """List the counts that n respondents can give, by value of the metric."""
    n = check_whole_number("n", n)
    if n < 1:
        msg = f"`n` must be 1 or more; got {n}."
        raise ValueError(msg)
    samples = number_of_outcomes(n, metric.levels.size)
    if samples > MOST_OUTCOMES:
        msg = (
            f"`n` = {n:,} respondents and {metric.levels.size} values make {samples:,} samples; at most "
            f"{MOST_OUTCOMES:,} can be enumerated. Use a smaller `n`."
        )
        raise ValueError(msg)
    return outcomes(n, metric.levels.size)


def _check_probabilities(probabilities: ArrayLike, metric: Metric) -> FloatArray:
    levels = metric.levels
    rule = (
        f"`probabilities` must hold one share for each of the {levels.size} values of {metric.name} "
        f"({', '.join(f'{value:g}' for value in levels)} points, in this order)"
    )
    try:
        shares = np.atleast_2d(np.asarray(probabilities, dtype=np.float64))
    except (TypeError, ValueError):
        msg = f"{rule}; got {probabilities!r}."
        raise TypeError(msg) from None
    if shares.ndim != 2 or shares.shape[1] != levels.size or not len(shares):
        msg = f"{rule}, in one row per population; got the shape {np.shape(probabilities)}."
        raise ValueError(msg)
    # Shares that were typed with a few decimals add up to 1 within rounding.
    wrong = np.flatnonzero(~((shares >= 0).all(axis=1) & (np.abs(shares.sum(axis=1) - 1) < 1e-9)))
    if wrong.size:
        msg = (
            f"{rule}, 0 or more and adding up to 1; {wrong.size} of {len(shares)} rows do not "
            f"(first: row {wrong[0]}, {shares[wrong[0]].tolist()})."
        )
        raise ValueError(msg)
    return shares


def _limits(method: str, table: IntArray, metric: Metric, settings: Settings) -> tuple[FloatArray, FloatArray]:
    """Compute the limits of all samples, in points."""
    chosen = find_method(ONE_SAMPLE_METHODS, method)
    low_end, high_end = metric.bounds
    problem = UnitProblem(
        table.astype(np.float64), (metric.levels - low_end) / (high_end - low_end), metric.bounds, metric.name
    )
    chosen.applies(method, problem, settings)
    low, high = (problem.to_points(limit) for limit in chosen.limits(problem, settings))
    if settings.alternative == "less":
        low = np.full_like(low, low_end)
    elif settings.alternative == "greater":
        high = np.full_like(high, high_end)
    return low, high


def _limits_of_function(
    function: Callable[[RatingCounts], Interval], table: IntArray, metric: Metric
) -> tuple[FloatArray, FloatArray]:
    """Ask a function for the limits of all samples."""
    if not callable(function):
        msg = f"`method` must be a method of `estimate` or a function of counts; got {function!r}."
        raise TypeError(msg)
    # One rating stands for all that the metric does not tell apart.
    values = np.asarray(metric.values)
    counts = np.zeros((len(table), values.size), dtype=np.int64)
    for column, value in enumerate(metric.levels):
        counts[:, int(np.argmax(values == value))] = table[:, column]
    labels = tuple((i,) for i in range(len(table)))
    every = RatingCounts(
        counts, metric=metric, missing=np.zeros(len(table), dtype=np.int64), by=("sample",), labels=labels
    )
    answer = function(every)
    limits = []
    for name in ("low", "high"):
        if not hasattr(answer, name):
            msg = f"`method` must give an object with `low` and `high`; its {type(answer).__name__} has no `{name}`."
            raise TypeError(msg)
        limit = np.asarray(getattr(answer, name), dtype=np.float64)
        if limit.shape != (len(table),):
            msg = f"`method` must give one `{name}` per group, shape ({len(table)},); got {limit.shape}."
            raise ValueError(msg)
        limits.append(limit)
    low, high = limits
    slack = SLACK * (metric.bounds[1] - metric.bounds[0])
    wrong = np.flatnonzero(~(low <= high + slack))
    if wrong.size:
        msg = (
            f"`method` must give intervals, `low` at most `high`; {wrong.size} of {len(table)} are none "
            f"(first: {low[wrong[0]]} to {high[wrong[0]]}, of the counts {table[wrong[0]].tolist()})."
        )
        raise ValueError(msg)
    return low, high


def _expectations(
    table: IntArray, shares: FloatArray, score: FloatArray, low: FloatArray, high: FloatArray, metric: Metric
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Add up the probabilities of samples: covered, missed on the left, missed on the right; and the mean width."""
    slack = SLACK * (metric.bounds[1] - metric.bounds[0])
    # A value that does not occur makes every sample with it impossible; -inf times 0 would be nan.
    log_shares = np.log(shares, out=np.full_like(shares, -1e300), where=shares > 0)
    coefficient = log_multinomial(table)
    left, right, width, total = np.zeros((4, len(shares)))
    step = max(1, BLOCK // len(shares))
    for start in range(0, len(table), step):
        block = slice(start, start + step)
        probability = np.exp(coefficient[block, None] + table[block] @ log_shares.T)
        left += (probability * (high[block, None] < score - slack)).sum(axis=0)
        right += (probability * (low[block, None] > score + slack)).sum(axis=0)
        width += (high[block] - low[block]) @ probability
        total += probability.sum(axis=0)
    return (total - left - right) / total, left / total, right / total, width / total
