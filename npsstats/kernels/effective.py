r"""Critical values and p-values where the variance rests on few degrees of freedom.

With a sample of n respondents worth n_eff independent ones, Korn & Graubard (1998) put

    n* = n_eff (t_{n - 1} / t_df)^2

respondents into an interval made for simple random samples, t the Student quantiles of the level. A statistic that
grows with the root of n then passes z where it passes, at n_eff respondents,

    c = z t_df / t_{n - 1};

in this form it needs no fractions of a respondent when there are few clusters. If each respondent is a cluster, df is
n - 1 and c is z.
"""

import numpy as np
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from npsstats.kernels.roots import find_roots
from npsstats.typing import FloatArray, IndexArray

__all__ = ["critical_values", "tails"]


def critical_values(tail: float, df: FloatArray, largest: FloatArray) -> FloatArray:
    """Compute c.

    Parameters
    ----------
    tail : float
        The probability of an error on one side, between 0 and 1.
    df : ndarray, shape (rows,)
        The degrees of freedom of the variance.
    largest : ndarray, shape (rows,)
        Those of as many independent respondents, n - 1; `df` counts for no more.

    Returns
    -------
    ndarray, shape (rows,)
        Infinite without degrees of freedom.
    """
    z = -ndtri(tail)
    ratio = np.ones_like(df)
    less = (df < largest) & (tail != 0.5)
    ratio[less] = stdtrit(df[less].clip(min=1), tail) / stdtrit(largest[less], tail)
    return np.where(df >= 1, z * ratio, np.copysign(np.inf, z) if z else 0.0)


def tails(size: FloatArray, df: FloatArray, largest: FloatArray) -> FloatArray:
    """Find the tail whose critical value is so large.

    Parameters
    ----------
    size : ndarray, shape (rows,)
        Statistics, 0 or more.
    df, largest : ndarray, shape (rows,) or (1,)
        As for `critical_values`.

    Returns
    -------
    ndarray, shape (rows,)
        The probability beyond; 1/2 without degrees of freedom.
    """
    df, largest = np.broadcast_to(df, size.shape), np.broadcast_to(largest, size.shape)
    tail = ndtr(-size)
    rows = np.flatnonzero((df >= 1) & (df < largest) & (size > 0))
    part, freedom, most = size[rows], df[rows], largest[rows]

    def excess(t: FloatArray, index: IndexArray) -> FloatArray:
        beyond = stdtr(freedom[index], -t)
        # Both quantiles leave the floating-point numbers together; there t itself is left.
        z, other = -ndtri(beyond), -stdtrit(most[index], beyond)
        ratio: FloatArray = np.divide(z, other, out=np.ones_like(t), where=np.isfinite(other) & (other > 0))
        return t * ratio - part[index]

    t = find_roots(excess, part / 2, 2 * part)
    tail[rows] = stdtr(freedom, -t)
    return np.where(df >= 1, tail, 0.5)
