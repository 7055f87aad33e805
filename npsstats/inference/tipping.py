"""How different must nonrespondents be to undo a conclusion?"""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from npsstats.inference.estimation import estimate
from npsstats.inference.response_rates import (
    Pairs,
    ResponseRate,
    check_rate_level,
    pair_up,
    read_rates,
    recovered_margin,
    warned_once,
)
from npsstats.ratings.checks import check_number
from npsstats.ratings.counts import RatingCounts
from npsstats.ratings.scales import Metric
from npsstats.results.estimates import Estimates
from npsstats.results.sensitivities import NonresponseSensitivity
from npsstats.typing import FloatArray

__all__ = ["nonresponse_sensitivity"]

# How far nonrespondents are below respondents by default, as shares of the width of the scale: for NPS, in steps of 10.
STEPS = np.array([-0.1, -0.05, 0.0, 0.05, 0.1, 0.15, 0.2])
FEW_STEPS = np.array([-0.1, 0.0, 0.1])

# What may happen to nonrespondents; of differences in four ways.
WAYS = ("nonrespondents",)
WAYS_OF_TWO = ("change of bias", "group only", "reference only", "both alike")


def nonresponse_sensitivity(
    counts: RatingCounts,
    *,
    response_rate: ResponseRate,
    deltas: ArrayLike | None = None,
    reference: Hashable = None,
    null: float = 0.0,
    metric: Metric | None = None,
    confidence_level: float = 0.95,
) -> NonresponseSensitivity:
    """Show the score of everyone by how far nonrespondents are below respondents, and where a conclusion dies.

    The conclusion is that the score lies above, or below, `null`; of a difference that it does. Use
    `nonresponse_bounds` for what holds whatever nonrespondents would have said, `resistance` for a guess at how far
    below they are.

    Parameters
    ----------
    counts : RatingCounts or SurveyCounts
        Those who answered, by group and rating.
    response_rate : float, sequence or mapping
        As for `nonresponse_bounds`: the share of the population that answers, above 0 and up to 1, taken as known.
    deltas : array_like, optional
        How far nonrespondents are below respondents on average, in points; negative if they are above them. Of
        differences one number stands for both groups, or there are pairs: of the group and of its reference. By
        default, for NPS, -20, -10, ..., 40, and all pairs of -20, 0 and 20.
    reference : label or word, optional
        Show the difference from this group instead, as for `nonresponse_bounds`.
    null : float, default 0.0
        What score, or difference, is to be told from, in points.
    metric : Metric, optional
        The score; by default the metric of the counts.
    confidence_level : float, default 0.95
        The level of the intervals, above 0.5 and below 1.

    Returns
    -------
    NonresponseSensitivity
        Per group and delta the score of everyone with its interval, in points; its `tipping_points` and `sentences`
        say where conclusions die.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ValueError
        If a rate is not above 0 and up to 1, `null` is not within the scale, or a name or level is not valid.
    UndefinedScoreError
        If a group has no rating.

    Notes
    -----
    With the share r of respondents, the score is (score of respondents) - (1 - r) * delta: a pattern-mixture model with
    a parameter about which the answers say nothing. The interval is that of `estimate`, or of `compare`, moved by the
    bias (1 - r) * delta. A tipping point is the delta at which the score, or the limit of its interval, meets `null`;
    where the scale leaves no room for it, no nonrespondents could undo the conclusion.

    The difference of two groups moves by (1 - r1) * delta1 - (1 - r2) * delta2, the change of bias. Its tipping points
    are given as a change of bias in points of the difference, which needs no rates, and as deltas: of the group alone,
    of the reference alone, and of both alike, which matters only if their rates differ.

    Examples
    --------
    >>> import npsstats as nps
    >>> counts = nps.RatingCounts.from_categories(promoters=600, passives=200, detractors=200)
    >>> table = nps.nonresponse_sensitivity(counts, response_rate=0.4, deltas=[0, 20, 40, 60, 80])
    >>> table
    NPS of everyone, by how far nonrespondents are below respondents, 95 % intervals
    <BLANKLINE>
    nonrespondents below by  NPS of everyone    low  high
                        0.0             40.0   34.9  44.9
                       20.0             28.0   22.9  32.9
                       40.0             16.0   10.9  20.9
                       60.0              4.0   −1.1   8.9
                       80.0             −8.0  −13.1  −3.1
    """
    with warned_once():
        check_rate_level(confidence_level)
        null = check_number("null", null)
        found = estimate(counts, metric=metric, confidence_level=confidence_level)
        rates = read_rates("response_rate", response_rate, counts.groups)
        width = found.metric.bounds[1] - found.metric.bounds[0]
        _check_null(null, (-width, width) if reference is not None else found.metric.bounds)
        if reference is None:
            pairs, given = None, _read_deltas(deltas, STEPS * width, 1)
            observed: Any = found
        else:
            pairs = pair_up(counts, reference, metric, found.standard_error, confidence_level)
            grid = np.stack(np.meshgrid(FEW_STEPS, FEW_STEPS, indexing="ij"), axis=-1).reshape(-1, 2)
            given = _read_deltas(deltas, grid * width, 2)
            observed = pairs.differences
        sides = _sides(found, rates, pairs)
        value = observed.score if pairs is None else observed.difference
        tips = _tips(sides, pairs, value, observed, null)
        return NonresponseSensitivity(
            by=counts.by,
            groups=observed.labels,
            reference=() if pairs is None else observed.reference,
            n=observed.n,
            n_reference=np.zeros_like(observed.n) if pairs is None else observed.n_reference,
            response_rate=sides[0].rates,
            response_rate_reference=np.full(len(observed), np.nan) if pairs is None else sides[1].rates,
            observed=value,
            observed_low=observed.low,
            observed_high=observed.high,
            **_moved(sides, value, observed, given, found.metric),
            **tips,
            null=null,
            metric=found.metric,
            confidence_level=float(confidence_level),
            design=found.design,
            references=found.references if pairs is None else (*observed.references, "zou2008"),
            notes=counts.notes,
        )


def _check_null(null: float, bounds: tuple[float, float]) -> None:
    if not bounds[0] < null < bounds[1]:
        msg = (
            f"`null` must lie strictly between {bounds[0]:g} and {bounds[1]:g} points, so that there is something to "
            f"tell from; got {null:g}."
        )
        raise ValueError(msg)


def _read_deltas(deltas: ArrayLike | None, default: FloatArray, columns: int) -> FloatArray:
    """Read deltas as rows, with a column for each side."""
    given = np.asarray(default if deltas is None else deltas)
    pairs = "" if columns == 1 else ", or pairs of them"
    if given.dtype.kind not in "iuf":
        msg = f"`deltas` must be numbers of points{pairs}; got {deltas!r}."
        raise TypeError(msg)
    rows = np.atleast_1d(given).astype(np.float64)
    if rows.ndim == 1:
        rows = np.repeat(rows[:, None], columns, axis=1)
    if rows.ndim != 2 or rows.shape[1] != columns or not rows.size or not np.isfinite(rows).all():
        msg = f"`deltas` must be finite numbers of points{pairs}, at least one; got {deltas!r}."
        raise ValueError(msg)
    return rows


@dataclass(frozen=True, slots=True, kw_only=True)
class _Side:
    """One side of each comparison: the scores of respondents, their limits, and the response rates."""

    score: FloatArray
    low: FloatArray
    high: FloatArray
    rates: FloatArray


def _sides(found: Estimates, rates: FloatArray, pairs: Pairs | None) -> list[_Side]:
    everyone = np.arange(len(found), dtype=np.intp)
    rows = [everyone] if pairs is None else [pairs.own, pairs.other]
    return [_Side(score=found.score[i], low=found.low[i], high=found.high[i], rates=rates[i]) for i in rows]


def _moved(sides: list[_Side], value: FloatArray, observed: Any, deltas: FloatArray, metric: Metric) -> dict[str, Any]:
    """Move scores and limits by the bias of each row of deltas; nan where nonrespondents would leave the scale."""
    lowest, highest = metric.bounds
    slack = 1e-9 * (highest - lowest)
    if len(sides) == 2:
        lowest, highest = lowest - highest, highest - lowest
    bias, possible = np.zeros((value.size, len(deltas))), np.ones((value.size, len(deltas)), dtype=bool)
    for side, sign, delta in zip(sides, (1, -1), deltas.T, strict=False):
        bias += sign * (1 - side.rates)[:, None] * delta
        others = side.score[:, None] - delta
        # Without nonrespondents nobody leaves the scale.
        inside = (others >= metric.bounds[0] - slack) & (others <= metric.bounds[1] + slack)
        possible &= inside | (side.rates == 1)[:, None]
    moved = {
        name: np.where(possible, (column[:, None] - bias).clip(lowest, highest), np.nan).ravel()
        for name, column in (("adjusted", value), ("low", observed.low), ("high", observed.high))
    }
    second = deltas[:, 1] if len(sides) == 2 else np.full(len(deltas), np.nan)
    return {
        "group": np.repeat(np.arange(value.size), len(deltas)),
        "delta": np.tile(deltas[:, 0], value.size),
        "delta_reference": np.tile(second, value.size),
        "bias": bias.ravel(),
        **moved,
    }


def _tips(sides: list[_Side], pairs: Pairs | None, value: FloatArray, observed: Any, null: float) -> dict[str, Any]:
    """Find where the value, and the limit of its interval, meet the null; and how far the scale lets them move."""
    sign = np.where(value >= null, 1.0, -1.0)
    limit = np.where(sign > 0, observed.low, observed.high)
    # What nonresponse must take away; nothing to lose where the limit is on the other side already.
    needed = [value - null, np.where(sign * (limit - null) > 0, limit - null, np.nan)]
    low, high = observed.metric.bounds
    worst, best = np.where(sign > 0, low, high), np.where(sign > 0, high, low)
    if pairs is None:
        (side,) = sides
        missing = 1 - side.rates
        tips = [_ratio(need, missing)[:, None] for need in needed]
        most = [np.where(missing > 0, end - worst, np.nan)[:, None] for end in (value, limit)]
        return {"way": WAYS, **_named(tips, most)}
    own, other = sides
    shares = (1 - own.rates, 1 - other.rates)
    rooms = _rooms(own, other, pairs, sign, (worst, best))
    alike = other.rates - own.rates
    divisors = [np.ones_like(alike), shares[0], -shares[1], alike]
    tips = [np.stack([_ratio(need, by) for by in divisors], axis=1) for need in needed]
    # Alike: both groups must have room, at their scores.
    down, up = (np.minimum(own.score, other.score) - low), (np.maximum(own.score, other.score) - high)
    both = np.where(sign * alike >= 0, down, up)
    most = []
    for whole, *alone in rooms:
        single = [
            np.divide(room, by, out=np.full_like(room, np.nan), where=by != 0)
            for room, by in zip(alone, divisors[1:3], strict=True)
        ]
        # Where one group has no nonrespondents, only the room of the other one counts.
        together = np.where(other.rates == 1, single[0], np.where(own.rates == 1, single[1], both))
        most.append(np.stack([whole, *single, together], axis=1))
    return {"way": WAYS_OF_TWO, **_named(tips, most)}


def _rooms(
    own: _Side,
    other: _Side,
    pairs: Pairs,
    sign: FloatArray,
    ends: tuple[FloatArray, FloatArray],
) -> list[list[FloatArray]]:
    """How much the scale lets nonrespondents of both groups, or of one, take away from the difference and its limit."""
    outward = [np.where(sign > 0, side.score - side.low, side.high - side.score) for side in (own, other)]
    inward = np.where(sign > 0, other.high - other.score, other.score - other.low)
    rooms: list[list[FloatArray]] = [[], []]
    for mine, theirs in ((own.rates, other.rates), (own.rates, np.ones(1)), (np.ones(1), other.rates)):
        room = (1 - mine) * (own.score - ends[0]) - (1 - theirs) * (other.score - ends[1])
        plain = recovered_margin(outward[0], inward, pairs.correlation)
        left = recovered_margin(mine * outward[0], theirs * inward, pairs.correlation)
        rooms[0].append(room)
        # The margin shrinks with the weight of those who answered; what it loses is not there to be taken away.
        rooms[1].append(room - sign * (plain - left))
    return rooms


def _ratio(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    """Divide; where nobody is missing nothing can be moved, however far."""
    never = np.where(np.isnan(numerator), np.nan, np.copysign(np.inf, numerator))
    quotient: FloatArray = np.divide(numerator, denominator, out=never, where=denominator != 0)
    return quotient


def _named(tips: list[FloatArray], most: list[FloatArray]) -> dict[str, FloatArray]:
    names = ("tipping_estimate", "tipping_limit", "largest_estimate", "largest_limit")
    # No -0.0.
    return {name: column + 0.0 for name, column in zip(names, (*tips, *most), strict=True)}
