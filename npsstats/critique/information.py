"""How many respondents does the single number throw away?"""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from npsstats.critique.linearising import covariance_by_group, critical_values, shares_of
from npsstats.inference.methods import check_confidence_level, check_counts, check_metric
from npsstats.inference.surveyed import check_survey
from npsstats.kernels.ordinal_shift import efficacies, ordinal_information, ordinal_information_gradient
from npsstats.kernels.transformed_limits import logit_limits
from npsstats.ratings.checks import check_type
from npsstats.ratings.counts import RatingCounts
from npsstats.ratings.scales import NPS_CATEGORIES, Metric, mean_rating, top_box
from npsstats.ratings.surveys import SurveyCounts
from npsstats.results.efficiencies import MEAN, ORDINAL, Efficiency
from npsstats.typing import FloatArray

__all__ = ["efficiency"]

# A relative efficiency closer to 1 than this is 1 but for rounding.
ROUNDING = 1e-12

# A logarithm that is as good as infinite.
FARTHEST = 500.0

# Imagined respondents, spread evenly over all ratings, who stand for rare ratings that a sample may lack.
IMAGINED = 2.0


def efficiency(
    counts: RatingCounts | SurveyCounts,
    *,
    metric: Metric | None = None,
    against: Literal["ordinal", "mean"] = "ordinal",
    others: Sequence[Metric] = (),
    confidence_level: float = 0.95,
) -> Efficiency:
    """Say how many respondents a score needs, beside the mean, top boxes and an ordinal analysis of the same ratings.

    A score that puts ratings into classes forgets some of what respondents said. Suppose that opinions shift: the odds
    of giving more than any rating change by one factor, for all ratings alike (proportional odds [1]_). The score
    moves by its slope, against the noise of its standard deviation; the squared ratio is what one respondent tells.
    The ratio of two of them is the ratio of the numbers of respondents with which the shift is seen as well. Against
    the *mean*, NPS can win: many ratings at the top are hardly seen by the mean. Against an *ordinal* analysis
    (proportional odds, or Wilcoxon's test with mid-ranks) no score of any kind wins, if the shift is of this form.

    Parameters
    ----------
    counts : RatingCounts or SurveyCounts
        Respondents by group and rating.
    metric : Metric, optional
        The score; by default the metric of the counts.
    against : {"ordinal", "mean"}, default "ordinal"
        What intervals and numbers of respondents are held against. Whether the score sees more than the mean is said
        with ``"mean"`` alone, by the interval.
    others : sequence of Metric, optional
        More scores of the same ratings. Always there are the mean, the top box, the top two boxes, and, for a metric
        with three values such as NPS, the share of its lowest, the detractors.
    confidence_level : float, default 0.95
        The level of the intervals, between 0 and 1.

    Returns
    -------
    Efficiency
        Per group and analysis ``n, slope, standard_deviation, efficacy, relative_to_mean, relative_to_ordinal, low,
        high, sample_size_factor, factor_low, factor_high``.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ValueError
        If metrics and counts are on different scales, the counts hold categories instead of ratings, `against` or the
        level is not valid.
    UndefinedScoreError
        If a group has no rating.

    Notes
    -----
    With shares p, cumulated shares F and values c, the slope is sum (c_{k+1} - c_k) F_k (1 - F_k), and the ordinal
    analysis has (1 - sum p^3) / 3 of information [2]_. The relative efficiency to it is the squared correlation of the
    values with ridits, and so at most 1. It is that of small shifts of independent respondents; how far a design
    raises the variance may differ between scores (`design_effects`). Intervals by the delta method, on the logit of
    the efficiency against the ordinal analysis, on its logarithm against the mean. A sample without the rare lowest
    ratings overstates the mean and knows nothing of its error; so each interval also takes in that of the sample with
    two respondents more, spread evenly over all ratings.

    References
    ----------
    .. [1] McCullagh, P. (1980). Regression models for ordinal data. Journal of the Royal Statistical Society B 42,
       109-142.
    .. [2] Whitehead, J. (1993). Sample size calculations for ordered categorical data. Statistics in Medicine 12,
       2257-2271. doi:10.1002/sim.4780122404

    Examples
    --------
    Ratings as the help page of the R package NPS draws them, most of them near the top:

    >>> import npsstats as nps
    >>> counts = nps.RatingCounts.from_histogram([20, 10, 10, 10, 10, 30, 30, 90, 220, 220, 350])
    >>> result = nps.efficiency(counts)
    >>> print(result.sentences()[0])
    To see the same shift of all odds, NPS needs 1.24 times as many respondents as the ordinal analysis of the same
    ratings (95 % interval 1.20 to 1.27); mean 1.37 times, top-1-box 1.37 times, top-2-box 1.27 times, share of
    detractors 2.95 times. Held against the mean, the relative efficiency of NPS is 1.11.
    """
    metric = _checked(counts, metric)
    if against not in ("ordinal", "mean"):
        msg = f"`against` must be 'ordinal' or 'mean'; got {against!r}."
        raise ValueError(msg)
    check_confidence_level(confidence_level)
    metrics = _analyses(metric, others)
    shares = shares_of(counts)
    values = np.array([asked.values for asked in metrics])
    seen, information = efficacies(shares, values), ordinal_information(shares)
    efficacy, gradient = _told(shares, values)
    names = [asked.name for asked in metrics] + [ORDINAL]
    places = {
        "ordinal": len(metrics),
        "mean": [_shape(asked) for asked in metrics].index(_shape(mean_rating(metric.scale))),
    }
    to_mean, to_ordinal = (efficacy / efficacy[:, [places[name]]] for name in ("mean", "ordinal"))
    place, relative = places[against], to_ordinal if against == "ordinal" else to_mean
    z, bounded = critical_values(counts, confidence_level)[:, None], against == "ordinal"
    low, high = _limits(relative, _errors(counts, gradient - gradient[:, [place]]), z, bounded=bounded)
    imagined = _limits(*_diluted(counts, values, place), z, bounded=bounded)
    # Limits that the sample itself leaves unknown stay so.
    low = np.where(np.isnan(low), np.nan, np.fmin(low, imagined[0]))
    high = np.where(np.isnan(high), np.nan, np.fmax(high, imagined[1]))
    low[:, place] = high[:, place] = relative[:, place]
    rows, spread = len(names), np.sqrt(np.column_stack([seen.variance, information]))
    return Efficiency(
        by=counts.by,
        labels=tuple(label for label in counts.labels for _ in names),
        analysis=tuple(names) * len(counts),
        n=np.repeat(counts.n, rows),
        slope=np.column_stack([seen.slope, information]).ravel(),
        standard_deviation=spread.ravel(),
        efficacy=efficacy.ravel(),
        relative_to_mean=to_mean.ravel(),
        relative_to_ordinal=to_ordinal.ravel(),
        low=low.ravel(),
        high=high.ravel(),
        against=against,
        metric=metric,
        confidence_level=float(confidence_level),
        references=(*metric.references, "mccullagh1980", "whitehead1993"),
        notes=counts.notes,
        design=counts.design.description if isinstance(counts, SurveyCounts) else "",
    )


def _checked(counts: RatingCounts | SurveyCounts, metric: Metric | None) -> Metric:
    """Check the counts, and that they hold ratings rather than the classes of NPS."""
    check_metric(counts, metric)
    found = check_survey(counts, metric) if isinstance(counts, SurveyCounts) else check_counts(counts, metric)[1]
    if found.scale == NPS_CATEGORIES.scale:
        msg = (
            "`counts` must hold ratings: of detractors, passives and promoters alone it cannot be told what the "
            "classes forget. Use `tabulate` or `RatingCounts.from_histogram`."
        )
        raise ValueError(msg)
    return found


def _analyses(metric: Metric, others: Sequence[Metric]) -> list[Metric]:
    """Choose the scores: the metric, the mean, top boxes, the lowest class, and others; each once."""
    scale = metric.scale
    if not isinstance(others, Sequence) or isinstance(others, str):
        msg = f"`others` must be a sequence of metrics; got {others!r}."
        raise TypeError(msg)
    for other in others:
        check_type("others", other, Metric, "[npsstats.NPS]")
        if other.scale != scale:
            msg = f"`others` must be on the scale {scale} of the counts; {other.name} is on {other.scale}."
            raise ValueError(msg)
    chosen = [metric, mean_rating(scale, name=MEAN)]
    chosen += [top_box(scale, boxes=boxes) for boxes in (1, 2) if boxes < scale.size]
    if metric.levels.size == 3:
        lowest = np.where(np.array(metric.values) == metric.levels[0], 100.0, 0.0)
        chosen.append(Metric(f"share of {metric.level_names[0]}s", scale, tuple(lowest.tolist())))
    distinct: dict[tuple[float, ...], Metric] = {}
    for asked in (*chosen, *others):
        distinct.setdefault(_shape(asked), asked)
    names = [asked.name for asked in distinct.values()] + [ORDINAL]
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        msg = f"`others` must have names of their own; two different scores are called {twice!r}."
        raise ValueError(msg)
    return list(distinct.values())


def _shape(metric: Metric) -> tuple[float, ...]:
    """Write the values so that scores with the same efficiency, such as a share and its complement, are the same."""
    low, high = metric.bounds
    unit = (np.array(metric.values) - low) / (high - low)
    first = unit[np.flatnonzero(unit != 0.5)[0]]
    return tuple((unit if first < 0.5 else 1 - unit).round(12).tolist())


def _told(shares: FloatArray, values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Compute what one respondent tells each analysis, the ordinal one last, and the derivatives of its logarithm."""
    seen, information = efficacies(shares, values), ordinal_information(shares)
    efficacy = np.column_stack([seen.efficacy, np.where(information > 0, information, np.nan)])
    return efficacy, np.concatenate([seen.gradient, ordinal_information_gradient(shares)[:, None]], axis=1)


def _errors(counts: RatingCounts | SurveyCounts, gradient: FloatArray) -> FloatArray:
    """Compute the standard errors of estimates of each group alone; gradient of shape (groups, estimates, ratings)."""
    variances = np.diagonal(covariance_by_group(counts, gradient.transpose(1, 0, 2)), axis1=1, axis2=2)
    error: FloatArray = np.sqrt(variances.clip(min=0))
    return error


def _diluted(counts: RatingCounts | SurveyCounts, values: FloatArray, place: int) -> tuple[FloatArray, FloatArray]:
    """Compute relative efficiencies with the imagined respondents, and the standard errors of their logarithms."""
    n, shares = counts.n[:, None].astype(np.float64), shares_of(counts)
    size, even = n + IMAGINED, np.full(shares.shape[1], 1 / shares.shape[1])
    efficacy, gradient = _told((n * shares + IMAGINED * even) / size, values)
    gradient = gradient - gradient[:, [place]]
    # Sums of squares around the common mean: in the sample, by its design; among the imagined; between the two.
    sampled = n * (n - 1) * _errors(counts, gradient) ** 2
    middle = gradient @ even
    imagined = IMAGINED * ((gradient - middle[:, :, None]) ** 2 @ even)
    between = n * IMAGINED / size * (middle - (gradient * shares[:, None]).sum(axis=2)) ** 2
    variance = (sampled + imagined + between) / (size * (size - 1))
    return efficacy / efficacy[:, [place]], np.sqrt(variance)


def _limits(relative: FloatArray, error: FloatArray, z: FloatArray, *, bounded: bool) -> tuple[FloatArray, FloatArray]:
    """Compute limits on the logarithmic scale, or on that of the logit where 1 is the most; `error` is of the log."""
    if bounded:
        # The delta method knows no error at 1, which rounding may just miss.
        near = np.where(relative > 1 - ROUNDING, 1.0, relative)
        return logit_limits(near, error * near, z)
    known = (error > ROUNDING) & (relative > 0)
    factor = np.exp(np.minimum(z * np.where(known, error, 1.0), FARTHEST))
    low, high = np.where(known, relative / factor, np.nan), np.where(known, relative * factor, np.nan)
    return low, high
