r"""Which ranks units can have, from the pairs whose order is known; and how large a statistic shows an order.

Unit j surely ranks behind the units that are surely better, and before those that are surely worse:

    1 + #{k surely better than j}  <=  rank of j  <=  units - #{k surely worse than j}.

If all signs that are taken for sure are right with probability 1 - alpha, these sets hold the ranks of all units at
once with that probability (Mogstad, Romano, Shaikh & Wilhelm 2024). All are right where no standardised difference of
estimate and truth exceeds c, the quantile of the largest of them: of all pairs, under one order or several at once.
"""

import numpy as np
from scipy.special import ndtri

from npsstats.kernels.simultaneous import Contrasts, max_quantile
from npsstats.typing import FloatArray, IndexArray, IntArray

__all__ = ["mid_ranks", "order_quantile", "pairs_of", "rank_limits"]

# A unit without spread takes this part of the largest standard error of its order: its pairs keep a law.
LEAST_ERROR = 1e-3
# Correlations between units below this are none.
NO_CORRELATION = 1e-9
# Rows times normals of correlated units whose joint law takes seconds; beyond, as of independent rows.
MOST_WORK = 60_000


def pairs_of(units: int) -> tuple[IndexArray, IndexArray]:
    """Give the pairs of units, each once: (0, 1), (0, 2), ..., (1, 2), ..."""
    return np.triu_indices(units, 1)


def mid_ranks(signs: IntArray) -> FloatArray:
    """Compute ranks, 1 the best; units that tie share the mean of their ranks.

    Parameters
    ----------
    signs : ndarray of int, shape (units, units)
        1 where the unit of the row is better than that of the column.

    Returns
    -------
    ndarray, shape (units,)
    """
    ranks: FloatArray = 1.0 + (signs < 0).sum(axis=1) + ((signs == 0).sum(axis=1) - 1) / 2
    return ranks


def rank_limits(known: IntArray, units: int) -> tuple[IntArray, IntArray]:
    """Compute the lowest and the highest rank that each unit can have.

    Parameters
    ----------
    known : ndarray of int, shape (pairs,)
        Of `pairs_of`: 1 where the first unit is surely better, -1 where it is surely worse, 0 where nothing is known.
    units : int

    Returns
    -------
    low, high : ndarray of int, shape (units,)
    """
    first, second = pairs_of(units)
    better_first, better_second = known > 0, known < 0
    ahead = np.bincount(second[better_first], minlength=units) + np.bincount(first[better_second], minlength=units)
    behind = np.bincount(first[better_first], minlength=units) + np.bincount(second[better_second], minlength=units)
    return 1 + ahead.astype(np.int64), units - behind.astype(np.int64)


def order_quantile(covariance: FloatArray, orders: int, level: float) -> float:
    """Find the c that no standardised difference of two units exceeds under any order, with the probability `level`.

    Parameters
    ----------
    covariance : ndarray, shape (orders * units, orders * units)
        Of the scores, order by order.
    orders : int
    level : float

    Returns
    -------
    float
        By the joint normal law of all pairs under all orders. Where units are correlated (in a survey that shares
        clusters) and too many for it, that of as many independent statistics, which is larger (Sidak 1967).
    """
    units = len(covariance) // orders
    rows = orders * units * (units - 1) // 2
    first, second = pairs_of(units)
    table = _floored(covariance, orders).reshape(orders, units, orders, units)
    if _independent(table):
        # Each unit has normals of its own, as many as there are orders: table[m, u, k, u] = sum_a load_mua load_kua.
        load = _root(table[:, np.arange(units), :, np.arange(units)]).transpose(1, 0, 2)
        own = np.arange(units * orders).reshape(units, orders)
        members = np.tile(np.concatenate([own[first], own[second]], axis=1), (orders, 1))
        weights = np.concatenate([load[:, first], -load[:, second]], axis=2).reshape(rows, -1)
    else:
        load = _root(table.reshape(orders * units, -1)).reshape(orders, units, -1)
        weights = (load[:, first] - load[:, second]).reshape(rows, -1)
        members = np.tile(np.arange(orders * units), (rows, 1))
        if weights.size > MOST_WORK:
            return float(-ndtri(-np.expm1(np.log(level) / rows) / 2))
    normals = orders * units
    contrasts = Contrasts(members, weights, np.full(normals, -1), np.zeros(normals))
    return max_quantile(contrasts, np.ones(normals), level, "two-sided")


def _floored(covariance: FloatArray, orders: int) -> FloatArray:
    """Give units without spread a little of their own."""
    variance = np.diag(covariance).reshape(orders, -1)
    largest = variance.max(axis=1, keepdims=True)
    floor = np.where(largest > 0, LEAST_ERROR**2 * largest, 1.0)
    floored: FloatArray = covariance + np.diag((np.maximum(variance, floor) - variance).ravel())
    return floored


def _independent(table: FloatArray) -> bool:
    """Whether scores of different units are uncorrelated; the table has the axes order, unit, order, unit."""
    orders, units = table.shape[:2]
    errors = np.sqrt(table.reshape(orders * units, -1).diagonal()).reshape(orders, units)
    correlation = table / (errors[:, :, None, None] * errors)
    others = correlation * (1 - np.eye(units))[:, None, :]
    return bool(np.abs(others).max() <= NO_CORRELATION)


def _root(covariance: FloatArray) -> FloatArray:
    """Write covariance matrices as R R', also where scores move together exactly."""
    values, vectors = np.linalg.eigh(covariance)
    root: FloatArray = vectors * np.sqrt(values.clip(min=0))[..., None, :]
    return root
