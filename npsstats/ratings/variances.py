"""How estimated totals vary from sample to sample: what each way of estimating it keeps, and what follows from that."""

from dataclasses import dataclass
from typing import Literal, Self, TypeAlias

import numpy as np

from npsstats.typing import FloatArray

__all__ = ["Centre", "Linearised", "Replicates", "Variance", "means_of"]

Centre: TypeAlias = Literal["estimate", "mean"]


def means_of(totals: FloatArray, sides: FloatArray, values: FloatArray) -> FloatArray:
    """Compute the means of values over groups taken together.

    Parameters
    ----------
    totals : ndarray, shape (..., groups, ratings)
        Estimated totals.
    sides : ndarray, shape (sides, groups)
        Which groups are taken together: 1 or 0.
    values : ndarray, shape (ratings, measures)
        What each rating counts.

    Returns
    -------
    ndarray, shape (..., sides, measures)
        nan for a side without a total.
    """
    pooled = sides @ totals
    size = pooled.sum(axis=-1, keepdims=True)
    means: FloatArray = np.divide(
        pooled @ values, size, out=np.full((*size.shape[:-1], values.shape[1]), np.nan), where=size > 0
    )
    return means


@dataclass(frozen=True, slots=True, eq=False)
class Linearised:
    """The covariance matrix of totals; that of means follows by Taylor linearisation (Binder 1983).

    Attributes
    ----------
    covariance : ndarray, shape (groups * ratings, groups * ratings)
        Of the totals by group and rating, group by group.
    """

    covariance: FloatArray

    def of_means(self, totals: FloatArray, sides: FloatArray, values: FloatArray) -> FloatArray:
        """Compute the covariance matrix of means over groups taken together.

        Parameters
        ----------
        totals, sides, values
            As for `means_of`.

        Returns
        -------
        ndarray, shape (sides * measures, sides * measures)
        """
        groups, ratings = totals.shape
        measures = values.shape[1]
        # d mean / d total = (value - mean) / total of the side: sums of values, and of weights, over the groups in it.
        centred = values - means_of(totals, np.ones((1, groups)), values)
        sums = np.column_stack([centred, np.ones(ratings)])
        by_group = (self.covariance.reshape(-1, ratings) @ sums).reshape(groups, ratings, groups, -1)
        by_group = np.einsum("gkhn,km->gmhn", by_group, sums, optimize=True)
        table = np.einsum("sg,gmhn,th->smtn", sides, by_group, sides, optimize=True)
        mean, size = means_of(totals, sides, centred), sides @ totals.sum(axis=1)
        first, last = mean[:, :, None, None], mean[None, None]
        spread = (
            table[:, :-1, :, :-1]
            - first * table[:, -1:, :, :-1]
            - last * table[:, :-1, :, -1:]
            + first * last * table[:, -1:, :, -1:]
        )
        covariance: FloatArray = spread / (size[:, None, None, None] * size[:, None])
        return covariance.reshape(len(sides) * measures, -1)

    def of_cells(self, totals: FloatArray) -> FloatArray:
        """Compute the covariance matrix of the proportions of all cells in the whole table of groups and ratings."""
        return self.of_means(totals.reshape(1, -1), np.ones((1, 1)), np.eye(totals.size))

    def of_sizes(self, totals: FloatArray, sides: FloatArray) -> FloatArray:
        """Compute the relative variance of the estimated size of groups taken together, as many as `sides`."""
        members = np.repeat(sides, totals.shape[1], axis=1)
        relative: FloatArray = ((members @ self.covariance) * members).sum(axis=1) / (sides @ totals.sum(axis=1)) ** 2
        return relative

    def pooled(self, sides: FloatArray) -> Self:
        """Add groups up, or choose some."""
        groups = sides.shape[1]
        ratings = len(self.covariance) // groups
        table = self.covariance.reshape(groups, ratings, groups, ratings)
        added = np.einsum("sg,gkhl,th->sktl", sides, table, sides, optimize=True)
        return type(self)(added.reshape(len(sides) * ratings, -1))


@dataclass(frozen=True, slots=True, eq=False)
class Replicates:
    """Totals estimated again with each set of replicate weights; means are computed from each of them.

    Attributes
    ----------
    totals : ndarray, shape (replicates, groups, ratings)
        The totals of each replicate.
    scales : ndarray, shape (replicates,)
        What the square of each deviation counts.
    centre : {"estimate", "mean"}
        What deviations are taken from: the estimate of the full sample, or the mean of the replicates.
    """

    totals: FloatArray
    scales: FloatArray
    centre: Centre = "estimate"

    def of_means(self, totals: FloatArray, sides: FloatArray, values: FloatArray) -> FloatArray:
        """Compute the covariance matrix of means over groups taken together, as `Linearised.of_means`."""
        means = means_of(self.totals, sides, values).reshape(len(self.scales), -1)
        # A replicate may have dropped all respondents of a side: it says nothing of that side.
        known = np.isfinite(means)
        used = np.where(known, means, 0.0)
        middle = (
            means_of(totals, sides, values).ravel()
            if self.centre == "estimate"
            else used.sum(axis=0) / np.maximum(known.sum(axis=0), 1)
        )
        deviations = np.where(known, used - middle, 0.0)
        product: FloatArray = (deviations * self.scales[:, None]).T @ deviations
        return product

    def of_cells(self, totals: FloatArray) -> FloatArray:
        """Compute the covariance matrix of the proportions of all cells, as `Linearised.of_cells`."""
        table = type(self)(self.totals.reshape(len(self.scales), 1, -1), self.scales, self.centre)
        return table.of_means(totals.reshape(1, -1), np.ones((1, 1)), np.eye(totals.size))

    def of_sizes(self, totals: FloatArray, sides: FloatArray) -> FloatArray:
        """Compute the relative variance of the estimated size of groups taken together, as `Linearised.of_sizes`."""
        size = sides @ totals.sum(axis=1)
        sizes = self.totals.sum(axis=2) @ sides.T
        middle = size if self.centre == "estimate" else sizes.mean(axis=0)
        relative: FloatArray = self.scales @ (sizes - middle) ** 2 / size**2
        return relative

    def pooled(self, sides: FloatArray) -> Self:
        """Add groups up, or choose some."""
        return type(self)(sides @ self.totals, self.scales, self.centre)


Variance: TypeAlias = Linearised | Replicates
