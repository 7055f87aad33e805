"""How far apart ratings lie, from their shares; with derivatives by the shares. Groups on axis 0, ratings on axis 1."""

import numpy as np

from npsstats.typing import FloatArray

__all__ = ["entropy_of", "ordinal_dispersion"]


def ordinal_dispersion(shares: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Compute 4 sum F (1 - F) / (K - 1) of the cumulated shares F of K ratings, 1 - l^2 of Blair & Lacy (2000).

    Parameters
    ----------
    shares : ndarray, shape (groups, ratings)

    Returns
    -------
    dispersion : ndarray, shape (groups,)
        0 if all give the same rating, 1 if half give the lowest and half the highest.
    gradient : ndarray, shape (groups, ratings)
        By p_j, F_k (1 - F_k) changes by 1 - 2 F_k for each k from j on.
    """
    steps = shares.shape[1] - 1
    below = np.cumsum(shares, axis=1)[:, :-1]
    above = np.cumsum(shares[:, :0:-1], axis=1)[:, ::-1]
    dispersion: FloatArray = (4 / steps * (below * above).sum(axis=1)).clip(max=1)
    gradient = np.zeros_like(shares)
    gradient[:, :-1] = 4 / steps * np.cumsum((above - below)[:, ::-1], axis=1)[:, ::-1]
    return dispersion, gradient


def entropy_of(shares: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Compute -sum p log p / log K, and its derivatives -log p / log K; 0 for ratings that nobody gave.

    Parameters
    ----------
    shares : ndarray, shape (groups, ratings)

    Returns
    -------
    entropy : ndarray, shape (groups,)
        0 if all give the same rating, 1 if all ratings are equally frequent.
    gradient : ndarray, shape (groups, ratings)
    """
    logs = np.log(np.where(shares > 0, shares, 1.0)) / np.log(shares.shape[1])
    # The sum of nothing but -0 is 0.
    entropy: FloatArray = np.abs((shares * logs).sum(axis=1)).clip(max=1)
    return entropy, -logs
