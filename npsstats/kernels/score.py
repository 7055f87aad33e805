"""Score statistics of a weighted sum of mean values, at its restricted shares."""

import numpy as np

from npsstats.kernels.restricted import Arms
from npsstats.typing import FloatArray

__all__ = ["plain_score", "skewness_corrected_score"]


def plain_score(arms: Arms, tilted: FloatArray) -> FloatArray:
    """Compute (estimate - delta) / sqrt(sum a_i^2 v_i / n_i), v_i the variance of the restricted shares.

    Parameters
    ----------
    arms : Arms
        The samples.
    tilted : ndarray, shape (levels, arms, groups)
        Their restricted shares.

    Returns
    -------
    ndarray, shape (groups,)
        The statistic of May & Johnson (1997) and Tango (1998), positive where the estimate is above delta.
    """
    distance, deviation = _shift(arms, tilted)
    variance = (tilted * deviation**2).sum(axis=0)
    return _ratio(distance, np.sqrt((variance / arms.n * arms.weights**2).sum(axis=0)))


def skewness_corrected_score(arms: Arms, tilted: FloatArray) -> FloatArray:
    """Compute the score statistic with variance factors n_i / (n_i - 1) and the skewness correction.

    Parameters
    ----------
    arms, tilted
        As for `plain_score`.

    Returns
    -------
    ndarray, shape (groups,)
        z of A (z^2 - 1) + z = s (Gart & Nam 1988; Laud 2017). (Miettinen & Nurminen 1985 have one factor
        N / (N - 1) for all arms.)
    """
    distance, deviation = _shift(arms, tilted)
    moment = tilted * deviation**2
    variance = moment.sum(axis=0)
    # Of one respondent nothing can be learned of the spread: the variance has no bound.
    more = np.maximum(arms.sizes - 1, 1)
    inflated = np.where(arms.sizes > 1, variance * (arms.sizes / arms.n) / more, np.inf)
    spread = (np.where(arms.weights == 0, 0.0, inflated) * arms.weights**2).sum(axis=0)
    third = ((moment * deviation).sum(axis=0) / arms.n**2 * arms.weights**3).sum(axis=0)
    error = np.sqrt(spread)
    return _corrected(_ratio(distance, error), _ratio(third, 6 * spread * error))


def _shift(arms: Arms, tilted: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Compute estimate - delta, and the deviations of the values from the restricted means."""
    mean = (tilted * arms.values).sum(axis=0)
    # From the shifts of the shares, which do not cancel as the two sums would.
    return arms.total(arms.shares - tilted), arms.values - mean


def _corrected(score: FloatArray, skewness: FloatArray) -> FloatArray:
    """Solve A (z^2 - 1) + z = s for z, stable as A goes to 0.

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
