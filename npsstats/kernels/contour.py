r"""Tail probabilities and density of a Dirichlet mean, by contour integrals.

Let p have a Dirichlet distribution with parameters a_k, c_k be values, and theta = sum_k c_k p_k. As p is a vector
of independent gamma variables G_k divided by their sum,

    P(theta > x) = P(Q > 0),    Q = sum_k d_k G_k,    d_k = c_k - x,

and Q has the moment generating function M(s) = prod_k (1 - d_k s)^(-a_k). Inversion along any path that crosses
the real axis between 0 and 1 / max d_k, upwards, gives

    P(theta > x) = (1 / 2 pi i) int M(s) / s ds,
    f(x)         = (1 / 2 pi i) int M(s) sum_k a_k / (1 - d_k s) ds,

the second by differentiating the first. The path is a hyperbola through the saddle point of M(s) / s, bent as the
path of steepest descent is; so the integrand hardly oscillates, and a small tail has a small relative error. Along

    s(t) = s0 + lambda ((cosh t - 1) sin b + i sinh t cos b)

the trapezoidal rule converges geometrically (Trefethen & Weideman 2014, doi:10.1137/130932132): halving the step
squares the error, so the rule with twice the step tells whether it has converged. The lower tail is the upper tail
of -theta.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from npsstats.typing import FloatArray, IndexArray

__all__ = ["BoolArray", "DirichletLaw", "Law", "Support", "dirichlet_law", "mean_law", "mean_support"]

BoolArray: TypeAlias = NDArray[np.bool_]

FIRST_STEP = 0.12
HALVINGS = 8
STRAIGHTENED_AFTER = 2
# The rule with twice the step is within this: the error of the rule itself is its square.
AGREEMENT = 3e-8
BLOCK = 8
LONGEST_BLOCK = 128
# Where the direction of the path is chosen, in widths of the peak, and the largest sine of its angle.
HEIGHTS = np.array([2.0, 6.0, 20.0])
STEEPEST = 0.8
FAR_HEIGHTS = 10.0 ** np.array([2, 3, 4, 6, 8, 10, 13, 16, 20, 25, 30])
LEAN = 0.5
# The share of the integrand's peak below which the rest of the path is nothing, and its logarithm.
NEGLIGIBLE = 1e-18
LOG_NEGLIGIBLE = 42.0
SADDLE_STEPS = 100
OVERFLOWING = 1e150
NEAREST = 1e-280
# Numbers in one array of a chunk: large enough for vectors, small enough for the cache.
CHUNK = 50_000


@dataclass(frozen=True, slots=True)
class Support:
    """Where a distribution lives: its ends, mean and standard deviation, arrays of the shape (rows,)."""

    low: FloatArray
    high: FloatArray
    mean: FloatArray
    sd: FloatArray

    def take(self, rows: IndexArray) -> "Support":
        """Keep some rows."""
        return Support(self.low[rows], self.high[rows], self.mean[rows], self.sd[rows])


def mean_support(concentration: FloatArray, values: FloatArray) -> Support:
    """Compute ends and moments of Dirichlet means.

    Parameters
    ----------
    concentration : ndarray, shape (rows, levels)
        The parameters, 0 or more, not all 0 in a row.
    values : ndarray, shape (levels,)
        The levels, ascending.

    Returns
    -------
    Support
        The variance is sum_k w_k (c_k - mean)^2 / (A + 1), with w_k = a_k / A and A = sum_k a_k.
    """
    total = concentration.sum(-1)
    shares = concentration / total[:, None]
    mean = shares @ values
    variance = (shares * (values - mean[:, None]) ** 2).sum(-1) / (total + 1)
    occupied = concentration > 0
    low = np.where(occupied, values, np.inf).min(-1)
    high = np.where(occupied, values, -np.inf).max(-1)
    # A point mass has no spread, not even that of rounding.
    return Support(low, high, mean.clip(low, high), np.where(low == high, 0.0, np.sqrt(variance)))


@dataclass(frozen=True, slots=True)
class DirichletLaw:
    """The distribution of a Dirichlet mean at a point: P(theta <= x), P(theta > x) and the density f(x)."""

    lower: FloatArray
    upper: FloatArray
    density: FloatArray


def dirichlet_law(concentration: FloatArray, gaps: FloatArray) -> DirichletLaw:
    """Compute both tails and the density of Dirichlet means.

    Parameters
    ----------
    concentration : ndarray, shape (rows, levels)
        The parameters a_k >= 0; not all 0 in a row. A level with 0 has no mass.
    gaps : ndarray, shape (rows, levels)
        The distances d_k = c_k - x.

    Returns
    -------
    DirichletLaw
        Arrays of the shape (rows,). The smaller tail has a small relative error.
    """
    occupied = concentration > 0
    top = np.where(occupied, gaps, -np.inf).max(-1)
    bottom = np.where(occupied, gaps, np.inf).min(-1)
    lower = np.where(top <= 0, 1.0, 0.0)
    upper = 1 - lower
    density = np.zeros_like(lower)
    at_end = (top == 0) | (bottom == 0)
    if at_end.any():
        density[at_end] = _density_at_end(concentration[at_end], gaps[at_end])
    # A gap that a division cannot scale is no gap.
    tiny = np.finfo(float).tiny
    inside = np.flatnonzero((bottom < -tiny) & (top > tiny))
    size = max(1, CHUNK // (BLOCK * gaps.shape[-1]))
    for start in range(0, inside.size, size):
        rows = inside[start : start + size]
        used = np.where(occupied[rows], gaps[rows], 0.0)
        # The tail on the far side of the mean; the other one is its complement.
        side = np.where((concentration[rows] * used).sum(-1) > 0, -1.0, 1.0)
        tail, density[rows] = _upper_tail(concentration[rows], side[:, None] * used)
        upper[rows] = np.where(side > 0, tail, 1 - tail)
        lower[rows] = np.where(side > 0, 1 - tail, tail)
    return DirichletLaw(lower, upper, density)


Law: TypeAlias = Callable[[FloatArray, IndexArray], DirichletLaw]
"""A distribution, as a function of points x and of the numbers of the rows to evaluate there."""


def mean_law(concentration: FloatArray, values: FloatArray) -> Law:
    """Give the law of Dirichlet means; arguments as for `mean_support`."""
    return lambda x, rows: dirichlet_law(concentration[rows], values - x[:, None])


def _density_at_end(concentration: FloatArray, gaps: FloatArray) -> FloatArray:
    """Compute the density at the lowest or highest occupied value c.

    With A the sum of the parameters of all other levels, and a that of c,
    P(|theta - c| <= e) tends to e^A Gamma(A + a) / (Gamma(a) Gamma(A + 1)) prod |d_k|^(-a_k).
    """
    other = np.where(gaps == 0, 0.0, concentration)
    total = other.sum(-1)
    log_distance = np.log(np.abs(gaps), out=np.zeros_like(gaps), where=other > 0)
    own = concentration.sum(-1) - total
    log_limit = gammaln(own + 1.0) - gammaln(own) - (other * log_distance).sum(-1)
    return np.where(total == 1, np.exp(np.where(total == 1, log_limit, 0.0)), np.where(total < 1, np.inf, 0.0))


@dataclass(frozen=True, slots=True)
class _Path:
    """A hyperbola through the saddle point s0 for each row, in units of 1 / max d_k."""

    concentration: FloatArray
    ratio: FloatArray  # d_k / (1 - d_k s0)
    weight: FloatArray  # a_k / (1 - d_k s0)
    saddle: FloatArray
    log_peak: FloatArray  # log M(s0)
    width: FloatArray
    sine: FloatArray
    farthest: FloatArray  # t from where on all factors of the integrand are powers of s
    decay: FloatArray  # of the tail's integrand there, in t
    density_decay: FloatArray

    def take(self, rows: IndexArray) -> "_Path":
        return _Path(*(getattr(self, name)[rows] for name in self.__slots__))


def _upper_tail(concentration: FloatArray, gaps: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Compute P(theta > x) and the density for x above the mean and below the highest occupied value."""
    top = gaps.max(-1)
    scaled = gaps / top[:, None]
    # Nearer to a value, the path would leave the range of numbers.
    path = _path(concentration, np.where(np.abs(scaled) < NEAREST, np.sign(scaled) * NEAREST, scaled))
    tail, density = np.zeros_like(top), np.zeros_like(top)
    rows = np.arange(top.size)
    step = FIRST_STEP
    for halving in range(HALVINGS):
        fine, coarse = _trapezoid(path.take(rows), step)
        tail[rows], density[rows] = fine
        agrees = np.abs(fine - coarse) <= AGREEMENT * np.abs(fine)
        agrees[1] |= path.density_decay[rows] <= 0
        left = ~agrees.all(0)
        # A path that was bent the wrong way is straightened.
        bent = rows[left & (~np.isfinite(fine).all(0) | (halving == STRAIGHTENED_AFTER))]
        path.sine[bent] = 0.0
        path.width[bent] = np.minimum(path.width[bent], np.minimum(path.saddle[bent], 1 - path.saddle[bent]))
        rows = rows[left]
        if not rows.size:
            break
        step /= 2
    density[path.density_decay <= 0] = np.inf
    scale = path.width / np.pi * np.exp(path.log_peak)
    return (tail * scale / path.saddle).clip(0, 1), (density * scale / top).clip(min=0)


def _path(concentration: FloatArray, gaps: FloatArray) -> _Path:
    """Find the saddle point of M(s) / s on (0, 1), and the hyperbola along its path of steepest descent."""
    odds = _saddle_odds(concentration, gaps)
    s = odds / (1 + odds)
    # 1 - d s without cancellation where d is 1.
    room = (1 + odds[:, None] * (1 - gaps)) / (1 + odds)[:, None]
    ratio = gaps / room
    product = gaps * s[:, None]
    log_room = np.where(product < 0.5, np.log1p(-np.minimum(product, 0.5)), np.log(room))
    second = (concentration * ratio**2).sum(-1) + 1 / s**2
    sine = _bend(concentration, ratio, s, 1 / np.sqrt(second))
    # The foci of the hyperbola stay between the singularities at 0 and 1, which keeps the integrand analytic around t.
    width = np.minimum(1 / np.sqrt(second), np.minimum(s / (1 + sine), 1 / (1 + odds) / (1 - sine)))
    active = (gaps != 0) & (concentration > 0)
    nearest = np.where(active, np.abs(gaps), np.inf).min(-1)
    farthest = LOG_NEGLIGIBLE - np.log(nearest * width)
    decay = np.where(active, concentration, 0.0).sum(-1)
    density_decay = decay - ((gaps == 0) & (concentration > 0)).any(-1)
    log_peak = -(concentration * log_room).sum(-1)
    return _Path(
        concentration, ratio, concentration / room, s, log_peak, width, sine, farthest, decay, density_decay
    )  # fmt: skip


def _bend(concentration: FloatArray, ratio: FloatArray, saddle: FloatArray, width: FloatArray) -> FloatArray:
    """Give sin b: the way in which M(s) / s falls fastest beside the saddle point, at several heights above it.

    Where the heights disagree on the side the path goes straight up, along which the integrand always falls.
    """
    tangent, amplitude = _fall(concentration, ratio, saddle, width, HEIGHTS)
    smallest = np.abs(tangent).min(-1)
    chosen = np.where((tangent > 0).all(-1), smallest, np.where((tangent < 0).all(-1), -smallest, 0.0))
    # A heavy tail meets levels close to x far up, where it turns around quickly unless the path leans to their side.
    rows = np.flatnonzero(amplitude[:, -1] > -LOG_NEGLIGIBLE)
    if rows.size:
        far, amplitude = _fall(concentration[rows], ratio[rows], saddle[rows], width[rows], FAR_HEIGHTS)
        far = np.where(amplitude > -LOG_NEGLIGIBLE, far, 0.0)
        strongest = np.take_along_axis(far, np.abs(far).argmax(-1)[:, None], 1)[:, 0]
        lean = LEAN * np.sign(strongest)
        # Not where the path would climb anywhere.
        lowest = np.concatenate([far, tangent[rows]], axis=1) * np.sign(strongest)[:, None]
        better = (np.abs(strongest) > LEAN) & (lowest.min(-1) > -1) & (lean * chosen[rows] < LEAN**2)
        chosen[rows] = np.where(better, lean, chosen[rows])
    sine: FloatArray = (chosen / np.sqrt(1 + chosen**2)).clip(-STEEPEST, STEEPEST)
    return sine


def _fall(
    concentration: FloatArray, ratio: FloatArray, saddle: FloatArray, width: FloatArray, heights: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Give the direction in which M(s) / s falls fastest at heights above the saddle point, and log |M| there."""
    height = width[:, None] * heights
    pole = 1 / (saddle[:, None] ** 2 + height**2)
    square = (ratio[:, :, None] * height[:, None]) ** 2
    damped = concentration[:, :, None] * ratio[:, :, None] ** 2 / (1 + square)
    # The slope to the side, sum_k a_k r_k / (1 + (r_k y)^2) - s0 / (s0^2 + y^2), which is 0 at y = 0: near there the
    # sum of its changes does not cancel, far above the sum itself keeps the small terms.
    near = height**2 * ((damped * ratio[:, :, None]).sum(1) - pole / saddle[:, None])
    pull = concentration[:, :, None] * ratio[:, :, None] / (1 + square)
    sideways = np.where(heights > 50, saddle[:, None] * pole - pull.sum(1), near) / height
    log_modulus = -0.5 * (concentration[:, None] @ np.log1p(square))[:, 0]
    return sideways / (damped.sum(1) + pole), log_modulus


def _saddle_odds(concentration: FloatArray, gaps: FloatArray) -> FloatArray:
    """Solve s K'(s) = 1, K = log M, for s / (1 - s), by Newton's method in its logarithm, kept in a bracket.

    The positive terms of s K' are at most a s / (1 - s), the negative ones at least -a; that bounds the root.
    """
    above = gaps > 0
    low = -np.log(np.where(above, concentration, 0.0).sum(-1))
    high = np.log1p(np.where(above, 0.0, concentration).sum(-1)) - np.log(
        np.where(gaps == 1, concentration, 0.0).sum(-1)
    )
    # The saddle point of the normal distribution with the same mean and variance; the bound only avoids overflow.
    bounded = np.maximum(gaps, -1e100)
    first, second = (concentration * bounded).sum(-1), (concentration * bounded**2).sum(-1)
    guess = (2 / (first + np.sqrt(first**2 + 4 * second))).clip(1e-300, 0.999)
    t = (np.log(guess) - np.log1p(-guess)).clip(low, high)
    rows = np.arange(t.size)
    for _ in range(SADDLE_STEPS):
        a, d, odds = concentration[rows], gaps[rows], np.exp(t[rows])
        term = d * odds[:, None] / (1 + odds[:, None] * (1 - d))
        value = (a * term).sum(-1) - 1
        # d/dt of s K' with s = odds / (1 + odds).
        slope = (a * term * (1 + term)).sum(-1) / (1 + odds)
        low[rows] = np.where(value < 0, t[rows], low[rows])
        high[rows] = np.where(value > 0, t[rows], high[rows])
        step = np.divide(value, slope, out=np.full_like(value, np.inf), where=slope > 0)
        new = t[rows] - step
        safe = (new >= low[rows]) & (new <= high[rows])
        moved = np.where(safe, new, (low[rows] + high[rows]) / 2)
        # The path may pass beside the saddle point: this only has to be small against the width of the peak.
        settled = np.abs(moved - t[rows]) < 1e-3
        t[rows] = moved
        rows = rows[~settled]
        if not rows.size:
            break
    odds_found: FloatArray = np.exp(t)
    return odds_found


def _trapezoid(path: _Path, step: float) -> tuple[FloatArray, FloatArray]:
    """Integrate tail and density along t by the trapezoidal rule, with the step and with twice the step.

    Returns arrays of the shape (2, rows), relative to the peak of the integrands.
    """
    size, levels = path.ratio.shape
    even, odd = np.zeros((2, size)), np.zeros((2, size))
    rows = np.arange(size)
    live = path
    start = 0
    while rows.size:
        block = min(max(BLOCK, 2 * (CHUNK // (2 * rows.size * levels))), LONGEST_BLOCK)
        t = step * np.arange(start, start + block)
        terms, amplitude = _integrands(live, t)
        if start == 0:
            terms[..., 0] /= 2
            peak = amplitude[..., 0]
        even[:, rows] += terms[..., ::2].sum(-1)
        odd[:, rows] += terms[..., 1::2].sum(-1)
        start += block
        gone = (amplitude[..., -1] <= NEGLIGIBLE * peak[:, rows]).all(0)
        power = ~gone & (t[-1] >= live.farthest)
        if power.any():
            _add_power_tail(even, odd, rows[power], terms[:, power, -1], live.take(np.flatnonzero(power)), step)
        keep = np.flatnonzero(~(gone | power))
        rows = rows[keep]
        live = live.take(keep)
    return step * (even + odd), 2 * step * even


def _add_power_tail(
    even: FloatArray, odd: FloatArray, rows: IndexArray, last: FloatArray, path: _Path, step: float
) -> None:
    """Add the rest of the sums, which is a geometric series where the integrand is a power of s."""
    for i, decay in enumerate((path.decay, path.density_decay)):
        # A density whose series diverges is infinite: `_upper_tail` says so.
        converges = decay > 0
        power = step * np.where(converges, decay, 1.0)
        # Blocks have an even number of points, so the last one is odd and the next one even.
        rest = np.where(converges, last[i], 0.0) / -np.expm1(-2 * power)
        even[i, rows] += rest * np.exp(-power)
        odd[i, rows] += rest * np.exp(-2 * power)


def _integrands(path: _Path, t: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Compute the real parts and the moduli of both integrands; arrays of the shape (2, rows, points)."""
    cosine = np.sqrt(1 - path.sine**2)
    along = (path.width * path.sine)[:, None] * (2 * np.sinh(t / 2) ** 2)
    across = (path.width * cosine)[:, None] * np.sinh(t)
    turn = cosine[:, None] * np.cosh(t) - 1j * path.sine[:, None] * np.sinh(t)
    # 1 - d s = (1 - d s0) (1 + z), z = u + i v; log1p of z with full accuracy where z is small.
    u = -path.ratio[:, :, None] * along[:, None, :]
    v = -path.ratio[:, :, None] * across[:, None, :]
    weights, saddle = path.concentration[:, None, :], path.saddle[:, None]
    # What overflows fails the test of convergence, and is done again on a straight path.
    with np.errstate(over="ignore", invalid="ignore"):
        reach = (np.abs(path.ratio).max(1) * np.maximum(np.abs(along), across)[:, -1]).max()
        log_square, real, imaginary = _factors(u, v, path.weight[:, :, None], reach)
        log_modulus = -0.5 * (weights @ log_square)[:, 0]
        angle = -(weights @ np.arctan2(v, 1 + u))[:, 0]
        product = np.exp(log_modulus + 1j * angle) * turn
        rate = real.sum(1) - 1j * imaginary.sum(1)
        both = np.stack([product * saddle / (saddle + along + 1j * across), product * rate])
    return both.real.copy(), np.abs(both)


def _factors(u: FloatArray, v: FloatArray, weight: FloatArray, reach: float) -> tuple[FloatArray, ...]:
    """Give log |1 + z|^2 and the parts of weight / (1 + z), conjugate, with z = u + i v and |z| up to `reach`."""
    excess = u * (2 + u) + v * v
    inverse = weight / (1 + excess)
    log_square, real, imaginary = np.log1p(excess), inverse * (1 + u), inverse * v
    if not reach < OVERFLOWING:
        # Beside a value, paths go so far out that squares overflow; there 1 + z is z.
        far = np.nonzero(~(excess < OVERFLOWING))
        scale = np.maximum(np.abs(u[far]), np.abs(v[far]))
        p, q = u[far] / scale, v[far] / scale
        log_square[far] = 2 * np.log(scale) + np.log(p * p + q * q)
        share = np.broadcast_to(weight, u.shape)[far] / ((p * p + q * q) * scale)
        real[far], imaginary[far] = p * share, q * share
    return log_square, real, imaginary
