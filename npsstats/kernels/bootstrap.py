r"""Bootstrap limits of a mean of values, and the p-values that belong to them.

Percentile, basic and BCa limits are quantiles of the exact law of the resampled score (`kernels.lattice`): nothing is
simulated. The law is discrete, so a limit is the outermost attainable score that the tail does not exclude:

    high = the highest score k with P*(score* >= k) >= tail,    low its reflection,

and a null value lies below `low` exactly when its one-sided p-value lies below `tail`. Where the pivots of
the bootstrap-t are too many to list, counts are drawn, never rows.

`tail` is the error probability on one side, 0.025 for a two-sided interval of 95 %. Counts have the shape
(groups, levels), values lie on the unit scale; limits and null values too.
"""

from collections.abc import Iterator

import numpy as np
from scipy.special import binom, ndtr, ndtri, xlogy

from npsstats.kernels.enumeration import log_multinomial, outcomes
from npsstats.kernels.lattice import (
    ResampledTotals,
    chosen,
    lattice_steps,
    moments,
    reflected,
    resampled_totals,
    scores_of,
    tails,
    with_reflection,
)
from npsstats.typing import BoolArray, FloatArray, IntArray

__all__ = [
    "TIE",
    "basic_limits",
    "basic_tails",
    "bca_constants",
    "bca_limits",
    "bca_tails",
    "bootstrap_t_limits",
    "bootstrap_t_tails",
    "lower_quantile",
    "needs_resampling",
    "percentile_limits",
    "percentile_tails",
    "stretched",
    "totals_at",
    "upper_quantile",
    "whole_near",
]

# All resamples of the bootstrap-t are listed up to this number: some 30 ms a group.
MOST_OUTCOMES = 200_000

# A probability this close to a level counts as equal to it, relatively: rounding must not move a limit.
TIE = 1e-10

# A search takes 2 or 3 secant steps; if not, it goes on by bisection of at most 64 bits.
SECANT_STEPS = 8
MAX_STEPS = 100

# A null value this close to an attainable total, in steps, is meant to be it; rounding of large totals comes on top.
NEAR = 1e-9


def percentile_limits(
    counts: FloatArray, values: FloatArray, tail: FloatArray | float
) -> tuple[FloatArray, FloatArray]:
    """Compute the percentile limits: quantiles of the law of the resampled score.

    Parameters
    ----------
    counts : ndarray, shape (groups, levels)
        Respondents by level.
    values : ndarray, shape (levels,)
        The levels, ascending, on a lattice (see `lattice_steps`).
    tail : float or ndarray, shape (groups,)
        The error probability on each side.

    Returns
    -------
    low, high : ndarray, shape (groups,)
        Both the score where all ratings have the same value.
    """
    law = _law(counts, values)
    return _limits(law, tail, tail)


def basic_limits(counts: FloatArray, values: FloatArray, tail: FloatArray | float) -> tuple[FloatArray, FloatArray]:
    """Compute the basic limits, 2 score - percentile limits; parameters as for `percentile_limits`."""
    law = _law(counts, values)
    low, high = _limits(law, tail, tail)
    twice = 2 * scores_of(law, law.total)
    return twice - high, twice - low


def bca_limits(counts: FloatArray, values: FloatArray, tail: FloatArray | float) -> tuple[FloatArray, FloatArray]:
    """Compute the bias-corrected and accelerated limits (Efron 1987); parameters as for `percentile_limits`."""
    law = _law(counts, values)
    z0, acceleration = bca_constants(law)
    z = ndtri(np.broadcast_to(np.asarray(tail, dtype=np.float64), law.n.shape))
    below = ndtr(z0 + stretched(z0 + z, -acceleration))
    above = ndtr(-z0 + stretched(-z0 + z, acceleration))
    return _limits(law, below, above)


def percentile_tails(counts: FloatArray, values: FloatArray, null: FloatArray | float) -> tuple[FloatArray, FloatArray]:
    """Compute the one-sided p-values that belong to the percentile limits.

    Parameters
    ----------
    counts, values
        As for `percentile_limits`.
    null : float or ndarray, shape (groups,)
        The score under the null hypothesis.

    Returns
    -------
    below, above : ndarray, shape (groups,)
        Against the alternative that the score lies below `null`, P*(score* >= null), and that it lies above,
        P*(score* <= null). 0 where no resample gets there.
    """
    law = _law(counts, values)
    at_most, at_least = totals_at(law, null)
    return tails(law, at_least)[0], tails(law, at_most + 1)[1]


def basic_tails(counts: FloatArray, values: FloatArray, null: FloatArray | float) -> tuple[FloatArray, FloatArray]:
    """Compute the one-sided p-values that belong to the basic limits; as `percentile_tails`."""
    law = _law(counts, values)
    at_most, at_least = totals_at(law, null)
    # score* <= 2 score - null, and score* >= 2 score - null
    return tails(law, 2 * law.total - at_least + 1)[1], tails(law, 2 * law.total - at_most)[0]


def bca_tails(counts: FloatArray, values: FloatArray, null: FloatArray | float) -> tuple[FloatArray, FloatArray]:
    """Compute the one-sided p-values that belong to the BCa limits; as `percentile_tails`.

    The level of `bca_limits` solved for z, with t = g - z0 and Phi(g) the percentile p-value:
    z = t / (1 + a t) - z0.
    """
    law = _law(counts, values)
    z0, acceleration = bca_constants(law)
    at_most, at_least = totals_at(law, null)

    def inverted(small: FloatArray, large: FloatArray, z0: FloatArray, acceleration: FloatArray) -> FloatArray:
        g = np.where(small < large, ndtri(small), -ndtri(large))
        with np.errstate(invalid="ignore"):  # infinite g, where the answer is set below
            p = ndtr(stretched(g - z0, acceleration) - z0)
        # No level excludes a score beyond which no resample goes, and each excludes one that none reaches.
        return np.where(small <= 0, 0.0, np.where(large <= 0, 1.0, p))

    return (
        inverted(*tails(law, at_least), -z0, -acceleration),
        inverted(*tails(law, at_most + 1)[::-1], z0, acceleration),
    )


def upper_quantile(law: ResampledTotals, tail: FloatArray) -> IntArray:
    """Find the highest total t with P(T* >= t) >= tail.

    Parameters
    ----------
    law : ResampledTotals
    tail : ndarray, shape (groups,)
        Probabilities, one per group; 0 gives the highest total, 1 the lowest.

    Returns
    -------
    ndarray of int, shape (groups,)
    """
    sd, skewness = moments(law)
    low, high = np.zeros_like(law.top), law.top + 1  # P(T* >= low) reaches the tail, P(T* >= high) does not
    low[tail <= 0] = law.top[tail <= 0]
    z = -ndtri(tail)
    with np.errstate(invalid="ignore"):  # infinite z, of which there is no search
        guess = law.total + 0.5 + sd * (z + skewness * (z**2 - 1) / 6)  # Cornish & Fisher (1938)
    point = np.clip(whole_near(guess), low + 1, high - 1)
    slope = np.divide(1, sd, out=np.ones_like(sd), where=sd > 0)
    last_point, last_z = point, np.full_like(sd, np.nan)
    for step in range(MAX_STEPS):
        rows = np.flatnonzero(high - low > 1)
        if not rows.size:
            break
        at = point[rows]
        upper, lower = tails(chosen(law, rows), at)
        reached = upper >= tail[rows] * (1 - TIE)
        low[rows], high[rows] = np.where(reached, at, low[rows]), np.where(reached, high[rows], at)
        # On the normal scale a tail is almost a straight line.
        z_at = np.where(upper < lower, -ndtri(upper), ndtri(lower))
        with np.errstate(invalid="ignore", divide="ignore"):
            secant = (z_at - last_z[rows]) / (at - last_point[rows])
            slope[rows] = np.where(np.isfinite(secant) & (secant > 0), secant, slope[rows])
            guess = at + (z[rows] - z_at) / slope[rows]
        middle = (low[rows] + high[rows]) // 2
        found = np.where(np.isfinite(guess) & (step < SECANT_STEPS), whole_near(guess), middle)
        last_point[rows], last_z[rows] = at, z_at
        point[rows] = np.clip(found, low[rows] + 1, np.maximum(high[rows] - 1, low[rows] + 1))
    return low


def lower_quantile(law: ResampledTotals, tail: FloatArray) -> IntArray:
    """Find the lowest total t with P(T* <= t) >= tail: `upper_quantile` reflected."""
    return law.top - upper_quantile(reflected(law), tail)


def bca_constants(law: ResampledTotals) -> tuple[FloatArray, FloatArray]:
    """Compute bias correction and acceleration of the BCa interval, both in closed form.

    z0 = Phi^-1(P*(score* < score) + P*(score* = score) / 2); a = skewness of the resampled score / 6, which is the
    value from the empirical influence function, sum l^3 / (6 (sum l^2)^1.5) (Efron 1987).

    Parameters
    ----------
    law : ResampledTotals

    Returns
    -------
    z0, acceleration : ndarray, shape (groups,)
        0 where all ratings have the same value.
    """
    two_sided = with_reflection(law)
    above, below = np.split(tails(two_sided, two_sided.total + 1)[0], 2)
    # How far the mid-probability is from 1/2.
    surplus = (below - above) / 2
    z0: FloatArray = -np.sign(surplus) * ndtri(0.5 - np.abs(surplus))
    return z0, moments(law)[1] / 6


def totals_at(law: ResampledTotals, scores: FloatArray | float) -> tuple[IntArray, IntArray]:
    """Find the highest total whose score is at most a score, and the lowest whose score is at least that."""
    position = (np.asarray(scores) * (law.n * law.span) - law.lowest) / law.stride
    slack = NEAR + 8 * np.finfo(float).eps * (law.n * law.span)
    inside = position.clip(-1 - law.top, 2 * law.top + 1)  # with the mirror images, 2 total - t, of 0 and top
    return np.floor(inside + slack).astype(np.int64), np.ceil(inside - slack).astype(np.int64)


def needs_resampling(counts: FloatArray) -> BoolArray:
    """Tell which groups have too many resamples to list them all for the bootstrap-t."""
    occupied = (counts > 0).sum(axis=-1)
    return np.asarray(binom(counts.sum(axis=-1) + occupied - 1, occupied - 1) > MOST_OUTCOMES)


def bootstrap_t_limits(
    counts: FloatArray,
    values: FloatArray,
    tail: FloatArray | float,
    *,
    rng: np.random.Generator,
    n_resamples: int,
) -> tuple[FloatArray, FloatArray]:
    """Compute the bootstrap-t limits: score - t* standard errors, with the quantiles t* of the resampled pivot.

    The standard error has one respondent more at each end of the scale (Bonett & Price 2012), so that it is never 0.

    Parameters
    ----------
    counts, values, tail
        As for `percentile_limits`; the values need no lattice.
    rng : numpy.random.Generator
        Draws the resamples of groups that `needs_resampling` names; others come from all their resamples.
    n_resamples : int
        How many resamples to draw.

    Returns
    -------
    low, high : ndarray, shape (groups,)
        The end of the scale where the tail lies beyond what `n_resamples` can tell.
    """
    tail = np.broadcast_to(np.asarray(tail, dtype=np.float64), len(counts))
    centre, error = _centre_and_error(counts, values)
    highest, lowest = np.empty(len(counts)), np.empty(len(counts))
    for row, pivot, weight, unseen in _pivots(counts, values, rng, n_resamples):
        highest[row] = _upper_point(pivot, weight, unseen, tail[row])
        lowest[row] = -_upper_point(-pivot, weight, unseen, tail[row])
    low, high = centre - highest * error, centre - lowest * error
    return np.where(np.isfinite(low), low, values[0]), np.where(np.isfinite(high), high, values[-1])


def bootstrap_t_tails(
    counts: FloatArray,
    values: FloatArray,
    null: FloatArray | float,
    *,
    rng: np.random.Generator,
    n_resamples: int,
) -> tuple[FloatArray, FloatArray]:
    """Compute the one-sided p-values that belong to the bootstrap-t limits.

    Parameters
    ----------
    counts, values, rng, n_resamples
        As for `bootstrap_t_limits`.
    null : float or ndarray, shape (groups,)
        The score under the null hypothesis.

    Returns
    -------
    below, above : ndarray, shape (groups,)
        P*(t* <= t) and P*(t* >= t) with t = (score - null) / standard error; from b of B drawn resamples
        (b + 1) / (B + 1).
    """
    centre, error = _centre_and_error(counts, values)
    observed = (centre - null) / error
    below, above = np.empty(len(counts)), np.empty(len(counts))
    for row, pivot, weight, unseen in _pivots(counts, values, rng, n_resamples):
        slack = NEAR * (1 + abs(observed[row]))
        below[row] = unseen + weight[pivot <= observed[row] + slack].sum()
        above[row] = unseen + weight[pivot >= observed[row] - slack].sum()
    return below.clip(max=1), above.clip(max=1)


def whole_near(guess: FloatArray) -> IntArray:
    """Round down; far guesses, and those that are none, to a far number that fits 64 bits."""
    whole: IntArray = np.floor(np.nan_to_num(guess).clip(-1e18, 1e18)).astype(np.int64)
    return whole


def _law(counts: FloatArray, values: FloatArray) -> ResampledTotals:
    """Put the groups on the lattice of the values."""
    steps = lattice_steps(values)
    if steps is None:
        msg = "the values lie on no lattice"
        raise ValueError(msg)
    return resampled_totals(counts, steps)


def _limits(
    law: ResampledTotals, below: FloatArray | float, above: FloatArray | float
) -> tuple[FloatArray, FloatArray]:
    """Compute the scores at the lower tail `below` and the upper tail `above`."""
    tail = np.concatenate([np.broadcast_to(np.asarray(side, dtype=np.float64), law.n.shape) for side in (above, below)])
    high, low = np.split(upper_quantile(with_reflection(law), tail), 2)
    return scores_of(law, law.top - low), scores_of(law, high)


def stretched(x: FloatArray, by: FloatArray) -> FloatArray:
    """Compute x / (1 + by x); beyond its pole the infinity that it has reached there."""
    room = 1 + by * x
    inside = room > 0
    return np.where(inside, np.divide(x, room, out=np.zeros_like(x), where=inside), np.copysign(np.inf, x))


def _centre_and_error(counts: FloatArray, values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Compute score and standard error, that with one respondent more at each end of the scale."""
    n = counts.sum(axis=-1)
    centre = counts @ values / n
    ends = np.zeros(values.size)
    ends[[0, -1]] = 1.0
    shares = (counts + ends) / (n + 2)[:, None]
    deviation = values - centre[:, None]
    variance = (shares * deviation**2).sum(axis=-1) - (shares * deviation).sum(axis=-1) ** 2
    return centre, np.sqrt(variance / n)


def _pivots(
    counts: FloatArray, values: FloatArray, rng: np.random.Generator, n_resamples: int
) -> Iterator[tuple[int, FloatArray, FloatArray, float]]:
    """Yield for each group the resampled pivots (score* - score) / error*, their weights, and the weight unseen.

    Drawn resamples share their weight with the one observed sample, (b + 1) / (B + 1).
    """
    drawn = needs_resampling(counts)
    occupied = counts > 0
    listed: dict[tuple[int, int], tuple[IntArray, FloatArray]] = {}
    # Groups that share their list of resamples follow each other; only the last list is kept.
    sizes = list(zip(counts.sum(axis=-1).astype(int).tolist(), occupied.sum(axis=-1).tolist(), strict=True))
    for row in sorted(range(len(counts)), key=lambda row: (bool(drawn[row]), sizes[row], row)):
        held = occupied[row]
        shares = counts[row, held] / counts[row].sum()
        if drawn[row]:
            table = rng.multinomial(sizes[row][0], shares, size=n_resamples)
            weight, unseen = np.full(n_resamples, 1 / (n_resamples + 1)), 1 / (n_resamples + 1)
        else:
            if sizes[row] not in listed:
                table = outcomes(*sizes[row])
                listed = {sizes[row]: (table, log_multinomial(table))}
            table, logarithm = listed[sizes[row]]
            weight, unseen = np.exp(logarithm + xlogy(table, shares).sum(axis=-1)), 0.0
        yield row, _pivot(table.astype(np.float64), values[held], counts[row], values), weight, unseen


def _pivot(table: FloatArray, held: FloatArray, counts: FloatArray, values: FloatArray) -> FloatArray:
    """Compute (score* - score) / error* of resamples over the levels that are held."""
    n = counts.sum()
    centre = counts @ values / n
    deviation, ends = held - centre, values[[0, -1]] - centre
    # Centred at the score, the variance does not cancel.
    total = table @ deviation
    square = (table @ deviation**2 + (ends**2).sum()) / (n + 2)
    variance = square - ((total + ends.sum()) / (n + 2)) ** 2
    pivot: FloatArray = total / n / np.sqrt(variance / n)
    return pivot


def _upper_point(pivot: FloatArray, weight: FloatArray, unseen: float, tail: float) -> float:
    """Find the highest pivot t with P*(t* >= t) >= tail; infinite if the weight unseen is enough."""
    if unseen >= tail * (1 - TIE):
        return np.inf
    order = np.argsort(-pivot)
    reached = np.searchsorted(unseen + weight[order].cumsum(), tail * (1 - TIE))
    return float(pivot[order[min(int(reached), order.size - 1)]])
