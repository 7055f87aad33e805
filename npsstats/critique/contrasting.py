"""Do several metrics of the same respondents tell the same story?"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from scipy.special import ndtri

from npsstats.critique.facing import Facing, faced
from npsstats.critique.linearising import covariance_of, critical_value, is_survey, shares_of
from npsstats.errors import UndefinedScoreError
from npsstats.inference.comparison import compare
from npsstats.inference.methods import check_confidence_level
from npsstats.inference.response_rates import warned_once
from npsstats.ratings.checks import check_number
from npsstats.ratings.joint import JointCounts
from npsstats.ratings.pairs import PairedCounts
from npsstats.ratings.published import PublishedScores
from npsstats.results.contrasts import Contrast
from npsstats.results.differences import Differences
from npsstats.results.protocol import group_text
from npsstats.typing import BoolArray, FloatArray, IntArray

__all__ = ["Footing", "compare_each", "contrast", "correlations", "footings", "read_joint", "who_rated"]

# Standard deviations below this part of the scale are rounding.
NOTHING = 1e-9
# So are differences of two scores below this part.
ROUNDING = 1e-13


def contrast(
    counts: JointCounts | PairedCounts,
    *,
    reference: Hashable,
    method: str = "score",
    confidence_level: float = 0.95,
    power: float = 0.8,
) -> Contrast:
    """Put several metrics of the same respondents side by side: how each moved, on a footing that can be compared.

    Points of NPS, of CSAT and of an effort score are not the same thing. In standard errors, in standard deviations
    and in the respondents that it takes to see the move, they can be compared. Use `opposite_moves` for whether two of
    them moved in opposite directions, `compare` for one metric.

    Parameters
    ----------
    counts : JointCounts or PairedCounts
        From `tabulate_joint`, `JointCounts.from_table`, or pairs of ratings of two metrics. Each metric is of all who
        rated it; ``counts.complete()`` keeps those who rated all.
    reference : label or word
        What each group is compared with: the label of a group, ``"previous"``, ``"year-before"``, ``"rest"`` or
        ``"all-pairs"``, as for `compare`.
    method : str, default "score"
        The interval and the test of each difference, as for `compare`.
    confidence_level : float, default 0.95
        The level of the intervals, between 0 and 1.
    power : float, default 0.8
        The probability for which `n_needed` is computed, between 0 and 1.

    Returns
    -------
    Contrast
        Per comparison and metric ``reference, metric, n, n_reference, score_reference, score, difference,
        standard_error, low, high, pvalue, in_standard_errors, effect_size, effect_low, effect_high, share_of_range,
        n_needed``. Scores and differences (group minus reference) are in points; what follows the p-value is positive
        for the better.

    Raises
    ------
    TypeError
        If the counts do not say who gave several ratings.
    ValueError
        If there are fewer than two metrics, a metric does not say which end of its scale is favourable, two metrics
        have no respondent in common, or an argument is out of its range.
    UndefinedScoreError
        If a group has no rating on a metric.

    Warns
    -----
    SmallSampleWarning
        As `compare` does.

    Notes
    -----
    With the differences d of means, the variances v of single values in the two groups, s^2 = v n / (n - 1), and the
    sign of the metric for the better:

    - ``in_standard_errors`` is d over its standard error, as `compare` has it;
    - ``effect_size`` is d over the root of the mean of the two s^2, which does not depend on how many were asked in
      each group [1]_; its interval is that of the delta method, with the covariance of means and variances;
    - ``share_of_range`` is d over the distance between the highest and the lowest possible score;
    - ``n_needed`` is ``(z + z_power)^2 (v + v_reference) / d^2``: the respondents in each of two groups of the same
      size, who would detect a difference of the observed size with probability `power` at the level of the intervals,
      times the design effect in a survey; infinite without a difference. It tells which metric sees more with the same
      people. It is no plan: the observed difference is not the true one, and the true one may be none.

    Where a group has one rating, or neither group has any spread, these are not known (nan), and `compare` alone says
    what such answers tell. P-values are not adjusted for their number.

    References
    ----------
    .. [1] Bonett, D. G. (2008). Confidence intervals for standardized linear contrasts of means. Psychological Methods
       13, 99-109. doi:10.1037/1082-989X.13.2.99

    Examples
    --------
    Recommendation and satisfaction of the same customers, in two years:

    >>> import npsstats as nps
    >>> happy = nps.top_box(nps.Scale(0, 1), boxes=1, name="happy")
    >>> counts = nps.JointCounts.from_table(
    ...     [[[40, 20], [60, 80], [20, 180]], [[60, 40], [40, 80], [10, 170]]],
    ...     metrics=[nps.NPS_CATEGORIES, happy],
    ...     groups=[2024, 2025],
    ...     by="year",
    ... )
    >>> side_by_side = nps.contrast(counts, reference=2024)
    >>> side_by_side.to_frame()[["metric", "difference", "pvalue", "effect_size", "n_needed"]].round(3)
      metric  difference  pvalue  effect_size  n_needed
    0    NPS       -15.0   0.006       -0.194     415.0
    1  happy         2.5   0.435        0.055    5142.0
    """
    counts = read_joint(counts)
    check_confidence_level(confidence_level)
    if not 0 < check_number("power", power) < 1:
        msg = f"`power` must lie between 0 and 1; got {power!r}."
        raise ValueError(msg)
    comparisons, notes = faced(counts, reference)
    check_together(comparisons)
    with warned_once():
        moves = compare_each(counts, reference, method, confidence_level)
    found = footings(comparisons)
    signs = np.array([metric.sign for metric in counts.metrics], dtype=np.float64)
    columns = {name: _stack(moves, name) for name in ("difference", "standard_error", "n", "n_reference")}
    better = signs * columns["difference"]
    low, high = _effect_limits(comparisons, found, confidence_level)
    widths = np.array([metric.bounds[1] - metric.bounds[0] for metric in counts.metrics])
    return Contrast(
        by=counts.by,
        **_repeated(comparisons, counts.names),
        **{name: _stack(moves, name).ravel() for name in FROM_COMPARE},
        in_standard_errors=_in_errors(better, columns).ravel(),
        effect_size=np.stack([footing.effect for footing in found]).ravel(),
        effect_low=low.ravel(),
        effect_high=high.ravel(),
        share_of_range=(better / widths).ravel(),
        n_needed=_needed(counts, found, columns, confidence_level, power).ravel(),
        correlation=np.stack([correlations(footing) for footing in found]),
        metrics=counts.metrics,
        method=method,
        method_title=moves[0].method_title,
        confidence_level=confidence_level,
        power=power,
        design=moves[0].design,
        references=_sources(counts, moves),
        notes=tuple(dict.fromkeys((*counts.notes, *notes, *who_rated(counts)))),
    )


# The columns that `compare` answers for each metric.
FROM_COMPARE = (
    *("n", "n_reference", "score_reference", "score"),
    *("difference", "standard_error", "low", "high", "pvalue"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Footing:
    """One comparison on all metrics, positive for the better.

    Attributes
    ----------
    effect : ndarray, shape (metrics,)
        Differences in standard deviations; nan without spread, or with one rating in a group.
    variances : ndarray, shape (2, metrics)
        Of single values, in the reference and in the group, in squared points.
    covariance : ndarray, shape (2 * metrics, 2 * metrics)
        Of the differences in points, and then of the effects.
    """

    effect: FloatArray
    variances: FloatArray
    covariance: FloatArray


def read_joint(counts: object) -> JointCounts:
    """Check that counts say who gave several ratings, of metrics whose favourable ends are known."""
    if isinstance(counts, PairedCounts):
        counts = JointCounts.from_pairs(counts)
    if isinstance(counts, PublishedScores):
        msg = (
            "`counts` must be JointCounts, or PairedCounts of two metrics, of respondents; got PublishedScores. Of "
            "published scores `discordant_units` lists the units, or the periods as units, that two metrics order "
            "oppositely, and `rank_agreement` says how far they order them alike."
        )
        raise TypeError(msg)
    if not isinstance(counts, JointCounts):
        msg = (
            "`counts` must be JointCounts, or PairedCounts of two metrics, of respondents with several ratings each; "
            f"got {type(counts).__name__}. Counts of each metric by itself do not say who gave both: tabulate the rows "
            "with `tabulate_joint`, or give their cross-table to `JointCounts.from_table`."
        )
        raise TypeError(msg)
    if len(counts.metrics) < 2:
        msg = f"`counts` must hold two metrics or more; got {', '.join(counts.names)} only. For one there is `compare`."
        raise ValueError(msg)
    for metric in counts.metrics:
        # The metric itself says what is missing.
        _ = metric.sign
        empty = np.flatnonzero(counts.margin(metric.name).n == 0)
        if empty.size:
            msg = (
                f"a score needs at least one rating; on {metric.name} {empty.size} of {len(counts)} groups have none "
                f"(first: {group_text(counts.labels[empty[0]])}). Leave them out with `counts.answered()`, or the "
                "metric with `counts.of(...)`."
            )
            raise UndefinedScoreError(msg)
    return counts


def check_together(comparisons: Sequence[Facing[JointCounts]]) -> None:
    """Check that each two metrics have respondents in common in each group that is compared."""
    for facing in comparisons:
        rated = facing.counts.answers >= 0
        there = facing.counts.counts > 0
        for first, second in combinations(range(len(facing.counts.metrics)), 2):
            both = there[:, rated[:, first] & rated[:, second]].sum(axis=1)
            if not both.all():
                side = group_text(facing.reference if not both[0] else facing.label)
                names = facing.counts.names
                msg = (
                    f"`counts` must be of the same respondents; nobody in {side} rated both {names[first]} and "
                    f"{names[second]}. Metrics of different respondents are compared one by one, with `compare`."
                )
                raise ValueError(msg)


def compare_each(counts: JointCounts, reference: Hashable, method: str, confidence_level: float) -> list[Differences]:
    """Compare the groups on each metric by itself."""
    return [
        compare(
            counts.margin(name),
            reference=reference,
            method=method,
            confidence_level=confidence_level,
            adjustment="none",
        )
        for name in counts.names
    ]


def footings(comparisons: Sequence[Facing[JointCounts]]) -> list[Footing]:
    """Bring the metrics of each comparison to a common footing, with the covariance of the same respondents."""
    return [_footing(facing.counts) for facing in comparisons]


def _footing(counts: JointCounts) -> Footing:
    """Compute effects with their influence functions: d / s with s^2 the mean of the variances of the two groups."""
    shares = shares_of(counts)
    effects, variances, in_points, in_deviations = [], [], [], []
    for metric, values in zip(counts.metrics, counts.values, strict=True):
        n = counts.margin(metric.name).n
        mean, variance, of_mean, of_variance = _moments(shares, values)
        factor = (n / np.maximum(n - 1, 1))[:, None]
        spread = np.sqrt((factor[:, 0] * variance).mean())
        has_spread = spread > NOTHING * (metric.bounds[1] - metric.bounds[0]) and n.min() > 1
        unit = spread if has_spread else 1.0
        move = metric.sign * (mean[1] - mean[0])
        of_move = metric.sign * of_mean * np.array([[-1.0], [1.0]])
        # d (m / s) = dm / s - m ds^2 / (2 s^3)
        of_effect = of_move / unit - move / (2 * unit**3) * factor * of_variance / 2
        effects.append(move / spread if has_spread else np.nan)
        variances.append(variance)
        in_points.append(of_move)
        in_deviations.append(of_effect)
    return Footing(
        effect=np.array(effects),
        variances=np.stack(variances, axis=1),
        covariance=covariance_of(counts, np.stack(in_points + in_deviations)),
    )


def _moments(shares: FloatArray, values: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Compute mean and variance of those who rated, in each group, and what each share does to them."""
    rated = np.isfinite(values)
    weight = shares * rated
    size = weight.sum(axis=1, keepdims=True)
    points = np.where(rated, values, 0.0)
    mean = (weight * points).sum(axis=1, keepdims=True) / size
    centred = np.where(rated, points - mean, 0.0)
    variance = (weight * centred**2).sum(axis=1, keepdims=True) / size
    of_variance = np.where(rated, centred**2 - variance, 0.0) / size
    return mean[:, 0], variance[:, 0], centred / size, of_variance


def correlations(footing: Footing) -> FloatArray:
    """Compute the correlations of the differences of the metrics; 0 with a difference without variance."""
    size = len(footing.effect)
    covariance = footing.covariance[:size, :size]
    error = np.sqrt(np.diagonal(covariance).clip(min=0))
    product = np.multiply.outer(error, error)
    correlation: FloatArray = np.divide(covariance, product, out=np.zeros_like(covariance), where=product > 0).clip(
        -1, 1
    )
    np.fill_diagonal(correlation, 1.0)
    return correlation


def ratio(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    """Divide; infinite by 0, and nan 0 by 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        quotient: FloatArray = numerator / denominator
    return quotient


def _in_errors(better: FloatArray, columns: dict[str, Any]) -> FloatArray:
    """Compute differences over their standard errors; nan where a rating, or ratings that are all alike, tell none."""
    known = (columns["standard_error"] > 0) & _several(columns)
    return np.where(known, ratio(better, columns["standard_error"]), np.nan)


def _several(columns: dict[str, Any]) -> BoolArray:
    """Whether both groups have more ratings than one, from which a spread is known."""
    several: BoolArray = np.minimum(columns["n"], columns["n_reference"]) > 1
    return several


def who_rated(counts: JointCounts) -> tuple[str, ...]:
    """Say that some respondents did not rate all metrics."""
    all_rated = int(counts.counts[:, (counts.answers >= 0).all(axis=1)].sum())
    total = int(counts.counts.sum())
    if all_rated == total:
        return ()
    return (f"each metric is of all who rated it; {all_rated:,} of {total:,} respondents rated all of them",)


def _stack(moves: Sequence[Differences], name: str) -> Any:
    """Put a column of all metrics side by side, shape (comparisons, metrics)."""
    return np.stack([getattr(move, name) for move in moves], axis=1)


def _repeated(comparisons: Sequence[Facing[JointCounts]], names: tuple[str, ...]) -> dict[str, Any]:
    """Name the rows: all metrics of a comparison, then those of the next one."""
    return {
        "labels": tuple(facing.label for facing in comparisons for _ in names),
        "reference": tuple(facing.reference for facing in comparisons for _ in names),
        "metric": names * len(comparisons),
    }


def _effect_limits(
    comparisons: Sequence[Facing[JointCounts]], found: Sequence[Footing], confidence_level: float
) -> tuple[FloatArray, FloatArray]:
    """Compute effect -+ quantile times its standard error."""
    effect = np.stack([footing.effect for footing in found])
    variance = np.stack([np.diagonal(footing.covariance)[len(footing.effect) :] for footing in found])
    quantile = np.array([critical_value(facing.counts, confidence_level) for facing in comparisons])
    margin = quantile[:, None] * np.sqrt(variance.clip(min=0))
    return effect - margin, effect + margin


def _needed(
    counts: JointCounts,
    found: Sequence[Footing],
    columns: dict[str, Any],
    confidence_level: float,
    power: float,
) -> FloatArray:
    """Compute the respondents per group who would detect the observed differences."""
    variances = np.stack([footing.variances for footing in found], axis=1)
    total = variances.sum(axis=0)
    if is_survey(counts):
        sizes: IntArray = np.stack([columns["n_reference"], columns["n"]])
        # The design effect of the difference: its variance over that of as many independent respondents.
        simple = (variances / np.maximum(sizes - 1, 1)).sum(axis=0)
        total = total * ratio(columns["standard_error"] ** 2, simple)
    quantiles = -ndtri((1 - confidence_level) / 2) + ndtri(power)
    known = (total > 0) & _several(columns)
    needed = np.where(known, ratio(quantiles**2 * total, columns["difference"] ** 2), np.nan)
    # Without a difference, but for rounding, no number is enough, also where nothing varies; and a variance takes two.
    widths = np.array([metric.bounds[1] - metric.bounds[0] for metric in counts.metrics])
    needed = np.where(np.abs(columns["difference"]) <= ROUNDING * widths, np.inf, needed)
    rounded: FloatArray = np.maximum(np.ceil(needed * (1 - 1e-12)), 2.0)
    return rounded


def _sources(counts: JointCounts, moves: Sequence[Differences]) -> tuple[str, ...]:
    keys = [key for metric in counts.metrics for key in metric.references]
    keys += [key for move in moves for key in move.references]
    return tuple(dict.fromkeys([*keys, "bonett2008"]))
