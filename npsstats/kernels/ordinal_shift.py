"""What a small shift of all odds does to scores: slopes, efficacies, and the information of an ordinal analysis.

Under a proportional-odds shift by d, logit F_k becomes logit F_k - d for the cumulated shares F_k of every rating k
(McCullagh 1980). Arrays have groups on axis 0, metrics on axis 1 where there are any, ratings last.
"""

from dataclasses import dataclass

import numpy as np

from npsstats.typing import FloatArray

__all__ = ["Efficacies", "efficacies", "ordinal_information", "ordinal_information_gradient"]


@dataclass(frozen=True, slots=True)
class Efficacies:
    """What a unit of the shift does to mean values.

    Attributes
    ----------
    slope : ndarray, shape (groups, metrics)
        The derivative of the mean value.
    variance : ndarray, shape (groups, metrics)
        The variance of the values of one respondent.
    efficacy : ndarray, shape (groups, metrics)
        slope^2 / variance; nan where all respondents have the same value.
    gradient : ndarray, shape (groups, metrics, ratings)
        The derivative of log efficacy by the shares; 0 where there is no efficacy.
    """

    slope: FloatArray
    variance: FloatArray
    efficacy: FloatArray
    gradient: FloatArray


def efficacies(shares: FloatArray, values: FloatArray) -> Efficacies:
    """Compute the efficacies of mean values under a proportional-odds shift of the shares.

    Parameters
    ----------
    shares : ndarray, shape (groups, ratings)
        The share of each rating.
    values : ndarray, shape (metrics, ratings)
        The value of each rating.

    Returns
    -------
    Efficacies
        Since dF_k / dd = -F_k (1 - F_k), the slope of sum c_k p_k is sum (c_{k+1} - c_k) F_k (1 - F_k).
    """
    steps = np.diff(values, axis=1)
    below = np.cumsum(shares, axis=1)[:, :-1]
    # A last share of 0 leaves 1 - F at rounding; summed from above it is exact.
    above = np.cumsum(shares[:, :0:-1], axis=1)[:, ::-1]
    slope = (below * above) @ steps.T
    mean = shares @ values.T
    deviations = values - mean[:, :, None]
    variance = (shares[:, None] * deviations**2).sum(axis=2)
    known = (variance > 0) & (slope != 0)
    square = np.where(known, variance, 1.0)
    efficacy = np.where(known, slope**2 / square, np.nan)
    # By p_j, F_k (1 - F_k) changes by 1 - 2 F_k for each k from j on; the variance by the squared deviation.
    tails = np.zeros((*slope.shape, shares.shape[1]))
    tails[:, :, :-1] = np.cumsum(((above - below)[:, None] * steps)[:, :, ::-1], axis=2)[:, :, ::-1]
    gradient = 2 * tails / np.where(known, slope, 1.0)[:, :, None] - deviations**2 / square[:, :, None]
    return Efficacies(slope, variance, efficacy, np.where(known[:, :, None], gradient, 0.0))


def ordinal_information(shares: FloatArray) -> FloatArray:
    """Compute the information of one respondent about the shift, the thresholds of the ratings being unknown.

    Parameters
    ----------
    shares : ndarray, shape (groups, ratings)

    Returns
    -------
    ndarray, shape (groups,)
        (1 - sum p^3) / 3 (Whitehead 1993): the variance of 2 ridit - 1 = F_k + F_{k-1} - 1, which is the score of
        the proportional-odds model and a linear function of mid-ranks. Two groups that share respondents as a : 1 - a
        have a (1 - a) times as much about their distance.
    """
    information: FloatArray = (1 - (shares**3).sum(axis=1)) / 3
    # Of ratings that are all the same, nothing but rounding may be left.
    return np.where((shares > 0).sum(axis=1) > 1, information, 0.0)


def ordinal_information_gradient(shares: FloatArray) -> FloatArray:
    """Compute the derivative of the log information by the shares, shape (groups, ratings); 0 without information."""
    information = ordinal_information(shares)
    known = information > 0
    gradient = -(shares**2) / np.where(known, information, 1.0)[:, None]
    return np.where(known[:, None], gradient, 0.0)
