"""The likelihood-ratio statistic of a weighted sum of mean values, at its restricted shares."""

import numpy as np

from npsstats.kernels.restricted import Arms
from npsstats.typing import FloatArray

__all__ = ["signed_root"]


def signed_root(arms: Arms, tilted: FloatArray) -> FloatArray:
    """Compute sign(estimate - delta) sqrt(2 sum_ik n_i w_ik log(w_ik / p_ik)).

    Its square is minus twice the logarithm of the ratio of the restricted to the greatest likelihood, and
    chi-square with one degree of freedom under the hypothesis (Owen 1990, theorem 1).

    Parameters
    ----------
    arms : Arms
        The samples.
    tilted : ndarray, shape (levels, arms, groups)
        Their restricted shares.

    Returns
    -------
    ndarray, shape (groups,)
        Positive where the estimate is above delta.
    """
    occupied = arms.shares > 0
    # log(p/w) = log1p(r); the sum of w r over the occupied levels is known: minus the mass that empty ends took.
    change = np.divide(tilted - arms.shares, arms.shares, out=np.zeros_like(tilted), where=occupied)
    with np.errstate(divide="ignore"):
        bent = (arms.shares * (np.log1p(change) - change)).sum(axis=0)
    taken = np.where(occupied, 0.0, tilted).sum(axis=0)
    deviance = 2 * (arms.n * (taken - bent)).sum(axis=0)
    root: FloatArray = np.sign(arms.total(arms.shares - tilted)) * np.sqrt(deviance.clip(min=0))
    return root
