r"""Weights that meet known population totals, and what they leave unexplained.

A margin cuts the respondents into cells whose population totals T are known. With base weights d, scaled to the
population, and the indicators x_k of the cells of respondent k in all margins, calibration looks for weights

    w_k = d_k F(x_k' lambda),    sum_k w_k x_k = T,

where F belongs to a distance between w and d (Deville & Sarndal 1992): 1 + u for the linear method,
exp(u) for raking, or a function that is bounded. With H' = F, lambda is the minimum of the convex function

    sum_k d_k H(x_k' lambda) - lambda' T,

so Newton's method with step halving finds it wherever it exists. Margins share their total, which makes columns of x
redundant: lambda moves in the space that the columns span. Respondents with the same cells in all margins share their
ratio w / d, and are taken together.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from scipy.special import expit

from npsstats.typing import FloatArray, IntArray

__all__ = [
    "Calibrated",
    "Margin",
    "calibrate_linear",
    "calibrate_logit",
    "post_stratify",
    "rake",
    "regression_coefficients",
    "trim_weights",
]

# Totals are met to this part of each; sums of a million weights carry rounding of about a hundredth of it.
TOLERANCE = 1e-12

# Beside cells of many thousand times their size, small cells carry more rounding; more than this is no rounding.
ROUNDED = 1e-9

# Newton's method needs about 10 steps where totals can be met; where they cannot, lambda runs away.
MAX_STEPS = 100

# The exponent of raking may change by this much in one step; without a limit it could overflow.
LONGEST_STEP = 8.0

# A step this often halved is nothing.
MAX_HALVINGS = 60

# Columns are redundant if less than this part of them is left beside the others.
REDUNDANT = 1e-11

# Where all respondents are at a bound, the second derivative is 0; this much of its first value keeps steps finite.
RIDGE = 1e-13

# Codes of several margins in one whole number stay below this times the cells of one margin.
LARGEST_CODE = 2**31


@dataclass(frozen=True, slots=True)
class Margin:
    """Cells with known totals.

    Attributes
    ----------
    codes : ndarray of int, shape (rows,)
        The cell of each respondent.
    totals : ndarray, shape (cells,)
        The population totals, above 0.
    """

    codes: IntArray
    totals: FloatArray


@dataclass(frozen=True, slots=True)
class Calibrated:
    """Weights, and how well they meet the totals.

    Attributes
    ----------
    weights : ndarray, shape (rows,)
    misses : tuple of ndarray
        For each margin and cell, sum of the weights / total - 1.
    iterations : int
        Newton steps; 1 for a closed form.
    converged : bool
        Whether all totals are met, to within rounding.
    """

    weights: FloatArray
    misses: tuple[FloatArray, ...]
    iterations: int
    converged: bool


Distance: TypeAlias = Callable[[FloatArray], tuple[FloatArray, FloatArray, FloatArray]]
"""Takes u, and gives the ratio F(u), its derivative F'(u), and the integral H(u)."""


def post_stratify(weights: FloatArray, margin: Margin) -> Calibrated:
    """Scale the weights in each cell to its total.

    Parameters
    ----------
    weights : ndarray, shape (rows,)
        The base weights, 0 or more.
    margin : Margin

    Returns
    -------
    Calibrated
        A cell without weight stays without, with a miss of -1.
    """
    reached = np.bincount(margin.codes, weights, minlength=margin.totals.size)
    ratio = np.divide(margin.totals, reached, out=np.zeros_like(reached), where=reached > 0)
    miss = ratio * reached / margin.totals - 1
    return Calibrated(weights * ratio[margin.codes], (miss,), 1, bool((np.abs(miss) <= ROUNDED).all()))


def rake(weights: FloatArray, margins: Sequence[Margin]) -> Calibrated:
    """Find the weights that iterative proportional fitting tends to: F(u) = exp(u).

    Parameters
    ----------
    weights : ndarray, shape (rows,)
        The base weights, 0 or more.
    margins : sequence of Margin
        Their totals add up to the same.

    Returns
    -------
    Calibrated
        Weights are 0 where the base weights are, and above 0 elsewhere.
    """
    return _calibrate(weights, margins, _raking, LONGEST_STEP)


def calibrate_linear(
    weights: FloatArray, margins: Sequence[Margin], bounds: tuple[float, float] = (-np.inf, np.inf)
) -> Calibrated:
    """Find the weights of generalised regression, F(u) = 1 + u, cut off at the bounds if there are any.

    Parameters
    ----------
    weights, margins
        As for `rake`.
    bounds : tuple of float, optional
        Of the ratio of each weight to its base weight, scaled to the population; below and above 1.

    Returns
    -------
    Calibrated
        Without bounds weights may be below 0.
    """
    low, high = bounds

    def distance(u: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        inside = u.clip(low - 1, high - 1)
        # Beyond a bound H goes on as a straight line.
        integral = inside + inside**2 / 2 + (1 + inside) * (u - inside)
        return 1 + inside, (u == inside).astype(np.float64), integral

    return _calibrate(weights, margins, distance, np.inf)


def calibrate_logit(weights: FloatArray, margins: Sequence[Margin], bounds: tuple[float, float]) -> Calibrated:
    """Find weights with ratios inside bounds, by the logit method (Deville & Sarndal 1992).

    Parameters
    ----------
    weights, margins, bounds
        As for `calibrate_linear`; both bounds are finite.

    Returns
    -------
    Calibrated
    """
    low, high = bounds
    speed = (high - low) / ((1 - low) * (high - 1))
    start = np.log((1 - low) / (high - 1))

    def distance(u: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        # F = (L (U - 1) + U (1 - L) exp(A u)) / (U - 1 + (1 - L) exp(A u)), without overflow.
        exponent = speed * u + start
        way = expit(exponent)
        slope = (high - low) * speed * way * expit(-exponent)
        return low + (high - low) * way, slope, low * u + (high - low) / speed * np.logaddexp(0, exponent)

    return _calibrate(weights, margins, distance, LONGEST_STEP)


def regression_coefficients(
    weights: FloatArray, margins: Sequence[Margin], cells: IntArray, n_cells: int
) -> FloatArray:
    """Regress the indicators of cells on those of the margins: B = (X'DX)^- X'DY, D the base weights.

    The linearised variance of calibrated totals is that of sum_k w_k (y_k - x_k' B), w the calibrated weights
    (Deville & Sarndal 1992).

    Parameters
    ----------
    weights : ndarray, shape (rows,)
        The base weights d.
    margins : sequence of Margin
        The columns of X are their cells, one margin after the other.
    cells : ndarray of int, shape (rows,)
        The column of Y in which a respondent has a 1; -1 for none.
    n_cells : int
        The columns of Y.

    Returns
    -------
    ndarray, shape (columns, n_cells)
        Where columns of X are redundant, one solution of many: all give the same x_k' B.
    """
    codes = [margin.codes for margin in margins]
    sizes = [margin.totals.size for margin in margins]
    inside = np.flatnonzero(cells >= 0)
    rows = slice(None) if inside.size == cells.size else inside
    sums = [
        np.bincount(code[rows] * n_cells + cells[rows], weights[rows], minlength=size * n_cells).reshape(size, n_cells)
        for code, size in zip(codes, sizes, strict=True)
    ]
    # Without rows bincount counts in whole numbers.
    sums = [table.astype(np.float64) for table in sums]
    if len(margins) == 1:
        total = np.bincount(codes[0], weights, minlength=sizes[0])[:, None]
        shares: FloatArray = np.divide(sums[0], total, out=np.zeros_like(sums[0]), where=total > 0)
        return shares
    basis = _basis(_gram(codes, sizes, weights))
    coefficients: FloatArray = basis @ (basis.T @ np.concatenate(sums))
    return coefficients


def trim_weights(weights: FloatArray, low: float, high: float) -> FloatArray:
    """Cut weights off at limits, and share out equally what is cut off, until none is outside.

    Parameters
    ----------
    weights : ndarray, shape (rows,)
        Weights of 0 stay 0, and take no part.
    low, high : float
        The limits, in mean weights: below and above 1.

    Returns
    -------
    ndarray, shape (rows,)
        With the sum of the weights. Those between the limits are moved by the same amount.
    """
    trimmed = weights.copy()
    kept = np.flatnonzero(weights > 0)
    part = trimmed[kept]
    bottom, top = low * part.mean(), high * part.mean()
    # Each round puts at least one weight more at a limit; a few rounds do.
    for _ in range(part.size):
        cut = part.clip(bottom, top)
        excess = float((part - cut).sum())
        others = part == cut
        if others.all():
            break
        # Weights at the limit towards which the others move would only be cut again.
        open_to = cut < top if excess > 0 else cut > bottom
        takers = np.flatnonzero(others & open_to)
        if takers.size == 0:
            takers = np.flatnonzero(open_to)
        cut[takers] += excess / max(takers.size, 1)
        part = cut
    trimmed[kept] = part
    return trimmed


def _raking(u: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    ratio = np.exp(u)
    return ratio, ratio, ratio


def _calibrate(weights: FloatArray, margins: Sequence[Margin], distance: Distance, longest: float) -> Calibrated:
    """Scale the weights to the population, take rows of the same cells together, and solve for their ratios."""
    profile, codes = _profiles(margins)
    base = np.bincount(profile, weights)
    scale = margins[0].totals.sum() / base.sum()
    totals = [margin.totals for margin in margins]
    ratio, steps = _solve(base * scale, codes, totals, distance, longest)
    sums = _sums(codes, [total.size for total in totals], base * scale * ratio)
    misses = tuple(np.split(sums / np.concatenate(totals) - 1, np.cumsum([total.size for total in totals])[:-1]))
    converged = all((np.abs(miss) <= ROUNDED).all() for miss in misses)
    return Calibrated(weights * (scale * ratio)[profile], misses, steps, converged)


def _solve(
    base: FloatArray, codes: list[IntArray], totals: list[FloatArray], distance: Distance, longest: float
) -> tuple[FloatArray, int]:
    """Minimise sum d H(x' lambda) - lambda' T; give the ratios F, and how many steps it took."""
    sizes = [total.size for total in totals]
    target = np.concatenate(totals)
    basis = _basis(_gram(codes, sizes, base))
    place = basis.T @ target
    u = np.zeros_like(base)
    lambda_t, closest = 0.0, np.inf
    ratio, slope, integral = distance(u)
    for step in range(MAX_STEPS):
        miss = _sums(codes, sizes, base * ratio) - target
        size = float((np.abs(miss) / target).max())
        # Within rounding, and no better than before.
        if size <= TOLERANCE or (size <= ROUNDED and size > closest / 2):
            return ratio, step
        closest = min(size, closest)
        hessian = basis.T @ _gram(codes, sizes, base * slope) @ basis
        hessian[np.diag_indices_from(hessian)] += RIDGE
        gradient = basis.T @ miss
        way = -np.linalg.solve(hessian, gradient)
        along = _spread(codes, sizes, basis @ way)
        length = min(1.0, longest / max(float(np.abs(along).max()), np.finfo(float).tiny))
        value, last = float(base @ integral) - lambda_t, ratio
        # Close to the minimum the fall is less than the rounding of its parts.
        rounding = 1e-13 * float(base @ (1 + np.abs(integral)))
        for _ in range(MAX_HALVINGS):
            # What overflows is no fall.
            with np.errstate(over="ignore", invalid="ignore"):
                ratio, slope, integral = distance(u + length * along)
                rise = float(base @ integral) - lambda_t - length * float(place @ way) - value
            if rise <= 1e-4 * length * float(gradient @ way) + rounding:
                break
            length /= 2
        u = u + length * along
        lambda_t += length * float(place @ way)
        if (np.abs(ratio - last) <= np.finfo(float).eps * ratio.max()).all():
            break
    return ratio, step + 1


def _profiles(margins: Sequence[Margin]) -> tuple[IntArray, list[IntArray]]:
    """Number the combinations of cells that occur: the one of each row, and the cell of each in each margin."""
    key, size = margins[0].codes, margins[0].totals.size
    for margin in margins[1:]:
        if size > LARGEST_CODE:
            key = np.unique(key, return_inverse=True)[1]
            size = int(key.max()) + 1
        key, size = key * margin.totals.size + margin.codes, size * margin.totals.size
    if size > 4 * key.size:
        _, first, profile = np.unique(key, return_index=True, return_inverse=True)
    else:
        # Without sorting: some row of each combination, and their numbers.
        row = np.full(size, -1)
        row[key] = np.arange(key.size)
        occurring = row >= 0
        first, profile = row[occurring], (np.cumsum(occurring) - 1)[key]
    return profile, [margin.codes[first] for margin in margins]


def _basis(gram: FloatArray) -> FloatArray:
    """Span the columns of X by combinations that are orthonormal in X'DX."""
    size = np.sqrt(np.diag(gram))
    # A column without respondents has no length.
    scale = np.divide(1, size, out=np.zeros_like(size), where=size > 0)
    lengths, directions = np.linalg.eigh(gram * np.outer(scale, scale))
    own = lengths > REDUNDANT * lengths[-1]
    basis: FloatArray = scale[:, None] * directions[:, own] / np.sqrt(lengths[own])
    return basis


def _gram(codes: Sequence[IntArray], sizes: Sequence[int], weights: FloatArray) -> FloatArray:
    """Compute X'DX: for each two margins the weights by both."""
    starts = np.cumsum([0, *sizes])
    gram = np.empty((starts[-1], starts[-1]))
    for i, (code, size) in enumerate(zip(codes, sizes, strict=True)):
        own = slice(starts[i], starts[i + 1])
        gram[own, own] = np.diag(np.bincount(code, weights, minlength=size))
        for j in range(i):
            pair = np.bincount(code * sizes[j] + codes[j], weights, minlength=size * sizes[j]).reshape(size, sizes[j])
            other = slice(starts[j], starts[j + 1])
            gram[own, other], gram[other, own] = pair, pair.T
    return gram


def _sums(codes: Sequence[IntArray], sizes: Sequence[int], weights: FloatArray) -> FloatArray:
    """Compute X'w."""
    return np.concatenate([np.bincount(code, weights, minlength=size) for code, size in zip(codes, sizes, strict=True)])


def _spread(codes: Sequence[IntArray], sizes: Sequence[int], coefficients: FloatArray) -> FloatArray:
    """Compute X b."""
    parts = np.split(coefficients, np.cumsum(sizes)[:-1])
    values: FloatArray = np.sum([part[code] for part, code in zip(parts, codes, strict=True)], axis=0)
    return values
