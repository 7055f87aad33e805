"""Correlations of several variables with one outcome of the same respondents, and whether two of them differ."""

from collections.abc import Callable

import numpy as np

from npsstats.typing import FloatArray

__all__ = [
    "meng_statistic",
    "normal_dependence",
    "pearson",
    "spearman",
    "steiger_statistic",
    "zou_limits",
]

# Closer to -1 or 1 than this no correlation of real respondents is.
ROUNDING = 1e-13
# Shares are known to about this relative precision: variances of ranks below it are those of a constant.
NEGLIGIBLE = 1e-14


def pearson(weights: FloatArray, first: FloatArray, second: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Compute product-moment correlations, and what each cell does to them.

    Parameters
    ----------
    weights : ndarray, shape (groups, cells)
        Shares or counts of the cells; 0 for those that do not take part.
    first, second : ndarray, shape (cells,) or (groups, cells)
        The two variables.

    Returns
    -------
    tuple of ndarray
        The correlations, shape (groups,), nan if a variable is constant; and their derivatives by the share of each
        cell, shape (groups, cells), 0 on average: u v - r (u^2 + v^2) / 2 of the standardised variables u and v.
    """
    shares = weights / weights.sum(axis=1, keepdims=True)
    u, v = (_standardised(shares, np.broadcast_to(x, shares.shape)) for x in (first, second))
    r = _exact((shares * u * v).sum(axis=1))
    influence: FloatArray = u * v - r[:, None] * (u**2 + v**2) / 2
    return r, influence


def spearman(weights: FloatArray, first: FloatArray, second: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Compute rank correlations, ties at their middle rank, and what each cell does to them.

    Parameters
    ----------
    weights, first, second
        As for `pearson`; the variables of shape (cells,).

    Returns
    -------
    tuple of ndarray
        As of `pearson`; nan of groups without weights. The influence knows that the ranks are estimated too.
    """
    total = weights.sum(axis=1, keepdims=True)
    shares = np.divide(weights, total, out=np.full(weights.shape, np.nan), where=total > 0)
    (f, push_f), (g, push_g) = (_middle_ranks(shares, x) for x in (first, second))
    # The mean of the ranks is 1/2, whatever the shares.
    a, b = f - 0.5, g - 0.5
    variances = np.stack([(shares * a**2).sum(axis=1), (shares * b**2).sum(axis=1)])
    u, v = np.where((variances > NEGLIGIBLE).all(axis=0), variances, np.nan)
    scale = np.sqrt(u * v)
    r = _exact((shares * a * b).sum(axis=1) / scale)
    ratios = (a**2 + 2 * push_f(a)) / u[:, None] + (b**2 + 2 * push_g(b)) / v[:, None]
    slope = (a * b + push_f(b) + push_g(a)) / scale[:, None] - r[:, None] * ratios / 2
    influence: FloatArray = slope - (shares * slope).sum(axis=1, keepdims=True)
    return r, influence


def normal_dependence(first: FloatArray, second: FloatArray, between: FloatArray) -> FloatArray:
    """Compute the correlation of two correlations with one outcome, of a normal law (Zou 2007, page 409).

    Parameters
    ----------
    first, second : ndarray
        The correlation of each variable with the outcome.
    between : ndarray
        The correlation of the two variables.

    Returns
    -------
    ndarray
    """
    squares = 1 - first**2 - second**2 - between**2
    top = (between - first * second / 2) * squares + between**3
    dependence: FloatArray = top / ((1 - first**2) * (1 - second**2))
    return dependence


def zou_limits(
    estimates: tuple[FloatArray, FloatArray],
    limits: tuple[tuple[FloatArray, FloatArray], tuple[FloatArray, FloatArray]],
    dependence: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Compute limits of a difference from limits of its two parts (Zou 2007, page 409).

    Parameters
    ----------
    estimates : tuple of ndarray
        The two parts; the difference is the first minus the second.
    limits : tuple of tuple of ndarray
        Low and high of each part.
    dependence : ndarray
        The correlation of the two estimates.

    Returns
    -------
    tuple of ndarray
        Low and high.
    """
    (first, second), ((low1, high1), (low2, high2)) = estimates, limits

    def reach(own: FloatArray, other: FloatArray) -> FloatArray:
        # Rounding can make the square of a difference without spread negative.
        length: FloatArray = np.sqrt(np.maximum(own**2 + other**2 - 2 * dependence * own * other, 0))
        return length

    difference = first - second
    return difference - reach(first - low1, high2 - second), difference + reach(high1 - first, second - low2)


def steiger_statistic(first: FloatArray, second: FloatArray, between: FloatArray, n: FloatArray) -> FloatArray:
    """Compute the normal statistic that two dependent correlations are equal (Steiger 1980, equation 14).

    Parameters
    ----------
    first, second, between
        As for `normal_dependence`.
    n : ndarray
        Respondents.

    Returns
    -------
    ndarray
    """
    square = ((first + second) / 2) ** 2
    dependence = (between * (1 - 2 * square) - square * (1 - 2 * square - between**2) / 2) / (1 - square) ** 2
    return _of_fisher(first, second, 2 - 2 * dependence, n)


def meng_statistic(first: FloatArray, second: FloatArray, between: FloatArray, n: FloatArray) -> FloatArray:
    """Compute the normal statistic of Meng, Rosenthal & Rubin (1992, equations 1 to 3).

    Parameters
    ----------
    first, second, between, n
        As for `steiger_statistic`.

    Returns
    -------
    ndarray
    """
    square = (first**2 + second**2) / 2
    f = np.minimum((1 - between) / (2 * (1 - square)), 1)
    return _of_fisher(first, second, 2 * (1 - between) * (1 - f * square) / (1 - square), n)


def _of_fisher(first: FloatArray, second: FloatArray, variance: FloatArray, n: FloatArray) -> FloatArray:
    """Divide the difference of Fisher's z by its standard error; nan where none is known."""
    usable = np.where((variance > 0) & (n > 3), variance, np.nan)
    first, second = (np.where(np.abs(r) < 1, r, np.nan) for r in (first, second))
    statistic: FloatArray = (np.arctanh(first) - np.arctanh(second)) * np.sqrt((n - 3) / usable)
    return statistic


def _exact(r: FloatArray) -> FloatArray:
    """Make perfect correlations perfect, as rounding must not give them a spread."""
    exact: FloatArray = np.where(1 - np.abs(r) < ROUNDING, np.sign(r), r)
    return exact


def _standardised(shares: FloatArray, values: FloatArray) -> FloatArray:
    """Subtract the mean and divide by the standard deviation; nan if it is 0."""
    centred = values - (shares * values).sum(axis=1, keepdims=True)
    deviation = np.sqrt((shares * centred**2).sum(axis=1, keepdims=True))
    standardised: FloatArray = centred / np.where(deviation > 0, deviation, np.nan)
    return standardised


def _middle_ranks(shares: FloatArray, values: FloatArray) -> tuple[FloatArray, Callable[[FloatArray], FloatArray]]:
    """Compute P(X < x) + P(X = x) / 2 at each cell, and how its weight pushes the ranks of the others.

    The second part takes h, by cell, to sum_d p_d h_d [1(x_d > x_c) + 1(x_d = x_c) / 2] for each cell c.
    """
    place = np.unique(values, return_inverse=True)[1].ravel()

    def by_value(h: FloatArray) -> FloatArray:
        sums = np.zeros((len(shares), int(place.max()) + 1))
        np.add.at(sums.T, place, h.T)
        return sums

    def push(h: FloatArray) -> FloatArray:
        sums = by_value(shares * h)
        pushed: FloatArray = (sums[:, ::-1].cumsum(axis=1)[:, ::-1] - sums / 2)[:, place]
        return pushed

    table = by_value(shares)
    ranks: FloatArray = (table.cumsum(axis=1) - table / 2)[:, place]
    return ranks, push
