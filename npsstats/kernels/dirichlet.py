r"""Quantiles and shortest intervals of a posterior, differences of two posteriors, and draws.

The posterior of a score is the mean of fixed values under a Dirichlet distribution: its tails and density come from
`npsstats.kernels.contour`. Levels with the parameter 0 have no mass; if only one level has a parameter above 0, the
distribution is a point mass there.
"""

from collections.abc import Callable

import numpy as np
from scipy.special import betaincinv, expit, logit, ndtri

from npsstats.kernels.contour import BoolArray, DirichletLaw, Law, Support, dirichlet_law, mean_law, mean_support
from npsstats.kernels.convolution import Convolution
from npsstats.typing import FloatArray, IndexArray

__all__ = ["difference_law", "difference_support", "has_one_mode", "log_shares", "quantiles", "shortest_interval"]

MAX_STEPS = 200
# Newton's method squares its error: below this, in log odds, one more step leaves nothing.
CLOSE = 1e-8
# The resolution of points on the unit scale.
RESOLUTION = 2e-16
# Farther out in log odds, a point of the unit scale is its end.
FARTHEST = 45.0
ONE_MODE_TOTAL = 30.0
GRID = 17
# Relative error of a shortest interval: of the density at its ends, and of the probability below it.
SHORTEST = 1e-7
NEWTON_STEPS = 12
# Mass beyond the range of quadrature, at each end.
OUTSIDE = 1e-18
NEAR_END = 1e-13
# Pairs times levels in one chunk of quadrature.
DIFFERENCE_CHUNK = 3_000


def quantiles(law: Law, support: Support, probability: FloatArray) -> FloatArray:
    """Find the points at which the distribution functions reach a probability.

    Newton's method for log odds of the probability in log odds of the point, in which both tails are nearly
    straight lines, kept in a bracket.

    Parameters
    ----------
    law : callable
    support : Support
    probability : ndarray, shape (rows,)
        From 0 to 1.

    Returns
    -------
    ndarray, shape (rows,)
    """
    found = np.where(probability <= 0, support.low, support.high)
    rows: IndexArray = np.flatnonzero((probability > 0) & (probability < 1) & (support.low < support.high))
    span = support.high - support.low
    t = np.zeros_like(found)
    t[rows] = _first_guess(support.take(rows), probability[rows])
    left, right = np.full_like(t, -FARTHEST), np.full_like(t, FARTHEST)
    target = np.zeros_like(t)
    target[rows] = logit(probability[rows])
    for _ in range(MAX_STEPS):
        x = _point(t[rows], support.low[rows], support.high[rows])
        at = law(x, rows)
        with np.errstate(divide="ignore"):
            gap = np.log(at.lower) - np.log(at.upper) - target[rows]
        scale = span[rows] * expit(t[rows]) * expit(-t[rows])
        slope = at.density * scale
        left[rows] = np.where(gap < 0, t[rows], left[rows])
        right[rows] = np.where(gap > 0, t[rows], right[rows])
        usable = np.isfinite(gap) & (slope > 0) & np.isfinite(slope)
        finite = np.where(usable, gap, 0.0)
        step = np.divide(finite * at.lower * at.upper, slope, out=np.full_like(gap, np.inf), where=usable)
        new = t[rows] - step
        safe = (new > left[rows]) & (new < right[rows])
        new = np.where(safe, new, (left[rows] + right[rows]) / 2)
        close = np.abs(gap) < CLOSE
        done = close | (np.minimum(np.abs(new - t[rows]), right[rows] - left[rows]) * scale <= RESOLUTION)
        t[rows] = np.where(close & ~safe, t[rows], new)
        finished = rows[done]
        found[finished] = _point(t[finished], support.low[finished], support.high[finished])
        rows = rows[~done]
        if not rows.size:
            break
    return found


def _point(t: FloatArray, low: FloatArray, high: FloatArray) -> FloatArray:
    point: FloatArray = np.where(t < 0, low + (high - low) * expit(t), high - (high - low) * expit(-t))
    return point


def _first_guess(support: Support, probability: FloatArray) -> FloatArray:
    """Give the log odds of the quantile of the Beta distribution with the same ends, mean and variance."""
    span = support.high - support.low
    mean = ((support.mean - support.low) / span).clip(1e-12, 1 - 1e-12)
    spread = (support.sd / span).clip(1e-12)
    size = (mean * (1 - mean) / spread**2 - 1).clip(1e-3)
    # Far beyond a million the Beta distribution is normal, and its inverse slow.
    guess = np.where(size > 1e6, mean + ndtri(probability) * spread, 0.0)
    beta = np.flatnonzero(size <= 1e6)
    guess[beta] = betaincinv(mean[beta] * size[beta], (1 - mean[beta]) * size[beta], probability[beta])
    guessed: FloatArray = logit(guess.clip(1e-15, 1 - 1e-15))
    return guessed


def shortest_interval(law: Law, support: Support, level: float, one_mode: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Find the shortest interval that has a probability.

    With p the probability below it, the width Q(p + level) - Q(p) is least where the density f is the same at both
    ends, or at an end of p; where f may have several modes, a grid over p shows near which p.

    Parameters
    ----------
    law : callable
    support : Support
    level : float
        The probability, between 0 and 1.
    one_mode : ndarray of bool, shape (rows,)
        Whether the density has one mode.

    Returns
    -------
    low, high : ndarray, shape (rows,)
    """
    size = support.mean.size
    every: IndexArray = np.arange(size)
    low, high = (quantiles(law, support, np.full(size, p)) for p in ((1 - level) / 2, (1 + level) / 2))
    spread = support.low < support.high
    left_over = np.setdiff1d(every[spread], _equal_densities(law, support, level, every[spread & one_mode], low, high))
    left, right = np.zeros(size), np.full(size, 1 - level)

    def ends(p: FloatArray, rows: IndexArray) -> tuple[FloatArray, FloatArray]:
        part, there = support.take(rows), _of(law, rows)
        return quantiles(there, part, p), quantiles(there, part, np.minimum(p + level, 1.0))

    def excess(p: FloatArray, rows: IndexArray) -> FloatArray:
        """Below 0 while moving up makes the interval shorter; between -1 and 1."""
        below, above = (np.minimum(law(x, rows).density, 1e300) for x in ends(p, rows))
        total = below + above
        ratio: FloatArray = np.divide(below - above, total, out=np.zeros_like(total), where=total > 0)
        return ratio

    _narrow_by_grid(ends, level, left_over[~one_mode[left_over]], left, right)
    p = _change_of_sign(excess, left, right, left_over, SHORTEST * (1 - level))
    low[left_over], high[left_over] = ends(p[left_over], left_over)
    return low, high


def has_one_mode(concentration: FloatArray) -> BoolArray:
    """Tell which densities need no search for several modes.

    With parameters of 1 or more the density is log-concave (Prekopa 1973). With smaller ones it can have several
    modes while the total is small; with a large total theta is nearly a sum of gamma variables, which has one mode.
    """
    few: BoolArray = ((concentration >= 1) | (concentration == 0)).all(-1) | (concentration.sum(-1) > ONE_MODE_TOTAL)
    return few


def _equal_densities(
    law: Law, support: Support, level: float, rows: IndexArray, low: FloatArray, high: FloatArray
) -> IndexArray:
    """Move limits to where the densities are equal, by Newton's method for both; give the rows that got there."""
    there: list[IndexArray] = []
    x = np.stack([low, high])
    for _ in range(NEWTON_STEPS):
        both = np.concatenate([rows, rows])
        at = law(x[:, rows].ravel(), both)
        # A difference quotient in place of the slope of log f leaves an error of 1e-4 of the step.
        shift = 1e-4 * support.sd[both]
        density = at.density
        with np.errstate(divide="ignore", invalid="ignore"):
            log_slope = (np.log(law(x[:, rows].ravel() + shift, both).density) - np.log(density)) / shift
            below, above = density.reshape(2, -1)
            slope_below, slope_above = log_slope.reshape(2, -1)
            mass = np.diff(at.lower.reshape(2, -1), axis=0)[0] - level
            ratio = np.log(above) - np.log(below)
            # above * up - below * down = -mass and slope_above * up - slope_below * down = -ratio
            determinant = slope_above * below - above * slope_below
            down = (slope_above * mass - above * ratio) / determinant
            up = (slope_below * mass - below * ratio) / determinant
        new = x[:, rows] + np.stack([down, up])
        # A maximum lies between the limits, which stay inside the support.
        sound = np.isfinite(new).all(0) & (slope_below > 0) & (slope_above < 0)
        sound &= (new[0] > support.low[rows]) & (new[1] < support.high[rows]) & (new[0] < new[1])
        done = sound & (np.abs(ratio) < SHORTEST) & (np.abs(mass) < SHORTEST * (1 - level))
        low[rows[done]], high[rows[done]] = new[:, done]
        there.append(rows[done])
        rows = rows[sound & ~done]
        x[:, rows] = new[:, sound & ~done]
        if not rows.size:
            break
    return np.concatenate(there)


def _narrow_by_grid(
    ends: Callable[[FloatArray, IndexArray], tuple[FloatArray, FloatArray]],
    level: float,
    rows: IndexArray,
    left: FloatArray,
    right: FloatArray,
) -> None:
    """Bracket the shortest interval by its neighbours on a grid of p, denser towards the ends."""
    if not rows.size:
        return
    grid = (1 - level) * np.sin(np.linspace(0, np.pi / 2, GRID)) ** 2
    widths = np.empty((rows.size, GRID))
    for j, p in enumerate(grid):
        low, high = ends(np.full(rows.size, p), rows)
        widths[:, j] = high - low
    best = widths.argmin(-1)
    left[rows] = grid[np.maximum(best - 1, 0)]
    right[rows] = grid[np.minimum(best + 1, GRID - 1)]


def _change_of_sign(
    excess: Callable[[FloatArray, IndexArray], FloatArray],
    left: FloatArray,
    right: FloatArray,
    rows: IndexArray,
    tolerance: float,
) -> FloatArray:
    """Find where functions change sign from - to +; an end where they do not. Regula falsi of Illinois type."""
    root = left.copy()
    at_left, at_right = np.zeros_like(left), np.zeros_like(left)
    at_left[rows], at_right[rows] = excess(left[rows], rows), excess(right[rows], rows)
    # Where the shortest interval touches an end, the width only grows from there.
    root = np.where(at_right <= 0, right, root)
    rows = rows[(at_left[rows] < 0) & (at_right[rows] > 0)]
    for step in range(MAX_STEPS):
        slope = at_right[rows] - at_left[rows]
        new = left[rows] - at_left[rows] * (right[rows] - left[rows]) / slope
        if step % 4 == 3:
            new = (left[rows] + right[rows]) / 2
        value = excess(new, rows)
        moved = np.abs(new - root[rows])
        root[rows] = new
        above = value > 0
        kept = rows[above]
        right[kept], at_right[kept] = new[above], value[above]
        at_left[kept] /= 2
        kept = rows[~above]
        left[kept], at_left[kept] = new[~above], value[~above]
        at_right[kept] /= 2
        done = (np.abs(value) < SHORTEST) | (np.minimum(moved, right[rows] - left[rows]) < tolerance)
        rows = rows[~done]
        if not rows.size:
            break
    return root


def _of(law: Law, chosen: IndexArray) -> Law:
    """Give the law of some rows, numbered anew."""
    return lambda x, rows: law(x, chosen[rows])


def difference_support(first: FloatArray, second: FloatArray, values: FloatArray) -> Support:
    """Compute ends and moments of the difference of two independent Dirichlet means, first minus second."""
    one, other = mean_support(first, values), mean_support(second, values)
    return Support(one.low - other.high, one.high - other.low, one.mean - other.mean, np.hypot(one.sd, other.sd))


def difference_law(first: FloatArray, second: FloatArray, values: FloatArray) -> Law:
    """Give the law of the difference of two independent Dirichlet means, first minus second.

    With F the distribution function of the wider one and f the density of the narrower one, the tails are
    int F(x + t) f(t) dt and int (1 - F(x + t)) f(t) dt: each a sum of positive terms.

    Parameters
    ----------
    first, second : ndarray, shape (rows, levels)
        The parameters of both.
    values : ndarray, shape (levels,)
        The levels, ascending.

    Returns
    -------
    callable
    """
    turned = mean_support(first, values).sd < mean_support(second, values).sd
    wide = np.where(turned[:, None], second, first)
    narrow = np.where(turned[:, None], first, second)
    outside, support = np.full(turned.size, OUTSIDE), mean_support(narrow, values)
    low = quantiles(mean_law(narrow, values), support, outside)
    mirrored, mirror = narrow[:, ::-1], 1 - values[::-1]
    high = 1 - quantiles(mean_law(mirrored, mirror), mean_support(mirrored, mirror), outside)
    # Towards a pole, mass reaches closer to the end than points can tell.
    low = np.where(low - support.low < NEAR_END, support.low, low)
    high = np.where(support.high - high < NEAR_END, support.high, high)

    def law(x: FloatArray, rows: IndexArray) -> DirichletLaw:
        sign = np.where(turned[rows], -1.0, 1.0)
        total = np.zeros((3, rows.size))
        point = low[rows] >= high[rows]
        at = dirichlet_law(wide[rows[point]], values - (sign * x + low[rows])[point, None])
        total[:, point] = at.lower, at.upper, at.density
        size = max(1, DIFFERENCE_CHUNK // values.size)
        spread = np.flatnonzero(~point)
        for start in range(0, spread.size, size):
            part = spread[start : start + size]
            chosen = rows[part]
            problem = Convolution(wide[chosen], narrow[chosen], values, sign[part] * x[part], low[chosen], high[chosen])
            total[:, part] = problem.solve()
        lower, upper, density = total
        swap = sign < 0
        return DirichletLaw(np.where(swap, upper, lower), np.where(swap, lower, upper), density)

    return law


def log_shares(concentration: FloatArray, size: tuple[int, ...], rng: np.random.Generator) -> FloatArray:
    """Draw the logarithms of Dirichlet shares, of the shape (*size, rows, levels); -inf where the parameter is 0.

    A gamma variable with a small parameter a underflows; so it is drawn as G U^(1/a), with G of parameter a + 1.
    """
    shape = (*size, *concentration.shape)
    logs = np.log(rng.standard_gamma(concentration + 1.0, shape))
    occupied = concentration > 0
    exponential = rng.standard_exponential(shape)
    logs -= np.divide(exponential, concentration, out=np.full(shape, np.inf), where=np.broadcast_to(occupied, shape))
    logs -= logs.max(-1, keepdims=True)
    logs -= np.log(np.exp(logs).sum(-1, keepdims=True))
    return logs
