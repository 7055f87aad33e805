"""Shares of three categories: where they stand in a triangle, and which others the data do not refuse."""

import numpy as np

from npsstats.typing import FloatArray

__all__ = ["likelihood_region", "region_quantile"]

# Halvings of the way to the edge: to the last digits of a picture and beyond.
STEPS = 60


def region_quantile(confidence_level: float, df: float = np.inf) -> float:
    """Compute the quantile of chi-square with 2 degrees of freedom, or of 2 F with 2 and `df`.

    Parameters
    ----------
    confidence_level : float
    df : float
        Degrees of freedom of an estimated variance; infinite if it is known.

    Returns
    -------
    float
        Closed forms: P(chi2 > q) = exp(-q / 2), and P(2 F > q) = (1 + q / df)^(-df / 2).
    """
    error = np.log(1 - confidence_level)
    return float(-2 * error if np.isinf(df) else df * np.expm1(-2 * error / df))


def likelihood_region(shares: FloatArray, n: float, quantile: float, points: int = 180) -> FloatArray:
    """Find the edge of the region 2 n sum_k p_k log(p_k / q_k) <= quantile of three shares.

    Parameters
    ----------
    shares : ndarray, shape (3,)
        The observed p.
    n : float
        Respondents, or effective ones.
    quantile : float
        Of chi-square with 2 degrees of freedom.
    points : int
        How many directions are followed, beside those along the sides of the triangle.

    Returns
    -------
    ndarray, shape (points + 6, 3)
        Shares q, in the order of the directions from p. The region is convex and lies within the triangle; where p has
        a share of 0, p itself is on its edge.
    """
    plane = np.array([[1.0, 0.0, -1.0], [-1.0, 2.0, -1.0]]) / np.sqrt([[2.0], [6.0]])
    sides = np.pi / 3 * np.arange(6)
    angles = np.sort(np.concatenate([np.linspace(0, 2 * np.pi, points, endpoint=False) + 1e-4, sides]))
    directions = np.column_stack([np.cos(angles), np.sin(angles)]) @ plane
    directions[np.abs(directions) < 1e-12] = 0.0
    falling = directions < 0
    # How far it is to the nearest side of the triangle.
    reach = np.divide(-shares, directions, out=np.full(directions.shape, np.inf), where=falling).min(axis=1)
    occupied = shares > 0

    def distance(part: FloatArray) -> FloatArray:
        q = (shares + (part * reach)[:, None] * directions)[:, occupied].clip(min=np.finfo(float).tiny)
        total: FloatArray = 2 * n * (shares[occupied] * np.log(shares[occupied] / q)).sum(axis=1)
        return total

    low, high = np.zeros(reach.size), np.ones(reach.size)
    beyond = distance(high) > quantile
    for _ in range(STEPS):
        middle = (low + high) / 2
        inside = distance(middle) <= quantile
        low, high = np.where(inside, middle, low), np.where(inside, high, middle)
    edge: FloatArray = shares + (np.where(beyond, low, 1.0) * reach)[:, None] * directions
    return edge.clip(min=0.0)
