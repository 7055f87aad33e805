"""Who moved between two waves of the same people, from where to where?"""

import numpy as np

from npsstats.inference.intervals import ONE_SAMPLE_METHODS
from npsstats.inference.methods import Settings, UnitProblem, by_level, check_confidence_level, check_pairs
from npsstats.ratings.pairs import PairedCounts
from npsstats.ratings.scales import Metric, Scale, top_box
from npsstats.results import format as write
from npsstats.results.flows import FLOW_COLUMNS, Transitions
from npsstats.typing import FloatArray, IntArray

__all__ = ["transitions"]

METHOD = "score"

# A share is the score of a metric with the values 0 and 100: the respondents of a flow, and all others.
SHARE = top_box(Scale(0, 1), boxes=1, name="share")


def transitions(pairs: PairedCounts, *, metric: Metric | None = None, confidence_level: float = 0.95) -> Transitions:
    """Show who moved: the flows between the levels of a metric of the same people in two waves.

    A score may stay where it is while many move both ways, and the same change may come from few who moved far or
    from many who moved a step. Use `compare` for the change of the score and its interval.

    Parameters
    ----------
    pairs : PairedCounts
        Respondents by group, first and second rating, from `tabulate_pairs` or `PairedCounts.from_table`. Those with
        a rating in one wave only are left out.
    metric : Metric, optional
        The score; by default the metric of the pairs. Its distinct values are the levels: detractor, passive and
        promoter for NPS.
    confidence_level : float, default 0.95
        The level of the intervals of the shares, between 0 and 1; each holds for one share by itself.

    Returns
    -------
    Transitions
        Per group and pair of levels ``n, share, low, high, share_of_origin`` (percent) and ``points``, what the flow
        adds to the change of the score. Its method ``movers()`` counts who moved up, down, and stayed, with the exact
        sign test [1]_.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ValueError
        If the two waves have different metrics or another scale than `metric`, a group column has the name of a
        column of the result, or the level is not valid.
    UndefinedScoreError
        If a group has nobody who was rated in both waves.

    Notes
    -----
    The interval of a share is the skewness-corrected score interval of a proportion [2]_. Whether the levels are as
    frequent in both waves, whoever moved, is the question of marginal homogeneity; the sign test asks only whether as
    many people move up as down, however far.

    References
    ----------
    .. [1] McNemar, Q. (1947). Note on the sampling error of the difference between correlated proportions or
       percentages. Psychometrika 12, 153-157. doi:10.1007/BF02295996
    .. [2] Laud, P. J. (2017). Equal-tailed confidence intervals for comparison of rates. Pharmaceutical
       Statistics 16, 334-348. doi:10.1002/pst.1813

    Examples
    --------
    >>> import npsstats as nps
    >>> pairs = nps.PairedCounts.from_table(
    ...     [[12, 5, 3], [4, 30, 9], [1, 6, 30]], first="spring", second="autumn"
    ... )
    >>> flows = nps.transitions(pairs)
    >>> flows
    NPS: flows from spring to autumn, 95 % skewness-corrected score interval of the share of all
    <BLANKLINE>
    spring     autumn      n  % of all   low  high  % of origin  points
    detractor  detractor  12      12.0   6.7  19.5         60.0    0.00
    detractor  passive     5       5.0   1.9  10.7         25.0   +5.00
    detractor  promoter    3       3.0   0.8   7.9         15.0   +6.00
    passive    detractor   4       4.0   1.3   9.4          9.3   −4.00
    passive    passive    30      30.0  21.6  39.5         69.8    0.00
    passive    promoter    9       9.0   4.5  15.9         20.9   +9.00
    promoter   detractor   1       1.0   0.1   4.8          2.7   −2.00
    promoter   passive     6       6.0   2.5  12.1         16.2   −6.00
    promoter   promoter   30      30.0  21.6  39.5         81.1    0.00
    >>> print(flows.movers().sentences()[0])
    Of 100 respondents rated in spring and in autumn, 17 moved up and 11 down, 72 stayed (exact sign test of up
    against down: p = 0.345). These data do not settle whether more people move up or down. Of the 43 who began as
    passive, 9 moved up and 4 down. In points of NPS, +20.0 by moves up and −12.0 by moves down make +8.0.
    """
    if not isinstance(pairs, PairedCounts):
        msg = (
            f"`pairs` must be PairedCounts; got {type(pairs).__name__}. "
            "Make them with `tabulate_pairs` from responses, or with `PairedCounts.from_table`."
        )
        raise TypeError(msg)
    metric = check_pairs(pairs, metric)
    check_confidence_level(confidence_level)
    _check_columns(pairs.by)
    flows = _by_levels(pairs.counts, metric)
    n = pairs.n[:, None, None]
    begun = flows.sum(axis=2, keepdims=True)
    change = metric.levels - metric.levels[:, None]
    chosen = ONE_SAMPLE_METHODS[METHOD]
    low, high = _share_limits(flows, n, Settings(confidence_level=float(confidence_level)))
    names = metric.level_names
    return Transitions(
        by=pairs.by,
        labels=tuple(label for label in pairs.labels for _ in range(len(names) ** 2)),
        origin=tuple(name for _ in pairs.labels for name in names for _ in names),
        destination=tuple(name for _ in pairs.labels for _ in names for name in names),
        n=flows.ravel(),
        share=(100 * flows / n).ravel(),
        low=low,
        high=high,
        share_of_origin=np.divide(100 * flows, begun, out=np.full(flows.shape, np.nan), where=begun > 0).ravel(),
        points=(flows * change / n).ravel(),
        first=pairs.first,
        second=pairs.second,
        metric=metric,
        method=METHOD,
        method_title=chosen.title,
        confidence_level=float(confidence_level),
        references=(*metric.references, "mcnemar1947", *chosen.references),
        notes=pairs.notes + _left_out(pairs),
    )


def _by_levels(counts: IntArray, metric: Metric) -> IntArray:
    """Add up the counts of ratings that the metric does not tell apart, in both waves."""
    by_second = by_level(counts, metric).astype(np.int64)
    both: IntArray = by_level(by_second.swapaxes(1, 2), metric).swapaxes(1, 2).astype(np.int64)
    return both


def _share_limits(flows: IntArray, n: IntArray, settings: Settings) -> tuple[FloatArray, FloatArray]:
    """Compute the limits of the shares of all flows, in percent."""
    counts = np.stack([(n - flows).ravel(), flows.ravel()], axis=1)
    # Many flows, most of them empty, are as large as others.
    distinct, where = np.unique(counts, axis=0, return_inverse=True)
    problem = UnitProblem.of(distinct, SHARE)
    low, high = (problem.to_points(limit) for limit in ONE_SAMPLE_METHODS[METHOD].limits(problem, settings))
    return low[where.ravel()], high[where.ravel()]


def _left_out(pairs: PairedCounts) -> tuple[str, ...]:
    """Say how many respondents have no place among the flows."""
    first, second = int(pairs.first_only.sum()), int(pairs.second_only.sum())
    if not first + second:
        return ()
    return (
        f"flows are those of respondents rated in both waves; left out are {write.integer(first)} rated in "
        f"{pairs.first} only and {write.integer(second)} rated in {pairs.second} only",
    )


def _check_columns(by: tuple[str, ...]) -> None:
    for name in by:
        if name in FLOW_COLUMNS:
            msg = f"a group column cannot be called {name!r}, like a column of the flows; rename it."
            raise ValueError(msg)
