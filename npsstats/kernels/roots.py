"""Roots of many monotone functions at once."""

from collections.abc import Callable

import numpy as np

from npsstats.typing import FloatArray, IndexArray

__all__ = ["find_roots"]

# Each widening is fivefold: 40 of them reach any floating-point number that a search can use.
WIDENINGS = 40

# Relative, as limits near the end of a large sample hang on the last digits of the multiplier; the absolute one ends
# searches that close in on a jump at 0.
TOLERANCES = {"xatol": 1e-30, "xrtol": 9e-16, "fatol": 0.0, "frtol": 0.0}


def find_roots(
    function: Callable[[FloatArray, IndexArray], FloatArray],
    left: FloatArray,
    right: FloatArray,
    *,
    fixed: bool = False,
) -> FloatArray:
    """Find where increasing functions change sign; inf where they stay below 0, -inf where above.

    SciPy's bracket_root gives brackets without a change of sign where a function is flat, as a statistic is along
    multipliers that no share answers to; so intervals are widened here, and its find_root does the rest.

    Parameters
    ----------
    function : callable
        Takes points and the numbers of the functions to evaluate there.
    left, right : ndarray, shape (functions,)
        The first interval of each, left below right.
    fixed : bool, default False
        The left end stays: the function is known to be below 0 there.

    Returns
    -------
    ndarray, shape (functions,)
    """
    from scipy.optimize.elementwise import find_root

    left, right = left.copy(), right.copy()
    rows: IndexArray = np.arange(left.size)
    below = rows
    for _ in range(WIDENINGS):
        below = below[function(right[below], below) < 0]
        if not below.size:
            break
        width = right[below] - left[below]
        left[below] = right[below]
        right[below] += 4 * width
    above = rows if not fixed else rows[:0]
    for _ in range(WIDENINGS):
        above = above[function(left[above], above) > 0]
        if not above.size:
            break
        width = right[above] - left[above]
        right[above] = left[above]
        left[above] -= 4 * width
    roots: FloatArray = np.full(left.size, np.inf)
    roots[above] = -np.inf
    inside = np.setdiff1d(rows, np.concatenate([below, above]))
    if inside.size:
        found = find_root(
            lambda x, index: function(x, index.astype(np.intp)),
            (left[inside], right[inside]),
            args=(inside,),
            tolerances=TOLERANCES,
        )
        roots[inside] = found.x
    return roots
