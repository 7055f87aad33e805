"""Two correlated normal estimates: how probable it is that their signs differ, and the test that they do."""

import numpy as np
from scipy.special import log_ndtr, ndtr, ndtri, owens_t

from npsstats.typing import FloatArray

__all__ = ["opposite_probability", "opposite_pvalue", "opposite_quantile", "orthant_probability"]

# Beyond so many standard errors a normal tail is below the smallest number.
FARTHEST = 40.0

# Halvings of an interval of length 80 down to rounding.
HALVINGS = 60

# And those of an interval of length 1 to 1e-6.
ROUGH_HALVINGS = 20


def opposite_probability(first: FloatArray, second: FloatArray, correlation: FloatArray) -> FloatArray:
    """Compute P(X Y < 0) of two normal variables with variance 1.

    Parameters
    ----------
    first, second : ndarray
        Their means; may be infinite.
    correlation : ndarray
        From -1 to 1.

    Returns
    -------
    ndarray
        nan where a mean is.

    Notes
    -----
    With means x and y, Owen's (1956) formula for each quadrant adds up to

        P(X Y < 0) = 2 T(x, a) + 2 T(y, b) + [x y < 0],
        a = (y - r x) / (x sqrt(1 - r^2)),  b = (x - r y) / (y sqrt(1 - r^2)),

    with T(h, a) = -T(h, -a). Of means with different signs it is 1 - P(-X Y < 0), where nothing cancels.
    """
    x, y, r = np.broadcast_arrays(
        *(np.asarray(given, dtype=np.float64) + 0.0 for given in (first, second, correlation))
    )
    apart = (x < 0) != (y < 0)
    # Mirrored at an axis, so that both means are on the same side; then to the positive one.
    x, y, r = np.abs(x), np.abs(y), np.where(apart, -r, r).clip(-1, 1)
    spread = np.sqrt((1 - r) * (1 + r))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        sides = [(h, (k - r * h) / (h * spread)) for h, k in ((x, y), (y, x))]
    # Without spread and distance (0 / 0), nothing lies between.
    same = 2 * sum(owens_t(h, np.where(np.isnan(a), 0.0, a)) for h, a in sides)
    same = np.where((x == 0) & (y == 0), np.arccos(r) / np.pi, same)
    # A sign that is sure leaves the other one.
    same = np.where(np.isinf(x) | np.isinf(y), ndtr(-np.minimum(x, y)), same)
    same = np.where(np.isnan(x) | np.isnan(y) | np.isnan(r), np.nan, same).clip(0, 1)
    probability: FloatArray = np.where(apart, 1 - same, same)
    return probability


def orthant_probability(first: FloatArray, second: FloatArray, correlation: FloatArray) -> FloatArray:
    """Compute P(X > 0, Y > 0) of two normal variables with variance 1: (P(X > 0) + P(Y > 0) - P(X Y < 0)) / 2.

    Parameters
    ----------
    first, second, correlation : ndarray
        As for `opposite_probability`.

    Returns
    -------
    ndarray
        Known within rounding of the larger of P(X > 0) and P(Y > 0).
    """
    apart = opposite_probability(first, second, correlation)
    probability: FloatArray = ((ndtr(first) + ndtr(second) - apart) / 2).clip(0, 1)
    return probability


def opposite_pvalue(first: FloatArray, second: FloatArray, correlation: FloatArray) -> FloatArray:
    """Test the hypothesis that two means do not have opposite signs.

    Parameters
    ----------
    first, second : ndarray
        The two statistics: estimates over their standard errors.
    correlation : ndarray
        Of the estimates, from -1 to 1.

    Returns
    -------
    ndarray
        The largest probability, under the hypothesis, of statistics with opposite signs that are both at least as far
        from 0 as the nearer of these, c; 1 for statistics that do not have opposite signs.

    Notes
    -----
    It is largest where one mean is 0 and the other some t >= 0. With r minus the correlation, and Phi2 the joint
    distribution function of two standard normals, the two quadrants then have the probability

        g(t) = Phi2(-c, t - c; r) + Phi2(-c, -t - c; r).

    As t grows it tends to Phi(-c), the p-value of the nearer one alone (the intersection-union test; Berger 1996; Gail
    & Simon 1985 for independent estimates), which is the supremum for r <= 0. For r > 0 the second quadrant adds to it:
    g' has the sign of

        u(t) = 2 c t + log Phi(-A - B t) - log Phi(-A + B t),  A = c sqrt((1 - r) / (1 + r)),  B = r / sqrt(1 - r^2),

    which is 0 at t = 0 and concave, as the normal hazard is convex: g has one maximum, at the other root of u, or at 0.
    """
    x, y, r = np.broadcast_arrays(
        *(np.asarray(given, dtype=np.float64) for given in (first, second, -np.asarray(correlation)))
    )
    c = np.minimum(np.abs(x), np.abs(y))
    r = r.clip(0, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = r / np.sqrt((1 - r) * (1 + r))
        offset = c * np.sqrt((1 - r) / (1 + r))
        low, high = np.zeros_like(c), c + FARTHEST
        for _ in range(HALVINGS):
            t = (low + high) / 2
            rises = 2 * c * t + log_ndtr(-offset - slope * t) > log_ndtr(-offset + slope * t)
            low, high = np.where(rises, t, low), np.where(rises, high, t)
    both = orthant_probability(-c, low - c, r) + orthant_probability(-c, -low - c, r)
    pvalue = np.maximum(ndtr(-c), np.where(r > 0, both, 0.0)).clip(max=1)
    known = np.where(np.isnan(c) | np.isnan(r), np.nan, 1.0)
    apart = np.sign(x) * np.sign(y) < 0
    result: FloatArray = np.where(apart, pvalue, 1.0) * known
    return result


def opposite_quantile(error: float, correlation: FloatArray) -> FloatArray:
    """Find the size of the nearer of two statistics with opposite signs at which `opposite_pvalue` is some error.

    Parameters
    ----------
    error : float
        Between 0 and 1.
    correlation : ndarray
        Of the estimates, from -1 to 1.

    Returns
    -------
    ndarray
        Within 1e-6: between the one-sided and the two-sided quantile, as the p-value is between one tail and two.
    """
    r = np.asarray(correlation, dtype=np.float64)
    low, high = np.full(r.shape, max(-ndtri(error), 0.0)), np.full(r.shape, -ndtri(error / 2))
    for _ in range(ROUGH_HALVINGS):
        middle = (low + high) / 2
        more = opposite_pvalue(middle, -middle, r) > error
        low, high = np.where(more, middle, low), np.where(more, high, middle)
    # From 0 on, the p-value is one tail.
    quantile: FloatArray = np.where(r < 0, high, max(-ndtri(error), 0.0))
    return np.where(np.isnan(r), np.nan, quantile)
