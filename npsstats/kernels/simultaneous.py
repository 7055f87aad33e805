r"""The largest of many normal statistics that share groups: its quantile, and p-values against it.

Row r compares groups: Z_r = sum_g C_rg X_g / se_r, with independent X_g ~ N(0, s_g^2) and se_r^2 = sum_g C_rg^2 s_g^2.
The single-step answer to many rows at once is the law of max |Z_r|, or of max Z_r (Dunnett 1955; Hothorn, Bretz
& Westfall 2008). Nothing here is random, and nothing is 1 - p: tails keep their relative accuracy.

Rows fall into parts that share no group, whose probabilities of staying below c multiply. A part is

- a tree, if its rows are pairs that close no circle: groups against one reference (a star), each against the one
  before (a chain); `kernels.normal_trees` has their law to some ten digits;
- anything else (all pairs; each group against all others). There, with K the number of rows beyond c,

      P(max >= c) = sum_r P(Z_r >= c) E(1 / K | Z_r >= c),

  which counts each outcome once. The expectation lies between 1 / rows and 1, so that its relative error stays
  bounded however far the tail. It is the mean over the points
  of a Kronecker sequence, i sqrt(prime) modulo 1: one coordinate for the row, one for Z_r beyond c, one for each group.

As a function of c, log P(max >= c) is close to that of as many independent rows. Their difference is smooth, and
interpolated where thousands of rows ask for thousands of c.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import NDArray
from scipy.special import log_ndtr, ndtr, ndtri, ndtri_exp

from npsstats.kernels.normal_trees import ALMOST_ONE, tree_tails
from npsstats.typing import Alternative, BoolArray, FloatArray, IndexArray, IntArray

__all__ = ["Contrasts", "max_pvalues", "max_quantile"]

# A group without spread (all ratings alike) takes this part of the largest error: rows between such groups keep a law.
LEAST_ERROR = 1e-3

# Beyond it, normal tails leave the floating-point numbers.
FARTHEST = 37.0
SMALLEST = float(np.nextafter(0.0, 1.0))

# Where P(max >= c) is evaluated for many c: from, to, and at how many Chebyshev points.
SEGMENTS = ((-FARTHEST, 0.0, 10), (0.0, 4.0, 32), (4.0, 8.0, 12), (8.0, FARTHEST, 8))
# For a quantile: over all c that it can be, and then this near it.
WIDE_POINTS, NEAR, NEAR_POINTS = 6, 0.03, 3

# Points of a part that is no tree: as many as so much work allows, within bounds.
WORK = 1 << 27
FEWEST_POINTS, MOST_POINTS = 1 << 12, 1 << 17
# Numbers worked on at a time.
CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Contrasts:
    """Rows that weigh up groups, and pools of groups.

    Attributes
    ----------
    members : ndarray of int, shape (rows, arms)
        What each row compares: g < groups is a group, groups + k is pool k.
    weights : ndarray, shape (rows, arms)
        The weights of the members; 0 for an arm that the row does not have. Only their ratios matter.
    pool : ndarray of int, shape (groups,)
        The pool to which each group belongs; -1 for none.
    shares : ndarray, shape (groups,)
        The weight of each group within its pool.
    """

    members: IndexArray
    weights: FloatArray
    pool: IndexArray
    shares: FloatArray

    @classmethod
    def pairs(cls, group: IndexArray, reference: IndexArray, groups: int) -> "Contrasts":
        """Compare groups with references, row by row; both are positions among so many groups."""
        members = np.column_stack([group, reference])
        return cls(members, np.tile([1.0, -1.0], (len(members), 1)), np.full(groups, -1), np.zeros(groups))

    @classmethod
    def rest(cls, block: IndexArray, n: FloatArray) -> "Contrasts":
        """Compare each group with all others of its block together, weighted with their n.

        A group minus the rest is proportional to the group minus the whole block; blocks are numbered from 0.
        """
        shares = n / np.bincount(block, weights=n)[block]
        members = np.column_stack([np.arange(block.size), block.size + block])
        return cls(members, np.tile([1.0, -1.0], (block.size, 1)), block, shares)

    @classmethod
    def together(cls, own: IndexArray, other: IndexArray, n: FloatArray) -> "Contrasts":
        """Compare some groups together with others together, weighted with their n, such as windows of periods.

        Positions have the shapes (rows, most), filled up with -1. A group on both sides counts on both. For all others
        of a block `rest` is made, which takes two arms for each row; here it would take as many as there are groups.
        """
        sides = []
        for sign, side in ((1.0, own), (-1.0, other)):
            size = np.where(side < 0, 0.0, n[side])
            sides.append(sign * size / size.sum(axis=1, keepdims=True))
        members = np.column_stack([own, other]).clip(min=0)
        return cls(members, np.column_stack(sides), np.full(n.size, -1), np.zeros(n.size))


def max_quantile(contrasts: Contrasts, errors: FloatArray, level: float, alternative: Alternative) -> float:
    """Find the c that no row exceeds, with the probability `level`.

    Parameters
    ----------
    contrasts : Contrasts
        The rows.
    errors : ndarray, shape (groups,)
        The standard errors of the groups.
    level : float
        The probability, between 0 and 1.
    alternative : str
        ``"two-sided"`` for max |Z|; otherwise max Z, of the same law as max -Z.

    Returns
    -------
    float
        At least the quantile of one row; at most that of as many independent rows (two-sided: Sidak 1967), or
        Bonferroni's (one-sided).
    """
    from scipy.optimize import brentq

    sides = 2 if alternative == "two-sided" else 1
    rows = len(contrasts.members)
    each = -np.expm1(np.log(level) / rows) if sides == 2 else (1 - level) / rows
    low, high = float(-ndtri((1 - level) / sides)), float(-ndtri(each / sides))
    if rows == 1:
        return low
    parts = _parts(contrasts, errors)

    def crossing(low: float, high: float, points: int) -> float:
        tail = _Interpolated.between(parts, np.array([low, high]), rows, sides, points)

        def excess(c: float) -> float:
            return float(np.log(tail.at(np.array([c]))[0] / (1 - level)))

        # Rounding may put the ends themselves on the wrong side.
        if excess(low) <= 0 or excess(high) >= 0:
            return low if excess(low) <= 0 else high
        return float(brentq(excess, low, high, xtol=1e-12))

    first = crossing(low, high, WIDE_POINTS)
    return crossing(max(first - NEAR, low), min(first + NEAR, high), NEAR_POINTS)


def max_pvalues(
    statistics: FloatArray, contrasts: Contrasts, errors: FloatArray, alternative: Alternative
) -> FloatArray:
    """Compute P(max |Z| >= |z_r|) for each row, or its one-sided counterpart.

    Parameters
    ----------
    statistics : ndarray, shape (rows,)
        The observed z_r; a row with nan has no p-value and is not counted among the rows.
    contrasts, errors
        As for `max_quantile`.
    alternative : str
        The alternative of each row.

    Returns
    -------
    ndarray, shape (rows,)
        At least the p-value of the row alone, at most the number of rows times it; in the order of the statistics.
    """
    sides = 2 if alternative == "two-sided" else 1
    z = np.abs(statistics) if sides == 2 else statistics * (-1 if alternative == "less" else 1)
    known = ~np.isnan(z)
    pvalues = np.full(z.size, np.nan)
    rows = int(known.sum())
    if not rows:
        return pvalues
    kept = replace(contrasts, members=contrasts.members[known], weights=contrasts.weights[known])
    c, place = np.unique(z[known], return_inverse=True)
    tails = np.minimum.accumulate(_tails(_parts(kept, errors), c, rows, sides))
    pvalues[known] = tails[place].clip(min=SMALLEST)
    return pvalues


# ------------------------------------------------------------------------------------------ one function of c


def _tails(parts: list["_Part"], c: FloatArray, rows: int, sides: int) -> FloatArray:
    """Compute P(max >= c) at ascending c: by interpolation within a segment that holds many of them."""
    tails = np.empty(c.size)
    for start, stop, points in SEGMENTS:
        inside = (c >= start) & (c < stop) | (c <= start) & (start == -FARTHEST) | (c >= stop) & (stop == FARTHEST)
        own = c[inside]
        if own.size > points:
            ends = own[[0, -1]].clip(-FARTHEST, FARTHEST)
            tails[inside] = _Interpolated.between(parts, ends, rows, sides, points).at(own)
        elif own.size:
            logs = _log_ratio(parts, own.clip(-FARTHEST, FARTHEST), rows, sides)
            tails[inside] = _bounded(logs, own, rows, sides)
    return tails


@dataclass(frozen=True, slots=True)
class _Interpolated:
    """log P(max >= c) less that of independent rows, as a polynomial between two c."""

    ends: FloatArray
    coefficients: FloatArray
    rows: int
    sides: int

    @classmethod
    def between(cls, parts: list["_Part"], ends: FloatArray, rows: int, sides: int, points: int) -> "_Interpolated":
        x = chebyshev.chebpts1(points)
        logs = _log_ratio(parts, ends.mean() + np.ptp(ends) / 2 * x, rows, sides)
        # A Vandermonde matrix at Chebyshev points has orthogonal columns.
        columns = chebyshev.chebvander(x, points - 1)
        return cls(ends, columns.T @ logs / (columns**2).sum(axis=0), rows, sides)

    def at(self, c: FloatArray) -> FloatArray:
        low, high = self.ends
        x = (2 * c.clip(low, high) - low - high) / max(high - low, SMALLEST)
        return _bounded(chebyshev.chebval(x, self.coefficients), c, self.rows, self.sides)


def _log_ratio(parts: list["_Part"], c: FloatArray, rows: int, sides: int) -> FloatArray:
    # -log P(max < c) adds up over independent parts.
    below = sum(-np.log1p(-part.tails(c, sides).clip(max=ALMOST_ONE)) for part in parts)
    ratio: FloatArray = np.log(-np.expm1(-below) / _independent(c, rows, sides))
    return ratio


def _independent(c: FloatArray, rows: int, sides: int) -> FloatArray:
    """Compute P(max >= c) of independent rows."""
    tails: FloatArray = -np.expm1(rows * np.log1p(-(sides * ndtr(-c)).clip(max=ALMOST_ONE)))
    return tails


def _bounded(logs: FloatArray, c: FloatArray, rows: int, sides: int) -> FloatArray:
    one, independent = sides * ndtr(-c), _independent(c, rows, sides)
    # Sidak (1967): two-sided, no correlation makes an exceedance more probable than independence does.
    most = independent if sides == 2 else (rows * one).clip(max=1)
    bounded: FloatArray = (np.exp(logs) * independent).clip(max=most).clip(min=one, max=1)
    return bounded


# ---------------------------------------------------------------------------------------------- independent parts


@dataclass(frozen=True, slots=True)
class _Part:
    """Rows that are linked by common groups; groups, and pools after them, are numbered within the part.

    `coefficients` are weights over the standard error of the row; `points` is how many a mean is taken over.
    """

    members: IndexArray
    coefficients: FloatArray
    pool: IndexArray
    shares: FloatArray
    errors: FloatArray
    points: int

    @property
    def is_tree(self) -> bool:
        """Linked pairs, one fewer than groups."""
        groups = self.errors.size
        pairs = ((self.coefficients != 0).sum(axis=1) == 2).all() and (self.members < groups).all()
        return bool(pairs and len(self.members) == groups - 1)

    def tails(self, c: FloatArray, sides: int) -> FloatArray:
        """Compute P(max >= c) of these rows."""
        if len(self.members) == 1:
            alone: FloatArray = sides * ndtr(-c)
            return alone
        if not self.is_tree:
            return _mean_tails(self, c, sides)
        return tree_tails(self.members, self.coefficients * self.errors[self.members], c, sides)

    def rows_of(self, normals: FloatArray) -> NDArray[np.float32]:
        """Turn the standard normals of the groups, shape (groups, points), into the Z of the rows.

        They are counted, which needs no more than single precision and takes most of the time.
        """
        values = self.errors[:, None] * normals
        values = np.vstack([values, *(self.shares[own] @ values[own] for own in self._pools())]).astype(np.float32)
        coefficients = self.coefficients.astype(np.float32)
        total = np.zeros((len(self.members), normals.shape[1]), dtype=np.float32)
        for arm in range(self.members.shape[1]):
            total += coefficients[:, arm, None] * values[self.members[:, arm]]
        return total

    def directions(self, rows: IndexArray) -> FloatArray:
        """Write rows as weights of the groups' standard normals: unit vectors, shape (groups, rows)."""
        groups, columns = self.errors.size, np.arange(rows.size)
        pools = self._pools()
        weights = np.zeros((groups + len(pools), rows.size))
        for arm in range(self.members.shape[1]):
            weights[self.members[rows, arm], columns] += self.coefficients[rows, arm]
        for k, own in enumerate(pools):
            weights[:groups][own] += self.shares[own, None] * weights[groups + k]
        units: FloatArray = self.errors[:, None] * weights[:groups]
        return units

    def _pools(self) -> list[BoolArray]:
        return [self.pool == k for k in range(self.pool.max(initial=-1) + 1)]


def _parts(contrasts: Contrasts, errors: FloatArray) -> list[_Part]:
    """Split rows into parts without common groups, and standardise them."""
    largest = errors.max(initial=0.0)
    errors = np.maximum(errors, LEAST_ERROR * largest) if largest > 0 else np.ones_like(errors)
    coefficients = contrasts.weights / _row_errors(contrasts, errors)[:, None]
    # An arm that a row does not have stands for its first one, with weight 0.
    used = contrasts.weights != 0
    first = np.take_along_axis(contrasts.members, used.argmax(axis=1)[:, None], axis=1)
    members = np.where(used, contrasts.members, first)
    # A normal deviate costs about as much as the sums and counts of eight rows.
    points = int(np.clip(WORK // (members.size + 8 * errors.size), FEWEST_POINTS, MOST_POINTS))
    place = np.full(errors.size + contrasts.pool.max(initial=-1) + 1, -1)
    parts = []
    for rows in _linked(members, contrasts.pool):
        nodes = np.unique(members[rows])
        pools = nodes[nodes >= errors.size]
        own = np.union1d(nodes[nodes < errors.size], np.flatnonzero(np.isin(contrasts.pool, pools - errors.size)))
        # The order of rows and groups must not decide where the points of a mean lie.
        own = own[np.argsort(errors[own], kind="stable")]
        place[own], place[pools] = np.arange(own.size), own.size + np.arange(pools.size)
        local = place[members[rows]]
        order = np.lexsort(local.T[::-1])
        inside = contrasts.pool[own] >= 0 if pools.size else np.zeros(own.size, dtype=bool)
        pool = np.where(inside, place[errors.size + contrasts.pool[own]] - own.size, -1)
        parts.append(_Part(local[order], coefficients[rows[order]], pool, contrasts.shares[own], errors[own], points))
    return parts


def _row_errors(contrasts: Contrasts, errors: FloatArray) -> FloatArray:
    """Compute the standard error of each row, from the covariances of its arms."""
    groups, members = errors.size, contrasts.members
    in_pool = contrasts.pool >= 0
    spread = np.bincount(contrasts.pool[in_pool], weights=(contrasts.shares * errors)[in_pool] ** 2)
    variance = np.concatenate([errors**2, spread])
    with_pool = contrasts.shares * errors**2
    total = np.zeros(len(members))
    for a in range(members.shape[1]):
        for b in range(members.shape[1]):
            one, other = members[:, a], members[:, b]
            group, whole = np.minimum(one, other), np.maximum(one, other)
            # A group and its pool have the group in common; other members are the same, or independent.
            inner = group.clip(max=groups - 1)
            contained = (group < groups) & (whole >= groups) & (contrasts.pool[inner] == whole - groups)
            common = np.where(contained, with_pool[inner], 0.0)
            common = np.where(one == other, variance[one], common)
            total += contrasts.weights[:, a] * contrasts.weights[:, b] * common
    root: FloatArray = np.sqrt(total)
    return root


def _linked(members: IndexArray, pool: IndexArray) -> list[IndexArray]:
    """Gather the rows that share groups, directly or through other rows."""
    groups = pool.size
    leader = list(range(groups + pool.max(initial=-1) + 1))

    def find(node: int) -> int:
        while leader[node] != node:
            leader[node] = leader[leader[node]]
            node = leader[node]
        return node

    pooled = np.flatnonzero((pool >= 0) & np.isin(pool, members - groups))
    links = np.column_stack([pooled, groups + pool[pooled]])
    for arm in range(1, members.shape[1]):
        links = np.concatenate([links, members[:, [0, arm]]])
    for one, other in links.tolist():
        leader[find(one)] = find(other)
    part = np.array([find(node) for node in members[:, 0].tolist()])
    order = np.argsort(part, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(part[order])) + 1)


# -------------------------------------------------------------------------------------------- all other parts


def _mean_tails(part: _Part, c: FloatArray, sides: int) -> FloatArray:
    """Compute P(max >= c) as sum_r P(Z_r >= c) E(1 / K | Z_r >= c), K the rows at or beyond c.

    Given Z_r = z, all rows have the values Z - rho_r (Z_r - z), rho_r their correlations with row r.
    """
    rows, groups = len(part.members), part.errors.size
    sequence = np.sqrt(_primes(groups + 2))[:, None]
    total = np.zeros(c.size)
    every = np.ones(rows, dtype=np.float32)
    step = max(CHUNK // rows, 16)
    for start in range(0, part.points, step):
        point = (np.arange(start, min(start + step, part.points)) + 1) * sequence % 1.0
        row = (rows * point[0]).astype(np.intp).clip(max=rows - 1)
        direction = part.directions(row)
        normals = ndtri(point[2:])
        rest = part.rows_of(normals - direction * (direction * normals).sum(axis=0))
        correlation = part.rows_of(direction)
        for i, bound in enumerate(c):
            # The upper tail of one row stands for both: the law is symmetric.
            beyond = -ndtri_exp(log_ndtr(-bound) + np.log(point[1]))
            z = correlation * beyond.astype(np.float32)
            z += rest
            if sides == 2:
                np.abs(z, out=z)
            total[i] += (1 / (every @ np.greater_equal(z, np.float32(bound), out=z)).clip(min=1)).sum()
    tails: FloatArray = sides * rows * ndtr(-c) * total / part.points
    return tails


def _primes(count: int) -> IntArray:
    """Find the first primes; the k-th is below k (log k + log log k) for k >= 6 (Rosser 1941)."""
    most = max(count, 6)
    sieve = np.ones(int(most * (np.log(most) + np.log(np.log(most)))) + 1, dtype=bool)
    sieve[:2] = False
    for number in range(2, int(sieve.size**0.5) + 1):
        if sieve[number]:
            sieve[number * number :: number] = False
    return np.flatnonzero(sieve)[:count]
