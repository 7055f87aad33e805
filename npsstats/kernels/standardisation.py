"""What shares of segments and scores within them do to a change of the total, with derivatives.

Kitagawa (1955), centred as Griliches & Regev (1995); the mix by columns as the Shapley value of counterfactual shares.
Shares of cells by period, segment and level come in, each period adding up to 1; contributions are in the units of the
values. A segment without a share in one period takes its score there from the other one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import comb

import numpy as np

from npsstats.typing import BoolArray, FloatArray, IndexArray, IntArray

__all__ = [
    "Standardised",
    "column_mixes",
    "factors_of_contributions",
    "mix_and_rate",
    "reaches_of_all",
    "segment_reaches",
]


@dataclass(frozen=True, slots=True)
class Standardised:
    """Contributions to a change, and their derivatives by the shares of all cells.

    Attributes
    ----------
    values : ndarray, shape (contributions, parts)
    gradient : ndarray, shape (contributions, parts, 2, segments, levels)
    """

    values: FloatArray
    gradient: FloatArray


def mix_and_rate(shares: FloatArray, parts: FloatArray) -> tuple[Standardised, Standardised]:
    """Split the change of a total into what segments contribute by their share, and by their score.

    With shares w and scores s of a segment in periods 0 and 1, and totals S, the mix is
    (w1 - w0) ((s0 + s1) / 2 - (S0 + S1) / 2) and the rate (w0 + w1) / 2 (s1 - s0).

    Parameters
    ----------
    shares : ndarray, shape (2, segments, levels)
        Of all ratings of a period; each segment has some in at least one of them.
    parts : ndarray, shape (parts, levels)
        Values of the levels; contributions of parts add up to those of their sum.

    Returns
    -------
    mix, rate : Standardised
        A contribution for each segment.
    """
    growth, excess, weight, change = factors_of_contributions(shares, parts)
    return _product(growth, excess), _product(weight, change)


def factors_of_contributions(shares: FloatArray, parts: FloatArray) -> tuple[Standardised, ...]:
    """Give the factors of which mix and rate are products.

    Parameters
    ----------
    shares, parts
        As for `mix_and_rate`.

    Returns
    -------
    growth, excess, weight, change : Standardised
        Of each segment w1 - w0, which is one for all parts; (s0 + s1) / 2 - (S0 + S1) / 2; (w0 + w1) / 2, again one;
        and s1 - s0.
    """
    weights, scores, slopes = _scores(shares, parts)
    segments, own = len(weights[0]), np.arange(len(weights[0]))
    by_weight = np.zeros((2, segments, 1, *shares.shape))
    for place, sides in enumerate(((-1.0, 1.0), (0.5, 0.5))):
        by_weight[place][own, 0, :, own] = np.array(sides)[:, None]
    by_score = np.zeros((2, segments, len(parts), *shares.shape))
    by_score[0][own, :, :, own] = slopes.mean(axis=0).transpose(1, 2, 0, 3)
    # The centre, half the sum of both totals, moves with all cells.
    by_score[0] -= 0.5 * parts[:, None, None, :]
    by_score[1][own, :, :, own] = (slopes[1] - slopes[0]).transpose(1, 2, 0, 3)
    excess = scores.mean(axis=0) - (weights[..., None] * scores).sum(axis=1).mean(axis=0)
    return (
        Standardised((weights[1] - weights[0])[:, None], by_weight[0]),
        Standardised(excess, by_score[0]),
        Standardised(weights.mean(axis=0)[:, None], by_weight[1]),
        Standardised(scores[1] - scores[0], by_score[1]),
    )


def segment_reaches(
    weight: FloatArray,
    change: FloatArray,
    limits: tuple[FloatArray, FloatArray],
    variances: tuple[FloatArray, FloatArray, FloatArray, FloatArray],
    second: FloatArray,
    z: float,
) -> tuple[tuple[FloatArray, FloatArray], ...]:
    """Compute how far below and above the mix, the rate and the total of single segments their limits are.

    The delta method takes a segment whose few ratings are all alike for one without spread. So the part of the rate
    w d that comes from the scores takes the limits (l, u) of their difference d (Zou & Donner 2008, equation 3),

        w d - sqrt(w^2 (d - l)^2 + z^2 (Var(w d) - w^2 Var(d))),

    and the total that by which the square of this distance differs from z^2 Var(w d). The mix is a product x y of two
    estimates, both of which may be near 0; its variance has the term Var(x) Var(y) + Cov(x, y)^2, which the delta
    method leaves out (Goodman 1960).

    Parameters
    ----------
    weight, change : ndarray, shape (..., segments, parts)
        The factors w and d of the rate.
    limits : tuple of ndarray
        The limits of d; nan where there are none.
    variances : tuple of ndarray
        By the delta method: of mix, rate, total, and of d.
    second : ndarray
        The second-order term of the mix.
    z : float
        How many standard errors a limit is away.

    Returns
    -------
    tuple of tuple of ndarray
        For mix, rate and total: the distance down and the distance up.
    """
    of_mix, of_rate, of_total, of_change = (variance * z**2 for variance in variances)
    by_mix = np.sqrt(of_mix + z**2 * second)
    rate, total = [], []
    for distance in (change - limits[0], limits[1] - change):
        square = (weight * distance) ** 2 + of_rate - weight**2 * of_change
        rate.append(np.sqrt(square.clip(min=0)))
        # Without limits of d the total has no more than the delta method.
        more = np.where(np.isnan(distance), 0.0, square - of_rate)
        total.append(np.sqrt((of_total + more).clip(min=0)))
    return (by_mix, by_mix), (rate[0], rate[1]), (total[0], total[1])


def _product(first: Standardised, second: Standardised) -> Standardised:
    """Multiply contributions, the first of one part."""
    one, other = (factor.values[:, :, None, None, None] for factor in (first, second))
    return Standardised(first.values * second.values, one * second.gradient + other * first.gradient)


def _scores(shares: FloatArray, parts: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Compute weights (2, segments), scores (2, segments, parts) and the slopes of scores by shares.

    Slopes have the shape (period of the score, period of the share, segments, parts, levels).
    """
    weights = shares.sum(axis=2)
    there = weights > 0
    sums = shares @ parts.T
    scores = np.divide(sums, weights[..., None], out=np.zeros_like(sums), where=there[..., None])
    # d (sum q c / sum q) / d q = (c - s) / w
    distance = parts - scores[..., None]
    own = np.divide(distance, weights[..., None, None], out=np.zeros_like(distance), where=there[..., None, None])
    slopes = np.zeros((2, *own.shape))
    for period, other in ((0, 1), (1, 0)):
        slopes[period, period] = own[period]
        lacking = ~there[period]
        scores[period, lacking] = scores[other, lacking]
        slopes[period, other, lacking] = own[other, lacking]
    return weights, scores, slopes


def column_mixes(shares: FloatArray, parts: FloatArray, codes: IntArray) -> Standardised:
    """Split the mix of crossed segments among the columns that cross: Shapley's value, exact.

    Each order of the columns writes the share of a segment as a chain: the share of its label in the first column, of
    its label in the second one within the first, and so on. A set of columns that has changed takes its links from
    period 1, the others take theirs from period 0; the mean over all orders is the counterfactual share, which adds up
    to 1. The worth of the set is the score of these shares at the mean of both periods' scores. A link that a period
    does not know, as nobody is there, is that of the other period.

    Parameters
    ----------
    shares, parts
        As for `mix_and_rate`.
    codes : ndarray of int, shape (segments, columns)
        The labels of each segment, as numbers.

    Returns
    -------
    Standardised
        A contribution for each column; they add up to the mix of all segments.
    """
    columns = codes.shape[1]
    weights, scores, slopes = _scores(shares, parts)
    chains = _Chains.of(weights, codes)
    worth = scores.mean(axis=0)
    # How much each column's turn counts in the worth of a set: |T|! (k - |T| - 1)! / k! = 1 / (k C(k - 1, |T|)).
    turns = np.zeros((columns, 2**columns))
    for changed in range(2**columns):
        many = changed.bit_count()
        for column in range(columns):
            turned = changed >> column & 1
            turns[column, changed] = (1 if turned else -1) / (columns * comb(columns - 1, many - turned))
    full = 2**columns - 1
    every = np.array([chains.products[full, changed] for changed in range(2**columns)])
    moved = turns @ every
    seeds = turns[:, None, :, None] * worth.T[:, None]
    by_weight = chains.derivatives(seeds.reshape(columns * len(parts), 2**columns, -1))
    gradient = by_weight.reshape(columns, len(parts), 2, -1, 1) + (
        moved[:, None, None, :, None] * slopes.mean(axis=0).transpose(2, 0, 1, 3)
    )
    return Standardised(moved @ worth, gradient)


@dataclass(frozen=True, slots=True)
class _Chains:
    """Products of links over sets of columns, and what they are made of; sets are bits.

    Attributes
    ----------
    groups : list of ndarray
        For each set of columns, which segments have the same labels in it.
    margins : ndarray, shape (2, sets, segments)
        The share of those that have the labels of a segment.
    known : ndarray of bool, shape (2, sets, segments)
        Whether there are any.
    products : dict
        By a set of columns and those of them that changed: the mean over orders of the products of their links.
    """

    groups: list[IndexArray]
    margins: FloatArray
    known: BoolArray
    products: dict[tuple[int, int], FloatArray]

    @classmethod
    def of(cls, weights: FloatArray, codes: IntArray) -> "_Chains":
        columns = codes.shape[1]
        groups, margins = [], np.zeros((2, 2**columns, codes.shape[0]))
        for chosen in range(2**columns):
            kept = [column for column in range(columns) if chosen >> column & 1]
            place = np.zeros(codes.shape[0], dtype=np.intp)
            if kept:
                place = np.unique(codes[:, kept], axis=0, return_inverse=True)[1].ravel()
            groups.append(place)
            for period in (0, 1):
                margins[period, chosen] = np.bincount(place, weights[period])[place]
        margins[:, 0] = 1.0
        chains = cls(groups, margins, margins > 0, {(0, 0): np.ones(codes.shape[0])})
        for chosen in sorted(range(1, 2**columns), key=int.bit_count):
            for changed in _subsets(chosen):
                total = np.zeros(codes.shape[0])
                for column in _bits(chosen):
                    total += chains._before(chosen, changed, column) * chains._link(chosen, changed, column)
                chains.products[chosen, changed] = total / chosen.bit_count()
        return chains

    def _before(self, chosen: int, changed: int, column: int) -> FloatArray:
        return self.products[chosen & ~column, changed & ~column]

    def _source(self, chosen: int, changed: int, column: int) -> IntArray:
        """From which period each segment takes a link: the one asked for, if it is known there."""
        period = int(changed & column > 0)
        return np.where(self.known[period, chosen & ~column], period, 1 - period)

    def _link(self, chosen: int, changed: int, column: int) -> FloatArray:
        """Give the share of a column's label within the labels of the columns before it."""
        at, rows = self._source(chosen, changed, column), np.arange(self.margins.shape[2])
        link: FloatArray = self.margins[at, chosen, rows] / self.margins[at, chosen & ~column, rows]
        return link

    def derivatives(self, seeds: FloatArray) -> FloatArray:
        """Pass what the products of all columns are worth back to the shares of the segments.

        Parameters
        ----------
        seeds : ndarray, shape (objectives, sets of changed columns, segments)

        Returns
        -------
        ndarray, shape (objectives, 2, segments)
        """
        objectives, sets, segments = seeds.shape
        rows = np.arange(segments)
        worth = {(sets - 1, changed): seeds[:, changed] for changed in range(sets)}
        by_margin = np.zeros((2, sets, segments, objectives))
        for chosen in sorted(range(1, sets), key=int.bit_count, reverse=True):
            for changed in _subsets(chosen):
                own = worth.pop((chosen, changed)) / chosen.bit_count()
                for column in _bits(chosen):
                    at, link = self._source(chosen, changed, column), self._link(chosen, changed, column)
                    before = (chosen & ~column, changed & ~column)
                    worth[before] = worth.get(before, 0.0) + own * link
                    # A link is a margin over the one before it.
                    by_link = (own * self._before(chosen, changed, column) / self.margins[at, before[0], rows]).T
                    by_margin[at, chosen, rows] += by_link
                    by_margin[at, before[0], rows] -= by_link * link[:, None]
        shares = np.zeros((2, segments, objectives))
        for chosen in range(1, sets):
            place = self.groups[chosen]
            for period in (0, 1):
                sums = np.zeros((place.max() + 1, objectives))
                np.add.at(sums, place, by_margin[period, chosen])
                shares[period] += sums[place]
        return shares.transpose(2, 0, 1)


def _bits(chosen: int) -> Iterator[int]:
    """Give the columns of a set, each as a set of its own."""
    while chosen:
        lowest = chosen & -chosen
        yield lowest
        chosen &= chosen - 1


def _subsets(chosen: int) -> Iterator[int]:
    """Give all subsets of a set, with the empty one and itself."""
    subset = chosen
    while subset:
        yield subset
        subset = (subset - 1) & chosen
    yield 0


def reaches_of_all(single: FloatArray, error: FloatArray, reach: FloatArray, least: float) -> FloatArray:
    """Find how far away the limits of all segments together are, where their standard error knows nothing.

    Parameters
    ----------
    single : ndarray, shape (..., segments, contributions)
        How far away those of single segments are; nan where that is not known, or there is no segment.
    error, reach : ndarray, shape (..., contributions)
        The standard errors of all together, and how far away their limits are by these.
    least : float
        Smaller standard errors are rounding: all ratings of a segment are alike in both periods, and so in all.

    Returns
    -------
    ndarray, shape (..., contributions)
        Where there is no standard error the square root of the sum of the squares, as of independent segments.
    """
    together = np.sqrt(np.nansum(single**2, axis=-2))
    found: FloatArray = np.where(error <= least, together, reach)
    return found
