"""Several samples held to a common mean: their multinomial likelihood, and two statistics of the hypothesis.

Each arm has the restricted shares of `kernels.restricted`, p_k = w_k / (1 + lambda_j (c_k - t)), at the common mean t.
The slope of its profile likelihood at t is n_j lambda_j; so the likelihood of all is greatest where these add up to 0.

Counts have the shape (rows, arms, levels), values lie on the unit scale. Inside, arrays have the shape (levels, arms,
rows).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from npsstats.kernels.roots import find_roots
from npsstats.typing import FloatArray, IndexArray

__all__ = ["CommonMean", "deviance_of_means", "hold_to_common_mean", "multipliers", "score_of_means"]

# Newton's method needs about 10 steps, and bisection 60; the bound only stops a loop on broken input.
MAX_STEPS = 200

# Numbers in the arrays of a block of rows: they stay in the processor's cache together.
BLOCK = 65_536

# Means are sums of products: what is equal in fact may differ by this much in floating point.
TIE = 1e-12

# Common means are sought inside the scale; at its ends a multiplier has no bound.
INSIDE = (1e-200, 1 - 2.0**-53)


def multipliers(shares: FloatArray, values: FloatArray, mean: FloatArray) -> FloatArray:
    """Find the multipliers of the restricted shares of arms at given means.

    Parameters
    ----------
    shares : ndarray, shape (levels, ...)
        The observed shares w.
    values : ndarray, shape (levels,)
        The levels c, ascending from 0 to 1.
    mean : ndarray, shape (...)
        The mean t, strictly between 0 and 1.

    Returns
    -------
    ndarray, shape (...)
        lambda of p_k = w_k / (1 + lambda (c_k - t)) (see `kernels.restricted`); positive where t is below the
        observed mean. n lambda is the slope of the profile likelihood of an arm.

    Notes
    -----
    Let D = |t - c_end| be the distance to the end that gains and d_k = |c_k - c_end|. On 0 < |lambda| <= 1 / D the
    tilted mean of d_k - D, with weights w_k / (1 + |lambda| (d_k - D)), falls, without a pole, and is 0 at the
    root. No single share can exceed 1, so |lambda| <= (1 - w_end) / D; if the end is empty and the tilted mean is
    still positive there, |lambda| = 1 / D and the end takes what is left.
    """
    gap = mean - np.tensordot(values, shares, axes=1)
    up = gap > 0
    column = values.reshape(-1, *(1,) * mean.ndim)
    distance = np.where(up, 1 - mean, mean)
    shift = np.where(up, 1 - column, column) - distance
    most = (1 - np.where(up, shares[-1], shares[0])) / distance
    low, size = np.zeros_like(mean), np.where(np.abs(gap) <= 1e-15, 0.0, most)
    high = most.copy()
    occupied = shares > 0
    for _ in range(MAX_STEPS):
        room = np.where(occupied, 1 + size * shift, 1.0)
        tilted = shares / room
        total, first = tilted.sum(axis=0), (tilted * shift).sum(axis=0)
        bent = tilted / room
        excess = first / total
        slope = (excess * (bent * shift).sum(axis=0) - (bent * shift**2).sum(axis=0)) / total
        np.copyto(low, size, where=excess > 0)
        np.copyto(high, size, where=excess <= 0)
        new = size - np.divide(excess, slope, out=np.zeros_like(size), where=slope < 0)
        outside = ~((new >= low) & (new <= high)) | (slope >= 0)
        new = np.where(outside, (low + high) / 2, new)
        # At an arm without spread any multiplier will do.
        done = (np.abs(new - size) <= 1e-9 * size + 1e-15 * most) | (excess == 0) | (size == 0)
        size = np.where((excess == 0) | (size == 0), size, new)
        if done.all():
            break
    return np.where(up, -size, size)


@dataclass(frozen=True, slots=True)
class CommonMean:
    """Arms held to a common mean.

    Attributes
    ----------
    shares : ndarray, shape (levels, arms, rows)
        The observed shares.
    n : ndarray, shape (arms, rows)
        Respondents.
    distance : ndarray, shape (arms, rows)
        Observed mean less the common mean t of the greatest likelihood.
    shift : ndarray, shape (levels, 1, rows)
        The values less t.
    multiplier : ndarray, shape (arms, rows)
        lambda of the restricted shares; 0 where all observed means are the same.
    """

    shares: FloatArray
    n: FloatArray
    distance: FloatArray
    shift: FloatArray
    multiplier: FloatArray


def hold_to_common_mean(counts: FloatArray, values: FloatArray) -> CommonMean:
    """Maximise the likelihood under a common mean t, that is solve sum n_j lambda_j(t) = 0.

    Parameters
    ----------
    counts : ndarray, shape (rows, arms, levels)
        Respondents.
    values : ndarray, shape (levels,)
        The levels, ascending from 0 to 1.

    Returns
    -------
    CommonMean
    """
    table = np.ascontiguousarray(counts.transpose(2, 1, 0))
    n = table.sum(axis=0)
    shares = table / n
    mean = np.tensordot(values, shares, axes=1)
    least, most = mean.min(axis=0), mean.max(axis=0)
    common = ((least + most) / 2).clip(*INSIDE)
    rows = np.flatnonzero(most - least > TIE)

    def fall(t: FloatArray, index: IndexArray) -> FloatArray:
        part = rows[index]
        at = np.broadcast_to(t.clip(*INSIDE), (len(n), part.size))
        # The profile likelihood is concave: its slope falls.
        slope: FloatArray = -(n[:, part] * multipliers(shares[..., part], values, at)).sum(axis=0)
        return slope

    common[rows] = find_roots(fall, least[rows], most[rows]).clip(*INSIDE)
    at = np.broadcast_to(common, n.shape)
    multiplier = np.zeros_like(n)
    multiplier[:, rows] = multipliers(shares[..., rows], values, at[:, rows])
    distance = np.where(most - least > TIE, mean - common, 0.0)
    return CommonMean(shares, n, distance, values[:, None, None] - common, multiplier)


def score_of_means(counts: FloatArray, values: FloatArray) -> FloatArray:
    """Compute the score statistic of a common mean, sum n_j (m_j - t)^2 / v_j with restricted variances v_j.

    As m_j - t = lambda_j v_j, this is sum n_j lambda_j (m_j - t), and t is the mean of the m_j weighted by n_j / v_j.
    With two arms it is the square of `plain_score` of their difference. An arm without spread has one under the
    restriction, unless its mean is t, where it adds nothing.

    Parameters
    ----------
    counts : ndarray, shape (rows, arms, levels)
        Respondents.
    values : ndarray, shape (levels,)
        The levels, ascending from 0 to 1.

    Returns
    -------
    ndarray, shape (rows,)
        Chi-square with arms - 1 degrees of freedom under the hypothesis.
    """

    def statistic(fit: CommonMean) -> FloatArray:
        total: FloatArray = (fit.n * fit.multiplier * fit.distance).sum(axis=0)
        return total.clip(min=0)

    return _in_blocks(statistic, counts, values)


def deviance_of_means(counts: FloatArray, values: FloatArray) -> FloatArray:
    """Compute the likelihood-ratio statistic of a common mean, 2 sum n_j w_jk log(w_jk / p_jk).

    Parameters
    ----------
    counts, values
        As for `score_of_means`.

    Returns
    -------
    ndarray, shape (rows,)
        Chi-square with arms - 1 degrees of freedom under the hypothesis (Owen 2001, section 2.9).
    """

    def statistic(fit: CommonMean) -> FloatArray:
        # An empty level at the end, which may take mass, has a factor of 0 and no logarithm of its own.
        room = np.where(fit.shares > 0, fit.multiplier * fit.shift, 0.0)
        total: FloatArray = 2 * (fit.n * (fit.shares * np.log1p(room)).sum(axis=0)).sum(axis=0)
        return total.clip(min=0)

    return _in_blocks(statistic, counts, values)


def _in_blocks(statistic: Callable[[CommonMean], FloatArray], counts: FloatArray, values: FloatArray) -> FloatArray:
    """Compute a statistic of the restricted fit, some rows at a time."""
    rows = max(1, BLOCK // (counts.shape[1] * counts.shape[2]))
    parts = [
        statistic(hold_to_common_mean(counts[start : start + rows], values)) for start in range(0, len(counts), rows)
    ]
    return np.concatenate(parts) if parts else np.empty(0)
