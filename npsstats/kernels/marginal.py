"""Who moved between two waves of the same people: tests of marginal homogeneity, and the exact sign test.

Of a square table n_ab, the margins n_a. and n_.a differ by D_a = sum_b (n_ab - n_ba): those who stay at a level
cancel. Given how many move between each pair of levels, D has under the null hypothesis the covariance S with
S_aa = sum_{b != a} (n_ab + n_ba) and S_ab = -(n_ab + n_ba), the Laplacian of the graph whose edges are the movers.
"""

import numpy as np
from scipy.special import betainc, chdtrc

from npsstats.typing import Alternative, BoolArray, FloatArray, IntArray

__all__ = ["bhapkar", "chi_square_pvalue", "exact_sign", "stuart_maxwell"]

# Below it floating-point numbers lose digits, and betainc is 0.
TINY = float(np.finfo(np.float64).tiny)

# 1 - W / n is known to about 1e-15; less than this is none.
NOTHING_LEFT = 1e-13


def stuart_maxwell(tables: FloatArray) -> tuple[FloatArray, IntArray]:
    """Compute the test of Stuart (1955) and Maxwell (1970) that both margins of a square table are the same.

    Parameters
    ----------
    tables : ndarray, shape (rows, levels, levels)
        Respondents by first and second level.

    Returns
    -------
    statistic : ndarray, shape (rows,)
        W = D' S^- D, chi-square under the hypothesis; with two levels it is McNemar's (b - c)^2 / (b + c).
    df : ndarray of int, shape (rows,)
        The rank of S: the levels less the sets of levels between which somebody moved. A level that nobody chose,
        or nobody left or reached, is a set of its own and counts for nothing. 0 if nobody moved.

    Notes
    -----
    D adds up to 0 within each set, so one level of each can go, and what is left of S is regular.
    """
    tables = np.asarray(tables, dtype=np.float64)
    levels = tables.shape[-1]
    both_ways = tables + tables.transpose(0, 2, 1)
    both_ways[:, np.arange(levels), np.arange(levels)] = 0.0
    gone = _first_of_each_set(both_ways > 0)
    shift = tables.sum(axis=2) - tables.sum(axis=1)
    shift[gone] = 0.0
    covariance = -both_ways
    covariance[:, np.arange(levels), np.arange(levels)] = both_ways.sum(axis=2)
    covariance[gone[:, :, None] | gone[:, None, :]] = 0.0
    covariance[:, np.arange(levels), np.arange(levels)] += gone
    solved = np.linalg.solve(covariance, shift[..., None])[..., 0]
    statistic: FloatArray = (shift * solved).sum(axis=1).clip(min=0)
    df: IntArray = (levels - gone.sum(axis=1)).astype(np.int64)
    return statistic, df


def bhapkar(tables: FloatArray) -> tuple[FloatArray, IntArray]:
    """Compute the Wald test of Bhapkar (1966) that both margins of a square table are the same.

    Parameters
    ----------
    tables : ndarray, shape (rows, levels, levels)
        Respondents by first and second level.

    Returns
    -------
    statistic : ndarray, shape (rows,)
        D' (S - D D' / n)^- D = W / (1 - W / n) with the statistic W of Stuart and Maxwell, by the formula of Sherman
        and Morrison. Infinite at W = n: all moved, and by steps without variance on some scores of the levels, such
        as all from one level to another.
    df : ndarray of int, shape (rows,)
        As for `stuart_maxwell`.
    """
    statistic, df = stuart_maxwell(tables)
    n = np.asarray(tables).sum(axis=(1, 2))
    left = 1 - np.divide(statistic, n, out=np.zeros_like(statistic), where=n > 0)
    certain = left <= NOTHING_LEFT
    wald: FloatArray = np.where(certain, np.inf, statistic / np.where(certain, 1.0, left))
    return wald, df


def chi_square_pvalue(statistic: FloatArray, df: IntArray | FloatArray) -> FloatArray:
    """Compute the upper tail of chi-square; 1 without a degree of freedom, never 0."""
    tail: FloatArray = np.where(df > 0, chdtrc(np.maximum(df, 1), statistic), 1.0)
    return tail.clip(min=TINY)


def exact_sign(up: IntArray, down: IntArray, alternative: Alternative = "two-sided") -> FloatArray:
    """Compute the exact sign test that whoever moves is as likely to move up as down.

    Parameters
    ----------
    up, down : ndarray of int, shape (rows,)
        Respondents who moved up, and down.
    alternative : {"two-sided", "less", "greater"}
        ``"greater"``: up is the likelier way.

    Returns
    -------
    ndarray, shape (rows,)
        P(X >= up) of X ~ Bin(up + down, 1/2) for ``"greater"``, the other tail for ``"less"``, twice the smaller one
        else; with two levels the exact form of McNemar's test (1947). 1 if nobody moved. What is too small for a
        floating-point number is given as the smallest one of full precision, 2e-308, an upper bound.
    """
    sides = {
        "greater": lambda: _half_binomial_tail(up, down),
        "less": lambda: _half_binomial_tail(down, up),
        "two-sided": lambda: 2 * _half_binomial_tail(np.maximum(up, down), np.minimum(up, down)),
    }
    pvalue: FloatArray = np.clip(sides[alternative](), TINY, 1.0)
    return pvalue


def _half_binomial_tail(successes: IntArray, failures: IntArray) -> FloatArray:
    """Compute P(X >= successes) of X ~ Bin(successes + failures, 1/2), an incomplete beta function."""
    some = np.asarray(successes) > 0
    tail: FloatArray = np.where(some, betainc(np.where(some, successes, 1), np.asarray(failures) + 1.0, 0.5), 1.0)
    return tail


def _first_of_each_set(joined: BoolArray) -> BoolArray:
    """Mark the first level of each set of levels that are joined, directly or through others."""
    levels = joined.shape[-1]
    reached = joined | np.eye(levels, dtype=np.bool_)
    # Each squaring doubles the length of the paths.
    for _ in range(max(levels - 1, 1).bit_length()):
        further = np.matmul(reached, reached)
        if np.array_equal(further, reached):
            break
        reached = further
    first: BoolArray = reached.argmax(axis=-1) == np.arange(levels)
    return first
