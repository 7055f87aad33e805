"""Is one group better than another under every scoring of the ratings?"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from npsstats.critique.definitions import check_rising
from npsstats.critique.facing import Facing, faced
from npsstats.critique.linearising import covariance_of, shares_of
from npsstats.inference.comparison import compare
from npsstats.inference.heterogeneity import homogeneity
from npsstats.inference.methods import check_confidence_level, check_counts
from npsstats.inference.response_rates import warned_once
from npsstats.inference.surveyed import check_survey
from npsstats.kernels.restricted import restricted_limits, restricted_statistic
from npsstats.kernels.score import skewness_corrected_score
from npsstats.kernels.simultaneous import max_pvalues, max_quantile
from npsstats.kernels.stochastic_order import (
    chain_pvalues,
    chain_quantile,
    factors_of,
    informative_cuts,
    neighbour_correlations,
)
from npsstats.ratings.counts import RatingCounts
from npsstats.ratings.scales import Metric, top_box
from npsstats.ratings.surveys import SurveyCounts
from npsstats.results.cuts import CutPoints
from npsstats.results.orderings import Dominance
from npsstats.typing import BoolArray, FloatArray, IntArray, Label

__all__ = ["check_pair_counts", "dominance", "put_face_to_face", "put_together"]

# Of differences of shares, what is rounding.
ROUNDING = 1e-14
SMALLEST = float(np.nextafter(0.0, 1.0))
DETECTION = 0.8


def dominance(
    counts: RatingCounts | SurveyCounts,
    *,
    reference: Hashable,
    metric: Metric | None = None,
    confidence_level: float = 0.95,
) -> Dominance:
    """Test whether a group is better than its reference under every scoring that does not fall as ratings rise.

    Top box, mean, NPS with any cut points and any detractor weight: all of them prefer the group exactly if, at every
    cut point of the scale, it has the larger share above. Where the order turns from one cut point to another, it is
    the choice of the metric that decides. Use `score_flips` for the detractor weights and the cut points at which it
    does, `compare` for one metric, `homogeneity` for one test of the distribution.

    Parameters
    ----------
    counts : RatingCounts or SurveyCounts
        Respondents by group and rating; other respondents in each group, or a survey with its design.
    reference : label or word
        What each group is compared with, as for `compare`: the label of a group, ``"previous"``, ``"year-before"``,
        ``"rest"`` or ``"all-pairs"``.
    metric : Metric, optional
        The score that is shown beside, which also says which ratings are good; by default the metric of the counts.
    confidence_level : float, default 0.95
        The probability of no error at any cut point of a comparison, for intervals and what is shown; the proof of
        dominance has this level by itself.

    Returns
    -------
    Dominance
        A row per comparison. ``verdict`` is ``"dominates"`` (``"dominated"``) if the group is shown better (worse) at
        *every* cut point with answers on both sides, which is what "under every scoring" takes, with the p-value
        ``pvalue_dominance``; ``"ahead"`` (``"behind"``) if it is shown better (worse) at one cut point at least, and
        nowhere shown worse (better); ``"crossing"`` if it is shown better at one and worse at another; else
        ``"undecided"``. ``observed`` is the order in the samples. Its field ``cut_points`` is a result of its own, a
        row for each cut point.

    Raises
    ------
    TypeError
        If an argument has the wrong type, or there is no reference.
    ValueError
        If metric and counts are on different scales, the metric falls as ratings rise or does not say which are good,
        or a name, label or level is not valid.
    UndefinedScoreError
        If a group has no rating.

    Warns
    -----
    SmallSampleWarning
        If the clusters of a survey are too few.

    Notes
    -----
    At each cut point the shares above are compared by the score test of `compare`, whose restricted estimate under a
    difference of 0 is the pooled share [1]_. The largest of the standardised differences is held against its joint law:
    for independent respondents a Markov chain with the pooled correlations, integrated numerically; for a survey the
    normal law with the covariance of its design. A wrong statement at *any* cut point then has a probability of at most
    1 - `confidence_level` in large samples, wherever the distributions differ (the single-step
    test of the largest) [2]_. Cut points with no answer on one side, in both samples, carry nothing; those without an
    answer between them count once.

    Dominance itself is a statement on all cut points, and its proof an intersection-union test: the largest of their
    p-values, without adjustment [3]_. It asks much, as every cut point must be shown better by itself, the one with two
    answers below it included; that is why better somewhere and nowhere shown worse has a verdict of its own,
    ``"ahead"``, and ``worse_at_most`` says how much worse the group can be anywhere. As the proof takes each cut point
    by itself, some of them may not be ``shown`` among all together.

    References
    ----------
    .. [1] Miettinen, O. & Nurminen, M. (1985). Comparative analysis of two rates. Statistics in Medicine 4,
       213-226. doi:10.1002/sim.4780040211
    .. [2] Hothorn, T., Bretz, F. & Westfall, P. (2008). Simultaneous inference in general parametric models.
       Biometrical Journal 50, 346-363. doi:10.1002/bimj.200810425
    .. [3] Berger, R. L. (1982). Multiparameter hypothesis testing and acceptance sampling. Technometrics 24, 295-300.

    Examples
    --------
    The same score, and no order that holds under every scoring: B has fewer promoters and fewer detractors.

    >>> import npsstats as nps
    >>> counts = nps.RatingCounts.from_categories(
    ...     promoters=[300, 200], passives=[600, 800], detractors=[100, 0], groups=["A", "B"]
    ... )
    >>> answer = nps.dominance(counts, reference="A")
    >>> answer.verdict, answer.score_difference
    (('crossing',), array([0.]))
    >>> answer.cut_points.to_frame()[["group", "cut", "difference", "low", "high", "shown"]].round(3)
      group       cut  difference    low   high   shown
    0     B   passive         0.1  0.080  0.123  better
    1     B  promoter        -0.1 -0.143 -0.057   worse
    """
    check_confidence_level(confidence_level)
    counts, metric = check_pair_counts(counts, metric)
    sign = metric.sign
    comparisons, notes = put_face_to_face(counts, reference)
    sides = [facing.counts for facing in comparisons]
    with warned_once():
        cuts = (
            _stacked([_cuts_of_survey(side, confidence_level) for side in sides])
            if isinstance(counts, SurveyCounts)
            else _cuts_of_counts(np.stack([side.counts for side in sides]), confidence_level)
        )
        beside = _beside(sides, metric, confidence_level)
    common = {
        "metric": metric,
        "confidence_level": confidence_level,
        "references": (*metric.references, "miettinen1985", "laud2017", "hothorn2008", "berger1982", "lehmann1955"),
        "notes": (*counts.notes, *notes),
        "design": counts.design.description if isinstance(counts, SurveyCounts) else "",
    }
    return _answer(counts, comparisons, cuts, beside, sign, common)


def check_pair_counts(
    counts: RatingCounts | SurveyCounts, metric: Metric | None
) -> tuple[RatingCounts | SurveyCounts, Metric]:
    """Check the counts of either kind, and find their metric."""
    if isinstance(counts, SurveyCounts):
        metric = check_survey(counts, metric)
    else:
        counts, metric = check_counts(counts, metric)
    check_rising("metric", metric)
    return counts, metric


def put_face_to_face(
    counts: RatingCounts | SurveyCounts, reference: Hashable
) -> tuple[Sequence[Facing[Any]], tuple[str, ...]]:
    """Make comparisons of two groups each, from counts of either kind."""
    return faced(cast("Any", counts), reference)


def put_together(sides: Sequence[RatingCounts]) -> RatingCounts:
    """Put comparisons of two groups each into one, to be answered at once."""
    labels = [(i, *label) for i, side in enumerate(sides) for label in side.labels]
    return RatingCounts(
        np.concatenate([side.counts for side in sides]),
        metric=sides[0].metric,
        missing=np.concatenate([side.missing for side in sides]),
        by=("comparison", *sides[0].by[-1:]),
        labels=tuple(labels),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cuts:
    """What is known at each cut point: arrays of the shape (comparisons, cuts), differences group minus reference.

    `informative` are cut points with answers on both sides; `error` is the standard error if there is no difference.
    """

    share: FloatArray
    share_reference: FloatArray
    low: FloatArray
    high: FloatArray
    statistic: FloatArray
    pvalue: FloatArray
    adjusted: FloatArray
    error: FloatArray
    informative: BoolArray
    critical: FloatArray

    @property
    def difference(self) -> FloatArray:
        """Group minus reference; what is rounding is 0."""
        raw = self.share - self.share_reference
        return np.where(np.abs(raw) <= ROUNDING, 0.0, raw)


def _cuts_of_counts(tables: IntArray, confidence_level: float) -> _Cuts:
    """Compare at each cut point; tables of the shape (comparisons, 2, ratings), the reference first."""
    rows, _, ratings = tables.shape
    # From the group to the reference, from below the cut point to above.
    below = tables.cumsum(axis=2)[:, ::-1, :-1].astype(np.float64)
    n = tables.sum(axis=2)[:, ::-1, None].astype(np.float64)
    halves = np.stack([below, n - below], axis=-1).swapaxes(1, 2).reshape(-1, 2, 2)
    unit, weights = np.array([0.0, 1.0]), np.array([1.0, -1.0])
    z = restricted_statistic(skewness_corrected_score, halves, unit, weights, np.zeros(len(halves))).reshape(rows, -1)
    pooled = below.sum(axis=1) / n.sum(axis=1)
    informative = (pooled > 0) & (pooled < 1)
    adjusted, critical = np.ones((rows, ratings - 1)), np.empty(rows)
    for i in range(rows):
        correlations = neighbour_correlations(pooled[i, informative_cuts(pooled[i])])
        adjusted[i, informative[i]] = chain_pvalues(z[i, informative[i]], correlations)
        critical[i] = chain_quantile(correlations, confidence_level)
    low, high = restricted_limits(skewness_corrected_score, halves, unit, weights, np.repeat(critical, ratings - 1))
    above = 1 - below / n
    return _Cuts(
        share=above[:, 0],
        share_reference=above[:, 1],
        low=low.reshape(rows, -1),
        high=high.reshape(rows, -1),
        statistic=z,
        pvalue=(2 * ndtr(-np.abs(z))).clip(min=SMALLEST),
        adjusted=adjusted,
        error=np.sqrt(pooled * (1 - pooled) * (1 / n).sum(axis=1)),
        informative=informative,
        critical=critical,
    )


def _stacked(parts: Sequence[_Cuts]) -> _Cuts:
    return _Cuts(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in _Cuts.__slots__})


def _cuts_of_survey(side: SurveyCounts, confidence_level: float) -> _Cuts:
    """Compare at each cut point by the design of the sample."""
    ratings = side.scale.size
    above = np.tri(ratings, k=0)[:, 1:].T
    shares = shares_of(side) @ above.T
    covariance = covariance_of(side, np.stack([-above, above], axis=1))
    pooled = side.totals.sum(axis=0) @ above.T / side.totals.sum()
    covariance = np.where(np.abs(covariance) > ROUNDING**2, covariance, 0.0)
    variance = np.diagonal(covariance).clip(min=0)
    informative = (pooled > 0) & (pooled < 1)
    critical = float(-ndtri((1 - confidence_level) / 2))
    ones = np.ones(0)
    if informative.any():
        chosen = factors_of(_with_spread(covariance[np.ix_(informative, informative)]))
        ones = np.ones(chosen.pool.size)
        critical = max_quantile(chosen, ones, confidence_level, "two-sided")
    moves = [
        compare(
            side,
            reference="reference",
            metric=top_box(side.scale, boxes=ratings - k - 1),
            adjustment="none",
            confidence_level=float(1 - 2 * ndtr(-critical)),
        )
        for k in range(ratings - 1)
    ]
    low, high, pvalue = (np.array([getattr(move, name)[0] for move in moves]) for name in ("low", "high", "pvalue"))
    # Without an answer, as of a single cluster, nothing is shown.
    pvalue = np.nan_to_num(pvalue, nan=1.0)
    z = np.sign(shares[1] - shares[0]) * -ndtri(pvalue / 2)
    adjusted = np.ones(ratings - 1)
    if informative.any():
        adjusted[informative] = max_pvalues(z[informative], chosen, ones, "two-sided")
    columns = {
        "share": shares[1], "share_reference": shares[0], "low": low / 100, "high": high / 100, "statistic": z,
        "pvalue": pvalue, "adjusted": adjusted, "informative": informative,
        "error": np.sqrt(np.where(variance > 0, variance, np.nan)),
    }  # fmt: skip
    return _Cuts(**{name: column[None] for name, column in columns.items()}, critical=np.array([critical]))


def _with_spread(covariance: FloatArray) -> FloatArray:
    """Let differences without an estimated variance, as of a side where all are above, stand alone in the joint law."""
    alone = np.diagonal(covariance) <= 0
    covariance = np.where(alone[:, None] | alone, 0.0, covariance)
    covariance[alone, alone] = 1.0
    return covariance


def _beside(sides: Sequence[RatingCounts | SurveyCounts], metric: Metric, confidence_level: float) -> dict[str, Any]:
    """Compare the scores, and test the distributions, of each comparison by itself."""
    simple = [side for side in sides if isinstance(side, RatingCounts)]
    asked: Sequence[RatingCounts | SurveyCounts] = [put_together(simple)] if simple else sides
    moves = [
        compare(side, reference="reference", metric=metric, adjustment="none", confidence_level=confidence_level)
        for side in asked
    ]
    tests = [homogeneity(side, metric=metric) for side in asked]
    names = {"score_difference": "difference", "score_low": "low", "score_high": "high", "score_pvalue": "pvalue"}
    columns = {name: np.concatenate([getattr(move, own) for move in moves]) for name, own in names.items()}
    whole = [test.pvalue[[question == "distribution" for question in test.question]] for test in tests]
    return {**columns, "distribution_pvalue": np.concatenate(whole)}


Side = Literal["better", "worse"]


def _answer(
    counts: RatingCounts | SurveyCounts,
    comparisons: Sequence[Facing[Any]],
    cuts: _Cuts,
    beside: dict[str, Any],
    sign: int,
    common: dict[str, Any],
) -> Dominance:
    """Turn what is known at the cut points into verdicts."""
    confidence_level = common["confidence_level"]
    names = tuple((counts.scale.labels or tuple(counts.scale.ratings.tolist()))[1:])
    n = np.stack([facing.counts.n for facing in comparisons])
    forward = sign * cuts.difference
    found = cuts.informative & (cuts.adjusted <= 1 - confidence_level)
    better, worse = (forward > 0) & found, (forward < 0) & found
    shown = np.select([better, worse, ~cuts.informative], ["better", "worse", "no answers"], "open")
    pvalue_dominance = _dominance_pvalue(forward, cuts)
    proven = pvalue_dominance <= 1 - confidence_level
    common = {**common, "by": counts.by}
    labels, references = zip(*((facing.label, facing.reference) for facing in comparisons), strict=True)
    return Dominance(
        labels=labels,
        reference=references,
        n=n[:, 1],
        n_reference=n[:, 0],
        verdict=_verdicts(forward, better, worse, proven),
        observed=_observed(forward),
        informative=cuts.informative.sum(axis=1),
        better=better.sum(axis=1),
        worse=worse.sum(axis=1),
        **_extreme(forward, cuts, names, "better"),
        **_extreme(-forward, cuts, names, "worse"),
        better_at_most=(cuts.high if sign > 0 else -cuts.low).max(axis=1).clip(min=0),
        worse_at_most=(-cuts.low if sign > 0 else cuts.high).max(axis=1).clip(min=0),
        pvalue_dominance=pvalue_dominance,
        critical_value=cuts.critical,
        cut_points=_table(cuts, names, labels, references, shown, common),
        **beside,
        **common,
    )


def _table(
    cuts: _Cuts,
    names: tuple[Hashable, ...],
    labels: Sequence[Label],
    references: Sequence[Hashable],
    shown: NDArray[np.str_],
    common: dict[str, Any],
) -> CutPoints:
    """Give a row for each comparison and cut point."""
    columns = {
        "share": cuts.share, "share_reference": cuts.share_reference, "difference": cuts.difference, "low": cuts.low,
        "high": cuts.high, "statistic": cuts.statistic, "pvalue": cuts.pvalue, "adjusted_pvalue": cuts.adjusted,
        "detectable": (cuts.critical[:, None] + ndtri(DETECTION)) * cuts.error,
    }  # fmt: skip
    return CutPoints(
        labels=tuple(label for label in labels for _ in names),
        reference=tuple(reference for reference in references for _ in names),
        cut=names * len(labels),
        **{name: column.ravel() for name, column in columns.items()},
        shown=tuple(shown.ravel().tolist()),
        **common,
    )


def _verdicts(forward: FloatArray, better: BoolArray, worse: BoolArray, proven: BoolArray) -> tuple[str, ...]:
    """Say what is shown; where dominance is proven the samples have one order, so that a positive difference tells."""
    up, down, above = better.any(axis=1), worse.any(axis=1), (forward > 0).any(axis=1)
    cases = {
        "dominates": proven & above, "dominated": proven & ~above,
        "crossing": up & down, "ahead": up, "behind": down,
    }  # fmt: skip
    return tuple(np.select(list(cases.values()), list(cases), "undecided").tolist())


def _observed(forward: FloatArray) -> tuple[str, ...]:
    up, down = (forward > 0).any(axis=1), (forward < 0).any(axis=1)
    return tuple(np.select([up & down, up, down], ["crossing", "dominates", "dominated"], "alike").tolist())


def _extreme(forward: FloatArray, cuts: _Cuts, names: Sequence[Hashable], side: Side) -> dict[str, Any]:
    """Find the largest difference to one side, and the p-value of what is best shown there."""
    place = forward.argmax(axis=1)
    largest = np.take_along_axis(forward, place[:, None], axis=1)[:, 0].clip(min=0)
    own = np.where((forward > 0) & cuts.informative, cuts.adjusted, 1.0)
    return {
        f"largest_{side}": largest,
        f"cut_{side}": tuple(names[k] if size > 0 else None for k, size in zip(place, largest, strict=True)),
        f"pvalue_{side}": own.min(axis=1),
    }


def _dominance_pvalue(forward: FloatArray, cuts: _Cuts) -> FloatArray:
    """Show all cut points better, or all worse: the largest of the p-values (Berger 1982); 1 if the order turns."""
    weakest = np.where(cuts.informative, cuts.pvalue, 0.0).max(axis=1)
    known = cuts.informative
    up, down = ((~known | (side > 0)).all(axis=1) & known.any(axis=1) for side in (forward, -forward))
    return np.where(up | down, weakest, 1.0)
