"""Bootstrap limits of a difference of two mean values, and the p-values that belong to them.

The law of the resampled difference is that of `kernels.lattice_sum`; nothing is simulated.

Limits and p-values follow `kernels.bootstrap`: a limit is the outermost attainable difference that the tail does not
exclude, and a null value lies below the lower limit exactly when its one-sided p-value lies below `tail`.

Counts have the shape (rows, 2, levels); values lie on the unit scale, so differences run from -1 to 1.
"""

import numpy as np
from scipy.special import ndtr, ndtri

from npsstats.kernels.bootstrap import MAX_STEPS, NEAR, SECANT_STEPS, TIE, stretched, whole_near
from npsstats.kernels.lattice import all_at_the_top, scores_of
from npsstats.kernels.lattice_sum import (
    LatticeSums,
    Windows,
    chunks,
    either_tail,
    lattice_sums,
    moments_of_sum,
    tails_of_sum,
    upper_tails,
    windows_at,
)
from npsstats.typing import FloatArray, IndexArray, IntArray

__all__ = [
    "bca_difference_constants",
    "bca_difference_limits",
    "bca_difference_tails",
    "percentile_difference_limits",
    "percentile_difference_tails",
]

# An answer further from the guess than this is sought again from there.
FAR = 2.0


def percentile_difference_limits(
    counts: FloatArray, values: FloatArray, tail: FloatArray | float
) -> tuple[FloatArray, FloatArray]:
    """Compute the percentile limits: quantiles of the law of the resampled difference (Efron 1979).

    Parameters
    ----------
    counts : ndarray, shape (rows, 2, levels)
        Respondents by level of a group and of its reference: whole numbers, at least one in each.
    values : ndarray, shape (levels,)
        The levels, ascending, on a lattice (see `kernels.lattice.lattice_steps`).
    tail : float or ndarray, shape (rows,)
        The error probability on each side.

    Returns
    -------
    low, high : ndarray, shape (rows,)
        Both the difference where all ratings of either group have the same value.

    Notes
    -----
    Time and memory grow with the root of n. Beyond some 3e9 respondents in both groups (1e8 with eleven levels) tails
    are those of Lugannani & Rice (1980), which leave out how attainable differences cluster: limits are off by up to
    some steps of the score, 1e-5 of a margin. 1e11 respondents against a small group take seconds.
    """
    sums = lattice_sums(counts, values)
    return _limits(sums, tail, tail)


def percentile_difference_tails(
    counts: FloatArray, values: FloatArray, null: FloatArray | float
) -> tuple[FloatArray, FloatArray]:
    """Compute the one-sided p-values that belong to the percentile limits.

    Parameters
    ----------
    counts, values
        As for `percentile_difference_limits`.
    null : float or ndarray, shape (rows,)
        The difference under the null hypothesis.

    Returns
    -------
    below, above : ndarray, shape (rows,)
        Against the alternative that the difference lies below `null`, P*(difference* >= null), and that it lies above,
        P*(difference* <= null). 0 only where no resample gets there: a chance below the smallest number of floating
        point counts as that, 5e-324.
    """
    sums = lattice_sums(counts, values)
    at_most, at_least = _steps_at(sums, null)
    return tails_of_sum(sums, at_least)[0], tails_of_sum(sums, at_most + 1)[1]


def bca_difference_constants(counts: FloatArray, values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Compute bias correction and acceleration of the BCa interval of a difference.

    Parameters
    ----------
    counts, values
        As for `percentile_difference_limits`.

    Returns
    -------
    z0, acceleration : ndarray, shape (rows,)
        z0 = Phi^-1(P*(D* < D) + P*(D* = D) / 2). The acceleration is a sixth of the skewness of D*,
        (m3_1 / n_1^2 - m3_2 / n_2^2) / (6 V^1.5), V = m2_1 / n_1 + m2_2 / n_2, with the central moments m of the two
        groups: sum l^3 / (6 (sum l^2)^1.5) over the influence values of both samples (Efron 1987; Davison & Hinkley
        1997, for several samples). Both 0 where all ratings of either group have the same value.
    """
    return _bca_constants(lattice_sums(counts, values))


def bca_difference_limits(
    counts: FloatArray, values: FloatArray, tail: FloatArray | float
) -> tuple[FloatArray, FloatArray]:
    """Compute the bias-corrected and accelerated limits; parameters as for `percentile_difference_limits`."""
    sums = lattice_sums(counts, values)
    z0, acceleration = _bca_constants(sums)
    z = ndtri(np.broadcast_to(np.asarray(tail, dtype=np.float64), z0.shape))
    below = ndtr(z0 + stretched(z0 + z, -acceleration))
    above = ndtr(-z0 + stretched(-z0 + z, acceleration))
    return _limits(sums, below, above)


def bca_difference_tails(
    counts: FloatArray, values: FloatArray, null: FloatArray | float
) -> tuple[FloatArray, FloatArray]:
    """Compute the one-sided p-values that belong to the BCa limits; as `percentile_difference_tails`.

    With g = Phi^-1(percentile p-value) and t = g - z0, the level of the limits is z = t / (1 + a t) - z0.
    """
    sums = lattice_sums(counts, values)
    z0, acceleration = _bca_constants(sums)
    at_most, at_least = _steps_at(sums, null)

    def inverted(small: FloatArray, large: FloatArray, z0: FloatArray, acceleration: FloatArray) -> FloatArray:
        g = np.where(small < large, ndtri(small), -ndtri(large))
        with np.errstate(invalid="ignore"):  # infinite g, where the answer is set below
            p = ndtr(stretched(g - z0, acceleration) - z0)
        # No level excludes a difference beyond which no resample goes, and each excludes one that none reaches.
        return np.where(small <= 0, 0.0, np.where(large <= 0, 1.0, p))

    return (
        inverted(*tails_of_sum(sums, at_least), -z0, -acceleration),
        inverted(*tails_of_sum(sums, at_most + 1)[::-1], z0, acceleration),
    )


def _bca_constants(sums: LatticeSums) -> tuple[FloatArray, FloatArray]:
    above = upper_tails(sums, sums.total + 1)
    mirror = sums.negated()
    # How far the mid-probability is from 1/2.
    surplus = (upper_tails(mirror, mirror.total + 1) - above) / 2
    z0: FloatArray = -np.sign(surplus) * ndtri(0.5 - np.abs(surplus))
    return z0, moments_of_sum(sums)[1] / 6


def _steps_at(sums: LatticeSums, differences: FloatArray | float) -> tuple[IntArray, IntArray]:
    """Find the highest D whose difference is at most a given one, and the lowest at least that.

    Ones that floating point cannot tell from it count as equal to it.
    """
    position = (np.asarray(differences) - sums.observed) / sums.width
    slack = NEAR + 8 * np.finfo(float).eps / sums.width
    room = sums.total + 2.0, sums.top - sums.total + 2.0

    def whole(x: FloatArray) -> IntArray:
        # Whole before it is added: the observed sum may be larger than floating point holds exactly.
        moved: IntArray = np.clip(sums.total + x.clip(-room[0], room[1]).astype(np.int64), -1, sums.top + 1)
        return moved

    return whole(np.floor(position + slack)), whole(np.ceil(position - slack))


def _limits(sums: LatticeSums, below: FloatArray | float, above: FloatArray | float) -> tuple[FloatArray, FloatArray]:
    """Compute the differences at the lower tail `below` and the upper tail `above`."""
    low, high = (
        _highest(arms, np.broadcast_to(np.asarray(side, dtype=np.float64), sums.a.shape))
        for arms, side in ((sums.negated(), below), (sums, above))
    )
    return 0.0 - low, high


def _highest(sums: LatticeSums, tail: FloatArray) -> FloatArray:
    """Find the highest difference d with P(D >= d) >= tail."""
    limit = scores_of(sums.outer, sums.outer.top) + scores_of(sums.inner, sums.inner.top)
    at_top = all_at_the_top(sums.outer) * all_at_the_top(sums.inner)
    for rows, windowed in chunks(sums, np.flatnonzero((at_top < tail * (1 - TIE)) & (sums.top > 0))):
        part = sums.take(rows)
        limit[rows] = _highest_of_windows(part, tail[rows]) if windowed else _highest_smooth(part, tail[rows])
    return limit


def _first_guess(sums: LatticeSums, tail: FloatArray) -> tuple[FloatArray, IntArray]:
    """Guess where the tail is reached, from the normal quantile and the skewness (Cornish & Fisher 1938)."""
    sd, skewness = moments_of_sum(sums)
    z = -ndtri(tail)
    with np.errstate(invalid="ignore"):  # infinite z
        guess = whole_near(sd * (z + skewness * (z**2 - 1) / 6))
    inside: IntArray = np.clip(sums.total + np.clip(guess, -sums.total, sums.top - sums.total), 1, sums.top - 1)
    return z, inside


def _highest_of_windows(sums: LatticeSums, tail: FloatArray) -> FloatArray:
    """Do so by windows around a guess; from the answer again if the guess was far off."""
    z, guess = _first_guess(sums, tail)
    limit = np.empty(tail.size)
    rows: IndexArray = np.arange(tail.size)
    for _ in range(MAX_STEPS):
        windows = windows_at(sums.take(rows), guess[rows])
        part = windows.sums
        low, high = _bracket(part, windows, tail[rows], z[rows], guess[rows])
        outer, inner = windows.last_atom(low, high, tail[rows])
        limit[rows] = scores_of(part.outer, outer) + scores_of(part.inner, inner)
        found = part.a * outer + part.b * inner
        far = np.abs(found - np.maximum(guess[rows], part.total)) > FAR * windows.spread
        far &= (windows.tilt > 0) | (found > part.total)
        guess[rows] = np.clip(found, 1, part.top - 1)
        rows = rows[far]
        if not rows.size:
            break
    return limit


def _highest_smooth(sums: LatticeSums, tail: FloatArray) -> FloatArray:
    """Do so where groups are too large for windows."""
    z, guess = _first_guess(sums, tail)
    low, _ = _bracket(sums, None, tail, z, guess)
    limit: FloatArray = sums.observed + (low - sums.total) * sums.width
    return limit


def _bracket(
    sums: LatticeSums, windows: Windows | None, tail: FloatArray, z: FloatArray, guess: IntArray
) -> tuple[IntArray, IntArray]:
    """Find d that reach the tail, and ones that do not, no further apart than a step of the inner arm."""
    spread = moments_of_sum(sums)[0] if windows is None else windows.spread
    goal = sums.b if windows is not None else np.maximum(1, whole_near(1e-10 * spread))
    low, high = np.zeros_like(guess), sums.top.copy()
    point, slope = guess, 1 / spread
    last_point, last_z = point, np.full(z.size, np.nan)
    for step in range(MAX_STEPS):
        rows = np.flatnonzero(high - low > goal)
        if not rows.size:
            break
        at, last = point[rows], last_point[rows]
        upper = either_tail(sums.take(rows), at) if windows is None else windows.take(rows).upper_tail(at)
        reached = upper >= tail[rows] * (1 - TIE)
        low[rows], high[rows] = np.where(reached, at, low[rows]), np.where(reached, high[rows], at)
        # On the normal scale a tail is almost a straight line.
        z_at = -ndtri(upper)
        with np.errstate(invalid="ignore", divide="ignore"):
            secant = (z_at - last_z[rows]) / (at - last)
            slope[rows] = np.where(np.isfinite(secant) & (secant > 0), secant, slope[rows])
            move = (z[rows] - z_at) / slope[rows]
        last_point[rows], last_z[rows] = at, z_at
        middle = low[rows] + (high[rows] - low[rows]) // 2
        sought = np.isfinite(move) & (step < SECANT_STEPS)
        found = np.where(sought, at + np.clip(whole_near(move), -at, sums.top[rows] - at), middle)
        # At least a step from either end, so that the answer is soon between two neighbours.
        room = np.minimum(goal[rows], (high[rows] - low[rows]) // 2)
        point[rows] = np.clip(found, low[rows] + room, high[rows] - room)
    return low, high
