r"""Kendall's tau-b of two orders: its value, its bounds where signs are not known, its interval over sampled units.

For n units with scores x and y, every pair has the signs a = sign(x_i - x_j) and b = sign(y_i - y_j), and

    tau_b = S / sqrt(A B),   S = mean of a b,  A = mean of a^2,  B = mean of b^2  (Kendall 1945),

which is tau_a = S without ties.

Bounds. Let some pairs be known to be concordant, some to be discordant, and u of N pairs unknown, ties included. Then
both tau_a and tau_b lie within (concordant - discordant -+ u) / N: with t pairs tied in either order, |S| N <= N - t,
and S / sqrt(A B) <= S N / (N - t) <= (S N + t) / N for S >= 0, S / sqrt(A B) <= S for S < 0; t counts among the u.

Sampled units. tau_b is a function of three U-statistics (Hoeffding 1948), linearised as the mean of

    k_ij = a_ij b_ij / sqrt(A B) - (tau_b / 2) (a_ij^2 / A + b_ij^2 / B),   whose mean over all pairs is 0.

Its variance is estimated as that of a mean over pairs (Daniels & Kendall 1947; Long & Cliff 1997),

    (4 (n - 2) s_1^2 + 2 s_2^2) / (n (n - 1)),   s_1^2 of the means of k by unit, s_2^2 of k itself.

This is the consistent estimate of Long & Cliff, never negative; the noise of the means by unit makes it somewhat too
large in small samples, on the safe side.
"""

import numpy as np

from npsstats.typing import BoolArray, FloatArray, IntArray

__all__ = ["agreement_of", "signs_of", "tau_b", "tau_bounds", "tau_limits", "tau_variance"]

# Scores closer than this, in points, differ by rounding of floating-point numbers only.
SAME = 1e-9
# Where 1 - tau^2 is no more than this, all pairs agree.
ALL_AGREE = 1e-12


def signs_of(scores: FloatArray) -> IntArray:
    """Compute the signs of all differences.

    Parameters
    ----------
    scores : ndarray, shape (..., units)

    Returns
    -------
    ndarray of int, shape (..., units, units)
        1 where the first of a pair has the higher score, -1 where the second has, 0 where they tie.
    """
    difference = scores[..., :, None] - scores[..., None, :]
    signs: IntArray = np.where(np.abs(difference) <= SAME, 0.0, np.sign(difference)).astype(np.int64)
    return signs


def tau_b(first: IntArray, second: IntArray) -> FloatArray:
    """Compute Kendall's tau-b from the signs of pairs.

    Parameters
    ----------
    first, second : ndarray of int, shape (..., units, units)
        The signs of two orders, as `signs_of` gives them.

    Returns
    -------
    ndarray, shape (...)
        nan where all units tie in one of the orders.
    """
    total = (first * second).sum(axis=(-2, -1)).astype(np.float64)
    untied = (first**2).sum(axis=(-2, -1)) * (second**2).sum(axis=(-2, -1))
    tau: FloatArray = np.divide(total, np.sqrt(untied), out=np.full(total.shape, np.nan), where=untied > 0)
    return tau


def tau_bounds(first: IntArray, second: IntArray) -> tuple[float, float]:
    """Bound tau-a and tau-b by the pairs whose signs are known.

    Parameters
    ----------
    first, second : ndarray of int, shape (pairs,)
        The known signs of all pairs under two orders; 0 where nothing is known.

    Returns
    -------
    tuple of float
    """
    product = first * second
    known, unknown = product.sum(), (product == 0).sum()
    return float((known - unknown) / product.size), float((known + unknown) / product.size)


def tau_variance(first: IntArray, second: IntArray) -> float:
    """Estimate the variance of tau-b over samples of units.

    Parameters
    ----------
    first, second : ndarray of int, shape (units, units)
        The signs of two orders.

    Returns
    -------
    float
        nan for fewer than three units, or where all tie in one of the orders.
    """
    units = len(first)
    pairs = units * (units - 1)
    untied = (first**2).sum() / max(pairs, 1), (second**2).sum() / max(pairs, 1)
    if units < 3 or not min(untied) > 0:
        return float("nan")
    root = np.sqrt(untied[0] * untied[1])
    tau = (first * second).sum() / pairs / root
    influence = first * second / root - tau / 2 * (first**2 / untied[0] + second**2 / untied[1])
    by_unit = influence.sum(axis=1) / (units - 1)
    between = (by_unit**2).sum() / (units - 1)
    within = (influence**2).sum() / (pairs - 1)
    return float((4 * (units - 2) * between + 2 * within) / pairs)


def tau_limits(tau: float, variance: float, units: int, quantile: float) -> tuple[float, float]:
    r"""Compute the limits of tau-b over sampled units, on the scale of Fisher's z.

    Parameters
    ----------
    tau, variance : float
        The estimate and its estimated variance.
    units : int
    quantile : float
        Of the standard normal law.

    Returns
    -------
    tuple of float
        tanh(artanh(tau) -+ quantile se / (1 - tau^2)). Where all pairs agree, the estimated variance is 0 and tells
        nothing; then the tau that satisfy (tau - t)^2 <= quantile^2 2 (1 - t^2) / units, by the largest variance that
        there can be (Daniels & Kendall 1947).
    """
    if np.isnan(tau) or np.isnan(variance):
        return float("nan"), float("nan")
    if 1 - tau**2 <= ALL_AGREE or variance <= 0:
        most = 2 * quantile**2 / units
        reach = np.sqrt(most**2 + most * (1 - tau**2))
        return float((tau - reach) / (1 + most)), float((tau + reach) / (1 + most))
    reach = quantile * np.sqrt(variance) / (1 - tau**2)
    return float(np.tanh(np.arctanh(tau) - reach)), float(np.tanh(np.arctanh(tau) + reach))


def agreement_of(first: IntArray, second: IntArray) -> tuple[int, int, int]:
    """Count concordant, discordant and tied pairs.

    Parameters
    ----------
    first, second : ndarray of int, shape (pairs,)
        The signs of each pair once.

    Returns
    -------
    tuple of int
        A pair that ties in either order is tied.
    """
    product = first * second
    tied: BoolArray = product == 0
    return int((product > 0).sum()), int((product < 0).sum()), int(tied.sum())
