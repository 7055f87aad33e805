"""Every sample that could have come: all counts of a given size, and their probabilities."""

from math import comb

import numpy as np
from scipy.special import gammaln

from npsstats.typing import FloatArray, IntArray

__all__ = ["log_multinomial", "number_of_outcomes", "outcomes"]


def number_of_outcomes(n: int, levels: int) -> int:
    """Count the samples of n respondents by level: n + levels - 1 choose levels - 1."""
    return comb(n + levels - 1, levels - 1)


def outcomes(n: int, levels: int) -> IntArray:
    """List all counts of n respondents by level, in lexicographic order.

    Parameters
    ----------
    n : int
        The number of respondents, 0 or more.
    levels : int
        The number of levels, 1 or more.

    Returns
    -------
    ndarray of int, shape (outcomes, levels)
        The first row puts all respondents into the last level.
    """
    left = np.array([n], dtype=np.int64)
    columns: list[IntArray] = []
    for _ in range(levels - 1):
        # Each row goes on with 0, 1, ..., all of those left for the next level.
        repeats = left + 1
        ends = repeats.cumsum()
        taken = np.arange(ends[-1]) - np.repeat(ends - repeats, repeats)
        columns = [np.repeat(column, repeats) for column in columns]
        columns.append(taken)
        left = np.repeat(left, repeats) - taken
    return np.column_stack([*columns, left])


def log_multinomial(table: IntArray) -> FloatArray:
    """Compute the logarithm of n! / prod(counts!) of each outcome.

    Parameters
    ----------
    table : ndarray of int, shape (..., levels)
        Respondents by level.

    Returns
    -------
    ndarray, shape (...)
    """
    coefficient: FloatArray = gammaln(table.sum(axis=-1) + 1.0) - gammaln(table + 1.0).sum(axis=-1)
    return coefficient
