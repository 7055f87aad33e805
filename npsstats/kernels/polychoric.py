r"""Polychoric correlations of cross-tables in two steps (Olsson 1979), with the influence of each cell.

Both ratings are taken for cuts of a pair of normal variables with correlation rho. The cuts h_a and k_b come from the
margins, h_a = probit P(rating <= a); then rho maximises sum p_ab log pi_ab with

    pi_ab = F(h_a, k_b) - F(h_a-1, k_b) - F(h_a, k_b-1) + F(h_a-1, k_b-1),   F the bivariate normal law (Owen 1956),

which has one root: U(rho, h, k) = sum p_ab r_ab = 0 with r_ab = d log pi_ab / d rho, and dF/drho = the density f. Two
steps, rather than one in which cuts and rho are sought together, need one root for each table however many ratings
there are, and leave the margins as they were observed. What is lost is hardly measurable (Olsson 1979), and nothing is
neglected: the influence of a cell holds that of the cuts,

    influence = (r_ab + sum_a dU/dh_a 1{rating <= a} / phi(h_a) + the same by columns) / (- dU/drho),   centred.

So it is right whether or not the normal law holds, and for shares of any design.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import log_ndtr, ndtr, ndtri, owens_t

from npsstats.kernels.ordinal_association import centred
from npsstats.typing import BoolArray, FloatArray

__all__ = ["bivariate_normal", "polychoric_correlation"]

# Stands for an infinite cut: the density there is 0 in floating point.
FAR = 40.0
# The first search: rho = sin of equal steps.
GRID = np.sin(np.pi / 2 * np.arange(-20, 21) / 21)
# The search ends here.
LARGEST = 1 - 1e-7
# Likelihoods, and shares, that differ by less are the same.
ROUNDING = 1e-13
# Newton's method needs about six steps, halving alone 50; after a step this small the next one is rounding.
MAX_STEPS = 60
TOLERANCE = 1e-11
# Owen's T is known to about 1e-17; smaller probabilities are integrated.
WELL_KNOWN = 1e-9
# The corners of each cell, with the sign they have in it.
LOWER, UPPER = slice(None, -1), slice(1, None)
CORNERS = ((LOWER, LOWER, 1), (UPPER, UPPER, 1), (LOWER, UPPER, -1), (UPPER, LOWER, -1))
# Numbers beyond exp of it overflow.
LARGEST_LOG = 700.0
# A difference of logarithms that is not 0.
TINY = 1e-300
# Gauss and Legendre's rule with ten nodes in each of 16 parts of the unit interval.
RULE = np.polynomial.legendre.leggauss(10)
NODES = ((np.arange(16)[:, None] + (1 + RULE[0]) / 2) / 16).ravel()
WEIGHTS = np.tile(RULE[1] / 32, 16)
# Corners of cells that are kept in memory together.
BLOCK = 1_000_000


def polychoric_correlation(tables: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Estimate polychoric correlations, and the influence of the cells.

    Parameters
    ----------
    tables : ndarray, shape (groups, rows, columns)
        Shares of the cells, adding up to 1 in each group.

    Returns
    -------
    correlation : ndarray, shape (groups,)
        nan where a margin has one category; -1 or 1 where the likelihood rises up to there.
    influence : ndarray, shape (groups, rows, columns)
        nan where the correlation is not known, or is -1 or 1; 0 in cells without respondents.
    """
    groups, rows, columns = tables.shape
    correlation, influence = np.full(groups, np.nan), np.full(tables.shape, np.nan)
    step = max(BLOCK // ((rows + 1) * (columns + 1)), 1)
    spread = np.min([(tables.sum(axis=axis) > 0).sum(axis=1) for axis in (2, 1)], axis=0) > 1
    for start in range(0, groups, step):
        chosen = start + np.flatnonzero(spread[start : start + step])
        if chosen.size:
            problem = _Problem.of(tables[chosen])
            correlation[chosen] = problem.solve()
            influence[chosen] = problem.influence(correlation[chosen])
    return correlation, influence


def bivariate_normal(h: FloatArray, k: FloatArray, rho: FloatArray) -> FloatArray:
    """Compute P(X <= h, Y <= k) of a pair of standard normal variables by Owen's T (1956, equation 2.1).

    Parameters
    ----------
    h, k : ndarray
        Finite points.
    rho : ndarray
        Correlations between -1 and 1, the ends not included.

    Returns
    -------
    ndarray
        With an absolute error of some 1e-16.
    """
    # The limits at 0 need no case of their own beside it.
    h, k = (np.where(np.abs(cut) < 1e-20, 1e-20, cut) for cut in (h, k))
    s = np.sqrt((1 - rho) * (1 + rho))
    split = np.where((h > 0) == (k > 0), 0.0, 0.5)
    over = owens_t(h, (k - rho * h) / (h * s)) + owens_t(k, (h - rho * k) / (k * s))
    probability: FloatArray = (ndtr(h) + ndtr(k)) / 2 - over - split
    return probability


@dataclass(frozen=True, slots=True)
class _Problem:
    """Tables of shares with their cuts; two categories or more in each margin."""

    tables: FloatArray
    seen: BoolArray
    row_cuts: FloatArray
    column_cuts: FloatArray

    @classmethod
    def of(cls, tables: FloatArray) -> "_Problem":
        """Find the cuts."""
        return cls(tables, tables > 0, *(_cuts(tables.sum(axis=axis)) for axis in (2, 1)))

    @property
    def h(self) -> FloatArray:
        """The cuts of the rows, along the rows of the corners."""
        return self.row_cuts[:, :, None]

    @property
    def k(self) -> FloatArray:
        """The cuts of the columns, along the columns of the corners."""
        return self.column_cuts[:, None, :]

    def solve(self) -> FloatArray:
        """Find the most likely correlations: the best of a grid, then the root of U near it."""
        fits = np.stack([self._likelihood(np.full(len(self.tables), rho)) for rho in GRID])
        best = fits.argmax(axis=0)
        at = np.arctanh(GRID[best])
        low, high = np.full_like(at, -np.arctanh(LARGEST)), np.full_like(at, np.arctanh(LARGEST))
        for _ in range(MAX_STEPS):
            rho = np.tanh(at)
            slope, curve = self._slopes(rho)
            low, high = np.where(slope > 0, at, low), np.where(slope > 0, high, at)
            # In z = arctanh rho: drho/dz = 1 - rho^2.
            newton = at + slope / np.where(curve > 0, curve * (1 - rho**2), np.inf)
            inside = (curve > 0) & (newton >= low) & (newton <= high)
            step = np.where(inside, newton, (low + high) / 2) - at
            at = at + step
            if np.all(np.abs(step) < TOLERANCE):
                break
        found: FloatArray = np.tanh(at)
        # Where the likelihood rises up to -1 or 1 it is flat there: the end itself is as likely, to rounding.
        fit = self._likelihood(found)
        for end in (-1.0, 1.0):
            found = np.where(self._likelihood_at_end(end) > fit - ROUNDING, end, found)
        return found

    def influence(self, correlation: FloatArray) -> FloatArray:
        """Compute what each respondent contributes, through rho and through the cuts."""
        inner = np.abs(correlation) < 1
        rho = np.where(inner, correlation, 0.0)
        log_pi, f = self._log_cells(rho), np.exp(self._log_density(rho))
        ratio = np.where(self.seen, self._ratios(rho, log_pi)[0], 0.0)
        weight = self.tables * np.exp(-log_pi)
        by_rows = self._through_cuts(rho, f, weight, ratio)
        turned = self._transposed()._through_cuts(
            rho, f.transpose(0, 2, 1), weight.transpose(0, 2, 1), ratio.transpose(0, 2, 1)
        )
        total = ratio + by_rows[:, :, None] + turned[:, None, :]
        _, curve = self._slopes(rho)
        scale = np.where(inner & (curve > 0), curve, np.nan)[:, None, None]
        known: FloatArray = np.where(self.seen, centred(self.tables, np.where(self.seen, total, 0.0)), 0.0) / scale
        return known

    def _through_cuts(self, rho: FloatArray, f: FloatArray, weight: FloatArray, ratio: FloatArray) -> FloatArray:
        """Add up dU/dh_a 1{rating <= a} / phi(h_a) over the inner cuts of the rows, for each rating of the rows."""
        r = rho[:, None, None]
        h = self.h[:, 1:-1]
        phi = np.exp(-(self.row_cuts[:, 1:-1] ** 2) / 2) / np.sqrt(2 * np.pi)
        # dF/dh = phi(h) P(Y <= k | X = h) and df/dh, both as differences along the columns.
        points = (self.k - r * h) / np.sqrt(1 - r**2)
        shift = phi[:, :, None] * np.exp(_log_between(points[:, :, :-1], points[:, :, 1:]))
        bend = np.diff(-f[:, 1:-1] * (h - r * self.k) / (1 - r**2), axis=2)
        terms = [weight[:, rows] * (bend - ratio[:, rows] * shift) for rows in (slice(None, -1), slice(1, None))]
        above, below = (term.sum(axis=2) for term in terms)
        slopes = np.divide(above - below, phi, out=np.zeros_like(phi), where=phi > 0)
        padded = np.concatenate([slopes, np.zeros((len(slopes), 1))], axis=1)
        reached: FloatArray = padded[:, ::-1].cumsum(axis=1)[:, ::-1]
        return reached

    def _transposed(self) -> "_Problem":
        return _Problem.of(self.tables.transpose(0, 2, 1))

    def _log_cells(self, rho: FloatArray) -> FloatArray:
        """The logarithms of the probabilities of the cells; 0 for those without respondents, which do not count."""
        cells = np.where(self.seen, _corners(bivariate_normal(self.h, self.k, rho[:, None, None])), 1.0)
        log = np.log(np.maximum(cells, WELL_KNOWN))
        group, row, column = np.nonzero(cells < WELL_KNOWN)
        if group.size:
            h, k = self.row_cuts, self.column_cuts
            sides = h[group, row], h[group, row + 1], k[group, column], k[group, column + 1]
            log[group, row, column] = _log_integrated(*sides, rho[group])
        return log

    def _log_density(self, rho: FloatArray) -> FloatArray:
        """The logarithm of the bivariate normal density f = dF/drho at the corners."""
        r = rho[:, None, None]
        rest = (1 - r) * (1 + r)
        square = (self.h**2 - 2 * r * self.h * self.k + self.k**2) / rest
        log: FloatArray = -square / 2 - np.log(2 * np.pi * np.sqrt(rest))
        return log

    def _ratios(self, rho: FloatArray, log_pi: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The first and second derivative of the cells by rho, over the cells, however small they are."""
        r = rho[:, None, None]
        rest = (1 - r) * (1 + r)
        log_f = self._log_density(rho)
        # d log f / d rho.
        steeper = r / rest + (self.h * self.k * (1 + r**2) - r * (self.h**2 + self.k**2)) / rest**2
        first, second = np.zeros_like(log_pi), np.zeros_like(log_pi)
        for rows, columns, sign in CORNERS:
            relative = sign * np.exp(np.minimum(log_f[:, rows, columns] - log_pi, LARGEST_LOG))
            first += relative
            second += relative * steeper[:, rows, columns]
        return first, second

    def _likelihood(self, rho: FloatArray) -> FloatArray:
        """The likelihood, well enough to find its top: far cells by the density where it is highest in them."""
        r = rho[:, None, None]
        cells = _corners(bivariate_normal(self.h, self.k, r))
        rough = -self._nearest(r) / 2
        log = np.where(cells > WELL_KNOWN, np.log(np.maximum(cells, WELL_KNOWN)), np.minimum(rough, np.log(WELL_KNOWN)))
        fit: FloatArray = (self.tables * log).sum(axis=(1, 2))
        return fit

    def _nearest(self, r: FloatArray) -> FloatArray:
        """The least of (x^2 - 2 r x y + y^2) / (1 - r^2) in each cell: on one of its sides, unless it holds 0."""
        low_h, high_h, low_k, high_k = self.h[:, :-1], self.h[:, 1:], self.k[:, :, :-1], self.k[:, :, 1:]
        points = [(x, np.clip(r * x, low_k, high_k)) for x in (low_h, high_h)]
        points += [(np.clip(r * y, low_h, high_h), y) for y in (low_k, high_k)]
        squares = [(x**2 - 2 * r * x * y + y**2) / (1 - r**2) for x, y in points]
        nearest: FloatArray = np.minimum.reduce(squares)
        return nearest

    def _likelihood_at_end(self, sign: float) -> FloatArray:
        """The likelihood of a correlation of -1 or 1, where F = max(P(X) + P(Y) - 1, 0) or min(P(X), P(Y))."""
        below = [_padded(self.tables.sum(axis=axis).cumsum(axis=1)) for axis in (2, 1)]
        x, y = below[0][:, :, None], below[1][:, None, :]
        pi = _corners(np.minimum(x, y) if sign > 0 else np.maximum(x + y - 1, 0.0))
        possible = pi > ROUNDING
        terms = self.tables * np.log(np.where(possible, pi, 1.0))
        fit: FloatArray = np.where((self.seen & ~possible).any(axis=(1, 2)), -np.inf, terms.sum(axis=(1, 2)))
        return fit

    def _slopes(self, rho: FloatArray) -> tuple[FloatArray, FloatArray]:
        """U and -dU/drho."""
        first, second = self._ratios(rho, self._log_cells(rho))
        return (self.tables * first).sum(axis=(1, 2)), (self.tables * (first**2 - second)).sum(axis=(1, 2))


def _cuts(margin: FloatArray) -> FloatArray:
    """The normal quantiles of the cumulative shares, from the nearer tail, with both ends."""
    below = margin.cumsum(axis=1)
    above = margin[:, ::-1].cumsum(axis=1)[:, ::-1] - margin
    inner = np.where(below < 0.5, ndtri(below.clip(0.0, 1.0)), -ndtri(above.clip(0.0, 1.0)))
    ends = np.full((len(margin), 1), FAR)
    return np.concatenate([-ends, inner[:, :-1].clip(-FAR, FAR), ends], axis=1)


def _log_between(low: FloatArray, high: FloatArray) -> FloatArray:
    """Compute log P(low < X < high) of a standard normal variable, from the nearer tail."""
    below, above = np.where(low > 0, -high, low), np.where(low > 0, -low, high)
    top = log_ndtr(above)
    log: FloatArray = top + np.log(-np.expm1(np.minimum(log_ndtr(below) - top, -TINY)))
    return log


def _log_integrated(
    low: FloatArray, high: FloatArray, left: FloatArray, right: FloatArray, rho: FloatArray
) -> FloatArray:
    """Compute log P(low < X < high, left < Y < right) by integrating over x.

    The logarithm g of phi(x) P(left < Y < right | x) is concave: it has one top, and where it is 1 below the top at a
    distance w, it is t / w and more below it at any larger distance t. So 40 w on each side hold all but exp(-40).
    """
    s = np.sqrt((1 - rho) * (1 + rho))

    def g(x: FloatArray) -> FloatArray:
        back = (..., *[None] * (x.ndim - 1))
        ends = ((side[back] - rho[back] * x) / s[back] for side in (left, right))
        density: FloatArray = -(x**2) / 2 - np.log(2 * np.pi) / 2 + _log_between(*ends)
        return density

    start, end = low.copy(), high.copy()
    for _ in range(MAX_STEPS):
        third = (end - start) / 3
        lower = g(start + third) < g(end - third)
        start, end = np.where(lower, start + third, start), np.where(lower, end, end - third)
    top = (start + end) / 2
    highest = g(top)
    total = np.zeros_like(top)
    for way, room in ((-1.0, top - low), (1.0, high - top)):
        near, far = np.full_like(top, 1e-18), room
        for _ in range(MAX_STEPS):
            middle = np.sqrt(near * np.maximum(far, near))
            down = highest - g(top + way * middle) < 1
            near, far = np.where(down, middle, near), np.where(down, far, middle)
        reach = np.minimum(40 * near, room)
        nodes = top[:, None] + way * reach[:, None] * NODES
        total += reach * (np.exp(g(nodes) - highest[:, None]) @ WEIGHTS)
    log: FloatArray = highest + np.log(total)
    return log


def _padded(below: FloatArray) -> FloatArray:
    """Cumulative shares with the 0 below the first category."""
    return np.concatenate([np.zeros((len(below), 1)), below], axis=1)


def _corners(table: FloatArray) -> FloatArray:
    """What lies between the corners of each cell."""
    cells: FloatArray = np.diff(np.diff(table, axis=1), axis=2)
    return cells
