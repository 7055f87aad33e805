"""What can be said of everyone if not everyone answered?"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias, get_args

import numpy as np
from scipy.special import ndtr, stdtr, stdtrit

from npsstats.inference.effective import degrees_of_freedom
from npsstats.inference.estimation import estimate
from npsstats.inference.response_rates import (
    Pairs,
    ResponseRate,
    check_rate_level,
    limits_at,
    pair_up,
    read_invited,
    read_rates,
    recovered_margin,
    warned_once,
)
from npsstats.kernels.identification import parameter_quantile
from npsstats.ratings.checks import check_number
from npsstats.ratings.counts import RatingCounts
from npsstats.ratings.scales import Metric
from npsstats.results.bounds import Assumption, NonresponseBounds
from npsstats.results.estimates import Estimates
from npsstats.typing import FloatArray, IndexArray, IntArray

__all__ = ["few_degrees", "nonresponse_bounds", "quantile_level"]

Invited: TypeAlias = int | Sequence[int] | Mapping[Hashable, int]

# Halvings of the quantile of a tail: to the last bit.
HALVINGS = 60


def nonresponse_bounds(
    counts: RatingCounts,
    *,
    response_rate: ResponseRate | None = None,
    invited: Invited | None = None,
    reference: Hashable = None,
    metric: Metric | None = None,
    assumption: Assumption = "none",
    max_difference: float | None = None,
    confidence_level: float = 0.95,
) -> NonresponseBounds:
    """Bound the score of everyone, or its difference between two groups, whatever nonrespondents would have said.

    Without an assumption the bounds hold for any nonrespondents, and cannot be improved. Use
    `nonresponse_sensitivity` for how far nonrespondents must differ to undo a conclusion, `resistance` for what late
    respondents suggest of them.

    Parameters
    ----------
    counts : RatingCounts or SurveyCounts
        Those who answered, by group and rating.
    response_rate : float, sequence or mapping
        The share of the population that answers, above 0 and up to 1: one for all groups, one for each, or a mapping
        from their labels. It is taken as known; of a weighted sample pass the weighted one.
    invited : int, sequence or mapping, optional
        Instead of `response_rate`: how many were asked, those included who answered without a rating. Then those asked
        are a sample of the population, and the interval allows for the rate of others that could have been asked.
        Not for weighted samples.
    reference : label or word, optional
        Bound the difference from this group instead of the score: a label, ``"previous"``, ``"year-before"`` or
        ``"all-pairs"``, as for `compare`. Each group has a response rate of its own.
    metric : Metric, optional
        The score; by default the metric of the counts.
    assumption : {"none", "no-happier", "no-unhappier"}, default "none"
        That the nonrespondents of each group score, on average, at most as high, or at least as high, as its
        respondents.
    max_difference : float, optional
        That the nonrespondents of each group differ from its respondents by at most so many points on average.
    confidence_level : float, default 0.95
        The level of the intervals, above 0.5 and below 1.

    Returns
    -------
    NonresponseBounds
        Per group ``lower, upper`` (the bounds), ``low, high`` (the interval of the score) and ``low_set, high_set``
        (the interval of all that the bounds enclose), in points.

    Raises
    ------
    TypeError
        If an argument has the wrong type, or neither or both of `response_rate` and `invited` are given.
    ValueError
        If a rate is not above 0 and up to 1, fewer were invited than answered, a group has no rate, or a name or level
        is not valid.
    UndefinedScoreError
        If a group has no rating.

    Notes
    -----
    With the share r of respondents, the score is r * (score of respondents) + (1 - r) * (score of nonrespondents), and
    the latter may lie anywhere on the scale [1]_, [2]_. At 15 % and a score of +40, NPS lies between -79 and +91.

    The score of everyone is a point somewhere between the bounds, and only one of them can be near it. So its interval
    takes the quantile C of

        Phi(C + width / error) - Phi(-C) = level

    where the width is that between the bounds, the error the greater one of their standard errors [3]_: the two-sided
    quantile if all answered, the one-sided one where the bounds are wide. It is valid because the estimated bounds are
    always in order [4]_. The interval of the set takes the two-sided quantile throughout. The limits are those of the
    score interval at this quantile, moved along with the bounds, so that with a rate of 1 both intervals are that of
    `estimate`; of differences they are recovered from both groups' limits (MOVER) [5]_. With `invited` the limits are
    those of counts in which nonrespondents gave the lowest, or the highest, rating. In a survey with clusters the law
    of Student with their degrees of freedom takes the place of Phi. Where `compare` leaves a difference wholly open, as
    with a single cluster on one side, the interval is all that the scale allows.

    References
    ----------
    .. [1] Manski, C. F. (1989). Anatomy of the selection problem. The Journal of Human Resources 24, 343-360.
       doi:10.2307/145818
    .. [2] Manski, C. F. (1990). Nonparametric bounds on treatment effects. American Economic Review 80 (2), 319-323.
    .. [3] Imbens, G. W. & Manski, C. F. (2004). Confidence intervals for partially identified parameters. Econometrica
       72, 1845-1857. doi:10.1111/j.1468-0262.2004.00555.x
    .. [4] Stoye, J. (2009). More on confidence intervals for partially identified parameters. Econometrica 77,
       1299-1315. doi:10.3982/ECTA7347
    .. [5] Zou, G. Y. & Donner, A. (2008). Construction of confidence limits about effect measures: a general
       approach. Statistics in Medicine 27, 1693-1702. doi:10.1002/sim.3095

    Examples
    --------
    >>> import npsstats as nps
    >>> counts = nps.RatingCounts.from_categories(promoters=600, passives=200, detractors=200)
    >>> bounds = nps.nonresponse_bounds(counts, response_rate=0.15)
    >>> bounds.lower, bounds.upper
    (array([-79.]), array([91.]))
    >>> print(bounds.sentences()[0])  # doctest: +NORMALIZE_WHITESPACE
    NPS of the 15.0 % who answered is 40.0 (n = 1,000). Whatever the others would have said, NPS of everyone lies
    between −79.0 and 91.0 (95 % interval −79.6 to 91.6): nonresponse makes up 170.0 points of its width, sampling 1.2.
    """
    with warned_once():
        check_rate_level(confidence_level)
        kappa = _check_assumption(assumption, max_difference, invited)
        found = estimate(counts, metric=metric, confidence_level=confidence_level)
        metric, rates = found.metric, _rates(counts, response_rate, invited)
        if invited is None:
            bounds = _with_rates(counts, found, rates, assumption, kappa)
        else:
            bounds = _with_invited(counts, found, read_invited(invited, counts), assumption)
        common: dict[str, Any] = {
            "by": counts.by,
            "assumption": assumption,
            "max_difference": max_difference,
            "rate_known": invited is None,
            "metric": metric,
            "confidence_level": float(confidence_level),
            "design": found.design,
            "references": (*found.references, "manski1989", "manski1990", "imbens2004", "stoye2009"),
            "notes": counts.notes,
        }
        if reference is None:
            return _of_scores(bounds, found, rates, common)
        pairs = pair_up(counts, reference, metric, found.standard_error, confidence_level)
        return _of_differences(bounds, pairs, rates, common)


def _check_assumption(assumption: object, max_difference: float | None, invited: object) -> float:
    if assumption not in get_args(Assumption):
        known = ", ".join(map(repr, get_args(Assumption)))
        msg = f"`assumption` must be one of {known}; got {assumption!r}."
        raise ValueError(msg)
    if max_difference is None:
        return np.inf
    kappa = check_number("max_difference", max_difference)
    if not 0 <= kappa < np.inf:
        msg = f"`max_difference` must be a number of points, 0 or more; got {max_difference!r}."
        raise ValueError(msg)
    if invited is not None:
        msg = "`max_difference` goes with a known `response_rate`; with `invited` leave it out."
        raise ValueError(msg)
    return kappa


def _rates(counts: Any, response_rate: ResponseRate | None, invited: Invited | None) -> FloatArray:
    if (response_rate is None) == (invited is None):
        msg = "exactly one of `response_rate` (a share, such as 0.15) and `invited` (a number) must be given."
        raise TypeError(msg)
    if invited is None:
        return read_rates("response_rate", response_rate, counts.groups)
    if not isinstance(counts, RatingCounts):
        msg = "`invited` is for simple counts (RatingCounts); of a weighted sample pass the weighted `response_rate`."
        raise TypeError(msg)
    rates: FloatArray = counts.n / read_invited(invited, counts)
    return rates


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bound:
    """One bound of each group, an increasing function of a score.

    Attributes
    ----------
    counts : RatingCounts or SurveyCounts
        Whose score it is.
    found : Estimates
        Those scores.
    rates : ndarray
        The shares of those who gave it.
    side : int
        -1 for a lower, 1 for an upper bound.
    end : float
        The end of the scale, where the others may be.
    apart : float
        How far from those who answered they are at most, in points.
    """

    counts: Any
    found: Estimates
    rates: FloatArray
    side: int
    end: float
    apart: float

    @property
    def value(self) -> FloatArray:
        """The bound itself."""
        return self.at(self.found.score, self.rates)

    @property
    def error(self) -> FloatArray:
        """Its standard error."""
        inside = self.apart < np.abs(self.end - self.found.score)
        error: FloatArray = np.where(inside, 1.0, self.rates) * np.nan_to_num(self.found.standard_error)
        return error

    def margin(self, limit: FloatArray, rows: IndexArray) -> FloatArray:
        """How far outside the bounds of these groups they lie at these limits of the scores."""
        margin: FloatArray = self.side * (self.at(limit, self.rates[rows]) - self.value[rows])
        return margin.clip(min=0)

    def at(self, score: FloatArray, rates: FloatArray) -> FloatArray:
        others = self.side * np.minimum(self.side * self.end, self.side * score + self.apart)
        # Those alike leave the score as it is, to the last bit.
        bound: FloatArray = np.where((rates == 1) | (others == score), score, rates * score + (1 - rates) * others)
        return bound


def _with_rates(
    counts: Any, found: Estimates, rates: FloatArray, assumption: str, kappa: float
) -> tuple[_Bound, _Bound]:
    """Bound the scores with rates that are known."""
    low, high = found.metric.bounds
    nearer = {-1: "no-unhappier", 1: "no-happier"}
    lower, upper = (
        _Bound(counts=counts, found=found, rates=rates, side=side, end=end, apart=0.0 if assumption == word else kappa)
        for (side, word), end in zip(nearer.items(), (low, high), strict=True)
    )
    return lower, upper


def _with_invited(counts: RatingCounts, found: Estimates, invited: IntArray, assumption: str) -> tuple[_Bound, _Bound]:
    """Bound the scores of a sample of those asked: the others are counted at the end of the scale."""
    metric, everyone = found.metric, np.ones(len(counts))
    sides = []
    for side, end, word in zip((-1, 1), metric.bounds, ("no-unhappier", "no-happier"), strict=True):
        filled = counts if assumption == word else _filled(counts, metric, invited, end)
        scores = estimate(filled, metric=metric, confidence_level=found.confidence_level)
        sides.append(_Bound(counts=filled, found=scores, rates=everyone, side=side, end=end, apart=np.inf))
    return sides[0], sides[1]


def _filled(counts: RatingCounts, metric: Metric, invited: IntArray, end: float) -> RatingCounts:
    table = counts.counts.copy()
    table[:, metric.values.index(end)] += invited - counts.n
    return replace(counts, counts=table, missing=np.zeros_like(counts.missing))


def _margins(bounds: tuple[_Bound, _Bound], rows: IndexArray, levels: FloatArray) -> tuple[FloatArray, FloatArray]:
    """How far below the lower and above the upper bounds of these groups the limits lie, at these levels."""
    lower, upper = bounds
    if (levels == lower.found.confidence_level).all():
        low, high = lower.found.low[rows], upper.found.high[rows]
    else:
        low, high = limits_at(lower.counts, lower.found.metric, rows, levels)
        if upper.counts is not lower.counts:
            _, high = limits_at(upper.counts, upper.found.metric, rows, levels)
    return lower.margin(low, rows), upper.margin(high, rows)


def quantile_level(width: FloatArray, errors: FloatArray, df: FloatArray, confidence_level: float) -> FloatArray:
    """The level of the two-sided interval that has the quantile of Imbens & Manski."""
    # Without spread: any width is wide.
    wide = np.where(width > 0, np.inf, 0.0)
    widths = np.divide(width, errors, out=wide, where=errors > 0)
    level: FloatArray = 1 - 2 * ndtr(-parameter_quantile(widths, confidence_level))
    few = np.isfinite(df)
    level[few] = _student_level(widths[few], df[few], confidence_level)
    return level


def _student_level(width: FloatArray, df: FloatArray, confidence_level: float) -> FloatArray:
    """The same with F, Student's law, for Phi: F(-C) + F(-C - width) = 1 - level.

    With the normal C, intervals of few clusters would be those of one end where the other can still be missed.
    """
    low, high = stdtrit(df, confidence_level), stdtrit(df, (1 + confidence_level) / 2)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        short = stdtr(df, -middle) + stdtr(df, -middle - width) > 1 - confidence_level
        low, high = np.where(short, middle, low), np.where(short, high, middle)
    level: FloatArray = 1 - 2 * stdtr(df, -high)
    return level


def few_degrees(counts: Any) -> FloatArray:
    """The degrees of freedom of each group's clusters, at least 1; inf where each respondent counts as one."""
    if isinstance(counts, RatingCounts):
        return np.full(len(counts), np.inf)
    n, _, df = degrees_of_freedom(counts, np.eye(len(counts)))
    return np.where(df < n - 1, df.clip(min=1), np.inf)


def _of_scores(
    bounds: tuple[_Bound, _Bound], found: Estimates, rates: FloatArray, common: dict[str, Any]
) -> NonresponseBounds:
    lower, upper = bounds
    one, two = lower.value, upper.value
    rows, level = np.arange(len(found), dtype=np.intp), common["confidence_level"]
    own = quantile_level(two - one, np.maximum(lower.error, upper.error), few_degrees(lower.counts), level)
    below, above = _margins(bounds, rows, own)
    below_set, above_set = _margins(bounds, rows, np.full_like(own, level))
    return NonresponseBounds(
        labels=found.labels,
        reference=(),
        n=found.n,
        n_reference=np.zeros_like(found.n),
        response_rate=rates,
        response_rate_reference=np.full_like(rates, np.nan),
        observed=found.score,
        lower=one,
        upper=two,
        low=one - below,
        high=two + above,
        low_set=one - below_set,
        high_set=two + above_set,
        **common,
    )


def _of_differences(
    bounds: tuple[_Bound, _Bound], pairs: Pairs, rates: FloatArray, common: dict[str, Any]
) -> NonresponseBounds:
    lower, upper = bounds
    own, other, found = pairs.own, pairs.other, pairs.differences
    # The lower bound has the group's lowest and the reference's highest score.
    sides = ((lower, upper), (upper, lower))
    ends = [mine.value[own] - theirs.value[other] for mine, theirs in sides]
    errors = [recovered_margin(mine.error[own], theirs.error[other], pairs.correlation) for mine, theirs in sides]
    level, df = common["confidence_level"], few_degrees(lower.counts)
    # Of the side with fewer: the difference has at least as many.
    fewer = np.minimum(df[own], df[other])
    levels = {
        "parameter": quantile_level(ends[1] - ends[0], np.maximum(*errors), fewer, level),
        "set": np.full(own.size, level),
    }
    width = found.metric.bounds[1] - found.metric.bounds[0]
    # Nothing is known of a difference of respondents, and so nothing of everyone.
    unknown = common["rate_known"] & (found.low <= -width) & (found.high >= width)
    limits = {}
    for name, at in levels.items():
        (below, above), (below_other, above_other) = (_margins(bounds, rows, at) for rows in (own, other))
        margins = (
            -recovered_margin(below, above_other, pairs.correlation),
            recovered_margin(above, below_other, pairs.correlation),
        )
        limits[name] = [
            np.where(unknown, sign * width, (end + margin).clip(-width, width))
            for sign, end, margin in zip((-1, 1), ends, margins, strict=True)
        ]
    return NonresponseBounds(
        labels=found.labels,
        reference=found.reference,
        n=found.n,
        n_reference=found.n_reference,
        response_rate=rates[own],
        response_rate_reference=rates[other],
        observed=found.difference,
        lower=ends[0],
        upper=ends[1],
        low=limits["parameter"][0],
        high=limits["parameter"][1],
        low_set=limits["set"][0],
        high_set=limits["set"][1],
        **{**common, "references": (*common["references"], "zou2008")},
    )
