"""Limits of bounded estimates: symmetric on a scale without ends, so that they stay where estimates can be."""

import numpy as np
from scipy.special import expit, logit

from npsstats.typing import FloatArray

__all__ = ["fisher_limits", "logit_limits"]


def logit_limits(
    estimate: FloatArray, standard_error: FloatArray, quantile: FloatArray | float
) -> tuple[FloatArray, FloatArray]:
    """Compute limits of estimates between 0 and 1 on the logit scale, where d logit(p) = dp / (p (1 - p)).

    Parameters
    ----------
    estimate, standard_error : ndarray, shape (...)
    quantile : ndarray, shape (...), or float
        How many standard errors a limit is away; infinite if nothing is known.

    Returns
    -------
    low, high : ndarray, shape (...)
        nan where the estimate is 0 or 1, of which a standard error knows nothing, or where the standard error is 0.
    """
    known = (estimate > 0) & (estimate < 1) & (standard_error > 0)
    inside = np.where(known, estimate, 0.5)
    reach = quantile * np.where(known, standard_error, 1.0) / (inside * (1 - inside))
    low, high = expit(logit(inside) - reach), expit(logit(inside) + reach)
    return np.where(known, low, np.nan), np.where(known, high, np.nan)


def fisher_limits(
    estimate: FloatArray, standard_error: FloatArray, quantile: FloatArray | float
) -> tuple[FloatArray, FloatArray]:
    """Compute limits of correlations by Fisher's z transformation, where d artanh(r) = dr / (1 - r^2).

    Parameters
    ----------
    estimate : ndarray, shape (...)
        Correlations.
    standard_error : ndarray, shape (...)
        Those of the correlations; of a bivariate normal law (1 - r^2) / sqrt(n - 3).
    quantile : ndarray, shape (...), or float
        How many standard errors a limit is away; infinite if nothing is known.

    Returns
    -------
    low, high : ndarray, shape (...)
        nan where the correlation is -1 or 1, of which a standard error knows nothing, or where that error is 0.
    """
    known = (np.abs(estimate) < 1) & (standard_error > 0)
    inside = np.where(known, estimate, 0.0)
    reach = quantile * np.where(known, standard_error, 1.0) / (1 - inside**2)
    low, high = np.tanh(np.arctanh(inside) - reach), np.tanh(np.arctanh(inside) + reach)
    return np.where(known, low, np.nan), np.where(known, high, np.nan)
