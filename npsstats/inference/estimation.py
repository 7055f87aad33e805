"""What is the score, and how sure can we be?"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from npsstats.errors import SmallSampleWarning
from npsstats.inference.methods import (
    UnitProblem,
    check_confidence_level,
    check_counts,
    find_method,
    pseudo_counted,
)
from npsstats.kernels.restricted import Statistic, restricted_limits, restricted_statistic
from npsstats.kernels.score import plain_score, skewness_corrected_score
from npsstats.kernels.wald import mean_and_variance, wald_limits, wald_statistic
from npsstats.ratings.counts import RatingCounts
from npsstats.ratings.scales import Metric
from npsstats.results.estimates import Estimates
from npsstats.results.protocol import group_text
from npsstats.typing import FloatArray, Label

__all__ = ["ONE_SAMPLE_METHODS", "OneSampleMethod", "estimate", "warn_without_width"]

ONE_ARM = np.ones(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class OneSampleMethod:
    """An interval of one score and the test that belongs to it, both on the unit scale.

    `limits` takes counts by level, the levels, and the normal quantile; `statistic` takes the value under the
    null hypothesis, one per group, in place of the quantile.
    """

    title: str
    references: tuple[str, ...]
    limits: Callable[[FloatArray, FloatArray, float], tuple[FloatArray, FloatArray]]
    statistic: Callable[[FloatArray, FloatArray, FloatArray], FloatArray]


def _restricted(title: str, references: tuple[str, ...], statistic: Statistic) -> OneSampleMethod:
    return OneSampleMethod(
        title=title,
        references=references,
        limits=lambda counts, values, z: restricted_limits(statistic, counts[:, None], values, ONE_ARM, z),
        statistic=lambda counts, values, null: restricted_statistic(statistic, counts[:, None], values, ONE_ARM, null),
    )


def _wald(title: str, references: tuple[str, ...], add: Callable[[FloatArray], FloatArray]) -> OneSampleMethod:
    return OneSampleMethod(
        title=title,
        references=references,
        limits=lambda counts, values, z: wald_limits(*mean_and_variance(add(counts), values), z),
        statistic=lambda counts, values, null: wald_statistic(*mean_and_variance(add(counts), values), null),
    )


ONE_SAMPLE_METHODS = {
    "score": _restricted(
        "skewness-corrected score interval", ("tango1998", "gart1988", "laud2017"), skewness_corrected_score
    ),
    "tango": _restricted("score interval", ("may1997", "tango1998"), plain_score),
    "wald": _wald("Wald interval", ("rocks2016",), lambda counts: counts),
    "adjusted-wald": _wald(
        "adjusted Wald interval", ("rocks2016",), lambda counts: pseudo_counted(counts, "adjusted-wald")
    ),
    "bonett-price": _wald(
        "Bonett-Price adjusted Wald interval",
        ("bonett2012",),
        lambda counts: pseudo_counted(counts, "bonett-price"),
    ),
}


def estimate(
    counts: RatingCounts,
    *,
    metric: Metric | None = None,
    method: str = "score",
    confidence_level: float = 0.95,
) -> Estimates:
    """Estimate the score of each group, with a confidence interval.

    Use `compare` for the difference of groups, or for a test against a fixed benchmark.

    Parameters
    ----------
    counts : RatingCounts
        Respondents by group and rating, from `tabulate` or `RatingCounts.from_categories`.
    metric : Metric, optional
        The score; by default the metric of the counts, NPS on the scale 0-10.
    method : str, default "score"
        The interval:

        - ``"score"``: skewness-corrected score interval, close to its level down to a few respondents [1]_;
        - ``"tango"``: the same without the correction [2]_;
        - ``"wald"``: score -+ z standard errors, too short below about 100 respondents;
        - ``"adjusted-wald"``: Wald with 3/4 promoters, 3/2 passives and 3/4 detractors added [3]_;
        - ``"bonett-price"``: Wald with one promoter and one detractor added [4]_.

        The last two are for metrics with three values.
    confidence_level : float, default 0.95
        The level of the intervals, between 0 and 1.

    Returns
    -------
    Estimates
        Per group ``n, missing, score, standard_error, low, high``, in points.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ValueError
        If metric and counts are on different scales, or a name or level is not valid.
    UndefinedScoreError
        If a group has no rating.

    Warns
    -----
    SmallSampleWarning
        If an interval has no width because all ratings of a group have the same value.

    References
    ----------
    .. [1] Laud, P. J. (2017). Equal-tailed confidence intervals for comparison of rates. Pharmaceutical
       Statistics 16, 334-348. doi:10.1002/pst.1813
    .. [2] Tango, T. (1998). Equivalence test and confidence interval for the difference in proportions for the
       paired-sample design. Statistics in Medicine 17, 891-908.
    .. [3] Rocks, B. (2016). Interval estimation for the "Net Promoter Score". The American Statistician.
    .. [4] Bonett, D. G. & Price, R. M. (2012). Adjusted Wald confidence interval for a difference of binomial
       proportions based on paired data. Journal of Educational and Behavioral Statistics 37, 479-488.
       doi:10.3102/1076998611411915

    Examples
    --------
    Two surveys of 1,000 with the same score, and not the same certainty:

    >>> import npsstats as nps
    >>> counts = nps.RatingCounts.from_categories(
    ...     promoters=[300, 200], passives=[600, 800], detractors=[100, 0], groups=["A", "B"], by="survey"
    ... )
    >>> nps.estimate(counts)
    NPS by survey, 95 % skewness-corrected score interval
    <BLANKLINE>
    survey      n  missing   NPS  standard error   low  high
    A       1,000        0  20.0            1.90  16.3  23.7
    B       1,000        0  20.0            1.26  17.6  22.6
    """
    counts, metric = check_counts(counts, metric)
    check_confidence_level(confidence_level)
    chosen = find_method(ONE_SAMPLE_METHODS, method)
    problem = UnitProblem.of(counts.counts, metric)
    low, high = chosen.limits(problem.counts, problem.values, float(ndtri((1 + confidence_level) / 2)))
    warn_without_width(method, counts.labels, low == high)
    score, standard_error = score_and_error(problem)
    return Estimates(
        by=counts.by,
        labels=counts.labels,
        n=counts.n,
        missing=counts.missing,
        score=score,
        standard_error=standard_error,
        low=problem.to_points(low),
        high=problem.to_points(high),
        metric=metric,
        method=method,
        method_title=chosen.title,
        confidence_level=float(confidence_level),
        references=metric.references + chosen.references,
        notes=counts.notes,
    )


def score_and_error(problem: UnitProblem) -> tuple[FloatArray, FloatArray]:
    """Compute the scores and their plug-in standard errors, in points."""
    _, variance = mean_and_variance(problem.counts, problem.values)
    # In points from the start, so that 300 - 100 of 1,000 is 20 to the last bit.
    points = problem.to_points(problem.values)
    return problem.counts @ points / problem.counts.sum(axis=-1), problem.width * np.sqrt(variance)


def warn_without_width(method: str, labels: tuple[Label, ...], degenerate: FloatArray) -> None:
    """Warn of intervals without width: samples whose ratings all have the same value."""
    rows = np.flatnonzero(degenerate)
    if rows.size:
        where = f" (first: {group_text(labels[rows[0]])})" if labels[rows[0]] else ""
        msg = (
            f"method {method!r} gives {rows.size} of {len(labels)} intervals no width{where}: all ratings have the "
            "same value, which leaves the method without a standard error. Use method='score'."
        )
        warnings.warn(msg, SmallSampleWarning, stacklevel=3)
