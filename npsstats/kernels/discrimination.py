"""How well ordered values tell respondents with different outcomes apart: concordance (AUC) and its variance."""

from dataclasses import dataclass

import numpy as np

from npsstats.typing import FloatArray

__all__ = ["Concordance", "concordance", "delong_covariance"]

# Closer to 0 or 1 than this no share of real pairs is.
ROUNDING = 1e-13


@dataclass(frozen=True, slots=True)
class Concordance:
    """Shares of pairs in order, and what each cell does to them.

    Attributes
    ----------
    estimate : ndarray, shape (groups,)
        Of the pairs with different outcomes the share in which the higher outcome has the higher value, ties of values
        counted half; nan without such pairs.
    influence : ndarray, shape (groups, cells)
        The derivative by the share of each cell, 0 on average.
    """

    estimate: FloatArray
    influence: FloatArray


def concordance(weights: FloatArray, values: FloatArray, outcome: FloatArray) -> Concordance:
    """Compute the probability that a pair with different outcomes is in order.

    Parameters
    ----------
    weights : ndarray, shape (groups, cells)
        Shares or counts of the cells; 0 for those that do not take part.
    values : ndarray, shape (cells,)
        What should be high where the outcome is.
    outcome : ndarray, shape (cells,)
        With two different outcomes the answer is the area under the ROC curve.

    Returns
    -------
    Concordance
        Its influence is that of shares, whatever the sum of the weights.
    """
    shares = weights / weights.sum(axis=1, keepdims=True)
    level, column = (np.unique(x, return_inverse=True)[1].ravel() for x in (values, outcome))
    levels, columns = int(level.max()) + 1, int(column.max()) + 1
    flat = np.zeros((len(shares), levels * columns))
    np.add.at(flat.T, level * columns + column, shares.T)
    table = flat.reshape(-1, levels, columns)
    # Shares with each outcome and a lower value, ties counted half, seen from each value.
    below = table.cumsum(axis=1) - table / 2
    total = table.sum(axis=1, keepdims=True)
    above = total - below
    # In order with a respondent: lower outcomes below, higher outcomes above.
    ordered = below.cumsum(axis=2) - below + above[..., ::-1].cumsum(axis=2)[..., ::-1] - above
    different = total.sum(axis=2, keepdims=True) - total
    # Each pair is counted from both of its sides.
    numerator, denominator = (table * ordered).sum(axis=(1, 2)) / 2, (table * different).sum(axis=(1, 2)) / 2
    some = denominator > 0
    estimate = np.divide(numerator, denominator, out=np.full(len(shares), np.nan), where=some)
    # Rounding must not give a perfect order a spread.
    estimate = np.where(np.abs(estimate - estimate.round()) < ROUNDING, estimate.round(), estimate)
    slope = (ordered - estimate[:, None, None] * different) / np.where(some, denominator, np.nan)[:, None, None]
    return Concordance(estimate, slope[:, level, column])


def delong_covariance(counts: FloatArray, outcome: FloatArray, influence: FloatArray) -> FloatArray:
    """Compute the covariance of areas under ROC curves of the same respondents (DeLong et al. 1988).

    Parameters
    ----------
    counts : ndarray, shape (groups, cells)
        Respondents; 0 for cells that do not take part.
    outcome : ndarray, shape (cells,)
        Two different outcomes among the cells that take part.
    influence : ndarray, shape (curves, groups, cells)
        As `concordance` gives it.

    Returns
    -------
    ndarray, shape (groups, curves, curves)
        S10 / m + S01 / n, with the unbiased covariances within each outcome; nan if one has a single respondent.
    """
    size = counts.sum(axis=1)
    total = np.zeros((counts.shape[0], influence.shape[0], influence.shape[0]))
    for kind in np.unique(outcome[counts.any(axis=0)]):
        part = np.where(outcome == kind, counts, 0.0)
        n = part.sum(axis=1)
        # The influence of an outcome's respondents is 0 on average, and 1 / its share as large as their placements.
        product = np.einsum("jgk,gk,lgk->gjl", influence, part, influence, optimize=True)
        total += product * np.divide(n, n - 1, out=np.full(n.shape, np.nan), where=n > 1)[:, None, None]
    covariance: FloatArray = total / size[:, None, None] ** 2
    return covariance
