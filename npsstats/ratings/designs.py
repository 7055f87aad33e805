"""How a sample was drawn, as far as answers depend on it."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from npsstats.typing import BoolArray, FloatArray, IntArray

__all__ = ["SampleDesign"]


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
    fixed_df : int or None
        Degrees of freedom that hold for all groups, of replicate weights; None if they follow from the clusters.
    """

    description: str
    rows: int
    strata: int
    clusters: int
    stratum: IntArray
    presence: BoolArray
    multiplicity: IntArray
    products: FloatArray
    fixed_df: int | None = None

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
        there = (self.presence.astype(np.float64) @ sides.T) > 0
        clusters: IntArray = self.multiplicity @ there.astype(np.int64)
        in_stratum = np.zeros((self.stratum.max(initial=-1) + 1, len(sides)), dtype=bool)
        np.logical_or.at(in_stratum, self.stratum, there)
        return clusters, in_stratum.sum(axis=0)

    def df(self, sides: FloatArray) -> IntArray:
        """Compute the degrees of freedom of groups taken together: clusters minus strata with ratings in them."""
        clusters, strata = self.clusters_and_strata(sides)
        return clusters - strata if self.fixed_df is None else np.full(len(sides), self.fixed_df, dtype=np.int64)

    def pooled(self, sides: FloatArray) -> Self:
        """Add groups up, or choose some."""
        presence = (self.presence.astype(np.float64) @ sides.T) > 0
        return replace(self, presence=presence, products=sides @ self.products @ sides.T)
