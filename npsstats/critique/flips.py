"""At which detractor weights and cut points does the order of two groups turn?"""

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
from scipy.special import ndtr

from npsstats.critique.linearising import covariance_of, critical_value, shares_of
from npsstats.critique.ordering import ROUNDING, check_pair_counts, put_face_to_face, put_together
from npsstats.inference.adjustment import adjusted_pvalues
from npsstats.inference.comparison import compare
from npsstats.inference.methods import check_confidence_level
from npsstats.inference.response_rates import warned_before, warned_once
from npsstats.kernels.ratios import ALL, BOUNDED, OUTSIDE, FiellerSet, fieller
from npsstats.kernels.restricted import restricted_statistic
from npsstats.kernels.score import skewness_corrected_score
from npsstats.ratings.counts import RatingCounts
from npsstats.ratings.scales import Metric
from npsstats.ratings.surveys import SurveyCounts
from npsstats.results.flips import ScoreFlips
from npsstats.typing import BoolArray, FloatArray, IndexArray

__all__ = ["score_flips"]

SETS = {BOUNDED: "bounded", OUTSIDE: "outside", ALL: "all"}


def score_flips(
    counts: RatingCounts | SurveyCounts,
    *,
    reference: Hashable,
    metric: Metric | None = None,
    confidence_level: float = 0.95,
) -> ScoreFlips:
    """Find the detractor weights, and the cut points, at which the order of a group and its reference turns.

    A net score with the detractor weight w is the share of promoters minus w times that of detractors. If one group has
    more of both, the order is a matter of taste: the groups tie at the weight promoter difference / detractor
    difference, and on its two sides another one is ahead. Use `dominance` for all scorings at once.

    Parameters
    ----------
    counts : RatingCounts or SurveyCounts
        Respondents by group and rating; other respondents in each group, or a survey with its design.
    reference : label or word
        What each group is compared with, as for `compare`: the label of a group, ``"previous"``, ``"year-before"``,
        ``"rest"`` or ``"all-pairs"``.
    metric : Metric, optional
        The net score that says who is a promoter and who a detractor; by default the metric of the counts.
    confidence_level : float, default 0.95
        The level of the intervals, and of the set of weights.

    Returns
    -------
    ScoreFlips
        A row per comparison. ``tie_weight`` is the weight at which the two tie, with a set of weights that the data do
        not tell from it: between ``tie_low`` and ``tie_high`` if ``tie_set`` is ``"bounded"``, up to the one and from
        the other on if it is ``"outside"``, any weight if it is ``"all"``. ``verdict`` is ``"flips"`` if it is shown
        that each is ahead at some positive weights, ``"holds"`` if one is shown ahead at all of them, else
        ``"undecided"``. ``pairs_better`` and ``pairs_worse`` count the pairs of cut points under which the group is
        ahead and behind, with the weight of `metric`; those ``_shown`` are so by score tests, adjusted for their number
        by Holm's method.

    Raises
    ------
    TypeError
        If an argument has the wrong type, or there is no reference.
    ValueError
        If the metric has no promoters and detractors or falls as ratings rise, metric and counts are on different
        scales, or a name, label or level is not valid.
    UndefinedScoreError
        If a group has no rating.

    Warns
    -----
    SmallSampleWarning
        If the clusters of a survey are too few.

    Notes
    -----
    With the differences P of the promoters and D of the detractors, the set holds the weights w at which P - w D is not
    told from 0: (P - w D)^2 <= z^2 Var(P - w D) [1]_. It is an interval only where D itself is told from 0; where it is
    not, any large weight may tie the groups, and a bounded interval would be wrong. Variances are those of the observed
    shares, with n / (n - 1); of a survey by its design, with Student's t. As these are too small in small samples, a
    verdict also takes limits of P and of D, by the score test of `compare`, that leave out 0: the order turns at some
    positive weight exactly if P and D have the same sign. Where a side has a single respondent, or nothing varies and
    the score tests do not show both, every weight is left.

    References
    ----------
    .. [1] Fieller, E. C. (1954). Some problems in interval estimation. Journal of the Royal Statistical Society: Series
       B 16, 175-185.

    Examples
    --------
    Both have an NPS of 20; what is a detractor to you?

    >>> import npsstats as nps
    >>> counts = nps.RatingCounts.from_categories(
    ...     promoters=[300, 200], passives=[600, 800], detractors=[100, 0], groups=["A", "B"]
    ... )
    >>> flips = nps.score_flips(counts, reference="A")
    >>> print(flips.sentences()[0])  # doctest: +NORMALIZE_WHITESPACE
    B against A: promoters −10.0 points (−13.8 to −6.2), detractors −10.0 points (−12.0 to −8.3). They tie where a
    detractor weighs as much as 1.00 promoters (95 %: 0.59 to 1.51): at smaller weights A is ahead, at larger ones
    B, and that is shown. Of 3 pairs of cut points B is ahead under 1 (1 shown), such as promoters from passive with
    detractors to detractor; A under 1 (1 shown), such as promoters from promoter with detractors to passive.
    """
    check_confidence_level(confidence_level)
    counts, metric = check_pair_counts(counts, metric)
    promoter, detractor, weight = _parts_of(metric)
    comparisons, notes = put_face_to_face(counts, reference)
    sides = [facing.counts for facing in comparisons]
    with warned_once():
        beside = {
            **_compared("score", sides, metric, confidence_level, 1.0),
            **_compared("promoter", sides, _share(metric, promoter), confidence_level, 100.0),
            **_compared("detractor", sides, _share(metric, detractor), confidence_level, 100.0),
        }
    labels = metric.scale.labels or tuple(metric.scale.ratings.tolist())
    return ScoreFlips(
        by=counts.by,
        labels=tuple(facing.label for facing in comparisons),
        reference=tuple(facing.reference for facing in comparisons),
        n=np.array([side.n[1] for side in sides]),
        n_reference=np.array([side.n[0] for side in sides]),
        **{name: column for name, column in beside.items() if name not in ("promoter_pvalue", "detractor_pvalue")},
        **_ties(sides, promoter, detractor, _both_shown(beside), confidence_level),
        **_pairs(counts, reference, sides, metric, labels, weight, confidence_level),
        metric=metric,
        detractor_weight=weight,
        confidence_level=confidence_level,
        references=(*metric.references, "fieller1954", "miettinen1985", "laud2017", "holm1979"),
        notes=(*counts.notes, *notes),
        design=counts.design.description if isinstance(counts, SurveyCounts) else "",
    )


def _parts_of(metric: Metric) -> tuple[FloatArray, FloatArray, float]:
    """Find promoters and detractors among the ratings, 1 or 0, and what a detractor weighs."""
    promoter, detractor = (
        np.array([category == name for category in metric.categories], dtype=np.float64)
        for name in ("promoter", "detractor")
    )
    values = np.array(metric.values)
    up, down = np.unique(values[promoter > 0]), np.unique(values[detractor > 0])
    if up.size != 1 or down.size != 1 or not up[0] > 0 > down[0]:
        low, high = int(metric.scale.ratings[0]), int(metric.scale.ratings[-1])
        msg = (
            f"`metric` must be a net score, with promoters and detractors; {metric.name} has none. Pass for example "
            f"metric=npsstats.net_score(counts.scale, promoters_from={high}, detractors_to={low})."
        )
        raise ValueError(msg)
    return promoter, detractor, float(-down[0] / up[0])


def _share(metric: Metric, member: FloatArray) -> Metric:
    return Metric("share", metric.scale, tuple((100 * member).tolist()))


def _compared(name: str, sides: Sequence[Any], metric: Metric, confidence_level: float, unit: float) -> dict[str, Any]:
    """Compare a metric in each comparison by itself."""
    simple = isinstance(sides[0], RatingCounts)
    moves = [
        compare(side, reference="reference", metric=metric, adjustment="none", confidence_level=confidence_level)
        for side in ([put_together(sides)] if simple else sides)
    ]
    columns = {
        column: np.concatenate([getattr(move, column) for move in moves])
        for column in ("difference", "low", "high", "pvalue")
    }
    return {f"{name}_{key}": column if key == "pvalue" else column / unit for key, column in columns.items()}


# ---------------------------------------------------------------------------------------------- detractor weights


def _both_shown(beside: dict[str, Any]) -> BoolArray:
    """Where the score limits of promoters and of detractors leave out 0: both differ, as every verdict takes."""
    apart = [(beside[f"{one}_low"] > 0) | (beside[f"{one}_high"] < 0) for one in ("promoter", "detractor")]
    both: BoolArray = apart[0] & apart[1]
    return both


def _ties(
    sides: Sequence[Any], promoter: FloatArray, detractor: FloatArray, borne: BoolArray, confidence_level: float
) -> dict[str, Any]:
    """Find the weights at which the groups tie; `borne` is where promoters and detractors are both shown to differ."""
    parts = np.stack([promoter, detractor])
    influence = np.stack([-parts, parts], axis=1)
    moved = np.array([_moved(side, parts) for side in sides])
    found = [
        _tying(side, move, influence, critical_value(side, confidence_level), bool(shown))
        for side, move, shown in zip(sides, moved, borne, strict=True)
    ]
    estimate, low, high, kind = (
        np.array([getattr(one, name) for one in found]) for name in ("estimate", "low", "high", "kind")
    )
    ahead = {1: "group", -1: "reference", 0: "neither"}
    up, down = np.sign(moved[:, 0]), -np.sign(moved[:, 1])
    # At weights near 0 promoters decide, at very large ones detractors.
    below, above = np.where(up == 0, down, up), np.where(down == 0, up, down)
    # Of few respondents Fieller's set is too small: the score tests must bear the verdict.
    firm = borne & (kind == BOUNDED)
    verdict = np.select([firm & (low > 0) & np.isfinite(high), firm & (high <= 0)], ["flips", "holds"], "undecided")
    return {
        # Nothing over 0 has no side.
        "tie_weight": np.where(np.isinf(estimate), np.inf, estimate),
        "tie_low": low,
        "tie_high": high,
        "tie_set": tuple(SETS[int(one)] for one in kind),
        "ahead_below": tuple(ahead[int(side)] for side in below),
        "ahead_above": tuple(ahead[int(side)] for side in above),
        "verdict": tuple(verdict.tolist()),
    }


def _tying(side: Any, moved: FloatArray, influence: FloatArray, quantile: float, borne: bool) -> FiellerSet:
    """Find the weights that are not told from a tie; where nothing is known of variances, all of them."""
    numerator, denominator = moved
    covariance = covariance_of(side, influence)
    # A difference without a variance, as of 2 promoters and 2 detractors, is no certainty but too few respondents.
    certain = bool(((np.diagonal(covariance) <= ROUNDING**2) & (moved != 0)).any()) and not borne
    if not np.isfinite(quantile) or certain or side.n.min() < 2:
        return fieller(numerator, denominator, np.eye(2), 1e6)
    return fieller(numerator, denominator, covariance, quantile)


def _moved(side: Any, values: FloatArray) -> FloatArray:
    """Compute group minus reference, of several sums of shares; what is rounding is 0."""
    reference, group = shares_of(side) @ values.T
    difference = group - reference
    return np.where(np.abs(difference) <= ROUNDING, 0.0, difference)


# ------------------------------------------------------------------------------------------------- cut points


def _pairs(
    counts: Any,
    reference: Hashable,
    sides: Sequence[Any],
    metric: Metric,
    labels: Sequence[Hashable],
    weight: float,
    confidence_level: float,
) -> dict[str, Any]:
    """Find under which pairs of cut points the group is ahead."""
    detractors_to, promoters_from = np.triu_indices(len(labels), 1)
    places = np.arange(len(labels))
    promoter, detractor = places >= promoters_from[:, None], places <= detractors_to[:, None]
    values = promoter - weight * detractor
    moved = np.array([_moved(side, values) for side in sides])
    pvalue = (
        np.array([_pvalues_of_counts(side.counts, promoters_from, detractors_to, weight) for side in sides])
        if isinstance(sides[0], RatingCounts)
        else _pvalues_of_survey(counts, reference, [_share(metric, value) for value in values])
    )
    shown = np.array([adjusted_pvalues(row, "holm") for row in pvalue]) <= 1 - confidence_level
    names = [(labels[a], labels[b]) for a, b in zip(promoters_from.tolist(), detractors_to.tolist(), strict=True)]

    def chosen(which: BoolArray) -> tuple[tuple[tuple[Hashable, Hashable], ...], ...]:
        return tuple(tuple(name for name, one in zip(names, row, strict=True) if one) for row in which)

    return {
        "pairs": np.full(len(sides), len(names)),
        "pairs_better": (moved > 0).sum(axis=1),
        "pairs_worse": (moved < 0).sum(axis=1),
        "pairs_better_shown": (shown & (moved > 0)).sum(axis=1),
        "pairs_worse_shown": (shown & (moved < 0)).sum(axis=1),
        "cuts_better": chosen(moved > 0),
        "cuts_worse": chosen(moved < 0),
    }


def _pvalues_of_counts(table: Any, promoters_from: IndexArray, detractors_to: IndexArray, weight: float) -> FloatArray:
    """Test each pair of cut points by the score test of `compare`; table with the reference first."""
    below = np.concatenate([np.zeros((2, 1)), table.cumsum(axis=1)], axis=1)[::-1]
    n = below[:, -1:]
    low, high = below[:, detractors_to + 1], n - below[:, promoters_from]
    levels = np.stack([low, n - low - high, high], axis=-1).swapaxes(0, 1)
    unit = np.array([0.0, weight / (1 + weight), 1.0])
    z = restricted_statistic(skewness_corrected_score, levels, unit, np.array([1.0, -1.0]), np.zeros(len(levels)))
    pvalue: FloatArray = 2 * ndtr(-np.abs(z))
    return pvalue


def _pvalues_of_survey(counts: SurveyCounts, reference: Hashable, metrics: Sequence[Metric]) -> FloatArray:
    """Test each pair of cut points by `compare`; without an answer, as of a single cluster, nothing is shown."""
    with warned_before():
        moves = [compare(counts, reference=reference, metric=metric, adjustment="none") for metric in metrics]
    pvalue: FloatArray = np.nan_to_num(np.stack([move.pvalue for move in moves], axis=1), nan=1.0)
    return pvalue
