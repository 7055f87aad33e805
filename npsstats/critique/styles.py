"""What if some people never give the ratings of promoters: "an eight is my maximum"?"""

from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from npsstats.critique.definitions import cut_points_of
from npsstats.critique.facing import Facing, faced
from npsstats.critique.linearising import covariance_of, shares_of
from npsstats.inference.comparison import compare
from npsstats.inference.estimation import estimate
from npsstats.inference.methods import check_metric
from npsstats.inference.nonresponse import few_degrees, quantile_level
from npsstats.inference.response_rates import (
    check_rate_level,
    limits_at,
    recovered_margin,
    warned_before,
    warned_once,
)
from npsstats.ratings.checks import check_number, check_type, check_whole_number
from npsstats.ratings.counts import RatingCounts
from npsstats.ratings.scales import Metric
from npsstats.ratings.surveys import SurveyCounts
from npsstats.results.differences import Differences
from npsstats.results.styles import EightsBounds, EightsDifference
from npsstats.typing import FloatArray

__all__ = ["eights", "eights_difference"]

SOURCES = ("manski1989", "imbens2004", "stoye2009")

# Shares of a curve.
STEPS = 11


@dataclass(frozen=True, slots=True, kw_only=True)
class _Style:
    """A net score of which it is not known how many who gave one rating are promoters."""

    metric: Metric
    rating: int
    least: float
    most: float

    @property
    def place(self) -> int:
        """Where the rating stands on the scale."""
        return self.rating - int(self.metric.scale.ratings[0])

    @property
    def worth(self) -> float:
        """What a promoter is worth more than a passive, in points."""
        return self.metric.bounds[1]

    @property
    def shares(self) -> FloatArray:
        """Shares from the least to the largest."""
        return np.linspace(self.least, self.most, STEPS)

    def at(self, share: float) -> Metric:
        """The score if this share of those who gave the rating are promoters."""
        values = list(self.metric.values)
        values[self.place] = share * self.worth
        return replace(self.metric, values=tuple(values))


def eights(
    counts: RatingCounts | SurveyCounts,
    *,
    rating: int = 8,
    least_share: float = 0.0,
    most_share: float = 1.0,
    metric: Metric | None = None,
    confidence_level: float = 0.95,
) -> EightsBounds:
    """Bound the score if some who gave an eight are really promoters, as people who never give more than an eight.

    Use `eights_difference` for what that does to a change, `sensitivity` for other cut points.

    Parameters
    ----------
    counts : RatingCounts or SurveyCounts
        Counts by group, on the whole scale of ratings.
    rating : int, default 8
        The highest rating that some people give; a rating of passives.
    least_share, most_share : float, default 0 and 1
        Between what shares of those who gave the rating may really be promoters: nobody knows which of them.
    metric : Metric, optional
        The net score; by default the metric of the counts.
    confidence_level : float, default 0.95
        The level of the intervals, above 0.5 and below 1.

    Returns
    -------
    EightsBounds
        Per group ``share_of_rating, score``, ``lower, upper`` (the bounds), ``low, high`` (the interval of the score)
        and ``low_set, high_set`` (the interval of all that the bounds enclose), in points.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ValueError
        If the metric is no net score, the rating is none of passives, a share is not between 0 and 1, or a level is not
        valid.
    UndefinedScoreError
        If a group has no rating.

    Warns
    -----
    SmallSampleWarning
        As for `estimate`.

    Notes
    -----
    With the share p of respondents who gave the rating, and the share s of these who are promoters, NPS is
    100 (promoters - detractors + s p), where nothing in the data tells s: the score is known up to bounds [1]_. Those
    at s = 0 and s = 1 are NPS with the cut points 9-10 / 0-6 and 8-10 / 0-6. As the score is one point between the
    bounds, only one of them can be near it; the interval takes the quantile of [2]_, at which the score intervals of
    both ends are computed. It is valid because the estimated bounds are always in order [3]_.

    People who never give a ten but do give nines are promoters as it is: their style changes nothing.

    References
    ----------
    .. [1] Manski, C. F. (1989). Anatomy of the selection problem. The Journal of Human Resources 24, 343-360.
       doi:10.2307/145818
    .. [2] Imbens, G. W. & Manski, C. F. (2004). Confidence intervals for partially identified parameters. Econometrica
       72, 1845-1857. doi:10.1111/j.1468-0262.2004.00555.x
    .. [3] Stoye, J. (2009). More on confidence intervals for partially identified parameters. Econometrica 77,
       1299-1315. doi:10.3982/ECTA7347

    Examples
    --------
    >>> import npsstats as nps
    >>> sfo = nps.datasets.load("sfo")["recommend"].pool("year")
    >>> nps.eights(sfo, most_share=0.5)
    NPS if none to 50 % of those who gave 8 are really promoters; 95 % intervals
    <BLANKLINE>
    year  rating 8   NPS  at 0 %  at 50 %   low  high
    2017    24.7 %  39.8    39.8     52.2  37.6  54.2
    2018    22.7 %  31.0    31.0     42.3  28.6  44.6
    """
    style = _style(counts, metric, rating, least_share, most_share)
    check_rate_level(confidence_level)
    with warned_once():
        observed = estimate(counts, metric=style.metric, confidence_level=confidence_level)
        with warned_before():
            curve = [
                estimate(counts, metric=style.at(share), confidence_level=confidence_level) for share in style.shares
            ]
    first, last = curve[0], curve[-1]
    low, high = _parameter_limits(counts, style, first.score, last.score, (first.standard_error, last.standard_error),
                                  confidence_level)  # fmt: skip
    return EightsBounds(
        by=counts.by,
        labels=counts.labels,
        n=observed.n,
        rating=style.rating,
        least_share=style.least,
        most_share=style.most,
        share_of_rating=shares_of(counts)[:, style.place],
        observed=observed.score,
        lower=first.score,
        upper=last.score,
        low=low,
        high=high,
        low_set=first.low,
        high_set=last.high,
        share=style.shares,
        curve=np.stack([found.score for found in curve], axis=1),
        curve_low=np.stack([found.low for found in curve], axis=1),
        curve_high=np.stack([found.high for found in curve], axis=1),
        metric=style.metric,
        confidence_level=float(confidence_level),
        design=observed.design,
        references=(*observed.references, *SOURCES),
        notes=observed.notes,
    )


def eights_difference(
    counts: RatingCounts | SurveyCounts,
    *,
    reference: Hashable = None,
    rating: int = 8,
    least_share: float = 0.0,
    most_share: float = 1.0,
    metric: Metric | None = None,
    confidence_level: float = 0.95,
) -> EightsDifference:
    """Bound a difference if some who gave an eight are really promoters: does its direction survive?

    Use `eights` for the scores themselves.

    Parameters
    ----------
    counts : RatingCounts or SurveyCounts
        Counts by group, on the whole scale of ratings.
    reference : label or word
        What each group is compared with: a label, ``"previous"``, ``"year-before"``, ``"rest"`` or ``"all-pairs"``, as
        for `compare`.
    rating, least_share, most_share, metric, confidence_level : optional
        As for `eights`.

    Returns
    -------
    EightsDifference
        Per comparison ``difference``, its bounds and interval if the share is the same in both (``lower, upper, low,
        high``) and if each may have its own (``lower_apart, upper_apart, low_apart, high_apart``), in points; and the
        shares at which it vanishes (``tipping_estimate``) or is no longer shown (``tipping_limit``).

    Raises
    ------
    TypeError
        If an argument has the wrong type, or there is no reference.
    ValueError
        As for `eights`; also if a label is not there.
    UndefinedScoreError
        If a group has no rating.

    Warns
    -----
    SmallSampleWarning
        As for `compare`.

    Notes
    -----
    If the share s of promoters among those who gave the rating is the same in both, the difference is that of NPS plus
    100 s times the difference of the shares who gave the rating: a straight line in s, whose extremes are at its ends.
    Its interval encloses those of `compare` at all s: at the true one it holds the true difference with at least the
    level. Which end is the lower one is itself estimated, so no part of the error is saved, as it is for `eights`.

    If each may have its own share, the bounds are as far apart as 100 (most - least) times both shares who gave the
    rating together. They are always in order, and the interval is that of Imbens and Manski [1]_ with limits recovered
    from those of both groups [2]_.

    References
    ----------
    .. [1] Imbens, G. W. & Manski, C. F. (2004). Confidence intervals for partially identified parameters. Econometrica
       72, 1845-1857. doi:10.1111/j.1468-0262.2004.00555.x
    .. [2] Zou, G. Y. & Donner, A. (2008). Construction of confidence limits about effect measures: a general
       approach. Statistics in Medicine 27, 1693-1702. doi:10.1002/sim.3095

    Examples
    --------
    >>> import npsstats as nps
    >>> sfo = nps.datasets.load("sfo")["recommend"].pool("year")
    >>> fall = nps.eights_difference(sfo, reference=2017)
    >>> fall.to_frame()[["year", "difference", "lower", "upper", "low", "high"]].round(1)
       year  difference  lower  upper   low  high
    0  2018        -8.9  -10.8   -8.9 -14.7  -5.0
    """
    style = _style(counts, metric, rating, least_share, most_share)
    check_rate_level(confidence_level)
    asked: dict[str, Any] = {"reference": reference, "adjustment": "none", "confidence_level": confidence_level}
    sides: Any = counts
    with warned_once():
        facings, notes = faced(sides, reference)
        observed = compare(counts, metric=style.metric, **asked)
        with warned_before():
            curve = [compare(counts, metric=style.at(share), **asked) for share in style.shares]
            values, low, high = (
                np.stack([getattr(at, x) for at in curve], axis=1) for x in ("difference", "low", "high")
            )
            apart = _all_apart(facings, style, observed)
            rows = zip(facings, low, high, strict=True)
            tips = [_tipping_limit(facing, style, down, up, confidence_level) for facing, down, up in rows]
    given = np.array([shares_of(facing.counts)[:, style.place] for facing in facings])
    return EightsDifference(
        by=observed.by,
        labels=observed.labels,
        reference=observed.reference,
        n=observed.n,
        n_reference=observed.n_reference,
        rating=style.rating,
        least_share=style.least,
        most_share=style.most,
        share_of_rating=given[:, 1],
        share_of_rating_reference=given[:, 0],
        observed=observed.difference,
        observed_low=observed.low,
        observed_high=observed.high,
        pvalue=observed.pvalue,
        lower=values[:, [0, -1]].min(axis=1),
        upper=values[:, [0, -1]].max(axis=1),
        low=low.min(axis=1),
        high=high.max(axis=1),
        **apart,
        tipping_estimate=_vanishing(observed.difference, style.worth * (given[:, 1] - given[:, 0]), style),
        tipping_limit=np.array(tips),
        share=style.shares,
        curve=values,
        curve_low=low,
        curve_high=high,
        metric=style.metric,
        confidence_level=float(confidence_level),
        design=observed.design,
        references=(*observed.references, *SOURCES, "zou2008"),
        notes=tuple(dict.fromkeys((*observed.notes, *notes))),
    )


def _style(counts: Any, metric: Metric | None, rating: int, least_share: float, most_share: float) -> _Style:
    """Check what both questions share."""
    if not isinstance(counts, SurveyCounts):
        check_type("counts", counts, RatingCounts, "npsstats.tabulate(...)")
    metric = check_metric(counts, metric)
    if metric.scale != counts.scale:
        msg = f"`metric` {metric.name} is defined on the scale {metric.scale}; the counts are on {counts.scale}."
        raise ValueError(msg)
    cuts = cut_points_of(metric)
    if cuts is None or metric.sign < 0:
        msg = f"`metric` must be a net score of promoters and detractors, such as npsstats.NPS; got {metric.name}."
        raise ValueError(msg)
    rating = check_whole_number("rating", rating)
    passives = [given for given in metric.scale.ratings.tolist() if cuts[1] < given < cuts[0]]
    if rating not in passives:
        msg = (
            f"`rating` must be a rating of passives, {_listed(passives)}; got {rating}, {_fault(rating, metric, cuts)}."
        )
        raise ValueError(msg)
    for name, given in (("least_share", least_share), ("most_share", most_share)):
        share = check_number(name, given)
        if not 0 <= share <= 1:
            hint = f" For {share:g} % pass {share / 100:g}." if 1 < share <= 100 else ""
            msg = f"`{name}` must be a share between 0 and 1; got {share:g}.{hint}"
            raise ValueError(msg)
    if least_share > most_share:
        msg = f"`least_share` must not be above `most_share`; got {least_share:g} and {most_share:g}."
        raise ValueError(msg)
    return _Style(metric=metric, rating=rating, least=float(least_share), most=float(most_share))


def _listed(passives: list[int]) -> str:
    return f"one of {', '.join(map(str, passives))}" if passives else "of which there are none"


def _fault(rating: int, metric: Metric, cuts: tuple[int, int]) -> str:
    if rating not in metric.scale.ratings:
        return f"which is not on the scale {metric.scale}"
    return f"which is one of {'promoters as it is' if rating >= cuts[0] else 'detractors'}"


def _parameter_limits(
    counts: Any, style: _Style, lower: FloatArray, upper: FloatArray, errors: tuple[FloatArray, FloatArray],
    confidence_level: float,
) -> tuple[FloatArray, FloatArray]:  # fmt: skip
    """Compute the interval of scores between their bounds: Imbens & Manski (2004)."""
    largest = np.maximum(*map(np.nan_to_num, errors))
    # Levels that agree but for the last bits are one, for speed.
    level = quantile_level(upper - lower, largest, few_degrees(counts), confidence_level).round(12)
    rows = np.arange(len(counts), dtype=np.intp)
    low, _ = limits_at(counts, style.at(style.least), rows, level)
    _, high = limits_at(counts, style.at(style.most), rows, level)
    return low, high


def _all_apart(facings: list[Facing[Any]], style: _Style, observed: Differences) -> dict[str, Any]:
    """Bound the differences if group and reference have shares of their own."""
    width = style.metric.bounds[1] - style.metric.bounds[0]
    unknown = (observed.low <= -width) & (observed.high >= width)
    level = observed.confidence_level
    rows = [_apart(facing, style, lost, level) for facing, lost in zip(facings, unknown.tolist(), strict=True)]
    return dict(zip(("lower_apart", "upper_apart", "low_apart", "high_apart"), np.array(rows).T, strict=True))


def _apart(facing: Facing[Any], style: _Style, unknown: bool, confidence_level: float) -> FloatArray:
    """Bound the difference if group and reference have shares of their own, with the interval of the parameter.

    `unknown` says that nothing is known of the difference, as with a single cluster on one side.
    """
    counts, rows = facing.counts, np.arange(2, dtype=np.intp)
    metrics = (style.at(style.least), style.at(style.most))
    least, most = (shares_of(counts) @ metric.values for metric in metrics)
    lower, upper = least[1] - most[0], most[1] - least[0]
    width = style.metric.bounds[1] - style.metric.bounds[0]
    if unknown:
        return np.array([lower, upper, -width, width])
    correlations, errors = zip(*(_joint(counts, *pair) for pair in (metrics, metrics[::-1])), strict=True)
    df = few_degrees(counts).min(keepdims=True)
    levels = np.repeat(quantile_level(np.array([upper - lower]), np.array([max(errors)]), df, confidence_level), 2)
    low_least, _ = limits_at(counts, metrics[0], rows, levels)
    _, high_most = limits_at(counts, metrics[1], rows, levels)
    # How far the limits lie below the least and above the largest score, of reference and group.
    below, above = (least - low_least).clip(min=0), (high_most - most).clip(min=0)
    # The lower bound has the group's lowest and the reference's highest score.
    down = recovered_margin(below[1:], above[:1], np.array(correlations[:1]))
    up = recovered_margin(above[1:], below[:1], np.array(correlations[1:]))
    return np.array([lower, upper, max(lower - down[0], -width), min(upper + up[0], width)])


def _joint(counts: Any, own: Metric, other: Metric) -> tuple[float, float]:
    """Correlate the group's score by one metric with the reference's by another; with the error of their difference."""
    influence = np.zeros((2, 2, own.scale.size))
    influence[0, 1], influence[1, 0] = own.values, other.values
    covariance = covariance_of(counts, influence)
    product = float(np.sqrt(covariance[0, 0] * covariance[1, 1]))
    correlation = float(np.clip(covariance[0, 1] / product, -1, 1)) if product > 0 else 0.0
    error = np.sqrt(max(float(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]), 0.0))
    return correlation, float(error)


def _vanishing(difference: FloatArray, slope: FloatArray, style: _Style) -> FloatArray:
    """Find the share at which difference + share * slope is 0, among those supposed; nan without one."""
    share = np.divide(-difference, slope, out=np.full_like(difference, np.nan), where=slope != 0)
    inside: FloatArray = np.where((share >= style.least) & (share <= style.most), share, np.nan)
    return inside


def _tipping_limit(
    facing: Facing[Any], style: _Style, low: FloatArray, high: FloatArray, confidence_level: float
) -> float:
    """Find the least share at which a difference that is shown at the least one no longer is; nan without one."""
    above = low[0] > 0
    margin = low if above else -high
    lost = np.flatnonzero(margin <= 0)
    if not lost.size or lost[0] == 0:
        return np.nan
    from scipy.optimize import brentq

    def margin_at(share: float) -> float:
        found = compare(facing.counts, reference="reference", metric=style.at(share), confidence_level=confidence_level)
        return float(found.low[0] if above else -found.high[0])

    start, end = style.shares[lost[0] - 1], style.shares[lost[0]]
    return float(brentq(margin_at, start, end, xtol=1e-9))
