"""Normal-theory intervals of a mean of values, from counts.

Arrays are stacked over any leading axes; the last axis holds the levels of the metric.
"""

import numpy as np

from npsstats.typing import FloatArray

__all__ = ["mean_and_variance", "wald_limits", "wald_statistic"]


def mean_and_variance(counts: FloatArray, values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Compute the mean of the values and its estimated variance.

    Parameters
    ----------
    counts : ndarray, shape (..., levels)
        Respondents, or respondents and pseudo-counts, by level.
    values : ndarray, shape (levels,) or (..., levels)
        The value of each level.

    Returns
    -------
    mean, variance : ndarray, shape (...)
        The variance is sum p (c - mean)^2 / n, with the shares p of the multinomial; for NPS on the unit
        scale (p1 + p3 - (p1 - p3)^2) / n.
    """
    # Nobody tells nothing: mean and variance 0, for those who give such samples no weight.
    n = np.maximum(counts.sum(axis=-1), 1)
    shares = counts / n[..., None]
    mean = (shares * values).sum(axis=-1)
    variance = (shares * (values - mean[..., None]) ** 2).sum(axis=-1) / n
    return mean, variance


def wald_limits(estimate: FloatArray, variance: FloatArray, z: float) -> tuple[FloatArray, FloatArray]:
    """Compute estimate -+ z standard errors.

    Parameters
    ----------
    estimate, variance : ndarray
        The centre and its variance.
    z : float
        The normal quantile of the level.

    Returns
    -------
    low, high : ndarray
    """
    margin = z * np.sqrt(variance)
    return estimate - margin, estimate + margin


def wald_statistic(estimate: FloatArray, variance: FloatArray, null: FloatArray | float) -> FloatArray:
    """Compute (estimate - null) / standard error.

    Without variance it is infinite, or nan where the estimate is the null value.

    Parameters
    ----------
    estimate, variance : ndarray
        The estimate and its variance.
    null : ndarray or float
        The value under the null hypothesis.

    Returns
    -------
    ndarray
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return (estimate - null) / np.sqrt(variance)
