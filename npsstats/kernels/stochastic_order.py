r"""The joint law of differences at the cut points of a scale, and what follows for the order of two distributions.

At cut point k of K ratings, below which lie the first k of them, two samples have the shares F_k and G_k below. One of
them is first-order stochastically larger, which is to say better under every scoring that does not fall as ratings
rise, if F_k - G_k has the same sign at all K - 1 cut points (Lehmann 1955).

For multinomial samples the covariance of the differences at j <= k is P_j (1 - P_k) (1 / n + 1 / m) wherever both have
the same share P below: that of a Brownian bridge. So the standardised differences are a Markov chain of normals with

    rho_k^2 = P_k (1 - P_{k+1}) / (P_{k+1} (1 - P_k))

between neighbours, and the law of the largest of them is one integral for each cut point. It needs the equality only at
the cut points whose hypotheses are true, however the samples differ elsewhere.
"""

import numpy as np
from numpy.polynomial import legendre
from scipy.special import ndtr, ndtri

from npsstats.kernels.simultaneous import Contrasts
from npsstats.typing import BoolArray, FloatArray

__all__ = ["chain_pvalues", "chain_quantile", "factors_of", "informative_cuts", "neighbour_correlations"]

# Gauss-Legendre points of a panel, and its width in conditional standard deviations: an error of some 1e-9.
ORDER = 16
NODES, WEIGHTS = legendre.leggauss(ORDER)
PANEL = 4.0
# Neighbours that are closer are set this far apart, which makes the largest a little larger: for elliptical laws and
# symmetric sets less correlation between two blocks means a smaller probability (Das Gupta et al. 1972).
LEAST_APART = 0.03
# Beyond it, rows exceed one at a time: Bonferroni's bound is within rounding of a decision.
FARTHEST = 6.0
SMALLEST = float(np.nextafter(0.0, 1.0))


def informative_cuts(below: FloatArray) -> BoolArray:
    """Find the cut points with answers on both sides, each set of equal ones once.

    Parameters
    ----------
    below : ndarray, shape (cuts,)
        The pooled shares below each cut point, ascending.

    Returns
    -------
    ndarray of bool, shape (cuts,)
        Where two cut points have no answer between them, the first stands for both.
    """
    fresh = np.diff(below, prepend=0.0) > 0
    chosen: BoolArray = fresh & (below > 0) & (below < 1)
    return chosen


def neighbour_correlations(below: FloatArray) -> FloatArray:
    """Compute the correlations of the differences at neighbouring cut points.

    Parameters
    ----------
    below : ndarray, shape (cuts,)
        The pooled shares below each cut point, strictly ascending between 0 and 1.

    Returns
    -------
    ndarray, shape (cuts - 1,)
    """
    odds = below / (1 - below)
    root: FloatArray = np.sqrt(odds[:-1] / odds[1:])
    return root


def chain_pvalues(statistics: FloatArray, correlations: FloatArray) -> FloatArray:
    """Compute P(max |Z_k| >= |z|) for a stationary-variance Markov chain of standard normals.

    Parameters
    ----------
    statistics : ndarray, shape (any,)
        The observed z, some or all of the chain; nan for none.
    correlations : ndarray, shape (cuts - 1,)
        Between neighbours.

    Returns
    -------
    ndarray, shape (any,)
        Above 0; nan stays.
    """
    size = np.abs(statistics)
    tails = np.full(size.shape, np.nan)
    known = ~np.isnan(size)
    distinct, place = np.unique(size[known], return_inverse=True)
    tails[known] = np.array([_tail(c, correlations) for c in distinct.tolist()])[place]
    return tails.clip(min=SMALLEST)


def chain_quantile(correlations: FloatArray, level: float) -> float:
    """Find the c that max |Z_k| stays below with the probability `level`.

    Parameters
    ----------
    correlations : ndarray, shape (cuts - 1,)
        Between neighbours.
    level : float
        The probability, between 0 and 1.

    Returns
    -------
    float
        At least the quantile of one; at most that of as many independent ones (Sidak 1967).
    """
    from scipy.optimize import brentq

    low = float(-ndtri((1 - level) / 2))
    if not correlations.size:
        return low
    high = float(-ndtri(-np.expm1(np.log(level) / (correlations.size + 1)) / 2))

    def excess(c: float) -> float:
        return float(np.log(_tail(c, correlations) / (1 - level)))

    # Rounding may put the ends themselves on the wrong side.
    if high >= FARTHEST or excess(high) >= 0:
        return high
    return low if excess(low) <= 0 else float(brentq(excess, low, high, xtol=1e-8))


def factors_of(covariance: FloatArray) -> Contrasts:
    """Write normals with any covariance as sums of independent standard normals, for `kernels.simultaneous`.

    Parameters
    ----------
    covariance : ndarray, shape (rows, rows)
        With positive variances.

    Returns
    -------
    Contrasts
        Its groups are the principal components that have a variance; their standard errors are 1.
    """
    error = np.sqrt(np.diagonal(covariance))
    variances, directions = np.linalg.eigh(covariance / np.outer(error, error))
    kept = variances > 1e-10 * variances.max()
    weights = directions[:, kept] * np.sqrt(variances[kept])
    size = weights.shape[1]
    return Contrasts(np.tile(np.arange(size), (len(weights), 1)), weights, np.full(size, -1), np.zeros(size))


def _tail(c: float, correlations: FloatArray) -> float:
    """Compute P(max |Z| >= c); every term is positive, so that small tails keep their relative accuracy."""
    if c > FARTHEST:
        bonferroni = float(2 * (correlations.size + 1) * ndtr(-c))
        return min(bonferroni, _tail(FARTHEST, correlations))
    first = float(2 * ndtr(-c))
    if not correlations.size or c == 0:
        return first
    apart = np.sqrt((1 - correlations**2).clip(min=LEAST_APART**2))
    # Less correlation where neighbours were set apart.
    together = np.sqrt(1 - apart**2)
    points, weights = _panels(c, float(apart.min()))
    # What is yet to come exceeds c, given where the chain is now: from the last cut point to the first.
    later = np.zeros_like(points)
    for rho, s in zip(together[::-1], apart[::-1], strict=True):
        middle = rho * points
        beyond = ndtr((middle - c) / s) + ndtr((-middle - c) / s)
        density = np.exp(-(((points - middle[:, None]) / s) ** 2) / 2) / (s * np.sqrt(2 * np.pi))
        later = beyond + density @ (weights * later)
    density = np.exp(-(points**2) / 2) / np.sqrt(2 * np.pi)
    return first + float((weights * density) @ later)


def _panels(c: float, narrowest: float) -> tuple[FloatArray, FloatArray]:
    """Lay Gauss-Legendre panels from -c to c, narrow enough for normals with this standard deviation."""
    edges = np.linspace(-c, c, int(np.ceil(2 * c / (PANEL * narrowest))) + 1)
    half, middle = np.diff(edges)[:, None] / 2, (edges[1:] + edges[:-1])[:, None] / 2
    return (middle + half * NODES).ravel(), (half * WEIGHTS).ravel()
