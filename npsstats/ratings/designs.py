"""How a sample was drawn, as far as answers depend on it."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from npsstats.typing import BoolArray, FloatArray, IntArray

__all__ = ["SIMPLE", "SampleDesign"]

# What a sample without weights, strata and clusters is called.
SIMPLE = "simple random sample"

# Numbers worked on at a time.
AT_A_TIME = 10_000_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SampleDesign:
    """Strata and clusters of a sample, and where they have ratings.

    Clusters of the first stage decide how sure an estimate is: respondents, if nothing else was drawn. Those of the
    same stratum with ratings in the same groups are one entry here, with their number.

    Attributes
    ----------
    description : str
        The sample in words, for reports.
    rows : int
        Rows of the data, those without a rating included.
    strata, clusters : int
        Their number in the whole sample.
    stratum : ndarray of int, shape (entries,)
        The stratum of the clusters of an entry.
    presence : ndarray of bool, shape (entries, groups)
        In which groups they have ratings.
    multiplicity : ndarray of int, shape (entries,)
        How many clusters they are.
    products : ndarray, shape (groups, groups)
        The sum over clusters of the products of their weights in two groups.
    complete : bool
        Whether all of the population is in the sample.
    rank : int
        With replicate weights of the data: how many of them say something new; 0 where degrees of freedom follow from
        the clusters.
    ranks : ndarray of int, shape (groups,), or None
        The same of the rows of each group.
    """

    description: str
    rows: int
    strata: int
    clusters: int
    stratum: IntArray
    presence: BoolArray
    multiplicity: IntArray
    products: FloatArray
    complete: bool = False
    rank: int = 0
    ranks: IntArray | None = None

    def clusters_and_strata(self, sides: FloatArray) -> tuple[IntArray, IntArray]:
        """Count the clusters and strata that have ratings in groups taken together.

        Parameters
        ----------
        sides : ndarray, shape (sides, groups)
            Which groups are taken together: 1 or 0.

        Returns
        -------
        clusters, strata : ndarray of int, shape (sides,)
        """
        order = np.argsort(self.stratum, kind="stable")
        presence, many = self.presence[order].astype(np.float64), self.multiplicity[order]
        starts = np.flatnonzero(np.diff(self.stratum[order], prepend=-1))
        clusters, strata = np.zeros(len(sides), dtype=np.int64), np.zeros(len(sides), dtype=np.int64)
        step = max(1, AT_A_TIME // max(len(order), 1))
        for start in range(0, len(sides) if len(order) else 0, step):
            part = slice(start, start + step)
            there = (presence @ sides[part].T) > 0
            clusters[part] = many @ there
            strata[part] = np.logical_or.reduceat(there, starts, axis=0).sum(axis=0)
        return clusters, strata

    def df(self, sides: FloatArray) -> IntArray:
        """Compute the degrees of freedom of groups taken together.

        Clusters minus strata with ratings in them; with replicate weights of the data their rank there, minus 1.
        """
        if self.ranks is not None:
            known: IntArray = np.minimum((sides @ self.ranks).astype(np.int64), self.rank) - 1
            return known
        clusters, strata = self.clusters_and_strata(sides)
        return clusters - strata

    def pooled(self, sides: FloatArray) -> Self:
        """Add groups up, or choose some."""
        presence = (self.presence.astype(np.float64) @ sides.T) > 0
        ranks = None if self.ranks is None else (sides @ self.ranks).astype(np.int64).clip(max=self.rank)
        return replace(self, presence=presence, products=sides @ self.products @ sides.T, ranks=ranks)
