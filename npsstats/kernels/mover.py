"""Limits of a difference from the limits of its two arms: the method of variance estimates recovery."""

import numpy as np

from npsstats.kernels.roots import find_roots
from npsstats.kernels.restricted import estimate_and_scale, restricted_limit
from npsstats.kernels.score import plain_score
from npsstats.typing import FloatArray, IndexArray

__all__ = ["mover_limits", "mover_statistic"]

ONE = np.ones(1)


def mover_limits(counts: FloatArray, values: FloatArray, z: float) -> tuple[FloatArray, FloatArray]:
    """Compute the limits of a difference of two means from the plain score limits of each.

    Parameters
    ----------
    counts : ndarray, shape (groups, 2, levels)
        Respondents by level, the group's and its reference's.
    values : ndarray, shape (levels,)
        The levels, ascending.
    z : float
        The normal quantile of the level.

    Returns
    -------
    low, high : ndarray, shape (groups,)
        Zou & Donner (2008), equation 3: low = D - sqrt((m1 - l1)^2 + (u2 - m2)^2), and high likewise.
    """
    low = _below(counts, values, np.full(len(counts), z))
    return low, -_below(counts[:, ::-1], values, np.full(len(counts), z))


def mover_statistic(counts: FloatArray, values: FloatArray, null: FloatArray) -> FloatArray:
    """Find the normal quantile at which the interval of the difference ends at `null`.

    Parameters
    ----------
    counts, values
        As for `mover_limits`.
    null : ndarray, shape (groups,)
        The difference under the null hypothesis.

    Returns
    -------
    ndarray, shape (groups,)
        Positive where the estimate is above `null`; infinite where no interval reaches it.
    """
    estimate, scale = estimate_and_scale(counts, values, np.array([1.0, -1.0]))
    gap = estimate - null
    side = np.where(np.abs(gap) <= 4 * np.finfo(float).eps, 0.0, np.sign(gap))
    rows = np.flatnonzero(side)
    statistic = np.zeros(len(counts))
    if not rows.size:
        return statistic
    # Where the estimate lies below `null`, swap the arms: then every limit sought is a lower one.
    oriented = np.where(side[rows, None, None] > 0, counts[rows], counts[rows, ::-1])
    target = side[rows] * null[rows]

    def excess(z: FloatArray, row: IndexArray) -> FloatArray:
        return target[row] - _below(oriented[row], values, z)

    # At z = 0 the limit is the estimate itself, on the near side of `null`.
    guess = np.abs(gap[rows]) / scale[rows]
    statistic[rows] = side[rows] * find_roots(excess, np.zeros(rows.size), 1.5 * guess, fixed=True)
    return statistic


def _below(counts: FloatArray, values: FloatArray, z: FloatArray) -> FloatArray:
    first, second = counts[:, :1], counts[:, 1:]
    mean_1, mean_2 = (arm[:, 0] @ values / arm[:, 0].sum(axis=-1) for arm in (first, second))
    low_1 = restricted_limit(plain_score, first, values, ONE, z, 1)
    high_2 = restricted_limit(plain_score, second, values, ONE, z, -1)
    # Below a one-sided level of 50 % the limits, and that of the difference, lie beyond the estimates.
    low: FloatArray = mean_1 - mean_2 - np.sign(z) * np.hypot(mean_1 - low_1, high_2 - mean_2)
    return low
