"""The largest of normal statistics on the edges of a tree: groups against one reference, or each against the next.

Given the normal of the group at a node, the branches below it are independent; so the probability that something
exceeds c goes from the leaves to the root, one integral for each row.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.polynomial import legendre
from scipy.special import ndtr

from npsstats.typing import FloatArray, IndexArray

__all__ = ["ALMOST_ONE", "tree_tails"]

ALMOST_ONE = float(np.nextafter(1.0, 0.0))

# Gauss-Legendre points of a panel, and the widest panel in standard deviations.
ORDER = 8
WIDEST = 0.75
# exp(-70 / 2) is below rounding: outcomes beyond sqrt(c^2 + 70) are left out.
NEGLIGIBLE = 70.0


def tree_tails(pairs: IndexArray, coefficients: FloatArray, c: FloatArray, sides: int) -> FloatArray:
    """Compute P(max >= c) of rows that are the edges of a tree of groups.

    Parameters
    ----------
    pairs : ndarray of int, shape (rows, 2)
        The two groups of each row, numbered from 0; one group more than rows, all linked.
    coefficients : ndarray, shape (rows, 2)
        What the standard normals of these groups are multiplied by; their squares add up to 1 in each row.
    c : ndarray, shape (bounds,)
    sides : int
        2 for max |Z|, 1 for max Z.

    Returns
    -------
    ndarray, shape (bounds,)

    Notes
    -----
    Along the edge a N_child + b N_parent, with y the normal of the parent, something exceeds c with the probability
    P(the edge does) + int phi(x) P(a branch below the child does, given x) dx over the x that keep the edge below c.
    """
    edges = list(_edges_upwards(pairs, coefficients))
    panels = _Panels.around(c, min(abs(a / b) for _, _, a, b in edges))
    y = panels.points
    below: dict[int, FloatArray] = {}
    parent = -1
    for child, parent, a, b in edges:
        high = (c[:, None] - b * y) / abs(a)
        low = (-c[:, None] - b * y) / abs(a) if sides == 2 else np.full_like(high, -np.inf)
        if a < 0:
            low, high = -high, -low
        exceeds = ndtr(low) + ndtr(-high)
        branches = below.pop(child, None)
        if branches is not None:
            integral = panels.integral(panels.density * -np.expm1(branches))
            exceeds += panels.at(integral, high) - panels.at(integral, low)
        kept = np.log1p(-exceeds.clip(min=0, max=ALMOST_ONE))
        below[parent] = below[parent] + kept if parent in below else kept
    return panels.total(panels.density * -np.expm1(below[parent]))


def _edges_upwards(pairs: IndexArray, coefficients: FloatArray) -> Iterator[tuple[int, int, float, float]]:
    """Give each edge as child, parent and their coefficients, after all edges below the child."""
    rows_at: list[list[int]] = [[] for _ in range(len(pairs) + 1)]
    for row, pair in enumerate(pairs.tolist()):
        for node in pair:
            rows_at[node].append(row)
    root = max(range(len(rows_at)), key=lambda node: len(rows_at[node]))
    downwards: list[tuple[int, int, float, float]] = []
    stack = [(root, -1)]
    while stack:
        node, above = stack.pop()
        for row in rows_at[node]:
            own = int(pairs[row, 1] == node)
            child = int(pairs[row, 1 - own])
            if child != above:
                downwards.append((child, node, float(coefficients[row, 1 - own]), float(coefficients[row, own])))
                stack.append((child, node))
    return reversed(downwards)


@dataclass(frozen=True, slots=True)
class _Panels:
    """Gauss-Legendre panels over the normal law, for each of several c.

    `edges` has the shape (c, panels + 1), `points` and `density` (c, panels * ORDER); panels may have no width. The
    weights and `_primitives` are those of Gauss' rule.
    """

    edges: FloatArray
    points: FloatArray
    density: FloatArray
    weights: FloatArray
    primitives: FloatArray

    @classmethod
    def around(cls, c: FloatArray, steepness: float) -> "_Panels":
        """Lay panels that narrow towards +-c, where a child with a much smaller error than its parent makes a step."""
        end = np.sqrt(c**2 + NEGLIGIBLE)[:, None]
        edges = end * np.linspace(-1, 1, int(np.ceil(2 * end.max() / WIDEST)) + 1)
        if steepness < WIDEST:
            steps = steepness * 2.0 ** np.arange(np.ceil(np.log2(WIDEST / steepness)) + 1)
            steps = np.concatenate([-steps, [0.0], steps])
            edges = np.sort(np.hstack([edges, *((side * c[:, None] + steps).clip(-end, end) for side in (-1, 1))]))
        x, weights = legendre.leggauss(ORDER)
        half, middle = np.diff(edges)[..., None] / 2, (edges[:, 1:] + edges[:, :-1])[..., None] / 2
        points = (middle + half * x).reshape(c.size, -1)
        density = np.exp(-(points**2) / 2) / np.sqrt(2 * np.pi)
        return cls(edges, points, density, weights, _primitives(x, weights))

    def integral(self, values: FloatArray) -> FloatArray:
        """Integrate from the left: coefficients of powers within each panel, shape (powers, c, panels)."""
        half = np.diff(self.edges) / 2
        pieces = half[..., None] * (values.reshape(*half.shape, ORDER) @ self.primitives.T)
        sums = pieces.sum(axis=-1).cumsum(axis=1)
        pieces[:, 1:, 0] += sums[:, :-1]
        return np.ascontiguousarray(np.moveaxis(pieces, -1, 0))

    def at(self, integral: FloatArray, x: FloatArray) -> FloatArray:
        """Evaluate an integral at points, shape (c, points)."""
        low, high = self.edges[:, :1], self.edges[:, -1:]
        x = x.clip(low, high)
        # One search for all c: their edges stand one after the other.
        shift = 2 * high.max() * np.arange(len(x))[:, None]
        panel = np.searchsorted((self.edges + shift).ravel(), (x + shift).ravel(), side="right").reshape(x.shape) - 1
        panels = self.edges.shape[1] - 1
        panel = (panel - (panels + 1) * np.arange(len(x))[:, None]).clip(0, panels - 1)
        left = np.take_along_axis(self.edges, panel, axis=1)
        width = np.take_along_axis(self.edges, panel + 1, axis=1) - left
        t = np.divide(2 * (x - left), width, out=np.zeros_like(x), where=width > 0) - 1
        place = panel + panels * np.arange(len(x))[:, None]
        flat = integral.reshape(len(integral), -1)
        value: FloatArray = flat[-1].take(place)
        for power in flat[-2::-1]:
            value = value * t + power.take(place)
        return value

    def total(self, values: FloatArray) -> FloatArray:
        """Integrate over all panels."""
        half = np.diff(self.edges) / 2
        total: FloatArray = (half * (values.reshape(*half.shape, ORDER) @ self.weights)).sum(axis=1)
        return total


def _primitives(x: FloatArray, weights: FloatArray) -> FloatArray:
    """Map the values at a panel's points to its integral from the left, over half its width: powers on -1 ... 1."""
    # The series of the polynomial through the points, as Gauss' rule gives it.
    series = (np.arange(ORDER)[:, None] + 0.5) * legendre.legvander(x, ORDER - 1).T * weights
    primitive = legendre.legint(series, lbnd=-1)
    return np.stack([legendre.leg2poly(column) for column in primitive.T], axis=1)
