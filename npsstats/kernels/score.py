r"""Score tests and intervals of a weighted sum of mean values, by restricted multinomial likelihood.

One sample is the sum of one arm with weight 1; a difference has two arms with weights 1 and -1.

Let arm i have shares w_ik of n_i respondents at the levels c_k, and let delta = sum_i a_i theta_i with
theta_i = sum_k p_ik c_k. The likelihood sum_ik n_i w_ik log p_ik, maximised at a fixed delta, has

    p_ik = w_ik / (1 + lambda_i (c_k - theta_i)),    lambda_i = a_i mu / n_i,

with one multiplier mu for all arms (the multinomial, or empirical, likelihood of a mean: Owen 2001, section
2.9). An empty level takes mass only if it is the lowest or the highest, and only where no solution without
it exists. Going along mu from -inf to inf moves delta down from its upper to its lower bound, and every
quantity of the score test is a function of mu; so limits are roots in mu, and no profile is maximised twice.
For one arm with values -1, 0, 1 this is the closed form of May & Johnson (1997) and Tango (1998).

Arrays have the shape (groups, arms, levels); values lie on the unit scale.
"""

import numpy as np

from npsstats.kernels.roots import find_roots
from npsstats.typing import FloatArray, IndexArray

__all__ = ["estimate_and_scale", "restricted_shares", "score_limit", "score_limits", "score_statistic"]

# Newton's method needs about 10 steps; the bound only stops a loop on broken input.
MAX_STEPS = 100

# A multiplier of this many standard errors leaves delta within rounding of its bound, for any n.
FARTHEST = 1e17


def restricted_shares(shares: FloatArray, values: FloatArray, multiplier: FloatArray) -> FloatArray:
    """Tilt the shares of one arm towards the restricted maximum likelihood at a multiplier.

    Parameters
    ----------
    shares : ndarray, shape (..., levels)
        The observed shares w_k; they add up to 1.
    values : ndarray, shape (levels,)
        The levels c_k, ascending.
    multiplier : ndarray, shape (...)
        lambda; 0 gives the observed shares, a positive one a lower mean.

    Returns
    -------
    ndarray, shape (..., levels)
        p_k = w_k / (1 + lambda (c_k - theta)).

    Notes
    -----
    With d_k = |c_k - c_end|, c_end the level that gains, p_k = w_k / (g + |lambda| d_k). The gap g >= 0 makes
    the shares add up to 1, or is 0 and the empty end level takes what is left. H(g) = 1 / sum p_k is a
    concave and increasing function of g, so Newton's method on H(g) = 1, started below the root, rises to it.
    """
    size = np.abs(multiplier)[..., None]
    up = multiplier < 0
    distance = np.where(up[..., None], values[-1] - values, values - values[0])
    pull = size * distance
    # Lower bounds of the root: the weighted harmonic mean is at most the arithmetic one (Jensen), and no
    # single share can exceed 1.
    gap = np.maximum(1 - (shares * pull).sum(-1), (shares - pull).max(-1)).clip(min=0)
    occupied = shares > 0
    for _ in range(MAX_STEPS):
        room = gap[..., None] + pull
        tilted: FloatArray = np.divide(shares, room, out=np.zeros_like(room), where=occupied)
        total = tilted.sum(-1)
        slope = np.divide(tilted, room, out=np.zeros_like(room), where=occupied).sum(-1)
        step = np.divide(total * (total - 1), slope, out=np.zeros_like(gap), where=slope > 0)
        new = np.maximum(gap + step, 0)
        # Convergence is quadratic: after a relative step of 1e-9 the next one is below rounding.
        done = np.abs(new - gap) <= 1e-9 * new
        gap = new
        if done.all():
            break
    room = gap[..., None] + pull
    tilted = np.divide(shares, room, out=np.zeros_like(room), where=occupied)
    left_over = (1 - tilted.sum(-1)).clip(min=0)
    end = np.where(up, values.size - 1, 0)[..., None]
    at_end = np.take_along_axis(tilted, end, -1)
    np.put_along_axis(tilted, end, np.where(gap[..., None] == 0, left_over[..., None], at_end), -1)
    return tilted


def score_statistic(
    counts: FloatArray,
    values: FloatArray,
    weights: FloatArray,
    null: FloatArray,
    *,
    corrected: bool,
) -> FloatArray:
    """Compute the score statistic of the hypothesis delta = null.

    Parameters
    ----------
    counts : ndarray, shape (groups, arms, levels)
        Respondents by level.
    values : ndarray, shape (levels,)
        The levels, ascending.
    weights : ndarray, shape (arms,)
        The weights a_i of the arms.
    null : ndarray, shape (groups,)
        The value under the null hypothesis, strictly inside the bounds of delta.
    corrected : bool
        With the variance factors n_i / (n_i - 1) and the skewness correction, or plain. (Miettinen & Nurminen
        1985 have one factor N / (N - 1) for all arms.)

    Returns
    -------
    ndarray, shape (groups,)
        Normal under the hypothesis; positive where the estimate is above `null`.
    """
    estimate, scale = estimate_and_scale(counts, values, weights)
    gap = estimate - null
    # One ulp of the estimate is no evidence: shares carry rounding.
    side = np.where(np.abs(gap) <= 4 * np.finfo(float).eps, 0.0, np.sign(gap))
    rows = np.flatnonzero(side)

    def overshoot(t: FloatArray, index: IndexArray) -> FloatArray:
        row = rows[index]
        delta, _ = _at(counts[row], values, weights, side[row] * t / scale[row], corrected=corrected)
        return side[row] * (null[row] - delta)

    # The right end of the first interval is the normal-theory answer, doubled.
    t = find_roots(overshoot, np.zeros(rows.size), 2 * np.abs(gap[rows]) / scale[rows], fixed=True)
    multiplier = np.zeros_like(estimate)
    multiplier[rows] = side[rows] * np.minimum(t, FARTHEST) / scale[rows]
    return _at(counts, values, weights, multiplier, corrected=corrected)[1]


def score_limits(
    counts: FloatArray,
    values: FloatArray,
    weights: FloatArray,
    z: FloatArray | float,
    *,
    corrected: bool,
) -> tuple[FloatArray, FloatArray]:
    """Find the values of delta at which the score statistic is z and -z.

    Parameters
    ----------
    counts, values, weights, corrected
        As for `score_statistic`.
    z : float or ndarray, shape (groups,)
        The normal quantile of the level.

    Returns
    -------
    low, high : ndarray, shape (groups,)
        A limit that the statistic reaches nowhere is the bound of delta.
    """
    low = score_limit(counts, values, weights, z, 1, corrected=corrected)
    high = score_limit(counts, values, weights, z, -1, corrected=corrected)
    return low, high


def score_limit(
    counts: FloatArray,
    values: FloatArray,
    weights: FloatArray,
    z: FloatArray | float,
    side: int,
    *,
    corrected: bool,
) -> FloatArray:
    """Find one limit of `score_limits`: the lower one for side 1, the upper one for side -1."""
    _, scale = estimate_and_scale(counts, values, weights)
    quantile = np.broadcast_to(np.asarray(z, dtype=np.float64), len(counts))

    def excess(t: FloatArray, row: IndexArray) -> FloatArray:
        _, statistic = _at(counts[row], values, weights, side * t / scale[row], corrected=corrected)
        return side * statistic - quantile[row]

    # A statistic that were linear would reach z at t = z; at one-sided levels below 50 % z lies below 0.
    around = np.maximum(np.abs(quantile) / 2, 0.25)
    t = find_roots(excess, quantile - around, quantile + 2 * around)
    ends = np.where(side * weights > 0, values[0], values[-1]), np.where(side * weights > 0, values[-1], values[0])
    limit: FloatArray = np.where(t > 0, ends[0] @ weights, ends[1] @ weights)
    rows = np.flatnonzero(np.isfinite(t))
    limit[rows], _ = _at(counts[rows], values, weights, side * t[rows] / scale[rows], corrected=corrected)
    return limit


def estimate_and_scale(counts: FloatArray, values: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Compute the estimate, and a rough standard error that is never 0, the scale of searches.

    One respondent more at each end makes it so (the adjusted Wald variance of Bonett & Price 2012).

    Parameters
    ----------
    counts, values, weights
        As for `score_statistic`.

    Returns
    -------
    estimate, scale : ndarray, shape (groups,)
    """
    n = counts.sum(axis=-1)
    estimate = ((counts @ values) / n) @ weights
    ends = np.zeros(values.size)
    ends[[0, -1]] = 1.0
    shares = (counts + ends) / (n + 2)[..., None]
    mean = shares @ values
    variance = (shares * (values - mean[..., None]) ** 2).sum(-1) / n
    return estimate, np.sqrt(variance @ weights**2)


def _at(
    counts: FloatArray, values: FloatArray, weights: FloatArray, multiplier: FloatArray, *, corrected: bool
) -> tuple[FloatArray, FloatArray]:
    """Compute delta and the score statistic at the multiplier mu."""
    n = counts.sum(axis=-1)
    shares = counts / n[..., None]
    tilted = restricted_shares(shares, values, multiplier[:, None] * weights / n)
    mean = tilted @ values
    deviation = values - mean[..., None]
    variance = (tilted * deviation**2).sum(-1)
    delta = mean @ weights
    # S = estimate - delta, from the shifts of the shares, which do not cancel as the two sums would.
    distance = ((shares - tilted) @ values) @ weights
    if not corrected:
        return delta, _ratio(distance, np.sqrt((variance / n) @ weights**2))
    # An arm of one respondent says nothing of its spread: its variance has no bound.
    inflated = np.divide(variance, n - 1, out=np.full_like(variance, np.inf), where=n > 1)
    spread = inflated @ weights**2
    third = ((tilted * deviation**3).sum(-1) / n**2) @ weights**3
    return delta, _skewness_corrected(_ratio(distance, np.sqrt(spread)), _ratio(third, 6 * spread**1.5))


def _skewness_corrected(score: FloatArray, skewness: FloatArray) -> FloatArray:
    """Solve A (z^2 - 1) + z = s for z (Gart & Nam 1988; Laud 2017), stable as A goes to 0.

    Where A and A + s have opposite signs and no solution exists, the expansion has left its range; z goes on
    as 2 (A + s), which meets the solution where it ends and keeps growing with s.
    """
    shifted = skewness + score
    z: FloatArray = 2 * shifted / (1 + np.sqrt((1 + 4 * skewness * shifted).clip(min=0)))
    return z


def _ratio(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    """Divide; 0 where the denominator is 0, that is at an estimate that no other value can have produced."""
    quotient: FloatArray = np.divide(numerator, denominator, out=np.zeros_like(numerator), where=denominator > 0)
    return quotient
