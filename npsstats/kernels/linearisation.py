r"""The covariance matrix of estimated totals, from strata, clusters and finite populations.

A row adds its weight to one or several totals. With z_u the totals of unit u (a cluster of the first stage), n_h
units drawn in stratum h and the sampling fraction f_h, the variance between units is (Cochran 1977; Wolter 2007)

    V = sum_h (1 - f_h) n_h / (n_h - 1) sum_{u in h} (z_u - zbar_h) (z_u - zbar_h)'

over all units, also those that add nothing to a total: so it is right for totals of a part of the population, too. If
the first fractions are known, what later stages add is the same sum over their units, with the clusters of the stage
before for strata, times the fractions of the stages before.

A stratum with one unit has no such sum. It counts z z' ("adjust": its distance from the mean of all, which is 0 for
linearised means) or nothing ("certainty": it was sure to be in the sample).

Totals are sums over sparse rows, so that neither many rows nor many clusters need much memory.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from npsstats.typing import BoolArray, FloatArray, IntArray

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = ["Stage", "presence_patterns", "total_covariance", "unit_totals"]


# Sums of strata up to so many numbers are multiplied as dense matrices.
MOST_DENSE = 5_000_000


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of the sample.

    Attributes
    ----------
    unit : ndarray of int, shape (rows,)
        The unit that each row is in, numbered from 0.
    stratum : ndarray of int, shape (units,)
        The stratum of each unit, numbered from 0; at later stages the unit of the stage before.
    drawn : ndarray of int, shape (strata,)
        The units drawn in each stratum.
    fraction : ndarray, shape (strata,)
        The sampling fraction; 0 where it is unknown or negligible.
    """

    unit: IntArray
    stratum: IntArray
    drawn: IntArray
    fraction: FloatArray

    @property
    def lonely(self) -> BoolArray:
        """Which strata have one unit that could have been another."""
        alone: BoolArray = (self.drawn == 1) & (self.fraction < 1)
        return alone


def unit_totals(unit: IntArray, units: int, entries: Sequence[tuple[IntArray, FloatArray]], cells: int) -> "csr_array":
    """Add up the entries of rows by unit and cell.

    Parameters
    ----------
    unit : ndarray of int, shape (rows,)
        The unit of each row.
    units : int
        Their number.
    entries : sequence of (ndarray of int, ndarray)
        For each of several cells that a row adds to: which it is, and what it adds. A negative cell is none.
    cells : int
        Their number.

    Returns
    -------
    csr_array, shape (units, cells)
    """
    from scipy.sparse import coo_array, csr_array

    total = csr_array((units, cells))
    for cell, added in entries:
        there = (cell >= 0) & (added != 0)
        where = (unit[there], cell[there])
        total = total + coo_array((added[there], where), shape=(units, cells)).tocsr()
    return total


def total_covariance(
    stages: Sequence[Stage],
    entries: Sequence[tuple[IntArray, FloatArray]],
    cells: int,
    lonely: Literal["adjust", "certainty"],
) -> FloatArray:
    """Compute the covariance matrix of estimated totals.

    Parameters
    ----------
    stages : sequence of Stage
        The stages, the first one first; those after one without fractions add nothing.
    entries : sequence of (ndarray of int, ndarray)
        As for `unit_totals`.
    cells : int
        The number of totals.
    lonely : {"adjust", "certainty"}
        What a stratum with one unit counts.

    Returns
    -------
    ndarray, shape (cells, cells)
    """
    covariance = np.zeros((cells, cells))
    # What the stages before let through, by stratum: the product of their fractions.
    through = np.ones(stages[0].drawn.size)
    for stage in stages:
        totals = unit_totals(stage.unit, stage.stratum.size, entries, cells)
        covariance += _between_units(totals, stage, through * (1 - stage.fraction), lonely)
        through = (through * stage.fraction)[stage.stratum]
        if not through.any():
            break
    return covariance


def _between_units(totals: "csr_array", stage: Stage, factor: FloatArray, lonely: str) -> FloatArray:
    """Add up factor n / (n - 1) (z - zbar)(z - zbar)' over the units of all strata."""
    from scipy.sparse import csr_array

    n = stage.drawn
    alone = n == 1
    each = factor * np.where(alone, float(lonely == "adjust"), n / np.maximum(n - 1, 1))
    # n zbar zbar' n / (n - 1) = (sum z)(sum z)' / (n - 1)
    together = np.where(alone, 0.0, factor / np.maximum(n - 1, 1))
    units, strata = stage.stratum.size, n.size
    membership = csr_array((np.ones(units), (stage.stratum, np.arange(units))), shape=(strata, units))
    sums = membership @ totals
    squares = (totals.T @ (totals.multiply(each[stage.stratum][:, None])).tocsr()).toarray()
    if strata * totals.shape[1] <= MOST_DENSE:
        # Few strata have nearly all totals.
        dense = sums.toarray()
        means: FloatArray = (dense.T * together) @ dense
    else:
        means = (sums.T @ (sums.multiply(together[:, None])).tocsr()).toarray()
    difference: FloatArray = squares - means
    return difference


def presence_patterns(present: "csr_array", stratum: IntArray) -> tuple[IntArray, BoolArray, IntArray]:
    """Gather the units of a stratum that are present in the same groups.

    Parameters
    ----------
    present : csr_array, shape (units, groups)
        Above 0 where a unit is present.
    stratum : ndarray of int, shape (units,)
        The stratum of each unit.

    Returns
    -------
    stratum : ndarray of int, shape (patterns,)
    presence : ndarray of bool, shape (patterns, groups)
    multiplicity : ndarray of int, shape (patterns,)
        How many units they are. Units that are present nowhere are left out.
    """
    groups = present.shape[1]
    counted = np.diff(present.indptr)
    single = np.flatnonzero(counted == 1)
    # A unit in one group, as most are where respondents answer once, is known by stratum and group.
    key, many = np.unique(
        stratum[single] * groups + present.indices[present.indptr[single]].astype(np.int64), return_counts=True
    )
    ones = np.zeros((key.size, groups), dtype=bool)
    ones[np.arange(key.size), key % groups] = True
    several = np.flatnonzero(counted > 1)
    table = np.zeros((several.size, groups), dtype=bool)
    place = np.repeat(np.arange(several.size), counted[several])
    table[place, present[several].indices] = True
    packed = np.column_stack(
        [stratum[several].astype(np.int64).view(np.uint8).reshape(-1, 8), np.packbits(table, axis=1)]
    )
    _, first, often = np.unique(packed, axis=0, return_index=True, return_counts=True)
    return (
        np.concatenate([key // groups, stratum[several][first]]),
        np.concatenate([ones, table[first]]),
        np.concatenate([many, often]),
    )
