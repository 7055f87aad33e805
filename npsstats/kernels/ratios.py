"""Confidence sets of a ratio of two estimates (Fieller 1954)."""

from dataclasses import dataclass

import numpy as np

from npsstats.typing import FloatArray, IntArray

__all__ = ["ALL", "BOUNDED", "OUTSIDE", "FiellerSet", "fieller"]

# The set is an interval; all but an interval; everything.
BOUNDED, OUTSIDE, ALL = 0, 1, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class FiellerSet:
    """Ratios that the data do not refuse; arrays of the shape of the estimates.

    Attributes
    ----------
    estimate : ndarray
        numerator / denominator; infinite with denominator 0, nan if both are 0.
    low, high : ndarray
        With kind `BOUNDED` the ratios from `low` to `high`; with `OUTSIDE` those up to `low` and those from `high`;
        with `ALL` everything, from -inf to inf.
    kind : ndarray of int
        `BOUNDED`, `OUTSIDE` or `ALL`.
    """

    estimate: FloatArray
    low: FloatArray
    high: FloatArray
    kind: IntArray


def fieller(
    numerator: FloatArray, denominator: FloatArray, covariance: FloatArray, quantile: FloatArray | float
) -> FiellerSet:
    """Find the ratios r with (numerator - r denominator)^2 <= quantile^2 Var(numerator - r denominator).

    Parameters
    ----------
    numerator, denominator : ndarray, shape (...)
    covariance : ndarray, shape (..., 2, 2)
        Of numerator and denominator.
    quantile : ndarray, shape (...), or float
        Of the standard normal law, or of Student's; infinite where nothing is known, and no ratio refused.

    Returns
    -------
    FiellerSet
    """
    a, b = np.asarray(numerator, dtype=np.float64), np.asarray(denominator, dtype=np.float64)
    unknown = np.isinf(quantile)
    squared = np.where(unknown, 1.0, quantile) ** 2
    # The quadratic first r^2 - 2 middle r + last <= 0.
    first = b * b - squared * covariance[..., 1, 1]
    middle = a * b - squared * covariance[..., 0, 1]
    last = a * a - squared * covariance[..., 0, 0]
    discriminant = middle * middle - first * last
    root = np.sqrt(discriminant.clip(min=0))
    # The root of larger size without cancellation; the other from the product of both, last / first.
    larger = middle + np.where(middle >= 0, root, -root)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        roots = np.stack([larger / first, last / larger])
        estimate = a / b
    # A double root at 0.
    roots = np.where((larger == 0) & (first != 0), 0.0, roots)
    low, high = np.sort(roots, axis=0)
    kind = np.where(first > 0, BOUNDED, np.where(discriminant > 0, OUTSIDE, ALL))
    # With first = 0 the set is a half-line: its end is last / larger, the other end infinite.
    half = (first == 0) & (middle != 0)
    end = np.divide(last, 2 * middle, out=np.zeros_like(a), where=half)
    low = np.where(half, np.where(middle > 0, end, -np.inf), low)
    high = np.where(half, np.where(middle > 0, np.inf, end), high)
    kind = np.where(half, BOUNDED, kind)
    kind = np.where((first == 0) & (middle == 0), ALL, kind)
    kind = np.where(unknown, ALL, kind)
    everything = kind == ALL
    return FiellerSet(
        estimate=estimate,
        low=np.where(everything, -np.inf, low),
        high=np.where(everything, np.inf, high),
        kind=kind,
    )
