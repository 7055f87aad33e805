"""How far is a score from its reference, and could it be chance?"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from npsstats.inference.estimation import score_and_error, warn_of_small_samples, warn_without_width
from npsstats.inference.intervals import ONE_SAMPLE_METHODS, check_applies
from npsstats.inference.methods import (
    Settings,
    UnitProblem,
    check_counts,
    check_levels,
    find_method,
    pseudo_counted,
    pvalues,
    settings_for,
)
from npsstats.inference.pairing import Pairing, pair_with_benchmark, pair_with_reference
from npsstats.kernels.mover import mover_limits, mover_statistic
from npsstats.kernels.restricted import restricted_limits, restricted_statistic
from npsstats.kernels.score import skewness_corrected_score
from npsstats.kernels.wald import mean_and_variance, wald_limits, wald_statistic
from npsstats.ratings.counts import RatingCounts
from npsstats.ratings.scales import Metric
from npsstats.results.differences import Differences
from npsstats.typing import Alternative, FloatArray, IntArray

__all__ = ["TWO_SAMPLE_METHODS", "TwoSampleMethod", "compare"]

# Group minus reference.
DIFFERENCE = np.array([1.0, -1.0])


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoSampleMethod:
    """An interval of the difference of two scores and the test of no difference, both on the unit scale.

    Both take counts of the shape (rows, 2, levels), the group's and its reference's, the levels, and the settings.
    """

    title: str
    references: tuple[str, ...]
    limits: Callable[[FloatArray, FloatArray, Settings], tuple[FloatArray, FloatArray]]
    statistic: Callable[[FloatArray, FloatArray, Settings], FloatArray]


def _wald(
    title: str, references: tuple[str, ...], add: Callable[[FloatArray, Settings], FloatArray]
) -> TwoSampleMethod:
    def difference(counts: FloatArray, values: FloatArray, settings: Settings) -> tuple[FloatArray, FloatArray]:
        mean, variance = mean_and_variance(add(counts, settings), values)
        return mean @ DIFFERENCE, variance.sum(axis=-1)

    return TwoSampleMethod(
        title=title,
        references=references,
        limits=lambda counts, values, settings: wald_limits(*difference(counts, values, settings), settings.z),
        statistic=lambda counts, values, settings: wald_statistic(*difference(counts, values, settings), 0.0),
    )


TWO_SAMPLE_METHODS = {
    "score": TwoSampleMethod(
        title="skewness-corrected score interval",
        references=("miettinen1985", "gart1988", "laud2017"),
        limits=lambda counts, values, settings: restricted_limits(
            skewness_corrected_score, counts, values, DIFFERENCE, settings.z
        ),
        statistic=lambda counts, values, settings: restricted_statistic(
            skewness_corrected_score, counts, values, DIFFERENCE, np.zeros(len(counts))
        ),
    ),
    "mover": TwoSampleMethod(
        title="MOVER interval",
        references=("newcombe1998", "zou2008", "tango1998"),
        limits=lambda counts, values, settings: mover_limits(counts, values, settings.z),
        statistic=lambda counts, values, settings: mover_statistic(counts, values, np.zeros(len(counts))),
    ),
    "wald": _wald("Wald interval", ("rocks2016",), lambda counts, settings: counts),
    "adjusted-wald": _wald(
        "adjusted Wald interval",
        ("rocks2016",),
        lambda counts, settings: pseudo_counted(counts, "adjusted-wald", settings.pseudo_counts),
    ),
}


def compare(
    counts: RatingCounts,
    *,
    reference: Hashable,
    metric: Metric | None = None,
    method: str = "score",
    alternative: Alternative = "two-sided",
    confidence_level: float = 0.95,
    pseudo_counts: ArrayLike | None = None,
    rng: Any = None,
    n_resamples: int | None = None,
) -> Differences:
    """Compare the score of each group with a reference: another group, the period before, or a benchmark.

    The groups must be independent samples: other respondents in each. Use `estimate` for the scores themselves.

    Parameters
    ----------
    counts : RatingCounts
        Respondents by group and rating.
    reference : label, ``"previous"``, ``"rest"`` or number
        What each group is compared with:

        - the label of a group: that group;
        - ``"previous"``: the group before it, in the order of the counts;
        - ``"rest"``: all other groups together;
        - a number that is no label: a fixed benchmark, in points.

        With several group columns the last is compared, within equal labels of the others; a tuple of labels,
        one for each column, is one group for all.
    metric : Metric, optional
        The score; by default the metric of the counts.
    method : str, default "score"
        The interval and its test:

        - ``"score"``: restricted likelihood [1]_, with variance factors n / (n - 1) for each group, and skewness
          correction [2]_;
        - ``"mover"``: from the score intervals of the two groups [3]_;
        - ``"wald"``: difference -+ z standard errors, too short in small groups;
        - ``"adjusted-wald"``: Wald with 3/4 promoters, 3/2 passives and 3/4 detractors added to each group.

        Against a benchmark, the methods of `estimate`, each with the test that its interval inverts.
    alternative : {"two-sided", "less", "greater"}, default "two-sided"
        The alternative to no difference; a one-sided one gives a one-sided interval.
    confidence_level : float, default 0.95
        The level of the intervals, between 0 and 1; of each, not of all together.
    pseudo_counts, rng, n_resamples : optional
        As for `estimate`: for the methods ``"adjusted-wald"`` and, against a benchmark, ``"bootstrap-t"``.

    Returns
    -------
    Differences
        Per group ``reference, n, n_reference, difference, standard_error, low, high, statistic, pvalue``;
        differences are group minus reference, in points.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ValueError
        If metric and counts are on different scales, or a name, label or level is not valid.
    UndefinedScoreError
        If a group has no rating.

    Warns
    -----
    SmallSampleWarning
        If an interval has no width because all ratings of both groups have the same value; against a benchmark, if
        a group is too small for the method.

    References
    ----------
    .. [1] Miettinen, O. & Nurminen, M. (1985). Comparative analysis of two rates. Statistics in Medicine 4,
       213-226. doi:10.1002/sim.4780040211
    .. [2] Laud, P. J. (2017). Equal-tailed confidence intervals for comparison of rates. Pharmaceutical
       Statistics 16, 334-348. doi:10.1002/pst.1813
    .. [3] Zou, G. Y. & Donner, A. (2008). Construction of confidence limits about effect measures: a general
       approach. Statistics in Medicine 27, 1693-1702. doi:10.1002/sim.3095

    Examples
    --------
    >>> import npsstats as nps
    >>> counts = nps.RatingCounts.from_categories(
    ...     promoters=[40, 55], passives=[40, 35], detractors=[20, 10], groups=[2024, 2025], by="year"
    ... )
    >>> nps.compare(counts, reference="previous")
    NPS: group minus reference, 95 % skewness-corrected score interval
    <BLANKLINE>
    year  reference    n  n reference  difference  standard error   low   high     z      p
    2025  2024       100          100       +25.0           10.04  +5.0  +44.7  2.44  0.015
    """
    counts, metric = check_counts(counts, metric)
    settings = settings_for(
        method,
        metric,
        confidence_level=confidence_level,
        alternative=alternative,
        pseudo_counts=pseudo_counts,
        rng=rng,
        n_resamples=n_resamples,
    )
    benchmark = pair_with_benchmark(counts, metric, reference)
    if benchmark is None:
        answer = _against_groups(counts, pair_with_reference(counts, reference), metric, method, settings)
    else:
        answer = _against_benchmark(counts, benchmark, metric, method, settings)
    labels = tuple(counts.labels[i] for i in answer.positions)
    # A one-sided interval is open towards the alternative.
    low, high = answer.low, answer.high
    if alternative == "less":
        low = np.full_like(low, answer.bounds[0])
    elif alternative == "greater":
        high = np.full_like(high, answer.bounds[1])
    return Differences(
        by=counts.by,
        labels=labels,
        reference=answer.names,
        n=counts.n[answer.positions],
        n_reference=answer.n_reference,
        score=answer.score,
        score_reference=answer.score_reference,
        difference=answer.score - answer.score_reference,
        standard_error=answer.standard_error,
        low=low,
        high=high,
        statistic=answer.statistic,
        pvalue=answer.pvalue,
        metric=metric,
        method=method,
        method_title=answer.title,
        confidence_level=settings.confidence_level,
        alternative=alternative,
        references=metric.references + answer.references,
        notes=counts.notes + answer.notes,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """Both kinds of comparison, in points, before the alternative is applied; bounds are those of the difference."""

    positions: NDArray[np.intp]
    names: tuple[Hashable, ...]
    n_reference: IntArray
    score: FloatArray
    score_reference: FloatArray
    standard_error: FloatArray
    low: FloatArray
    high: FloatArray
    statistic: FloatArray
    pvalue: FloatArray
    bounds: tuple[float, float]
    title: str
    references: tuple[str, ...]
    notes: tuple[str, ...] = ()


def _against_groups(counts: RatingCounts, pairing: Pairing, metric: Metric, method: str, settings: Settings) -> _Answer:
    chosen = find_method(TWO_SAMPLE_METHODS, method)
    if method == "adjusted-wald" and settings.pseudo_counts is None:
        check_levels(method, metric, 3, 3)
    own = UnitProblem.of(counts.counts[pairing.positions], metric)
    other = UnitProblem.of(pairing.reference_counts, metric)
    both = np.stack([own.counts, other.counts], axis=1)
    low, high = chosen.limits(both, own.values, settings)
    # At a one-sided level of 50 %, where z is 0, limits meet in the estimate of any sample.
    labels = tuple(counts.labels[i] for i in pairing.positions)
    warn_without_width(method, labels, (low == high) & (settings.z != 0), stacklevel=4)
    score, error = score_and_error(own)
    score_reference, error_reference = score_and_error(other)
    statistic = chosen.statistic(both, own.values, settings)
    return _Answer(
        positions=pairing.positions,
        names=pairing.names,
        n_reference=pairing.reference_counts.sum(axis=1),
        score=score,
        score_reference=score_reference,
        standard_error=np.hypot(error, error_reference),
        low=own.width * low,
        high=own.width * high,
        statistic=statistic,
        pvalue=pvalues(statistic, settings.alternative),
        bounds=(-own.width, own.width),
        title=chosen.title,
        references=chosen.references,
    )


def _against_benchmark(
    counts: RatingCounts, benchmark: float, metric: Metric, method: str, settings: Settings
) -> _Answer:
    chosen = find_method(ONE_SAMPLE_METHODS, method)
    problem = UnitProblem.of(counts.counts, metric)
    check_applies(method, problem, metric, settings)
    warn_of_small_samples(method, problem, counts.labels, stacklevel=4)
    lowest, highest = problem.bounds
    null = np.full(len(counts), (benchmark - lowest) / problem.width)
    low, high = chosen.limits(problem, settings)
    statistic, pvalue = chosen.test(problem, null, settings)
    score, error = score_and_error(problem)
    return _Answer(
        positions=np.arange(len(counts), dtype=np.intp),
        names=(benchmark,) * len(counts),
        n_reference=np.zeros(len(counts), dtype=np.int64),
        score=score,
        score_reference=np.full(len(counts), benchmark),
        standard_error=error,
        low=problem.to_points(low) - benchmark,
        high=problem.to_points(high) - benchmark,
        statistic=statistic,
        pvalue=pvalue,
        bounds=(lowest - benchmark, highest - benchmark),
        title=chosen.title,
        references=chosen.references,
        notes=chosen.notes(problem, settings),
    )
