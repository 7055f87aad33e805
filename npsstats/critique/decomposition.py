"""Did customers become less happy, or are they other customers?"""

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np

from npsstats.critique.composition import Counts, Mix, check_segmented, mixes
from npsstats.critique.linearising import critical_value
from npsstats.critique.segment_limits import limits_of_segments
from npsstats.inference.comparison import compare
from npsstats.inference.methods import check_confidence_level
from npsstats.inference.response_rates import warned_once
from npsstats.kernels.standardisation import mix_and_rate, reaches_of_all
from npsstats.ratings.scales import Metric
from npsstats.ratings.surveys import SurveyCounts
from npsstats.results.decompositions import BOTH, CONTRIBUTIONS, ENTERING, LEAVING, TOTAL, Decomposition
from npsstats.results.protocol import group_text
from npsstats.typing import Alternative, FloatArray, IntArray

__all__ = ["decompose"]

# Of which parts (mix through promoters and detractors, rate through both) each contribution is the sum.
SUMS = np.array(
    [
        [1, 1, 0, 0],  # mix
        [0, 0, 1, 1],  # rate
        [1, 1, 1, 1],  # total
        [1, 0, 0, 0],
        [0, 1, 0, 0],
        [0, 0, 1, 0],
        [0, 0, 0, 1],
        [1, 0, 1, 0],
        [0, 1, 0, 1],
    ],
    dtype=np.float64,
)
OF_RATE = np.array(["rate" in name for name in CONTRIBUTIONS])
OF_TOTAL = np.array(["total" in name for name in CONTRIBUTIONS])
WHOLE = CONTRIBUTIONS.index("total")
WAYS = ("", "_promoters", "_detractors")

# Moves below this part of the range of a score are rounding.
ROUNDING = 1e-12

# With fewer respondents the delta method is a rough guide to what a segment contributes.
FEW = 10


def decompose(
    counts: Counts,
    *,
    reference: Hashable,
    metric: Metric | None = None,
    confidence_level: float = 0.95,
) -> Decomposition:
    """Split the change of a score into what is due to other customers (mix) and to other ratings (rate), by segment.

    A score can fall because customers rate lower, or because more of them belong to segments that always rated lower.
    Each segment contributes to both, each through promoters and through detractors, and all contributions add up to
    the change. If every segment rises and the total falls, or the reverse, the answer calls it Simpson's paradox. Use
    `decompose_factors` to see from which of several columns the mix comes, `compare` for the change alone.

    Parameters
    ----------
    counts : RatingCounts or SurveyCounts
        By the columns of the segments and, last, the column that is compared, such as the year; other respondents in
        each period, or a survey with its design.
    reference : label or word
        What each period is compared with, all segments together, as for `compare`: a label, ``"previous"``,
        ``"year-before"``, ``"rest"`` or ``"all-pairs"``.
    metric : Metric, optional
        The score; by default the metric of the counts.
    confidence_level : float, default 0.95
        The level of the intervals, between 0 and 1.

    Returns
    -------
    Decomposition
        Per comparison and segment, and for all segments together, ``share_reference, share, score_reference, score``
        and the contributions ``mix, rate, total``, each also through promoters and detractors, with standard errors
        and limits.

    Raises
    ------
    TypeError
        If `counts` are something else.
    ValueError
        If there are no segments, or a name, label or level is not valid.
    UndefinedScoreError
        If a period has no rating.

    Warns
    -----
    SmallSampleWarning
        As `compare` does, of the whole change and of the moves of a paradox.

    Notes
    -----
    With shares w, scores s of a segment and total scores S in the reference (0) and the period (1), after Kitagawa
    [1]_:

        mix = (w1 - w0) ((s0 + s1) / 2 - (S0 + S1) / 2),    rate = (w0 + w1) / 2 (s1 - s0).

    As shares add up to 1, any constant could stand for (S0 + S1) / 2, and the mix of all segments together would be the
    same. With the mean of both totals [2]_ a segment that grows has a positive mix if it is better than the average,
    mix and rate of a segment are together what its excess over that average has gained, and segments of one period
    need no rule of their own: an entering one contributes w1 (s1 - (S0 + S1) / 2), a leaving one the same with w0 and
    the other sign. Of such a segment no change of ratings is seen; its missing score is taken to be the one it has, so
    that all it contributes is mix. If all are such segments, nothing is known of the rate, and its limits are nan.

    Promoters and detractors stand for values above and below 0. Of a metric without values below 0, as CSAT or a mean,
    all is through promoters, and 0 through detractors.

    Standard errors are by the delta method, with shares as random as ratings: respondents of a period fall into cells
    of segment and rating (multinomial), or as the design of a survey says; so are the intervals of mix and rate of all
    segments together, and that of the whole change is that of `compare`. A single segment may have a few ratings, all
    alike. So its rate, and its mix and rate together, have the score limits of the difference of its scores and the
    variance of its shares, put together by MOVER [3]_, and the limits of its mix hold the second-order term of the
    variance of a product [4]_. The paradox is shown if each of its moves is, by one-sided tests at the level
    (intersection-union [5]_). No split shows causes: why shares moved is another question.

    References
    ----------
    .. [1] Kitagawa, E. M. (1955). Components of a difference between two rates. Journal of the American Statistical
       Association 50, 1168-1194. doi:10.1080/01621459.1955.10501299
    .. [2] Griliches, Z. & Regev, H. (1995). Firm productivity in Israeli industry 1979-1988. Journal of Econometrics
       65, 175-203. doi:10.1016/0304-4076(94)01601-U
    .. [3] Zou, G. Y. & Donner, A. (2008). Construction of confidence limits about effect measures: a general approach.
       Statistics in Medicine 27, 1693-1702. doi:10.1002/sim.3095
    .. [4] Goodman, L. A. (1960). On the exact variance of products. Journal of the American Statistical Association 55,
       708-713. doi:10.2307/2281592
    .. [5] Berger, R. L. (1982). Multiparameter hypothesis testing and acceptance sampling. Technometrics 24, 295-300.
       doi:10.1080/00401706.1982.10487790

    Examples
    --------
    Old and new customers are both happier than a year ago, but more of the answers come from new ones:

    >>> import npsstats as nps
    >>> counts = nps.RatingCounts.from_categories(
    ...     promoters=[480, 60], passives=[240, 60], detractors=[80, 80], groups=["old", "new"], by="tenure"
    ... ).with_group("year", 2024) + nps.RatingCounts.from_categories(
    ...     promoters=[260, 220], passives=[110, 200], detractors=[30, 180], groups=["old", "new"], by="tenure"
    ... ).with_group("year", 2025)
    >>> split = nps.decompose(counts, reference=2024)
    >>> split.to_frame()[["tenure", "share_reference", "share", "mix", "rate", "total"]].round(2)
      tenure  share_reference  share    mix   rate  total
    0    old              0.8    0.4  -8.50   4.50   -4.0
    1    new              0.2    0.6 -13.67   6.67   -7.0
    2    all              1.0    1.0 -22.17  11.17  -11.0
    >>> split.paradox
    ('shown',)
    """
    counts, metric = check_segmented(counts, metric)
    check_confidence_level(confidence_level)
    found, notes = mixes(counts, metric, reference)
    with warned_once():
        pieces = [_Split.of(mix, metric, confidence_level) for mix in found]
        paradoxes = [_paradox(mix, metric, confidence_level) for mix in found]
    named = any(paradox for paradox, _ in paradoxes)
    labels = [
        ((*label, mix.period), mix) for mix in found for label in (*mix.segments, ("all",) * (len(counts.by) - 1))
    ]

    def joined(name: str) -> FloatArray:
        return np.concatenate([getattr(piece, name) for piece in pieces])

    return Decomposition(
        by=counts.by,
        labels=tuple(label for label, _ in labels),
        reference=tuple(mix.reference for _, mix in labels),
        presence=tuple(presence for piece in pieces for presence in piece.presence),
        n_reference=np.concatenate([piece.n[0] for piece in pieces]),
        n=np.concatenate([piece.n[1] for piece in pieces]),
        share_reference=np.concatenate([piece.share[0] for piece in pieces]),
        share=np.concatenate([piece.share[1] for piece in pieces]),
        score_reference=np.concatenate([piece.score[0] for piece in pieces]),
        score=np.concatenate([piece.score[1] for piece in pieces]),
        contribution=joined("contribution"),
        standard_error=joined("error"),
        low=joined("low"),
        high=joined("high"),
        covariance=tuple(piece.covariance for piece in pieces),
        paradox=tuple(paradox for paradox, _ in paradoxes),
        paradox_pvalue=np.array([pvalue for _, pvalue in paradoxes]),
        metric=metric,
        confidence_level=float(confidence_level),
        references=(
            *(*metric.references, "kitagawa1955", "griliches1995", "zou2008", "goodman1960"),
            *(("simpson1951", "berger1982") if named else ()),
        ),
        notes=(*counts.notes, *notes, *_unrated(counts), *_small(found)),
        design=counts.design.description if isinstance(counts, SurveyCounts) else "",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Split:
    """The rows of one comparison: each segment, then all together; reference before period."""

    presence: tuple[str, ...]
    n: IntArray
    share: FloatArray
    score: FloatArray
    contribution: FloatArray
    error: FloatArray
    low: FloatArray
    high: FloatArray
    covariance: FloatArray

    @classmethod
    def of(cls, mix: Mix, metric: Metric, confidence_level: float) -> "_Split":
        by_mix, by_rate = mix_and_rate(mix.shares, mix.parts)
        values = np.concatenate([by_mix.values, by_rate.values], axis=1)
        covariance = mix.covariance(np.concatenate([by_mix.gradient, by_rate.gradient], axis=1))
        contribution = np.concatenate([values, values.sum(axis=0, keepdims=True)]) @ SUMS.T
        share, sums = _with_sum(mix.shares.sum(axis=2)), _with_sum(mix.shares @ metric.levels)
        there = mix.n > 0
        error = mix.known(_errors(covariance))
        # One respondent tells nothing of the spread of a segment; one period nothing of the change of its score.
        alone, both = (mix.n < 2).any(axis=0), there.all(axis=0)
        error[:-1][np.ix_(alone, OF_RATE)] = np.nan
        error[:-1][np.ix_(alone & both, OF_TOTAL)] = np.nan
        if not both.any():
            error[-1, OF_RATE] = np.nan
        down = critical_value(mix.cells, confidence_level) * error
        up = down.copy()
        ways = [[CONTRIBUTIONS.index(name + way) for way in WAYS] for name in ("mix", "rate", "total")]
        mixed, rated, summed = (error[:-1, columns] for columns in ways)
        reaches = limits_of_segments(mix, metric, (mixed, rated, summed), confidence_level)
        for columns, (below, above) in zip(ways, reaches, strict=True):
            down[:-1, columns], up[:-1, columns] = below, above
        least = ROUNDING * np.ptp(metric.bounds)
        down[-1], up[-1] = (reaches_of_all(reach[:-1], error[-1], reach[-1], least) for reach in (down, up))
        low, high = contribution - down, contribution + up
        low[-1, WHOLE], high[-1, WHOLE] = mix.limits(metric, confidence_level)
        where = [BOTH if all(place) else ENTERING if place[1] else LEAVING for place in there.T.tolist()]
        return cls(
            presence=(*where, TOTAL),
            n=np.concatenate([mix.n, mix.n.sum(axis=1, keepdims=True)], axis=1),
            share=share,
            score=np.divide(sums, share, out=np.full_like(sums, np.nan), where=share > 0),
            contribution=contribution,
            error=error,
            low=low,
            high=high,
            covariance=covariance,
        )


def _errors(covariance: FloatArray) -> FloatArray:
    """Compute the standard errors of the contributions of each segment, and of all, from the covariance of parts."""
    segments = len(covariance) // SUMS.shape[1]
    parts = covariance.reshape(segments, SUMS.shape[1], segments, SUMS.shape[1])
    own = parts[np.arange(segments), :, np.arange(segments)]
    every = np.concatenate([own, parts.sum(axis=(0, 2))[None]])
    variance: FloatArray = np.einsum("cp,rpq,cq->rc", SUMS, every, SUMS, optimize=True)
    errors: FloatArray = np.sqrt(variance.clip(min=0))
    return errors


def _with_sum(table: FloatArray) -> FloatArray:
    """Add the sum of all segments behind them."""
    return np.concatenate([table, table.sum(axis=1, keepdims=True)], axis=1)


def _paradox(mix: Mix, metric: Metric, confidence_level: float) -> tuple[str, float]:
    """Find out whether all segments of both periods move one way and the total the other way."""
    both = np.flatnonzero((mix.n > 0).all(axis=0))
    if both.size < 2:
        return "", np.nan
    weights = mix.shares[:, both].sum(axis=2)
    scores = (mix.shares[:, both] @ metric.levels) / weights
    totals = (mix.shares @ metric.levels).sum(axis=1)
    moves, total = scores[1] - scores[0], totals[1] - totals[0]
    nothing = ROUNDING * (metric.bounds[1] - metric.bounds[0])
    if abs(total) <= nothing or (moves * -np.sign(total) <= nothing).any():
        return "", np.nan
    way: Alternative = "greater" if total < 0 else "less"
    other: Alternative = "less" if total < 0 else "greater"
    table = mix.table.select(*((int(i), side) for i in both for side in ("reference", "group")))
    pvalues = [
        compare(one, reference="reference", metric=metric, alternative=side, adjustment="none").pvalue
        for one, side in ((table, way), (mix.totals, other))
    ]
    largest = float(np.concatenate(pvalues).max())
    return "shown" if largest <= 1 - confidence_level else "observed", largest


def _unrated(counts: Counts) -> tuple[str, ...]:
    """Say which segments have no rating at all."""
    rated = {label[:-1] for label, n in zip(counts.labels, counts.n, strict=True) if n}
    empty = [label for label in dict.fromkeys(label[:-1] for label in counts.labels) if label not in rated]
    if not empty:
        return ()
    return (f"segments without any rating have no row: {len(empty)} (first: {group_text(empty[0])})",)


def _small(found: list[Mix]) -> tuple[str, ...]:
    """Say which segments are so small that their intervals are rough."""
    small = [
        segment
        for mix in found
        for segment, n in zip(mix.segments, mix.n.T, strict=True)
        if 0 < n[n > 0].min(initial=FEW) < FEW
    ]
    if not small:
        return ()
    distinct = list(dict.fromkeys(small))
    return (
        f"intervals of segments with fewer than {FEW} respondents in a period are rough: {len(distinct)} of them "
        f"(first: {group_text(distinct[0])})",
    )
