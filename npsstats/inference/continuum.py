"""Do late respondents score lower, and what would that say of those who never answer?"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from npsstats.inference.comparison import compare
from npsstats.inference.estimation import estimate
from npsstats.inference.response_rates import (
    ResponseRate,
    check_rate_level,
    pair_up,
    read_rates,
    warned_before,
    warned_once,
)
from npsstats.inference.series import series_of
from npsstats.ratings.counts import RatingCounts
from npsstats.ratings.scales import Metric
from npsstats.results.estimates import Estimates
from npsstats.results.resistances import Resistance
from npsstats.typing import BoolArray, FloatArray, IndexArray, Label

__all__ = ["resistance"]

EVERYONE = ("like all respondents", "like the last step", "along the line")


def resistance(
    counts: RatingCounts,
    *,
    steps: Sequence[Hashable] | None = None,
    response_rate: ResponseRate | None = None,
    metric: Metric | None = None,
    confidence_level: float = 0.95,
) -> Resistance:
    """Compare those who answered at once with those who had to be reminded: the continuum of resistance.

    The last group column says at which step each respondent answered: the first mailing, the first reminder, and so
    on, or the day; there is a table for each combination of labels of the others. Use `nonresponse_sensitivity` for
    how far nonrespondents would have to differ to undo a conclusion.

    Parameters
    ----------
    counts : RatingCounts or SurveyCounts
        Those who answered, by step and rating, the first step first.
    steps : sequence, optional
        The labels of the steps, first to last, if the counts have them in another order.
    response_rate : float, sequence or mapping, optional
        The share that answered at any step, above 0 and up to 1, to extrapolate to everyone; one, one for each table,
        or a mapping from the labels of the other group columns.
    metric : Metric, optional
        The score; by default the metric of the counts.
    confidence_level : float, default 0.95
        The level of the intervals, above 0.5 and below 1; of each, not of all together.

    Returns
    -------
    Resistance
        Per step ``n, share, score, low, high`` and ``cumulative_share, cumulative_score, cumulative_low,
        cumulative_high`` of all up to it, in points; its `late_minus_early`, `extrapolation` and `sentences` say what
        they suggest.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ValueError
        If there are no steps, or a table has a single one; if a label, rate or level is not valid.
    UndefinedScoreError
        If a step has no rating.

    Notes
    -----
    The line is fitted by least squares to the scores of the steps, weighted by their shares s_k, at the middles of
    their parts of all answers in order, x_k = s_1 + ... + s_(k-1) + s_k / 2; it passes through the score of all
    respondents at x = 1/2. Its slope is in points from the first to the last respondent. With the response rate r,
    nonrespondents stand on the order from 1 to 1 / r, and the line gives them the score of respondents plus
    slope / (2 r), or the end of the scale.

    Extrapolations suppose that nonrespondents are like the last respondents, or go on as respondents did [1]_. Answers
    cannot show that they do; Lin and Schaeffer [2]_ put such models to the test against records of nonrespondents.
    Intervals of lines and extrapolations are recovered from those of the steps, with their correlations; a step of
    which nothing is known, as of one cluster, may have any score. They hold the sampling error under the assumption,
    not its failure.

    References
    ----------
    .. [1] Armstrong, J. S. & Overton, T. S. (1977). Estimating nonresponse bias in mail surveys. Journal of Marketing
       Research 14, 396-402.
    .. [2] Lin, I.-F. & Schaeffer, N. C. (1993). Using survey participants to estimate the impact of nonparticipation.
       Discussion Paper 1024-93, Institute for Research on Poverty, University of Wisconsin-Madison.

    Examples
    --------
    >>> import npsstats as nps
    >>> counts = nps.RatingCounts.from_categories(
    ...     promoters=[300, 110, 40], passives=[150, 70, 30], detractors=[50, 40, 30],
    ...     groups=["first mailing", "reminder 1", "reminder 2"], by="step",
    ... )
    >>> found = nps.resistance(counts, response_rate=0.3)
    >>> found.late_minus_early().difference.round(1).tolist()
    [-40.0]
    >>> print(found.sentences()[1])  # doctest: +NORMALIZE_WHITESPACE
    Along the order of response the score fell by 53.1 points from the first to the last respondent (95 % interval
    −74.0 to −32.5).
    """
    with warned_once():
        check_rate_level(confidence_level)
        # First of all, for what may be wrong with the counts.
        with warned_before():
            estimate(counts, metric=metric)
        counts, series = _in_steps(counts, steps)
        found = estimate(counts, metric=metric, confidence_level=confidence_level)
        metric = found.metric
        # A reading of every rate, also of one number, needs the labels of the tables.
        tables = [label if len(label) != 1 else label[0] for label, _ in series]
        rates = None if response_rate is None else read_rates("response_rate", response_rate, tables)
        ends = compare(_ends(counts, series), reference="previous", metric=metric, confidence_level=confidence_level)
        shares = _shares(counts, series)
        correlation = _correlations(counts, found, confidence_level)
        lines = [
            _line(found, shares[rows], correlation[np.ix_(rows, rows)], rows, None if rates is None else rates[i])
            for i, (_, rows) in enumerate(series)
        ]
        so_far = _cumulative(counts, series, shares, metric, confidence_level)
        everyone = {name: np.array([getattr(line, name) for line in lines]) for name in ("everyone", "low", "high")}
        if rates is not None:
            # Like all respondents: then their interval is that of everyone.
            last = [rows[-1] for _, rows in series]
            for name, column in (("everyone", "score"), ("low", "low"), ("high", "high")):
                everyone[name][:, 0] = so_far[f"cumulative_{column}"][last]
        return Resistance(
            by=counts.by,
            labels=counts.labels,
            n=found.n,
            share=shares,
            score=found.score,
            standard_error=found.standard_error,
            low=found.low,
            high=found.high,
            **so_far,
            series=tuple(label for label, _ in series),
            differences=ends,
            slope=np.array([line.slope for line in lines]),
            slope_low=np.array([line.slope_limits[0] for line in lines]),
            slope_high=np.array([line.slope_limits[1] for line in lines]),
            response_rate=np.full(len(lines), np.nan) if rates is None else rates,
            supposed=() if rates is None else EVERYONE,
            everyone=everyone["everyone"],
            everyone_low=everyone["low"],
            everyone_high=everyone["high"],
            nonrespondents=np.array([line.others for line in lines]),
            metric=metric,
            confidence_level=float(confidence_level),
            design=found.design,
            references=(*found.references, "armstrong1977", "lin1993", "zou2008"),
            notes=counts.notes,
        )


def _in_steps(counts: Any, steps: Sequence[Hashable] | None) -> tuple[Any, list[tuple[Label, IndexArray]]]:
    """Put the steps of each table next to each other, in order."""
    if not counts.by:
        msg = "`resistance` needs steps of response; these counts have one group only. Tabulate with `by`."
        raise ValueError(msg)
    order = {} if steps is None else _order(counts, steps)
    chosen = [
        i
        for _, rows in series_of(counts)
        for i in sorted(rows.tolist(), key=lambda row: order.get(counts.labels[row][-1], 0))
    ]
    counts = counts.select(*(counts.groups[i] for i in chosen))
    series = series_of(counts)
    alone = [label for label, rows in series if rows.size < 2]
    if alone:
        where = f"; {alone[0]!r} has one" if alone[0] else ""
        msg = f"`resistance` needs at least two steps of response{where}."
        raise ValueError(msg)
    return counts, series


def _order(counts: Any, steps: Sequence[Hashable]) -> dict[Hashable, int]:
    if isinstance(steps, str) or not hasattr(steps, "__iter__"):
        msg = f"`steps` must be a sequence of labels, first to last; got {steps!r}."
        raise TypeError(msg)
    order = {label: place for place, label in enumerate(steps)}
    there = list(dict.fromkeys(label[-1] for label in counts.labels))
    if len(order) != len(list(steps)) or set(order) != set(there):
        msg = f"`steps` must name each step once; the steps are {', '.join(map(repr, there))}; got {list(steps)!r}."
        raise ValueError(msg)
    return order


def _ends(counts: Any, series: list[tuple[Label, IndexArray]]) -> Any:
    """Keep the first and the last step of each table."""
    return counts.select(*(counts.groups[i] for _, rows in series for i in (rows[0], rows[-1])))


def _shares(counts: Any, series: list[tuple[Label, IndexArray]]) -> FloatArray:
    """The share of each step in the answers of its table, by weight."""
    weight = counts.n.astype(np.float64) if isinstance(counts, RatingCounts) else counts.totals.sum(axis=1)
    shares = np.empty(weight.size)
    for _, rows in series:
        shares[rows] = weight[rows] / weight[rows].sum()
    return shares


def _cumulative(
    counts: Any,
    series: list[tuple[Label, IndexArray]],
    shares: FloatArray,
    metric: Metric,
    confidence_level: float,
) -> dict[str, Any]:
    """Score those who answered up to each step."""
    size = len(counts)
    columns = {f"cumulative_{name}": np.empty(size) for name in ("share", "score", "low", "high")}
    for _, rows in series:
        columns["cumulative_share"][rows] = np.cumsum(shares[rows])
    for length in range(1, 1 + max(rows.size for _, rows in series)):
        long = [rows for _, rows in series if rows.size >= length]
        part = counts.select(*(counts.groups[i] for rows in long for i in rows[:length])).pool(*counts.by[:-1])
        # Of few clusters or respondents so far is warned already: the first steps have as few.
        with warned_before():
            found = estimate(part, metric=metric, confidence_level=confidence_level)
        places = [rows[length - 1] for rows in long]
        for name in ("score", "low", "high"):
            columns[f"cumulative_{name}"][places] = getattr(found, name)
    return columns


def _correlations(counts: Any, found: Estimates, confidence_level: float) -> FloatArray:
    """The correlations of the scores of steps; those of simple counts are independent."""
    matrix = np.eye(len(counts))
    if not isinstance(counts, RatingCounts):
        with warned_before():
            pairs = pair_up(counts, "all-pairs", found.metric, found.standard_error, confidence_level)
        matrix[pairs.own, pairs.other] = matrix[pairs.other, pairs.own] = pairs.correlation
    return matrix


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """The line of one table, and everyone's score by what is supposed of nonrespondents."""

    slope: float
    slope_limits: tuple[float, float]
    everyone: FloatArray
    low: FloatArray
    high: FloatArray
    others: FloatArray


def _line(found: Estimates, shares: FloatArray, correlation: FloatArray, rows: IndexArray, rate: float | None) -> _Line:
    score, low, high = found.score[rows], found.low[rows], found.high[rows]
    middle = np.cumsum(shares) - shares / 2
    # The shares add up to 1, and the middles have the mean 1/2.
    along = shares * (middle - 0.5) / (shares * (middle - 0.5) ** 2).sum()
    lowest, highest = found.metric.bounds
    unknown = (low <= lowest) & (high >= highest)

    def combined(weights: FloatArray) -> tuple[float, float, float]:
        return _combined(weights, score, (low, high), unknown, correlation)

    slope, *limits = combined(along)
    reach = (limits[0], limits[1])
    if rate is None:
        nothing = np.empty(0)
        return _Line(slope=slope, slope_limits=reach, everyone=nothing, low=nothing, high=nothing, others=nothing)
    last = np.zeros(rows.size)
    last[-1] = 1
    # Nonrespondents: their score as a weighted sum of those of the steps.
    others = np.stack([shares, last, shares + along / (2 * rate)])
    made = np.array([combined(rate * shares + (1 - rate) * weights) for weights in others])
    # No line leads beyond the scale.
    supposed = (others @ score).clip(lowest, highest)
    room = [rate * limit @ shares + (1 - rate) * end for limit, end in ((low, lowest), (high, highest))]
    # Nonrespondents at the other end of the scale leave the error of respondents.
    _, *alone = combined(rate * shares)
    ends = [limit + (1 - rate) * end for limit, end in zip(alone, (highest, lowest), strict=True)]
    everyone = rate * (score @ shares) + (1 - rate) * supposed
    return _Line(
        slope=slope,
        slope_limits=reach,
        everyone=everyone,
        low=np.minimum(made[:, 1].clip(room[0], ends[0]), everyone),
        high=np.maximum(made[:, 2].clip(ends[1], room[1]), everyone),
        others=supposed,
    )


def _combined(
    weights: FloatArray,
    score: FloatArray,
    limits: tuple[FloatArray, FloatArray],
    unknown: BoolArray,
    correlation: FloatArray,
) -> tuple[float, float, float]:
    """A weighted sum of scores, with limits recovered from theirs: Zou & Donner (2008), with correlations.

    Unknown scores may be anywhere on the scale: what they add is no error that others could offset.
    """
    below, above = score - limits[0], limits[1] - score
    reach = []
    for near, far in ((below, above), (above, below)):
        margin = np.where(weights > 0, near, far) * weights
        known = np.where(unknown, 0.0, margin)
        reach.append(float(np.sqrt((known @ correlation @ known).clip(min=0)) + np.abs(margin[unknown]).sum()))
    value = float(weights @ score)
    return value, value - reach[0], value + reach[1]
