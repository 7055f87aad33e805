"""Did two metrics of the same respondents move in opposite directions?"""

from collections.abc import Hashable, Sequence
from itertools import combinations
from typing import Any

import numpy as np
from scipy.special import ndtri_exp

from npsstats.critique.contrasting import (
    Footing,
    check_together,
    compare_each,
    correlations,
    footings,
    read_joint,
    who_rated,
)
from npsstats.critique.facing import Facing, faced
from npsstats.critique.linearising import critical_value, is_survey
from npsstats.inference.methods import check_confidence_level
from npsstats.inference.response_rates import warned_once
from npsstats.kernels.bivariate import opposite_probability, opposite_pvalue, opposite_quantile
from npsstats.ratings.joint import JointCounts
from npsstats.ratings.pairs import PairedCounts
from npsstats.results.differences import Differences
from npsstats.results.oppositions import OppositeMoves, Verdict
from npsstats.typing import FloatArray

__all__ = ["opposite_moves"]

LEAST_PVALUE = float(np.nextafter(0.0, 1.0))


def opposite_moves(
    counts: JointCounts | PairedCounts, *, reference: Hashable, confidence_level: float = 0.95
) -> OppositeMoves:
    """Ask of each two metrics of the same respondents whether they moved in opposite directions.

    A rise of one score beside a fall of another may be a finding, or chance in either of them. As the same respondents
    gave both, the errors of the two moves are correlated, and that is part of the answer. Use `contrast` for how much
    each metric moved.

    Parameters
    ----------
    counts : JointCounts or PairedCounts
        From `tabulate_joint`, `JointCounts.from_table`, or pairs of ratings of two metrics. Each metric is of all who
        rated it; ``counts.complete()`` keeps those who rated all.
    reference : label or word
        What each group is compared with: the label of a group, ``"previous"``, ``"year-before"``, ``"rest"`` or
        ``"all-pairs"``, as for `compare`.
    confidence_level : float, default 0.95
        The level of the intervals, between 0 and 1; one minus it is the level of the tests behind the verdict.

    Returns
    -------
    OppositeMoves
        Per comparison and pair of metrics ``reference, metric_first, metric_second, difference_first,
        difference_second, z_first, z_second, correlation, probability_opposite, pvalue_opposite, pvalue_same,
        effect_difference, effect_low, effect_high, verdict``. Differences (group minus reference) are in points; what
        follows is positive for the better. Its `reading` says them in words.

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
    The two statistics are taken as normal, with the correlation of the differences of the same respondents. They are
    those of `compare`'s score test, so that a few answers that are all alike are no proof: each z is the normal
    quantile that has its p-value, also where few clusters give that other tails; nan where one respondent or cluster
    tells nothing of the errors.

    - ``probability_opposite`` is the probability of opposite signs of two normal variables around the two estimates, by
      Owen's T function [1]_: the posterior probability with a flat prior on both moves. A metric whose move is not
      known brings it near 1/2, whatever the other one does.
    - ``pvalue_opposite`` tests the hypothesis that the directions are not opposite: both moves must be away from 0, in
      opposite directions, so that the move nearer to 0 decides (an intersection-union test [2]_; for independent
      estimates the test of Gail and Simon [3]_ for two groups). With z the one nearer to 0 it is ``Phi(-abs(z))``
      unless the correlation is negative, where the largest probability that the hypothesis allows is computed;
      ``pvalue_same`` is the same for equal directions, with the other sign of the correlation. They are not adjusted
      for their number.
    - ``effect_difference`` compares the moves in standard deviations, as `contrast` has them, with an interval by the
      delta method.

    References
    ----------
    .. [1] Owen, D. B. (1956). Tables for computing bivariate normal probabilities. The Annals of Mathematical
       Statistics 27, 1075-1090.
    .. [2] Berger, R. L. (1996). Likelihood ratio tests and intersection-union tests. Institute of Statistics Mimeo
       Series 2288, North Carolina State University.
    .. [3] Gail, M. & Simon, R. (1985). Testing for qualitative interactions between treatment effects and patient
       subsets. Biometrics 41, 361-372. doi:10.2307/2530862

    Examples
    --------
    Recommendation fell while satisfaction rose; the rise is not sure:

    >>> import npsstats as nps
    >>> happy = nps.top_box(nps.Scale(0, 1), boxes=1, name="happy")
    >>> counts = nps.JointCounts.from_table(
    ...     [[[40, 20], [60, 80], [20, 180]], [[60, 40], [40, 80], [10, 170]]],
    ...     metrics=[nps.NPS_CATEGORIES, happy],
    ...     groups=[2024, 2025],
    ...     by="year",
    ... )
    >>> moves = nps.opposite_moves(counts, reference=2024)
    >>> moves.verdict
    ('undecided',)
    >>> moves.to_frame()[["difference_first", "difference_second", "correlation", "probability_opposite"]].round(3)
       difference_first  difference_second  correlation  probability_opposite
    0             -15.0                2.5         0.48                 0.779
    """
    counts = read_joint(counts)
    check_confidence_level(confidence_level)
    comparisons, notes = faced(counts, reference)
    check_together(comparisons)
    with warned_once():
        moves = compare_each(counts, reference, "score", confidence_level)
    found = footings(comparisons)
    signs = np.array([metric.sign for metric in counts.metrics], dtype=np.float64)
    difference = np.stack([move.difference for move in moves], axis=1)
    z = signs * np.stack([_normal_quantiles(move, comparisons) for move in moves], axis=1)
    pairs = list(combinations(range(len(counts.metrics)), 2))
    first, second = np.array(pairs).T
    correlation = np.stack([correlations(footing)[first, second] for footing in found])
    sides = z[:, first].ravel(), z[:, second].ravel(), correlation.ravel()
    pvalues = _pvalues(*sides)
    effect, margin = _effect_differences(comparisons, found, first, second, confidence_level)
    return OppositeMoves(
        by=counts.by,
        labels=tuple(facing.label for facing in comparisons for _ in pairs),
        reference=tuple(facing.reference for facing in comparisons for _ in pairs),
        metric_first=tuple(counts.names[i] for i in first) * len(comparisons),
        metric_second=tuple(counts.names[i] for i in second) * len(comparisons),
        difference_first=difference[:, first].ravel(),
        difference_second=difference[:, second].ravel(),
        z_first=sides[0],
        z_second=sides[1],
        z_needed=_needed(*sides, 1 - confidence_level),
        correlation=correlation.ravel(),
        probability_opposite=opposite_probability(*sides),
        pvalue_opposite=pvalues[0],
        pvalue_same=pvalues[1],
        effect_difference=effect,
        effect_low=effect - margin,
        effect_high=effect + margin,
        verdict=_verdicts(pvalues, 1 - confidence_level),
        metrics=counts.metrics,
        confidence_level=confidence_level,
        design=moves[0].design,
        references=tuple(dict.fromkeys([key for metric in counts.metrics for key in metric.references])) + SOURCES,
        notes=tuple(dict.fromkeys((*counts.notes, *notes, *who_rated(counts)))),
    )


SOURCES = ("owen1956", "berger1996", "gail1985", "bonett2008")


def _normal_quantiles(move: Differences, comparisons: Sequence[Facing[JointCounts]]) -> FloatArray:
    """Give the signed normal quantiles that have the p-values of a metric; nan where no error is known."""
    surveys = np.array([is_survey(facing.counts) for facing in comparisons])
    # By logarithms, as half of the smallest p-value is 0.
    size = np.where(surveys, -ndtri_exp(np.log(move.pvalue) - np.log(2)), np.abs(move.statistic))
    varies = (move.standard_error > 0) | (move.difference != 0)
    several = np.minimum(move.n, move.n_reference) > 1
    some = np.array([np.isfinite(critical_value(facing.counts, 0.5)) for facing in comparisons])
    quantiles: FloatArray = np.where(varies & several & some, np.sign(move.difference) * size, np.nan)
    return quantiles


def _needed(first: FloatArray, second: FloatArray, correlation: FloatArray, error: float) -> FloatArray:
    """Find how far from 0 both moves must be, in the directions that they have."""
    return opposite_quantile(error, np.where(np.sign(first) * np.sign(second) < 0, correlation, -correlation))


def _pvalues(first: FloatArray, second: FloatArray, correlation: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Test opposite and equal directions; a p-value of 0 is one too small for a number."""
    opposite = opposite_pvalue(first, second, correlation)
    same = opposite_pvalue(first, -second, -correlation)
    return np.maximum(opposite, LEAST_PVALUE), np.maximum(same, LEAST_PVALUE)


def _effect_differences(
    comparisons: Sequence[Facing[JointCounts]],
    found: Sequence[Footing],
    first: Any,
    second: Any,
    confidence_level: float,
) -> tuple[FloatArray, FloatArray]:
    """Compute differences of effects, and how far their limits are away; nan where one metric has no spread."""
    size = len(found[0].effect)
    effect = np.stack([footing.effect[first] - footing.effect[second] for footing in found])
    covariance = np.stack([footing.covariance[size:, size:] for footing in found])
    variance = covariance[:, first, first] + covariance[:, second, second] - 2 * covariance[:, first, second]
    quantile = np.array([critical_value(facing.counts, confidence_level) for facing in comparisons])
    margin = quantile[:, None] * np.sqrt(variance.clip(min=0))
    return effect.ravel(), margin.ravel()


def _verdicts(pvalues: tuple[FloatArray, FloatArray], error: float) -> tuple[Verdict, ...]:
    pairs = zip(*pvalues, strict=True)
    return tuple("opposite" if p <= error else "same" if q <= error else "undecided" for p, q in pairs)
