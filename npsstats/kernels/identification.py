"""Intervals of a parameter of which the data know only bounds."""

import numpy as np
from scipy.special import ndtr, ndtri

from npsstats.typing import FloatArray

__all__ = ["parameter_quantile"]

# Halvings of an interval of at most a few units: to the last bit.
HALVINGS = 60


def parameter_quantile(width: FloatArray, level: float) -> FloatArray:
    """Find how far beyond the bounds an interval must reach to cover the parameter, wherever it lies between them.

    Parameters
    ----------
    width : ndarray
        The distance of the bounds, in standard errors, 0 or more.
    level : float
        The confidence level, above 1/2.

    Returns
    -------
    ndarray
        C with Phi(C + width) - Phi(-C) = level (Imbens & Manski 2004), in standard errors: the two-sided quantile at
        width 0, down to the one-sided one of wide bounds, of which only one end can be missed at a time.
    """
    low = np.full_like(width, ndtri(level))
    high = np.full_like(width, -ndtri((1 - level) / 2))
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        # 1 - level = Phi(-C) + Phi(-C - width), by tails.
        short = ndtr(-middle) + ndtr(-middle - width) > 1 - level
        low, high = np.where(short, middle, low), np.where(short, high, middle)
    return high
