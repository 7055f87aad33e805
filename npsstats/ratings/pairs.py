"""Counts of pairs of ratings by group: all that inference needs from respondents who were rated twice."""

from collections.abc import Hashable, Sequence
from dataclasses import KW_ONLY, dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike

from npsstats.ratings.checks import check_type, whole_numbers
from npsstats.ratings.counts import RatingCounts
from npsstats.ratings.grouping import check_groups, default_metric, group_published, merge
from npsstats.ratings.order import sort_labels
from npsstats.ratings.scales import NPS_CATEGORIES, Metric, Scale
from npsstats.typing import IntArray, Label

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["PairedCounts", "check_waves"]

ARRAYS = ("counts", "first_only", "second_only", "missing")
# The columns of `to_frame`, beside those of results.
RESERVED_COLUMNS = frozenset({"first", "second", "wave"})
# A field that is filled in when it is not given.
UNSET: Any = None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PairedCounts:
    """How many respondents of each group gave each pair of ratings: the same people in two waves.

    Made by `tabulate_pairs` from responses, by `from_table` from published cross-tables. The two ratings may also
    be of two metrics, such as NPS and CSAT side by side. Counts of the same groups add up with ``+``.

    Parameters
    ----------
    counts : array_like of int, shape (groups, ratings, ratings)
        Respondents by group, first rating and second rating.
    metric : Metric
        The metric the first ratings were asked for.
    metric_second : Metric, optional
        The metric the second ratings were asked for; the same by default.
    first_only, second_only : array_like of int, shape (groups, ratings), optional
        Respondents with a rating in one of the two waves only, by group and that rating; none by default.
    missing : array_like of int, shape (groups,), optional
        Respondents with a rating in neither wave, by group; none by default.
    by : tuple of str
        The names of the group columns; empty for a single group without a label.
    labels : tuple of tuple
        One label per group, each with one entry per group column, no label twice.
    first, second : hashable
        What the two waves are called, such as 2015 and 2019.
    notes : tuple of str, optional
        What a reader of any result must know about the origin of the counts.

    Raises
    ------
    TypeError
        If counts are not whole numbers.
    ValueError
        If shapes disagree, a count is negative, a label occurs twice, both waves have the same name, or a group
        column has the name of a column of the results.

    Examples
    --------
    >>> pairs = PairedCounts.from_table([[12, 5, 3], [4, 30, 9], [1, 6, 30]], first="spring", second="autumn")
    >>> pairs
    PairedCounts(1 group; detractor/passive/promoter; spring → autumn; n=100, first_only=0, second_only=0, missing=0)
    >>> [wave.counts.tolist() for wave in pairs.margins()]
    [[[20, 43, 37]], [[17, 41, 42]]]
    """

    counts: IntArray
    _: KW_ONLY
    metric: Metric
    metric_second: Metric = UNSET
    first_only: IntArray = UNSET
    second_only: IntArray = UNSET
    missing: IntArray = UNSET
    by: tuple[str, ...] = ()
    labels: tuple[Label, ...] = ((),)
    first: Hashable = "first"
    second: Hashable = "second"
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.metric_second is None:
            object.__setattr__(self, "metric_second", self.metric)
        for name in ("metric", "metric_second"):
            check_type(name, getattr(self, name), Metric, "npsstats.NPS")
        for name in ("by", "notes"):
            if isinstance(getattr(self, name), str):
                msg = f"`{name}` must be a tuple of texts; got the text {getattr(self, name)!r}."
                raise TypeError(msg)
        object.__setattr__(self, "by", tuple(self.by))
        object.__setattr__(self, "labels", tuple(map(tuple, self.labels)))
        object.__setattr__(self, "notes", tuple(dict.fromkeys(self.notes)))
        check_waves(self.first, self.second)
        for name in RESERVED_COLUMNS.intersection(self.by):
            msg = f"a group column cannot be called {name!r}, like a wave of the pairs; rename it."
            raise ValueError(msg)
        for metric in (self.metric, self.metric_second):
            check_groups(self.by, self.labels, metric.scale)
        self._check_arrays()

    def _check_arrays(self) -> None:
        """Fill in the counts that were not given, check all of them, and keep read-only copies."""
        groups, first, second = len(self.labels), self.metric.scale.size, self.metric_second.scale.size
        shapes = ((groups, first, second), (groups, first), (groups, second), (groups,))
        for name, shape in zip(ARRAYS, shapes, strict=True):
            given = getattr(self, name)
            array = whole_numbers(name, np.zeros(shape, np.int64) if given is None and name != "counts" else given)
            if array.shape != shape:
                msg = (
                    f"`{name}` must have shape {shape}, for {groups} group{'' if groups == 1 else 's'} and the scales "
                    f"{self.metric.scale} and {self.metric_second.scale}; got {array.shape}."
                )
                raise ValueError(msg)
            array.setflags(write=False)
            object.__setattr__(self, name, array)

    @classmethod
    def from_table(
        cls,
        table: ArrayLike,
        *,
        metric: Metric | None = None,
        metric_second: Metric | None = None,
        scale: Scale | None = None,
        groups: Sequence[Hashable] | None = None,
        by: str = "group",
        first: Hashable = "first",
        second: Hashable = "second",
        first_only: ArrayLike | None = None,
        second_only: ArrayLike | None = None,
        missing: ArrayLike | None = None,
    ) -> Self:
        """Make counts from published cross-tables of two ratings of the same respondents.

        Use `tabulate_pairs` for rows.

        Parameters
        ----------
        table : array_like of int, shape (ratings, ratings) or (groups, ratings, ratings)
            Respondents by first rating (down) and second rating (across), lowest rating first. A table of
            three by three is one of detractors, passives and promoters, in this order.
        metric : Metric, optional
            The metric of the first ratings; `NPS` on the scale 0-10, `NPS_CATEGORIES` for three by three. On
            another scale it must be given.
        metric_second : Metric, optional
            The metric of the second ratings; the same by default.
        scale : Scale, optional
            The scale of the ratings; that of the metric by default.
        groups : sequence, optional
            One label per group; needed with more than one group.
        by : str, default "group"
            The name of the group column.
        first, second : hashable, default "first" and "second"
            What the two waves are called.
        first_only, second_only : array_like of int, shape (ratings,) or (groups, ratings), optional
            Respondents with a rating in one of the two waves only, by that rating.
        missing : int or array_like of int, optional
            Respondents with a rating in neither wave, by group.

        Returns
        -------
        PairedCounts

        Raises
        ------
        TypeError, ValueError
            As for `PairedCounts`; also if scale and metric disagree or there is no metric for the scale.

        Examples
        --------
        >>> PairedCounts.from_table([[12, 5, 3], [4, 30, 9], [1, 6, 30]], first_only=[2, 0, 1]).n_first
        array([103])
        """
        try:
            counts = np.asarray(table)
        except ValueError:
            msg = "`table` must be one cross-table or one per group; its rows differ in length."
            raise ValueError(msg) from None
        counts = counts[np.newaxis] if counts.ndim == 2 else counts
        if counts.ndim != 3:
            msg = f"`table` must be one cross-table or one per group; got shape {counts.shape}."
            raise ValueError(msg)
        if metric is None and scale is None and counts.shape[1] == NPS_CATEGORIES.scale.size:
            metric = NPS_CATEGORIES
        return cls(
            counts,
            metric=default_metric(scale, metric),
            metric_second=UNSET if metric_second is None else metric_second,
            first_only=UNSET if first_only is None else np.atleast_2d(np.asarray(first_only)),
            second_only=UNSET if second_only is None else np.atleast_2d(np.asarray(second_only)),
            first=first,
            second=second,
            **group_published(len(counts), groups, by, missing),
        )

    @property
    def n(self) -> IntArray:
        """Pairs, by group: respondents with a rating in both waves."""
        total: IntArray = self.counts.sum(axis=(1, 2))
        return total

    @property
    def n_first(self) -> IntArray:
        """Respondents with a rating in the first wave, by group, whether or not they have a second one."""
        total: IntArray = self.n + self.first_only.sum(axis=1)
        return total

    @property
    def n_second(self) -> IntArray:
        """Respondents with a rating in the second wave, by group, whether or not they have a first one."""
        total: IntArray = self.n + self.second_only.sum(axis=1)
        return total

    @property
    def groups(self) -> tuple[Hashable, ...]:
        """One label per group: the bare label if there is one group column, else a tuple."""
        return tuple(label[0] for label in self.labels) if len(self.by) == 1 else self.labels

    def margins(self) -> tuple[RatingCounts, RatingCounts]:
        """Count each wave by itself: all who have a rating in it.

        Returns
        -------
        tuple of RatingCounts
            The first and the second wave. Whoever has a rating in the other wave only is missing in this one.
            The two are not independent: a difference of them needs the pairs.

        Examples
        --------
        >>> first, second = PairedCounts.from_table([[1, 2, 3]] * 3, second_only=[0, 0, 4]).margins()
        >>> first.counts, second.counts, first.missing
        (array([[6, 6, 6]]), array([[ 3,  6, 13]]), array([4]))
        """
        waves = (
            (self.metric, self.counts.sum(axis=2) + self.first_only, self.second_only),
            (self.metric_second, self.counts.sum(axis=1) + self.second_only, self.first_only),
        )
        first, second = (
            RatingCounts(
                counts,
                metric=metric,
                missing=self.missing + other.sum(axis=1),
                by=self.by,
                labels=self.labels,
                notes=self.notes,
            )
            for metric, counts, other in waves
        )
        return first, second

    def reversed(self) -> Self:
        """Swap the waves: the second becomes the first.

        Returns
        -------
        PairedCounts
        """
        return replace(
            self,
            counts=self.counts.transpose(0, 2, 1),
            metric=self.metric_second,
            metric_second=self.metric,
            first_only=self.second_only,
            second_only=self.first_only,
            first=self.second,
            second=self.first,
        )

    def select(self, *labels: Hashable) -> Self:
        """Keep the groups with these labels, in this order.

        Parameters
        ----------
        *labels : hashable
            The labels of the groups; tuples if there are several group columns. All must be there.

        Returns
        -------
        PairedCounts
        """
        return self._take(self.margins()[0].positions(labels))

    def answered(self) -> Self:
        """Keep the groups with at least one pair.

        Returns
        -------
        PairedCounts
        """
        return self._take(np.flatnonzero(self.n > 0).tolist())

    def pool(self, *keep: str) -> Self:
        """Add up groups.

        Parameters
        ----------
        *keep : str
            The group columns to keep, as `by` has them; groups with the same labels in them become one. With none, all
            groups become one.

        Returns
        -------
        PairedCounts

        Examples
        --------
        >>> pairs = PairedCounts.from_table([[[1, 2, 3]] * 3, [[3, 2, 1]] * 3], groups=["A", "B"])
        >>> pairs.pool().counts
        array([[[4, 4, 4], [4, 4, 4], [4, 4, 4]]])
        """
        for name in keep:
            if name not in self.by:
                msg = f"`pool` keeps group columns; {name!r} is none of {list(self.by)}."
                raise ValueError(msg)
        columns = [self.by.index(name) for name in keep]
        labels = [tuple(label[c] for c in columns) for label in self.labels]
        return replace(self, by=keep, **self._merged(labels, self._flat(), self.missing))

    def with_group(self, column: str, label: Hashable) -> Self:
        """Put all groups under one more label, as a last group column.

        Parameters
        ----------
        column : str
            The name of the new group column.
        label : hashable
            The label of all groups in it.

        Returns
        -------
        PairedCounts
        """
        labels = tuple((*given, label) for given in self.labels)
        return replace(self, by=(*self.by, column), labels=labels)

    def to_frame(self) -> "pd.DataFrame":
        """Show the counts as a pandas frame: group columns, first rating, second rating, n.

        Returns
        -------
        pandas.DataFrame
            One row per group and pair of ratings. Where a rating is missing, so is its cell: respondents with a
            rating in one wave only, and in neither, have rows too.
        """
        import pandas as pd

        names = [(*(scale.labels or scale.ratings.tolist()), None) for scale in self._scales()]
        cells = pd.MultiIndex.from_product([range(len(self)), *map(range, map(len, names))])
        rows, *ratings = (cells.get_level_values(level) for level in range(3))
        groups = {name: [self.labels[row][i] for row in rows] for i, name in enumerate(self.by)}
        kinds = [object if scale.labels else "Int64" for scale in self._scales()]
        waves = {
            column: pd.Series([known[i] for i in place], dtype=kind)
            for column, known, place, kind in zip(("first", "second"), names, ratings, kinds, strict=True)
        }
        full = np.zeros((len(self), *map(len, names)), np.int64)
        full[:, :-1, :-1], full[:, :-1, -1], full[:, -1, :-1] = self.counts, self.first_only, self.second_only
        full[:, -1, -1] = self.missing
        return pd.DataFrame({**groups, **waves, "n": full.ravel()})

    def __add__(self, other: object) -> Self:
        """Add counts up, group by group.

        Groups stand in the order that the sum of `RatingCounts` has.
        """
        if not isinstance(other, PairedCounts):
            return NotImplemented
        for name in ("metric", "metric_second", "by", "first", "second"):
            both = getattr(self, name), getattr(other, name)
            if both[0] != both[1]:
                mine, theirs = (f"{x.name} on {x.scale}" if isinstance(x, Metric) else repr(x) for x in both)
                msg = f"counts add up if their `{name}` is the same; got {mine} and {theirs}."
                raise ValueError(msg)
        added = self._merged(
            self.labels + other.labels,
            np.concatenate([self._flat(), other._flat()]),
            np.concatenate([self.missing, other.missing]),
        )
        total = replace(self, notes=self.notes + other.notes, **added)
        if all(list(part.labels) == sort_labels(part.labels) for part in (self, other)):
            where = {label: i for i, label in enumerate(total.labels)}
            return total._take([where[label] for label in sort_labels(total.labels)])
        return total

    def __radd__(self, other: object) -> Self:
        """Start from the 0 of `sum`."""
        return self if isinstance(other, int) and other == 0 else NotImplemented

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, PairedCounts):
            return NotImplemented
        names = ("metric", "metric_second", "by", "labels", "first", "second", "notes")
        same = all(getattr(self, name) == getattr(other, name) for name in names)
        return same and all(np.array_equal(getattr(self, name), getattr(other, name)) for name in ARRAYS)

    __hash__ = None  # type: ignore[assignment]

    def __len__(self) -> int:
        return len(self.labels)

    def __repr__(self) -> str:
        by = f" by {', '.join(self.by)}" if self.by else ""
        groups = f"{len(self)} group{'' if len(self) == 1 else 's'}{by}"
        scales = " × ".join(dict.fromkeys(map(str, self._scales())))
        sums = {"n": self.n, "first_only": self.first_only, "second_only": self.second_only, "missing": self.missing}
        shown = ", ".join(f"{name}={part.sum()}" for name, part in sums.items())
        return f"PairedCounts({groups}; {scales}; {self.first} → {self.second}; {shown})"

    def _scales(self) -> tuple[Scale, Scale]:
        return self.metric.scale, self.metric_second.scale

    def _flat(self) -> IntArray:
        """All counts but the missing, one row per group."""
        return np.concatenate([self.counts.reshape(len(self), -1), self.first_only, self.second_only], axis=1)

    def _merged(self, labels: Sequence[Label], flat: IntArray, missing: IntArray) -> dict[str, Any]:
        """Add up the groups that have the same label."""
        merged = merge(labels, flat, missing)
        size, first, second = len(merged["labels"]), *(scale.size for scale in self._scales())
        table, first_only, second_only = np.split(merged["counts"], [first * second, first * second + first], axis=1)
        return {
            **merged,
            "counts": table.reshape(size, first, second),
            "first_only": first_only,
            "second_only": second_only,
        }

    def _take(self, positions: Sequence[int]) -> Self:
        arrays = {name: getattr(self, name)[positions] for name in ARRAYS}
        return replace(self, labels=tuple(self.labels[i] for i in positions), **arrays)


def check_waves(first: Hashable, second: Hashable) -> None:
    """Check that the two waves have names, and different ones."""
    for name, wave in (("first", first), ("second", second)):
        if not isinstance(wave, Hashable):
            msg = f"`{name}` must be a label, such as a text or a year; got {wave!r}."
            raise TypeError(msg)
    if first == second:
        msg = f"`first` and `second` must be two different labels; both are {first!r}."
        raise ValueError(msg)
