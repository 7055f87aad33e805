"""How far is a score from its reference, and could it be chance?"""

from collections.abc import Hashable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri

from npsstats.inference.adjustment import ADJUSTMENTS, adjusted_pvalues, check_adjustment
from npsstats.inference.arrangement import put_side_by_side
from npsstats.inference.compared import Compared, Question
from npsstats.inference.methods import Settings, check_metric, settings_for
from npsstats.kernels.simultaneous import max_pvalues, max_quantile
from npsstats.ratings.checks import check_number
from npsstats.ratings.counts import RatingCounts
from npsstats.ratings.pairs import PairedCounts
from npsstats.ratings.scales import Metric
from npsstats.ratings.surveys import SurveyCounts
from npsstats.results.differences import DETECTION, Differences
from npsstats.typing import Alternative, FloatArray

__all__ = ["compare"]

# Their joint law takes some 10 seconds.
MOST_TOGETHER = 5_000

ALMOST_ONE = float(np.nextafter(1.0, 0.0))


def compare(
    counts: RatingCounts | PairedCounts | SurveyCounts,
    *,
    reference: Hashable = None,
    metric: Metric | None = None,
    method: str = "score",
    alternative: Alternative = "two-sided",
    null_difference: float = 0.0,
    adjustment: str = "holm",
    window: int | None = None,
    overlap: str = "none",
    respondents: str = "paired",
    confidence_level: float = 0.95,
    pseudo_counts: ArrayLike | None = None,
    rng: Any = None,
    n_resamples: int | None = None,
) -> Differences:
    """Compare scores: groups with each other, periods with the one before, the same people twice, or with a benchmark.

    Use `estimate` for the scores themselves, `equivalence` to show that scores are close, `homogeneity` for one test of
    all groups, `trend` and `find_changes` for long series, `posterior_difference` for probabilities.

    Parameters
    ----------
    counts : RatingCounts, PairedCounts or SurveyCounts
        Counts by group, with other respondents in each group; or pairs of ratings of the same respondents, whose
        second wave is compared with the first; or a survey, whose groups may share clusters and respondents: their
        covariance is part of the answer.
    reference : label, word or number
        What each group is compared with (not for pairs):

        - the label of a group: that group;
        - ``"previous"``: the group before it, in the order of the counts;
        - ``"year-before"``: the same period a year earlier, where labels can be read as periods;
        - ``"rest"``: all other groups together;
        - ``"total"``: all groups together, with the group itself;
        - ``"all-pairs"``: each group that stands before it;
        - a number that is no label: a fixed benchmark, in points.

        With several group columns the last is compared, within equal labels of the others; a tuple of labels,
        one for each column, is one group for all.
    metric : Metric, optional
        The score; by default the metric of the counts.
    method : str, default "score"
        The interval and its test:

        - ``"score"``: restricted likelihood [1]_, with variance factors n / (n - 1) for each group, and skewness
          correction [2]_;
        - ``"likelihood"``: likelihood ratio, also known as empirical likelihood [3]_;
        - ``"mover"``: from the score intervals of the two groups [4]_;
        - ``"wald"``: difference -+ z standard errors, too short in small groups;
        - ``"welch"``: with Satterthwaite's t quantiles [5]_;
        - ``"adjusted-wald"``: Wald with 3/4 promoters, 3/2 passives and 3/4 detractors added to each group;
        - ``"permutation"``: studentised, so that it tests equal scores and not equal distributions [6]_, [7]_; all
          permutations where that is feasible, else `n_resamples` drawn ones;
        - ``"bootstrap-percentile"``, ``"bootstrap-bca"``: from the exact law of the resampled difference;
        - ``"bayes"``: equal-tailed interval of the posterior with Jeffreys' prior; its p-value is twice the smaller
          posterior probability of a side.

        For a survey: ``"score"`` and ``"likelihood"`` on effective respondents [9]_, ``"t"`` and ``"wald"`` with the
        standard error of its design. Where groups share respondents (windows, waves): the first five. Against a
        benchmark: the methods of `estimate`.
        For the same people: those of them that are made for any values, and ``"sign-flip"``, exact if changes up and
        down are alike [8]_.
    alternative : {"two-sided", "less", "greater"}, default "two-sided"
        The alternative to `null_difference`; a one-sided one gives a one-sided interval.
    null_difference : float, default 0.0
        The difference under the hypothesis, in points.
    adjustment : {"holm", "benjamini-hochberg", "max-z", "none"}, default "holm"
        What the adjusted p-values hold for all comparisons together: ``"holm"`` the probability of any error,
        ``"benjamini-hochberg"`` the expected share of errors among the detected, ``"max-z"`` the probability of
        any error by the joint distribution of the differences, with simultaneous intervals, of up to 5,000.
    window : int, optional
        Compare windows of so many successive periods, with reference ``"previous"`` or ``"year-before"``; periods that
        both windows contain are known to be the same respondents.
    overlap : {"none", "contained", "unknown"}, default "none"
        What groups and reference have in common: nothing; all respondents of the group, who are part of the
        reference (a store and its company); or nobody knows what: then a warning says that the answer is wrong.
    respondents : {"paired", "all", "optimal"}, default "paired"
        Of pairs: who is compared. Those who answered both waves; all of each wave, with the covariance of those in
        both; or all, weighted for the least variance, which supposes that those who answered once are no different.
    confidence_level : float, default 0.95
        The level of the intervals, between 0 and 1: of each, and of all together with ``"max-z"``.
    pseudo_counts, rng, n_resamples : optional
        As for `estimate`: for the method ``"adjusted-wald"``, and for ``"permutation"``, ``"sign-flip"`` and
        ``"bootstrap-t"`` where they are simulated.

    Returns
    -------
    Differences
        Per comparison ``reference, n, n_reference, difference, standard_error, low, high, statistic, pvalue,
        adjusted_pvalue, detectable``; differences are group minus reference, in points. Its `sentences` and
        `reading` say them in words.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ValueError
        If metric and counts are on different scales, a name, label or level is not valid, or periods are not in order.
    UndefinedScoreError
        If a group has no rating.

    Warns
    -----
    SmallSampleWarning
        If groups are too small, or their ratings too lopsided, for the method to keep its level; or the clusters of a
        survey too few.
    OverlapWarning
        If groups share respondents and the counts do not say which.

    References
    ----------
    .. [1] Miettinen, O. & Nurminen, M. (1985). Comparative analysis of two rates. Statistics in Medicine 4,
       213-226. doi:10.1002/sim.4780040211
    .. [2] Laud, P. J. (2017). Equal-tailed confidence intervals for comparison of rates. Pharmaceutical
       Statistics 16, 334-348. doi:10.1002/pst.1813
    .. [3] Owen, A. B. (1990). Empirical likelihood ratio confidence regions. The Annals of Statistics 18, 90-120.
    .. [4] Zou, G. Y. & Donner, A. (2008). Construction of confidence limits about effect measures: a general
       approach. Statistics in Medicine 27, 1693-1702. doi:10.1002/sim.3095
    .. [5] Welch, B. L. (1947). The generalization of "Student's" problem when several different population variances
       are involved. Biometrika 34, 28-35. doi:10.1093/biomet/34.1-2.28
    .. [6] Janssen, A. (1997). Studentized permutation tests for non-i.i.d. hypotheses and the generalized
       Behrens-Fisher problem. Statistics & Probability Letters 36, 9-21. doi:10.1016/S0167-7152(97)00043-6
    .. [7] Chung, E. & Romano, J. P. (2013). Exact and asymptotically robust permutation tests. The Annals of
       Statistics 41, 484-507. doi:10.1214/13-AOS1090
    .. [8] Hartigan, J. A. (1969). Using subsample values as typical values. Journal of the American Statistical
       Association 64, 1303-1317.
    .. [9] Korn, E. L. & Graubard, B. I. (1998). Confidence intervals for proportions with small expected number of
       positive counts estimated from survey data. Survey Methodology 24, 193-201.

    Examples
    --------
    >>> import npsstats as nps
    >>> counts = nps.RatingCounts.from_categories(
    ...     promoters=[40, 55], passives=[40, 35], detractors=[20, 10], groups=[2024, 2025], by="year"
    ... )
    >>> moves = nps.compare(counts, reference="previous")
    >>> moves.to_frame()[["year", "reference", "difference", "low", "high", "pvalue"]].round(3)
       year  reference  difference    low    high  pvalue
    0  2025       2024        25.0  5.014  44.679   0.015
    >>> print(moves.reading())  # doctest: +NORMALIZE_WHITESPACE
    NPS of 2025 is 25.0 points above that of 2024 (45.0, n = 100, against 20.0, n = 100; 95 % interval of the
    difference 5.0 to 44.7 points; p = 0.015).
    """
    check_adjustment(adjustment)
    null_difference = check_number("null_difference", null_difference)
    settings = settings_for(
        method,
        check_metric(counts, metric),
        confidence_level=confidence_level,
        alternative=alternative,
        pseudo_counts=pseudo_counts,
        rng=rng,
        n_resamples=n_resamples,
    )
    question = Question(reference=reference, metric=metric, window=window, overlap=overlap, respondents=respondents)
    answer, metric = put_side_by_side(counts, question, method, settings)
    null = _null(answer, null_difference)
    statistic, pvalue = answer.test(null, settings)
    adjusted, asked = _adjusted(adjustment, pvalue, answer, settings)
    low, high = _limits(answer, asked)
    return Differences(
        by=answer.by,
        labels=answer.labels,
        reference=answer.names,
        n=answer.n,
        n_reference=answer.n_reference,
        score=answer.score,
        score_reference=answer.score_reference,
        difference=answer.difference,
        standard_error=answer.standard_error,
        low=low,
        high=high,
        statistic=statistic,
        pvalue=pvalue,
        adjusted_pvalue=adjusted,
        detectable=_detectable(answer, null, asked, adjustment),
        metric=metric,
        method=method,
        method_title=answer.title,
        confidence_level=settings.confidence_level,
        alternative=alternative,
        null_difference=null_difference,
        adjustment=adjustment,
        design=answer.design,
        references=metric.references + answer.references + _sources(adjustment, len(pvalue)),
        notes=answer.notes,
    )


def _null(answer: Compared, null_difference: float) -> FloatArray:
    """Check that the hypothesis is a difference that there can be."""
    low, high = answer.bounds
    inside = (low < null_difference) & (null_difference < high)
    if not inside.all():
        first = int(np.argmin(inside))
        msg = (
            f"`null_difference` must lie strictly between {low[first]:g} and {high[first]:g} points, the differences "
            f"that there can be; got {null_difference:g}."
        )
        raise ValueError(msg)
    return np.full(len(low), null_difference)


def _limits(answer: Compared, settings: Settings) -> tuple[FloatArray, FloatArray]:
    """Compute the limits; a one-sided interval is open towards the alternative."""
    low, high = answer.limits(settings)
    lowest, highest = answer.bounds
    return (
        lowest.copy() if settings.alternative == "less" else low,
        highest.copy() if settings.alternative == "greater" else high,
    )


def _adjusted(
    adjustment: str,
    pvalue: FloatArray,
    answer: Compared,
    settings: Settings,
) -> tuple[FloatArray, Settings]:
    """Adjust the p-values for their number; with simultaneous limits, give the level that each of them has."""
    if adjustment != "max-z":
        return adjusted_pvalues(pvalue, adjustment), settings
    if answer.contrasts is None:
        msg = (
            "`adjustment` 'max-z' needs to know how comparisons share groups, which overlap='contained' does not say; "
            "use reference='total', or 'holm'."
        )
        raise ValueError(msg)
    if len(pvalue) > MOST_TOGETHER:
        msg = (
            f"`adjustment` 'max-z' is for up to {MOST_TOGETHER:,} comparisons; there are {len(pvalue):,}. "
            "Use 'holm', which is little worse for so many."
        )
        raise ValueError(msg)
    two_sided = settings.alternative == "two-sided"
    # The normal statistics that have these p-values; a p-value of 1 has none that is finite.
    statistic = -ndtri((pvalue / 2 if two_sided else pvalue).clip(max=ALMOST_ONE))
    statistic *= -1 if settings.alternative == "less" else 1
    shared = (answer.contrasts, answer.group_errors)
    adjusted = max_pvalues(statistic, *shared, settings.alternative)
    critical = max_quantile(*shared, settings.confidence_level, settings.alternative)
    each = float(ndtr(-critical)) * (2 if two_sided else 1)
    return adjusted, replace(settings, confidence_level=1 - each)


def _detectable(answer: Compared, null: FloatArray, settings: Settings, adjustment: str) -> FloatArray:
    """Compute the true distance from the hypothesis that these groups detect with probability `DETECTION`.

    (z_{1 - alpha / 2} + z_{power}) standard errors, in points; nan if the scale has no such distance. With Holm's and
    Benjamini & Hochberg's adjustment alpha is divided by the number of comparisons, as for the only one that moves.
    """
    tests = len(answer.labels) if adjustment in ("holm", "benjamini-hochberg") else 1
    distance = (-ndtri(settings.tail / tests) + ndtri(DETECTION)) * answer.scale
    low, high = answer.bounds
    sides = {"less": null - low, "greater": high - null, "two-sided": np.maximum(null - low, high - null)}
    return np.where(distance < sides[settings.alternative], distance, np.nan)


def _sources(adjustment: str, rows: int) -> tuple[str, ...]:
    return ADJUSTMENTS[adjustment] if rows > 1 else ()
