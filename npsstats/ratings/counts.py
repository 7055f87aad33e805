"""Counts of ratings by group: all that inference needs from independent respondents."""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import KW_ONLY, dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import ArrayLike

from npsstats.ratings.checks import check_type, whole_numbers
from npsstats.ratings.grouping import check_groups, default_metric, group_published, merge
from npsstats.ratings.order import sort_labels
from npsstats.ratings.percentages import counts_from_percentages
from npsstats.ratings.scales import NPS_CATEGORIES, Metric, Scale
from npsstats.typing import IntArray, Label

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["RatingCounts"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class RatingCounts:
    """How many respondents of each group gave each rating, and how many gave none.

    Made by `tabulate` from responses, by `from_histogram`, `from_categories` or `from_percentages` from
    published figures. Counts of the same groups add up with ``+``.

    Parameters
    ----------
    counts : array_like of int, shape (groups, ratings)
        Respondents by group and rating.
    metric : Metric
        The metric the ratings were asked for; its scale is the scale of the ratings.
    missing : array_like of int, shape (groups,)
        Respondents without a rating, by group.
    by : tuple of str
        The names of the group columns; empty for a single group without a label.
    labels : tuple of tuple
        One label per group, each with one entry per group column, no label twice.
    notes : tuple of str, optional
        What a reader of any result must know about the origin of the counts.

    Raises
    ------
    TypeError
        If counts are not whole numbers.
    ValueError
        If shapes disagree, a count is negative, a label occurs twice, or a group column has the name of a
        column of the results.

    Examples
    --------
    >>> counts = RatingCounts.from_categories(
    ...     promoters=[300, 200], passives=[600, 800], detractors=[100, 0], groups=["A", "B"]
    ... )
    >>> counts
    RatingCounts(2 groups by group; detractor/passive/promoter; n=2000, missing=0)
    >>> counts.pool().counts
    array([[ 100, 1400,  500]])
    """

    counts: IntArray
    _: KW_ONLY
    metric: Metric
    missing: IntArray
    by: tuple[str, ...] = ()
    labels: tuple[Label, ...] = ((),)
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_type("metric", self.metric, Metric, "npsstats.NPS")
        for name in ("by", "notes"):
            if isinstance(getattr(self, name), str):
                msg = f"`{name}` must be a tuple of texts; got the text {getattr(self, name)!r}."
                raise TypeError(msg)
        object.__setattr__(self, "by", tuple(self.by))
        object.__setattr__(self, "labels", tuple(map(tuple, self.labels)))
        object.__setattr__(self, "notes", tuple(dict.fromkeys(self.notes)))
        check_groups(self.by, self.labels, self.scale)
        shapes = {"counts": (len(self.labels), self.scale.size), "missing": (len(self.labels),)}
        for name, shape in shapes.items():
            array = whole_numbers(name, getattr(self, name))
            if array.shape != shape:
                msg = (
                    f"`{name}` must have shape {shape}, for {shape[0]} groups and the scale {self.scale}; "
                    f"got {array.shape}."
                )
                raise ValueError(msg)
            array.setflags(write=False)
            object.__setattr__(self, name, array)

    @classmethod
    def from_histogram(
        cls,
        counts: ArrayLike,
        *,
        scale: Scale | None = None,
        metric: Metric | None = None,
        groups: Sequence[Hashable] | None = None,
        by: str = "group",
        missing: ArrayLike | None = None,
    ) -> Self:
        """Make counts from histograms of ratings.

        Use `from_categories` if only promoters, passives and detractors are known, `tabulate` for rows.

        Parameters
        ----------
        counts : array_like of int, shape (ratings,) or (groups, ratings)
            Respondents by rating, lowest rating first.
        scale : Scale, optional
            The ratings; 0-10 by default.
        metric : Metric, optional
            The metric; `NPS` on the scale 0-10. On another scale it must be given.
        groups : sequence, optional
            One label per group; needed with more than one group.
        by : str, default "group"
            The name of the group column.
        missing : int or array_like of int, optional
            Respondents without a rating, by group.

        Returns
        -------
        RatingCounts

        Raises
        ------
        TypeError, ValueError
            As for `RatingCounts`; also if scale and metric disagree or there is no metric for the scale.

        Examples
        --------
        >>> RatingCounts.from_histogram([3, 2, 3, 8, 1, 16, 4, 10, 10, 20, 18]).n
        array([95])
        """
        table = np.atleast_2d(np.asarray(counts))
        metric = default_metric(scale, metric)
        return cls(table, metric=metric, **group_published(len(table), groups, by, missing))

    @classmethod
    def from_categories(
        cls,
        *,
        promoters: ArrayLike,
        passives: ArrayLike,
        detractors: ArrayLike,
        groups: Sequence[Hashable] | None = None,
        by: str = "group",
        missing: ArrayLike | None = None,
    ) -> Self:
        """Make counts from published numbers of promoters, passives and detractors.

        Use `from_percentages` if shares were published.

        Parameters
        ----------
        promoters, passives, detractors : int or array_like of int, shape (groups,)
            Respondents by category, a number or one per group.
        groups : sequence, optional
            One label per group; needed with more than one group.
        by : str, default "group"
            The name of the group column.
        missing : int or array_like of int, optional
            Respondents without a rating, by group.

        Returns
        -------
        RatingCounts
            On the scale of the three categories, with the metric `NPS_CATEGORIES`.

        Raises
        ------
        TypeError, ValueError
            As for `RatingCounts`.

        Examples
        --------
        >>> RatingCounts.from_categories(promoters=1, passives=13, detractors=7).n
        array([21])
        """
        table = np.column_stack(np.broadcast_arrays(*map(np.atleast_1d, (detractors, passives, promoters))))
        return cls(table, metric=NPS_CATEGORIES, **group_published(len(table), groups, by, missing))

    @classmethod
    def from_percentages(
        cls,
        *,
        promoters: ArrayLike,
        passives: ArrayLike | None = None,
        detractors: ArrayLike,
        n: ArrayLike,
        decimals: int | None = None,
        groups: Sequence[Hashable] | None = None,
        by: str = "group",
        missing: ArrayLike | None = None,
    ) -> Self:
        """Make counts from published percentages and numbers of respondents.

        Whole counts are sought whose rounded percentages are the published ones. If none exist, the figures
        cannot be right and are refused; if several exist, the closest are taken and a note on the counts
        says by how many points the score may be off.

        Parameters
        ----------
        promoters, detractors : float or array_like of float, shape (groups,)
            Percentages, 0-100.
        passives : float or array_like of float, shape (groups,), optional
            Percentages, 0-100; the rest if not given.
        n : int or array_like of int, shape (groups,)
            Respondents with a rating.
        decimals : int, optional
            The decimals that were printed; by default as many as the figures show.
        groups, by, missing
            As for `from_categories`.

        Returns
        -------
        RatingCounts
            With the metric `NPS_CATEGORIES`.

        Raises
        ------
        TypeError, ValueError
            As for `RatingCounts`; also if no counts fit the percentages.

        Examples
        --------
        >>> counts = RatingCounts.from_percentages(promoters=52.3, passives=35.3, detractors=12.5, n=2746)
        >>> counts.counts
        array([[ 342,  969, 1435]])
        >>> counts.notes
        ('counts rebuilt from percentages rounded to 1 decimal; the score is exact to within 0.073 points',)
        """
        table, note = counts_from_percentages(promoters, passives, detractors, n, decimals)
        return cls(table, metric=NPS_CATEGORIES, notes=(note,), **group_published(len(table), groups, by, missing))

    @property
    def scale(self) -> Scale:
        """The ratings that could be given."""
        return self.metric.scale

    @property
    def n(self) -> IntArray:
        """Respondents with a rating, by group."""
        total: IntArray = self.counts.sum(axis=1)
        return total

    @property
    def groups(self) -> tuple[Hashable, ...]:
        """One label per group: the bare label if there is one group column, else a tuple."""
        return tuple(label[0] for label in self.labels) if len(self.by) == 1 else self.labels

    def positions(self, labels: Iterable[Hashable]) -> list[int]:
        """Find where groups stand.

        Parameters
        ----------
        labels : iterable of hashable
            The labels of the groups; tuples if there are several group columns.

        Returns
        -------
        list of int

        Raises
        ------
        ValueError
            If no group has one of the labels; the message lists those that are there.
        """
        where = {label: i for i, label in enumerate(self.groups)}
        wanted = list(labels)
        for label in wanted:
            if label not in where:
                shown = ", ".join(map(repr, self.groups[:10])) + (", ..." if len(self) > 10 else "")
                msg = f"no group has the label {label!r}; the groups are {shown}."
                raise ValueError(msg)
        return [where[label] for label in wanted]

    def select(self, *labels: Hashable) -> Self:
        """Keep the groups with these labels, in this order.

        Parameters
        ----------
        *labels : hashable
            The labels of the groups; tuples if there are several group columns.

        Returns
        -------
        RatingCounts

        Raises
        ------
        ValueError
            If no group has one of the labels.

        Examples
        --------
        >>> counts = RatingCounts.from_categories(
        ...     promoters=[5, 6], passives=[3, 3], detractors=[2, 1], groups=["A", "B"]
        ... )
        >>> counts.select("B").n
        array([10])
        """
        return self._take(self.positions(labels))

    def answered(self) -> Self:
        """Keep the groups with at least one rating.

        Returns
        -------
        RatingCounts
        """
        return self._take(np.flatnonzero(self.n > 0).tolist())

    def pool(self, *keep: str) -> Self:
        """Add up groups.

        Parameters
        ----------
        *keep : str
            The group columns to keep; groups with the same labels in them become one. With none, all
            groups become one.

        Returns
        -------
        RatingCounts

        Raises
        ------
        ValueError
            If there is no such group column.

        Examples
        --------
        >>> counts = RatingCounts.from_categories(
        ...     promoters=[5, 6], passives=[3, 3], detractors=[2, 1], groups=["A", "B"]
        ... )
        >>> counts.pool().counts
        array([[ 3,  6, 11]])
        """
        for name in keep:
            if name not in self.by:
                msg = f"`pool` keeps group columns; {name!r} is none of {list(self.by)}."
                raise ValueError(msg)
        columns = [self.by.index(name) for name in keep]
        labels = [tuple(label[c] for c in columns) for label in self.labels]
        return replace(self, by=keep, **merge(labels, self.counts, self.missing))

    def with_group(self, column: str, label: Hashable) -> Self:
        """Put all groups under one more label, as a last group column.

        Counts of several files, each put under its period, add up to the counts by period.

        Parameters
        ----------
        column : str
            The name of the new group column.
        label : hashable
            The label of all groups in it.

        Returns
        -------
        RatingCounts

        Examples
        --------
        >>> old = RatingCounts.from_categories(promoters=5, passives=3, detractors=2)
        >>> new = RatingCounts.from_categories(promoters=6, passives=3, detractors=1)
        >>> (old.with_group("year", 2024) + new.with_group("year", 2025)).groups
        (2024, 2025)
        """
        labels = tuple((*given, label) for given in self.labels)
        return replace(self, by=(*self.by, column), labels=labels)

    def to_frame(self) -> "pd.DataFrame":
        """Show the counts as a pandas frame: group columns, one column per rating, missing.

        Returns
        -------
        pandas.DataFrame
        """
        import pandas as pd

        groups = {name: [label[i] for label in self.labels] for i, name in enumerate(self.by)}
        names = self.scale.labels or self.scale.ratings.tolist()
        ratings = dict(zip(names, self.counts.T, strict=True))
        return pd.DataFrame({**groups, **ratings, "missing": self.missing})

    def __add__(self, other: object) -> Self:
        """Add counts up, group by group.

        Groups that only one side has are kept. If the groups of both sides are sorted, those of the sum are;
        otherwise they stand in order of appearance. `select` puts groups into any other order.
        """
        if not isinstance(other, RatingCounts):
            return NotImplemented
        if self.metric != other.metric:
            mine, theirs = (f"{part.metric.name} on {part.scale}" for part in (self, other))
            msg = f"counts add up if their `metric` is the same; got {mine} and {theirs}."
            raise ValueError(msg)
        if self.by != other.by:
            msg = f"counts add up if their `by` is the same; got {self.by} and {other.by}."
            raise ValueError(msg)
        both = merge(
            self.labels + other.labels,
            np.concatenate([self.counts, other.counts]),
            np.concatenate([self.missing, other.missing]),
        )
        total = replace(self, notes=self.notes + other.notes, **both)
        if all(list(part.labels) == sort_labels(part.labels) for part in (self, other)):
            where = {label: i for i, label in enumerate(total.labels)}
            return total._take([where[label] for label in sort_labels(total.labels)])
        return total

    def __radd__(self, other: object) -> Self:
        """Start from the 0 of `sum`."""
        return self if isinstance(other, int) and other == 0 else NotImplemented

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, RatingCounts):
            return NotImplemented
        same = all(getattr(self, name) == getattr(other, name) for name in ("metric", "by", "labels", "notes"))
        return same and all(np.array_equal(getattr(self, name), getattr(other, name)) for name in ("counts", "missing"))

    __hash__ = None  # type: ignore[assignment]

    def __len__(self) -> int:
        return len(self.labels)

    def __repr__(self) -> str:
        by = f" by {', '.join(self.by)}" if self.by else ""
        groups = f"{len(self)} group{'' if len(self) == 1 else 's'}{by}"
        return f"RatingCounts({groups}; {self.scale}; n={self.n.sum()}, missing={self.missing.sum()})"

    def _take(self, positions: Sequence[int]) -> Self:
        return replace(
            self,
            counts=self.counts[positions],
            missing=self.missing[positions],
            labels=tuple(self.labels[i] for i in positions),
        )
