"""Limits from the limits of parts: the method of variance estimates recovery."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from npsstats.kernels.restricted import estimate_and_scale, restricted_limit
from npsstats.kernels.roots import find_roots
from npsstats.kernels.score import plain_score
from npsstats.typing import FloatArray, IndexArray

__all__ = ["mover_limits", "mover_statistic", "mover_wilson_limits", "mover_wilson_statistic"]

ONE = np.ones(1)

Limit: TypeAlias = Callable[[FloatArray, IndexArray], FloatArray]
"""Takes quantiles and the numbers of the groups that they are for."""


def mover_limits(
    counts: FloatArray, values: FloatArray, weights: FloatArray, z: float
) -> tuple[FloatArray, FloatArray]:
    """Compute the limits of a weighted sum of means of independent arms from the plain score limits of each.

    Parameters
    ----------
    counts : ndarray, shape (groups, arms, levels)
        Respondents by level.
    values : ndarray, shape (levels,) or (groups, arms, levels)
        The levels, ascending.
    weights : ndarray, shape (groups, arms)
        The weights a_i; that of an arm without respondents is taken for 0.
    z : float
        The normal quantile of the level.

    Returns
    -------
    low, high : ndarray, shape (groups,)
        Zou & Donner (2008), equation 3, for two arms D -+ sqrt((m1 - l1)^2 + (u2 - m2)^2), each arm with its weight.
    """
    quantile = np.full(len(counts), z)
    return _below(counts, values, weights, quantile), -_below(counts, values, -weights, quantile)


def mover_statistic(counts: FloatArray, values: FloatArray, weights: FloatArray, null: FloatArray) -> FloatArray:
    """Find the normal quantile at which the interval of the weighted sum ends at `null`.

    Parameters
    ----------
    counts, values, weights
        As for `mover_limits`.
    null : ndarray, shape (groups,)
        The value under the null hypothesis.

    Returns
    -------
    ndarray, shape (groups,)
        Positive where the estimate is above `null`; infinite where no interval reaches it.
    """
    estimate, scale = estimate_and_scale(counts, values, weights)

    def limit(sign: int) -> Limit:
        return lambda z, rows: _below(
            counts[rows], values if values.ndim == 1 else values[rows], sign * weights[rows], z
        )

    return _statistic(limit(1), limit(-1), estimate - null, scale, null, -null)


def mover_wilson_limits(counts: FloatArray, values: FloatArray, z: float) -> tuple[FloatArray, FloatArray]:
    """Compute the limits of a mean over two or three levels from Wilson's limits of the shares at both ends.

    Parameters
    ----------
    counts : ndarray, shape (groups, levels)
        Respondents by level, two or three levels.
    values : ndarray, shape (levels,)
        The levels, from 0 to 1.
    z : float
        The normal quantile of the level.

    Returns
    -------
    low, high : ndarray, shape (groups,)
        Newcombe (1998) for paired proportions, with the correlation of the two multinomial shares.
    """
    quantile = np.full(len(counts), z)
    mirrored = 1 - values[::-1]
    return _wilson_below(counts, values, quantile), 1 - _wilson_below(counts[:, ::-1], mirrored, quantile)


def mover_wilson_statistic(counts: FloatArray, values: FloatArray, null: FloatArray) -> FloatArray:
    """Find the normal quantile at which the interval of the mean ends at `null`.

    Parameters
    ----------
    counts, values
        As for `mover_wilson_limits`.
    null : ndarray, shape (groups,)
        The mean under the null hypothesis.

    Returns
    -------
    ndarray, shape (groups,)
        Positive where the estimate is above `null`; infinite where no interval reaches it.
    """
    estimate, scale = estimate_and_scale(counts[:, None], values, ONE)
    mirrored = 1 - values[::-1]
    return _statistic(
        lambda z, rows: _wilson_below(counts[rows], values, z),
        lambda z, rows: _wilson_below(counts[rows, ::-1], mirrored, z),
        estimate - null,
        scale,
        null,
        1 - null,
    )


def _statistic(
    below: Limit, mirrored: Limit, gap: FloatArray, scale: FloatArray, null: FloatArray, mirrored_null: FloatArray
) -> FloatArray:
    """Solve below(z) = null, or its mirror image where the estimate lies below `null`: only lower limits are sought."""
    statistic = np.zeros(null.size)
    # One ulp of the estimate is no evidence: shares carry rounding.
    side = np.where(np.abs(gap) <= 4 * np.finfo(float).eps, 0.0, np.sign(gap))
    for sign, limit, target in ((1, below, null), (-1, mirrored, mirrored_null)):
        rows = np.flatnonzero(side == sign)
        if rows.size:
            # At z = 0 the limit is the estimate itself, on the near side of `null`.
            guess = 1.5 * np.abs(gap[rows]) / scale[rows]
            statistic[rows] = sign * find_roots(_excess(limit, target, rows), np.zeros(rows.size), guess, fixed=True)
    return statistic


def _excess(limit: Limit, target: FloatArray, rows: IndexArray) -> Limit:
    return lambda z, index: target[rows[index]] - limit(z, rows[index])


def _below(counts: FloatArray, values: FloatArray, weights: FloatArray, z: FloatArray) -> FloatArray:
    estimate, _ = estimate_and_scale(counts, values, weights)
    squared = np.zeros(len(counts))
    for i in range(counts.shape[1]):
        arm, levels = counts[:, i : i + 1], values if values.ndim == 1 else values[:, i : i + 1]
        sign = np.sign(weights[:, i])
        for side in (1, -1):
            rows = np.flatnonzero((sign == side) & (arm[:, 0].sum(axis=-1) > 0))
            part, own = arm[rows], levels if levels.ndim == 1 else levels[rows]
            mean, _ = estimate_and_scale(part, own, ONE)
            limit = restricted_limit(plain_score, part, own, ONE, z[rows], side)
            squared[rows] += (weights[rows, i] * (mean - limit)) ** 2
    # Below a one-sided level of 50 % the limits, and that of the sum, lie beyond the estimates.
    low: FloatArray = estimate - np.sign(z) * np.sqrt(squared)
    return low


def _wilson_below(counts: FloatArray, values: FloatArray, z: FloatArray) -> FloatArray:
    n = counts.sum(axis=-1)
    top, bottom = counts[:, -1] / n, counts[:, 0] / n
    # mean - middle = (1 - middle) top - middle bottom; without a middle level the bottom has no weight.
    middle = values[1] if values.size == 3 else 0.0
    gain = (1 - middle) * (top - _wilson_low(top, n, z))
    loss = middle * (1 - bottom - _wilson_low(1 - bottom, n, z))
    odds = (1 - top) * (1 - bottom)
    correlation = -np.sqrt(np.divide(top * bottom, odds, out=np.zeros_like(odds), where=odds > 0))
    width = np.sqrt((gain**2 + loss**2 - 2 * correlation * gain * loss).clip(min=0))
    low: FloatArray = counts @ values / n - np.sign(z) * width
    return low


def _wilson_low(share: FloatArray, n: FloatArray, z: FloatArray) -> FloatArray:
    """Compute the lower limit of a share: Wilson (1927)."""
    centre = share + z**2 / (2 * n)
    margin = z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    # Rationalised, so that the limit of a share of 0 is 0.
    low: FloatArray = np.where(
        z >= 0, share**2 / (centre + margin).clip(min=1e-300), (centre - margin) / (1 + z**2 / n)
    )
    return low
