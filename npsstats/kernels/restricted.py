r"""Statistics of a weighted sum of mean values under restricted multinomial likelihood, and their limits.

One sample is the sum of one arm with weight 1; a difference of independent groups has two arms with weights 1 and
-1. Groups that share respondents fall into independent arms, too, whose weights and values then depend on how many
there are, row by row.

Let arm i have shares w_ik of n_i respondents at the levels c_k, and let delta = sum_i a_i theta_i with
theta_i = sum_k p_ik c_k. The likelihood sum_ik n_i w_ik log p_ik, maximised at a fixed delta, has

    p_ik = w_ik / (1 + lambda_i (c_k - theta_i)),    lambda_i = a_i mu / n_i,

with one multiplier mu for all arms (the multinomial, or empirical, likelihood of a mean: Owen 2001, section
2.9). An empty level takes mass only if it is the lowest or the highest, and only where no solution without
it exists. Going along mu from -inf to inf moves delta down from its upper to its lower bound, and every
statistic of the restricted shares is a function of mu; so limits are roots in mu, and no profile is maximised
twice. For one arm with values -1, 0, 1 this is the closed form of May & Johnson (1997) and Tango (1998).

Values lie on the unit scale. Inside, arrays have the shape (levels, arms, groups): sums over a few levels are
fast along the first axis.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from npsstats.kernels.roots import find_roots
from npsstats.typing import FloatArray, IndexArray

__all__ = [
    "Arms",
    "Statistic",
    "estimate_and_scale",
    "restricted_limit",
    "restricted_limits",
    "restricted_shares",
    "restricted_statistic",
]

# Newton's method needs about 10 steps; the bound only stops a loop on broken input.
MAX_STEPS = 100

# A multiplier of this many standard errors leaves delta within rounding of its bound, for any n.
FARTHEST = 1e17

# Groups whose arrays stay in the processor's cache together.
BLOCK = 16_384


@dataclass(frozen=True, slots=True)
class Arms:
    """Independent samples whose means are added with weights.

    Attributes
    ----------
    shares : ndarray, shape (levels, arms, groups)
        The observed shares w.
    n : ndarray, shape (arms, groups)
        Respondents.
    values : ndarray, shape (levels, 1 or arms, 1 or groups)
        The levels c, ascending.
    weights : ndarray, shape (arms, 1 or groups)
        The weights a; 0 where an arm is empty.
    sizes : ndarray, shape (arms, groups)
        The respondents that tell of the spread in each arm: its own, or more where arms are of one population.
    """

    shares: FloatArray
    n: FloatArray
    values: FloatArray
    weights: FloatArray
    sizes: FloatArray

    @classmethod
    def of(cls, counts: FloatArray, values: FloatArray, weights: FloatArray, sizes: FloatArray | None = None) -> "Arms":
        """Turn counts of the shape (groups, arms, levels) into shares, levels first.

        Values have the shape (levels,), or that of the counts; weights the shape (arms,) or (groups, arms).
        """
        table = np.ascontiguousarray(counts.transpose(2, 1, 0))
        n = table.sum(axis=0)
        levels = values[:, None, None] if values.ndim == 1 else np.ascontiguousarray(values.transpose(2, 1, 0))
        added = weights[:, None] if weights.ndim == 1 else np.ascontiguousarray(weights.T)
        if (n == 0).any():
            # One respondent who does not count stands for an empty arm.
            added = np.where(n == 0, 0.0, added)
            table[0] += n == 0
            n = table.sum(axis=0)
        return cls(table / n, n, levels, added, n if sizes is None else np.ascontiguousarray(sizes.T))

    def take(self, groups: IndexArray) -> "Arms":
        """Keep some groups."""
        values = self.values if self.values.shape[-1] == 1 else self.values[..., groups]
        weights = self.weights if self.weights.shape[-1] == 1 else self.weights[:, groups]
        return Arms(self.shares[..., groups], self.n[:, groups], values, weights, self.sizes[:, groups])

    @property
    def bounds(self) -> tuple[FloatArray, FloatArray]:
        """The lowest and the highest value of delta, one for each group or one for all."""
        ends = self.values[0], self.values[-1]
        low, high = (np.where(self.weights > 0, one, other) * self.weights for one, other in (ends, ends[::-1]))
        return low.sum(axis=0), high.sum(axis=0)

    def tilted(self, multiplier: FloatArray) -> FloatArray:
        """Compute the restricted shares at a multiplier mu of each group."""
        return restricted_shares(self.shares, self.values, multiplier * self.weights / self.n)

    def total(self, shares: FloatArray) -> FloatArray:
        """Add up the means of shares, with the weights: delta, one for each group."""
        delta: FloatArray = ((shares * self.values).sum(axis=0) * self.weights).sum(axis=0)
        return delta


Statistic: TypeAlias = Callable[[Arms, FloatArray], FloatArray]
"""Takes the arms and their restricted shares; normal under the hypothesis, positive where the estimate is above."""


def restricted_shares(shares: FloatArray, values: FloatArray, multiplier: FloatArray) -> FloatArray:
    """Tilt the shares of one arm towards the restricted maximum likelihood at a multiplier.

    Parameters
    ----------
    shares : ndarray, shape (levels, ...)
        The observed shares w_k; they add up to 1.
    values : ndarray, shape (levels, ...)
        The levels c_k, ascending, of as many dimensions as the shares.
    multiplier : ndarray, shape (...)
        lambda; 0 gives the observed shares, a positive one a lower mean.

    Returns
    -------
    ndarray, shape (levels, ...)
        p_k = w_k / (1 + lambda (c_k - theta)).

    Notes
    -----
    With d_k = |c_k - c_end|, c_end the level that gains, p_k = w_k / (g + |lambda| d_k). The gap g >= 0 makes
    the shares add up to 1, or is 0 and the empty end level takes what is left. H(g) = 1 / sum p_k is a
    concave and increasing function of g, so Newton's method on H(g) = 1, started below the root, rises to it.
    """
    up = multiplier < 0
    pull = np.abs(multiplier) * np.where(up, values[-1] - values, values - values[0])
    # Lower bounds of the root: the weighted harmonic mean is at most the arithmetic one (Jensen), and no
    # single share can exceed 1.
    gap = np.maximum(1 - (shares * pull).sum(axis=0), (shares - pull).max(axis=0)).clip(min=0)
    empty = shares == 0
    for _ in range(MAX_STEPS):
        room = gap + pull
        # An empty level at the end has no room either: 0 / 0 stands for no mass.
        room[empty] = 1.0
        tilted: FloatArray = shares / room
        total = tilted.sum(axis=0)
        slope = (tilted / room).sum(axis=0)
        # At multipliers near the largest number the slope underflows: there the gap is 0 already.
        step = np.divide(total * (total - 1), slope, out=np.zeros_like(total), where=slope > 0)
        new = np.maximum(gap + step, 0)
        # Convergence is quadratic: after a relative step of 1e-9 the next one is below rounding.
        done = np.abs(new - gap) <= 1e-9 * new
        gap = new
        if done.all():
            break
    room = gap + pull
    room[empty] = 1.0
    tilted = shares / room
    left_over = np.where(gap == 0, (1 - tilted.sum(axis=0)).clip(min=0), 0.0)
    tilted[0] += np.where(up, 0.0, left_over)
    tilted[-1] += np.where(up, left_over, 0.0)
    return tilted


def restricted_statistic(
    statistic: Statistic,
    counts: FloatArray,
    values: FloatArray,
    weights: FloatArray,
    null: FloatArray,
    sizes: FloatArray | None = None,
) -> FloatArray:
    """Compute a statistic of the hypothesis delta = null.

    Parameters
    ----------
    statistic : callable
        The statistic of the arms and their restricted shares.
    counts : ndarray, shape (groups, arms, levels)
        Respondents by level.
    values : ndarray, shape (levels,) or (groups, arms, levels)
        The levels, ascending.
    weights : ndarray, shape (arms,) or (groups, arms)
        The weights a_i of the arms; that of an arm without respondents is taken for 0.
    null : ndarray, shape (groups,)
        The value under the null hypothesis, strictly inside the bounds of delta.
    sizes : ndarray, shape (groups, arms), optional
        The respondents that tell of the spread in each arm; its own by default.

    Returns
    -------
    ndarray, shape (groups,)
        Normal under the hypothesis; positive where the estimate is above `null`.
    """
    arms = Arms.of(counts, values, weights, sizes)
    estimate, scale = estimate_and_scale(counts, values, weights)
    gap = estimate - null
    # One ulp of the estimate is no evidence: shares carry rounding.
    side = np.where(np.abs(gap) <= 4 * np.finfo(float).eps, 0.0, np.sign(gap))
    rows = np.flatnonzero(side)

    def overshoot(t: FloatArray, index: IndexArray) -> FloatArray:
        row = rows[index]
        part = arms.take(row)
        return side[row] * (null[row] - part.total(part.tilted(side[row] * t / scale[row])))

    # The right end of the first interval is the normal-theory answer, doubled.
    t = find_roots(overshoot, np.zeros(rows.size), 2 * np.abs(gap[rows]) / scale[rows], fixed=True)
    multiplier = np.zeros_like(estimate)
    multiplier[rows] = side[rows] * np.minimum(t, FARTHEST) / scale[rows]
    return statistic(arms, arms.tilted(multiplier))


def restricted_limits(
    statistic: Statistic,
    counts: FloatArray,
    values: FloatArray,
    weights: FloatArray,
    z: FloatArray | float,
    sizes: FloatArray | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Find the values of delta at which a statistic is z and -z.

    Parameters
    ----------
    statistic, counts, values, weights
        As for `restricted_statistic`.
    z : float or ndarray, shape (groups,)
        The normal quantile of the level.
    sizes : ndarray, shape (groups, arms), optional
        As for `restricted_statistic`.

    Returns
    -------
    low, high : ndarray, shape (groups,)
        A limit that the statistic reaches nowhere is the bound of delta.
    """
    low, high = (restricted_limit(statistic, counts, values, weights, z, side, sizes) for side in (1, -1))
    return low, high


def restricted_limit(
    statistic: Statistic,
    counts: FloatArray,
    values: FloatArray,
    weights: FloatArray,
    z: FloatArray | float,
    side: int,
    sizes: FloatArray | None = None,
) -> FloatArray:
    """Find one limit of `restricted_limits`: the lower one for side 1, the upper one for side -1."""
    quantile = np.broadcast_to(np.asarray(z, dtype=np.float64), len(counts))
    limit = np.empty(len(counts))
    for start in range(0, len(counts), BLOCK):
        block = slice(start, start + BLOCK)
        own_values = values if values.ndim == 1 else values[block]
        own_weights = weights if weights.ndim == 1 else weights[block]
        own_sizes = None if sizes is None else sizes[block]
        arms = Arms.of(counts[block], own_values, own_weights, own_sizes)
        _, scale = estimate_and_scale(counts[block], own_values, own_weights)
        limit[block] = _limit(statistic, arms, scale, quantile[block], side)
    return limit


def _limit(statistic: Statistic, arms: Arms, scale: FloatArray, z: FloatArray, side: int) -> FloatArray:
    def excess(t: FloatArray, row: IndexArray) -> FloatArray:
        part = arms.take(row)
        return side * statistic(part, part.tilted(side * t / scale[row])) - z[row]

    # A statistic that were linear would reach z at t = z; at one-sided levels below 50 % z lies below 0.
    around = np.maximum(np.abs(z) / 2, 0.25)
    t = find_roots(excess, z - around, z + 2 * around)
    near, far = arms.bounds[::side]
    limit: FloatArray = np.where(t > 0, near, far)
    rows = np.flatnonzero(np.isfinite(t))
    part = arms.take(rows)
    limit[rows] = part.total(part.tilted(side * t[rows] / scale[rows]))
    return limit


def estimate_and_scale(counts: FloatArray, values: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Compute the estimate, and a rough standard error that is never 0, the scale of searches.

    One respondent more at each end makes it so (the adjusted Wald variance of Bonett & Price 2012).

    Parameters
    ----------
    counts, values, weights
        As for `restricted_statistic`.

    Returns
    -------
    estimate, scale : ndarray, shape (groups,)
    """
    n = counts.sum(axis=-1)
    added = np.where(n > 0, weights, 0.0)
    mean = (counts * values).sum(axis=-1) / np.maximum(n, 1)
    ends = np.zeros(values.shape[-1])
    ends[[0, -1]] = 1.0
    shares = (counts + ends) / (n + 2)[..., None]
    centre = (shares * values).sum(axis=-1, keepdims=True)
    variance = (shares * (values - centre) ** 2).sum(axis=-1) / np.maximum(n, 1)
    return (mean * added).sum(axis=-1), np.sqrt((variance * added**2).sum(axis=-1))
