"""From which column of the segments does a change of the mix come?"""

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np

from npsstats.critique.composition import Counts, Mix, check_segmented, mixes
from npsstats.critique.linearising import critical_value
from npsstats.inference.methods import check_confidence_level
from npsstats.inference.response_rates import warned_once
from npsstats.kernels.standardisation import column_mixes, mix_and_rate
from npsstats.ratings.scales import Metric
from npsstats.ratings.surveys import SurveyCounts
from npsstats.results.factors import OTHER_COMPONENTS, FactorDecomposition
from npsstats.typing import FloatArray, IntArray

__all__ = ["decompose_factors"]

# All subsets of so many columns take some seconds.
MOST_COLUMNS = 8

# A contribution is that through promoters and that through detractors.
SUMS = np.array([[1, 1], [1, 0], [0, 1]], dtype=np.float64)


def decompose_factors(
    counts: Counts,
    *,
    reference: Hashable,
    metric: Metric | None = None,
    confidence_level: float = 0.95,
) -> FactorDecomposition:
    """Split the change of a score into the mix of each of several columns of segments, and the ratings within them.

    Segments that several columns cross (region and age, say) have one mix. Here it is divided among the columns: what
    the change of the regions alone would have done, what that of the ages, averaged over all orders in which the
    columns can change. The mixes of the columns add up to the mix of `decompose`, and the rate is the same. Use
    `decompose` to see what each segment contributes.

    Parameters
    ----------
    counts : RatingCounts or SurveyCounts
        By the columns of the segments, up to 8, and, last, the column that is compared, such as the year.
    reference : label or word
        What each period is compared with, all segments together, as for `compare`: a label, ``"previous"``,
        ``"year-before"``, ``"rest"`` or ``"all-pairs"``.
    metric : Metric, optional
        The score; by default the metric of the counts.
    confidence_level : float, default 0.95
        The level of the intervals, between 0 and 1.

    Returns
    -------
    FactorDecomposition
        Per comparison, for each column, for the rate and for the total ``contribution``, also through promoters and
        through detractors, with standard errors and limits.

    Raises
    ------
    TypeError
        If `counts` are something else.
    ValueError
        If there are no segments or too many columns, or a name, label or level is not valid.
    UndefinedScoreError
        If a period has no rating.

    Warns
    -----
    SmallSampleWarning
        As `compare` does, of the whole change.

    Notes
    -----
    The game: mix and rate are two players, as in Kitagawa's method [1]_; the columns are a union within the mix, and
    share it by Shapley's value [2]_, [3]_, [4]_. Each order of the columns writes the share of a crossed segment as a
    chain, w(a, b) = w(a) w(b | a) or w(b) w(a | b); columns that have changed take their link from the period, the
    others from the reference. The mean over all orders is the share if only these columns had changed, and its score
    is taken at the mean of both periods' scores. Das Gupta [5]_ (equation 5.36) takes the geometric mean of the same
    links; the arithmetic mean is taken here, since only its counterfactual shares add up to 1: with others, adding a
    constant to all scores would change the effects. A link that a period lacks, as nobody is there, is that of the
    other period, so that a label that is new is the doing of its own column. Intervals are by the delta method, as in
    `decompose`.

    References
    ----------
    .. [1] Kitagawa, E. M. (1955). Components of a difference between two rates. Journal of the American Statistical
       Association 50, 1168-1194. doi:10.1080/01621459.1955.10501299
    .. [2] Shapley, L. S. (1953). A value for n-person games. In Contributions to the Theory of Games II, 307-317.
       Princeton University Press.
    .. [3] Owen, G. (1977). Values of games with a priori unions. In Mathematical Economics and Game Theory, 76-88.
       Springer. doi:10.1007/978-3-642-45494-3_7
    .. [4] Shorrocks, A. F. (2013). Decomposition procedures for distributional analysis: a unified framework based on
       the Shapley value. The Journal of Economic Inequality 11, 99-126. doi:10.1007/s10888-011-9214-z
    .. [5] Das Gupta, P. (1993). Standardization and decomposition of rates: a user's manual. U.S. Bureau of the Census,
       Current Population Reports P23-186.

    Examples
    --------
    >>> import npsstats as nps
    >>> rows = nps.datasets.responses("sfo")
    >>> counts = nps.tabulate(rows, rating="recommend", by=["area", "time_of_day", "year"])
    >>> nps.decompose_factors(counts, reference=2017)
    NPS: the change by year, split into the mix of area, time_of_day and the rate (how they rate)
    95 % intervals
    <BLANKLINE>
    year  reference  component           contribution  standard error  95 % interval  through promoters  detractors
    2018  2017       mix of area                 +0.3            0.55    −0.8 to 1.4               +0.3         0.0
    2018  2017       mix of time_of_day          −1.3            0.58   −2.4 to −0.1               −0.7        −0.6
    2018  2017       rate                        −7.9            2.20  −12.2 to −3.6               −4.0        −3.8
    2018  2017       total                       −8.9            1.97  −12.7 to −5.0               −4.4        −4.4
    """
    counts, metric = check_segmented(counts, metric)
    check_confidence_level(confidence_level)
    factors = counts.by[:-1]
    if len(factors) > MOST_COLUMNS:
        msg = (
            f"`counts` must have at most {MOST_COLUMNS} columns of segments; got {len(factors)}: {', '.join(factors)}. "
            "Add some up with `counts.pool(...)`."
        )
        raise ValueError(msg)
    for name in factors:
        if name in OTHER_COMPONENTS:
            msg = f"a column of segments cannot be called {name!r}, like a component of this answer; rename it."
            raise ValueError(msg)
    found, notes = mixes(counts, metric, reference)
    with warned_once():
        pieces = [_Split.of(mix, metric, confidence_level) for mix in found]
    size = len(factors) + len(OTHER_COMPONENTS)

    def sides(name: str) -> tuple[FloatArray, FloatArray]:
        pairs = np.array([getattr(piece, name) for piece in pieces])
        return np.repeat(pairs[:, 0], size), np.repeat(pairs[:, 1], size)

    n_reference, n = sides("n")
    score_reference, score = sides("score")
    return FactorDecomposition(
        by=counts.by[-1:],
        labels=tuple((mix.period,) for mix in found for _ in range(size)),
        reference=tuple(mix.reference for mix in found for _ in range(size)),
        component=(*factors, *OTHER_COMPONENTS) * len(found),
        n_reference=n_reference.astype(np.int64),
        n=n.astype(np.int64),
        score_reference=score_reference,
        score=score,
        contribution=np.concatenate([piece.contribution for piece in pieces]),
        standard_error=np.concatenate([piece.error for piece in pieces]),
        low=np.concatenate([piece.low for piece in pieces]),
        high=np.concatenate([piece.high for piece in pieces]),
        covariance=tuple(piece.covariance for piece in pieces),
        segments=np.array([len(mix.segments) for mix in found], dtype=np.int64),
        factors=factors,
        metric=metric,
        confidence_level=float(confidence_level),
        references=(
            *metric.references,
            *("kitagawa1955", "shapley1953", "owen1977", "shorrocks2013", "dasgupta1993"),
        ),
        notes=(*counts.notes, *notes, *_one_sided(found)),
        design=counts.design.description if isinstance(counts, SurveyCounts) else "",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Split:
    """The rows of one comparison; reference before period."""

    n: IntArray
    score: FloatArray
    contribution: FloatArray
    error: FloatArray
    low: FloatArray
    high: FloatArray
    covariance: FloatArray

    @classmethod
    def of(cls, mix: Mix, metric: Metric, confidence_level: float) -> "_Split":
        columns = zip(*mix.segments, strict=True)
        codes = np.column_stack([_numbered(column) for column in columns])
        by_column = column_mixes(mix.shares, mix.parts, codes)
        _, rate = mix_and_rate(mix.shares, mix.parts)
        values = np.concatenate([by_column.values, rate.values.sum(axis=0, keepdims=True)])
        gradient = np.concatenate([by_column.gradient, rate.gradient.sum(axis=0, keepdims=True)])
        covariance = mix.covariance(gradient)
        rows, parts = values.shape
        members = np.concatenate([np.eye(rows), np.ones((1, rows))])
        sums = np.einsum("rs,cp->rcsp", members, SUMS).reshape(-1, rows * parts)
        contribution = (sums @ values.ravel()).reshape(-1, len(SUMS))
        variance = ((sums @ covariance) * sums).sum(axis=1).clip(min=0)
        error = mix.known(np.sqrt(variance)).reshape(-1, len(SUMS))
        if not (mix.n > 0).all(axis=0).any():
            # No segment in both periods, and no change of ratings to be seen.
            error[-2] = np.nan
        reach = critical_value(mix.cells, confidence_level) * error
        low, high = contribution - reach, contribution + reach
        low[-1, 0], high[-1, 0] = mix.limits(metric, confidence_level)
        return cls(
            n=mix.n.sum(axis=1),
            score=(mix.shares @ metric.levels).sum(axis=1),
            contribution=contribution,
            error=error,
            low=low,
            high=high,
            covariance=covariance,
        )


def _numbered(column: tuple[Hashable, ...]) -> IntArray:
    """Number the labels of a column in order of appearance."""
    number = {label: i for i, label in enumerate(dict.fromkeys(column))}
    return np.array([number[label] for label in column], dtype=np.int64)


def _one_sided(found: list[Mix]) -> tuple[str, ...]:
    """Say how many crossed segments are in one period only."""
    alone = sum(int((mix.n == 0).any(axis=0).sum()) for mix in found)
    if not alone:
        return ()
    every = sum(len(mix.segments) for mix in found)
    return (f"{alone} of {every} crossed segments have ratings in one period only; their scores are taken for both",)
