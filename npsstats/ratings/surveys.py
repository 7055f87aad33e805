"""Estimated totals of ratings by group, from samples with weights, strata, clusters or recurring respondents."""

from collections.abc import Hashable, Sequence
from dataclasses import KW_ONLY, dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np

from npsstats.ratings.checks import check_type
from npsstats.ratings.counts import RatingCounts
from npsstats.ratings.designs import SampleDesign
from npsstats.ratings.scales import Metric, Scale
from npsstats.ratings.variances import Variance, means_of
from npsstats.ratings.weightings import Weighting
from npsstats.typing import FloatArray, IntArray, Label

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SurveyCounts"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SurveyCounts:
    """How much weight each rating has in each group, and how these totals vary from sample to sample.

    Made by `tabulate_survey`. Respondents who count the same and answer independently are `RatingCounts`.

    Parameters
    ----------
    totals : array_like, shape (groups, ratings)
        The weights of the respondents, added up by group and rating.
    respondents : RatingCounts
        The respondents themselves, unweighted; with metric, groups and notes.
    variance : Linearised or Replicates
        What is known of the variance of the totals.
    design : SampleDesign
        How the sample was drawn.
    squares : array_like, shape (groups,)
        The squares of the weights, added up by group.
    weighting : Weighting
        What the weights are like.

    Raises
    ------
    TypeError
        If respondents are not RatingCounts.
    ValueError
        If shapes disagree, or a total is negative or not finite.

    Examples
    --------
    >>> import npsstats as nps
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"r": [10, 9, 3, 8, 10, 0], "w": [1, 2, 1, 1, 3, 2], "school": [1, 1, 2, 2, 3, 3]})
    >>> counts = nps.tabulate_survey(rows, "r", weight="w", cluster="school")
    >>> counts
    SurveyCounts(1 group; 0-10; n=6, missing=0; weights, 3 clusters)
    >>> counts.proportions[0, [0, 3, 8, 9, 10]]
    array([0.2, 0.1, 0.1, 0.2, 0.4])
    """

    totals: FloatArray
    _: KW_ONLY
    respondents: RatingCounts
    variance: Variance
    design: SampleDesign
    squares: FloatArray
    weighting: Weighting

    def __post_init__(self) -> None:
        check_type("respondents", self.respondents, RatingCounts, "npsstats.tabulate(...)")
        shapes = {"totals": self.respondents.counts.shape, "squares": (len(self.respondents),)}
        for name, shape in shapes.items():
            array = np.array(getattr(self, name), dtype=np.float64)
            if array.shape != shape:
                msg = (
                    f"`{name}` must have shape {shape}, for the groups and ratings of `respondents`; got {array.shape}."
                )
                raise ValueError(msg)
            if not np.all(np.isfinite(array) & (array >= 0)):
                msg = (
                    f"`{name}` must be finite numbers, 0 or more; got {array[~(np.isfinite(array) & (array >= 0))][0]}."
                )
                raise ValueError(msg)
            array.setflags(write=False)
            object.__setattr__(self, name, array)

    @property
    def metric(self) -> Metric:
        """The metric the ratings were asked for."""
        return self.respondents.metric

    @property
    def scale(self) -> Scale:
        """The ratings that could be given."""
        return self.respondents.scale

    @property
    def by(self) -> tuple[str, ...]:
        """The names of the group columns."""
        return self.respondents.by

    @property
    def labels(self) -> tuple[Label, ...]:
        """One label per group, each with one entry per group column."""
        return self.respondents.labels

    @property
    def groups(self) -> tuple[Hashable, ...]:
        """One label per group: the bare label if there is one group column, else a tuple."""
        return self.respondents.groups

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of any result must know about the origin of the counts."""
        return self.respondents.notes

    @property
    def n(self) -> IntArray:
        """Respondents with a rating and a weight above 0, by group."""
        return self.respondents.n

    @property
    def missing(self) -> IntArray:
        """Respondents without a rating, by group."""
        return self.respondents.missing

    @property
    def proportions(self) -> FloatArray:
        """The weighted shares of the ratings in each group, shape (groups, ratings); nan without ratings."""
        return means_of(self.totals, np.eye(len(self)), np.eye(self.scale.size))

    @property
    def covariance(self) -> FloatArray:
        """The covariance matrix of all proportions, shape (groups * ratings, groups * ratings), group by group."""
        return self.variance.of_means(self.totals, np.eye(len(self)), np.eye(self.scale.size))

    @property
    def df(self) -> IntArray:
        """The degrees of freedom of each group: clusters minus strata with ratings in it."""
        return self.design.df(np.eye(len(self)))

    def positions(self, labels: Sequence[Hashable]) -> list[int]:
        """Find where groups stand, as `RatingCounts.positions`.

        Parameters
        ----------
        labels : sequence of hashable
            The labels of the groups; tuples if there are several group columns.

        Returns
        -------
        list of int
        """
        return self.respondents.positions(labels)

    def select(self, *labels: Hashable) -> Self:
        """Keep the groups with these labels, in this order; the sample stays whole.

        Parameters
        ----------
        *labels : hashable
            The labels of the groups; tuples if there are several group columns.

        Returns
        -------
        SurveyCounts

        Raises
        ------
        ValueError
            If no group has one of the labels.
        """
        return self._pooled(np.eye(len(self))[self.positions(labels)], self.respondents.select(*labels))

    def answered(self) -> Self:
        """Keep the groups with at least one rating.

        Returns
        -------
        SurveyCounts
        """
        return self._pooled(np.eye(len(self))[self.n > 0], self.respondents.answered())

    def pool(self, *keep: str) -> Self:
        """Add up groups.

        Parameters
        ----------
        *keep : str
            The group columns to keep; groups with the same labels in them become one. With none, all groups become
            one.

        Returns
        -------
        SurveyCounts

        Raises
        ------
        ValueError
            If there is no such group column.
        """
        respondents = self.respondents.pool(*keep)
        columns = [self.by.index(name) for name in keep]
        where = {label: i for i, label in enumerate(respondents.labels)}
        sides = np.zeros((len(respondents), len(self)))
        for group, label in enumerate(self.labels):
            sides[where[tuple(label[column] for column in columns)], group] = 1.0
        return self._pooled(sides, respondents)

    def to_frame(self) -> "pd.DataFrame":
        """Show the weighted proportions as a pandas frame: group columns, one column per rating, n, missing.

        Returns
        -------
        pandas.DataFrame
        """
        frame = self.respondents.to_frame()
        names = list(self.scale.labels or self.scale.ratings.tolist())
        frame = frame.astype(dict.fromkeys(names, float))
        frame[names] = self.proportions
        frame.insert(len(frame.columns) - 1, "n", self.n)
        return frame

    def __len__(self) -> int:
        return len(self.respondents)

    def __repr__(self) -> str:
        by = f" by {', '.join(self.by)}" if self.by else ""
        groups = f"{len(self)} group{'' if len(self) == 1 else 's'}{by}"
        sizes = f"n={self.n.sum()}, missing={self.missing.sum()}"
        return f"SurveyCounts({groups}; {self.scale}; {sizes}; {self.design.description})"

    def _pooled(self, sides: FloatArray, respondents: RatingCounts) -> Self:
        return replace(
            self,
            totals=sides @ self.totals,
            respondents=respondents,
            variance=self.variance.pooled(sides),
            design=self.design.pooled(sides),
            squares=sides @ self.squares,
        )
