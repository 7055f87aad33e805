"""Counts of combinations of ratings by group: all that inference needs from respondents with several ratings each."""

from collections.abc import Hashable, Sequence
from dataclasses import KW_ONLY, dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike

from npsstats.ratings.checks import check_type
from npsstats.ratings.combinations import (
    ByGroup,
    all_combinations,
    check_answers,
    check_metrics,
    check_outcome,
    check_table,
    combinations_of,
    frame_of,
    join,
    occurring,
    renumbered,
)
from npsstats.ratings.counts import RatingCounts
from npsstats.ratings.grouping import group_published
from npsstats.ratings.pairs import PairedCounts
from npsstats.ratings.scales import Metric
from npsstats.ratings.surveys import SurveyCounts
from npsstats.typing import FloatArray, IntArray

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["JointCounts"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class JointCounts(ByGroup):
    """How many respondents of each group gave each combination of ratings: the same people on several metrics.

    Made by `tabulate_joint` from responses, by `from_table` and `from_pairs` from cross-tables. Counts of the same
    questions add up with ``+``.

    Parameters
    ----------
    cells : RatingCounts or SurveyCounts
        Respondents by group and combination: the "ratings" are the numbers of the combinations, from 0.
    metrics : tuple of Metric
        The metrics, under different names.
    answers : array_like of int, shape (combinations, metrics)
        Which rating of each metric a combination has: its place on the scale, from 0; -1 for no rating.
    outcome : array_like, shape (combinations,), optional
        What became of the respondents, such as 1 for those who left; nan where it is not known.
    outcome_name : str, optional
        What the outcome is called.
    margins : tuple of SurveyCounts, optional
        For a survey: the counts of each metric by themselves.

    Raises
    ------
    TypeError
        If `cells` or `metrics` are something else.
    ValueError
        If shapes disagree, two metrics have the same name, or a rating is not on its scale.

    Examples
    --------
    >>> import npsstats as nps
    >>> happy = nps.top_box(nps.Scale(0, 1), boxes=1, name="happy")
    >>> joint = nps.JointCounts.from_table([[8, 2], [10, 20], [5, 55]], metrics=[nps.NPS_CATEGORIES, happy])
    >>> joint
    JointCounts(1 group; NPS, happy; 6 combinations; n=100, missing=0)
    >>> joint.margin("NPS").counts
    array([[10, 30, 60]])
    """

    cells: RatingCounts | SurveyCounts
    _: KW_ONLY
    metrics: tuple[Metric, ...]
    answers: IntArray
    outcome: FloatArray | None = None
    outcome_name: str | None = None
    margins: tuple[SurveyCounts, ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.cells, (RatingCounts, SurveyCounts)):
            msg = f"`cells` must be RatingCounts or SurveyCounts of combinations; got {type(self.cells).__name__}."
            raise TypeError(msg)
        object.__setattr__(self, "metrics", tuple(self.metrics))
        check_metrics(self.metrics)
        size = self.cells.scale.size
        object.__setattr__(self, "answers", check_answers(self.answers, self.metrics, size))
        if self.outcome is not None:
            object.__setattr__(self, "outcome", check_outcome(self.outcome, size))

    @classmethod
    def from_table(
        cls,
        table: ArrayLike,
        *,
        metrics: Sequence[Metric],
        groups: Sequence[Hashable] | None = None,
        by: str = "group",
        missing: ArrayLike | None = None,
    ) -> Self:
        """Make counts from published cross-tables of the ratings of the same respondents.

        Use `tabulate_joint` for rows.

        Parameters
        ----------
        table : array_like of int, shape (ratings of the first, ratings of the second, ...), or with groups before these
            Respondents by their ratings on each metric, lowest ratings first.
        metrics : sequence of Metric
            The metric of each dimension of the table.
        groups : sequence, optional
            One label per group; needed with more than one group.
        by : str, default "group"
            The name of the group column.
        missing : int or array_like of int, optional
            Respondents without any rating.

        Returns
        -------
        JointCounts

        Raises
        ------
        TypeError, ValueError
            As for `JointCounts`; if the table does not have the ratings of the metrics.

        Examples
        --------
        >>> from npsstats import NPS_CATEGORIES, Scale, top_box
        >>> happy = top_box(Scale(0, 1), boxes=1, name="happy")
        >>> JointCounts.from_table([[8, 2], [10, 20], [5, 55]], metrics=[NPS_CATEGORIES, happy]).n
        array([100])
        """
        counts, sizes = check_table(table, tuple(metrics))
        known = group_published(len(counts), groups, by, missing)
        return cls._observed(counts.reshape(len(counts), -1), all_combinations(sizes), metrics=tuple(metrics), **known)

    @classmethod
    def from_pairs(cls, pairs: PairedCounts) -> Self:
        """Make counts from pairs of ratings of two metrics.

        Parameters
        ----------
        pairs : PairedCounts
            Its two waves are two metrics of the same respondents.

        Returns
        -------
        JointCounts

        Raises
        ------
        TypeError, ValueError
            If these are no pairs, or both waves have one metric, which is for `compare`.

        Examples
        --------
        >>> from npsstats import Scale, top_box
        >>> happy = top_box(Scale(0, 1), boxes=1, name="happy")
        >>> JointCounts.from_pairs(PairedCounts.from_table([[8, 2], [10, 20], [5, 55]], metric_second=happy))
        JointCounts(1 group; NPS, happy; 6 combinations; n=100, missing=0)
        """
        check_type("pairs", pairs, PairedCounts, "npsstats.tabulate_pairs(...)")
        metrics = (pairs.metric, pairs.metric_second)
        if metrics[0] == metrics[1]:
            msg = f"`pairs` must be of two metrics; both are {metrics[0].name}. For two waves there is `compare`."
            raise ValueError(msg)
        first, second = (metric.scale.size for metric in metrics)
        only = [(np.arange(first), np.full(first, -1)), (np.full(second, -1), np.arange(second))]
        answers = np.concatenate([all_combinations((first, second)), *(np.column_stack(columns) for columns in only)])
        counts = np.concatenate([pairs.counts.reshape(len(pairs), -1), pairs.first_only, pairs.second_only], axis=1)
        groups: dict[str, Any] = {
            "missing": pairs.missing,
            "by": pairs.by,
            "labels": pairs.labels,
            "notes": pairs.notes,
        }
        return cls._observed(counts, answers, metrics=metrics, **groups)

    @classmethod
    def _observed(
        cls,
        counts: IntArray,
        answers: IntArray,
        *,
        metrics: tuple[Metric, ...],
        outcome: FloatArray | None = None,
        outcome_name: str | None = None,
        **groups: Any,
    ) -> Self:
        """Keep the combinations that occur."""
        keep = occurring(counts)
        cells = RatingCounts(counts[:, keep], metric=combinations_of(keep.size), **groups)
        kept = None if outcome is None else outcome[keep]
        return cls(cells, metrics=metrics, answers=answers[keep], outcome=kept, outcome_name=outcome_name)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the metrics."""
        return tuple(metric.name for metric in self.metrics)

    @property
    def counts(self) -> IntArray:
        """Respondents by group and combination, unweighted."""
        return (self.cells.respondents if isinstance(self.cells, SurveyCounts) else self.cells).counts

    @property
    def shares(self) -> FloatArray:
        """The shares of the combinations in each group, by weight in a survey; nan without ratings."""
        if isinstance(self.cells, SurveyCounts):
            return self.cells.proportions
        n = self.n[:, None]
        shares: FloatArray = np.divide(self.counts, n, out=np.full(self.counts.shape, np.nan), where=n > 0)
        return shares

    @property
    def values(self) -> list[FloatArray]:
        """What each combination counts under each metric, in points; nan where it has no rating."""
        columns = zip(self.metrics, self.answers.T, strict=True)
        return [np.append(metric.values, np.nan)[places] for metric, places in columns]

    def position(self, name: str) -> int:
        """Find the place of a metric.

        Parameters
        ----------
        name : str
            Its name.

        Returns
        -------
        int

        Raises
        ------
        ValueError
            If no metric has this name.
        """
        if name not in self.names:
            msg = f"there is no metric {name!r}; the metrics are {', '.join(self.names)}."
            raise ValueError(msg)
        return self.names.index(name)

    def margin(self, name: str) -> RatingCounts | SurveyCounts:
        """Give the counts of one metric: of all who gave it, whatever else they gave.

        Parameters
        ----------
        name : str
            The name of the metric.

        Returns
        -------
        RatingCounts or SurveyCounts

        Raises
        ------
        ValueError
            If no metric has this name.
        """
        place = self.position(name)
        if isinstance(self.cells, SurveyCounts):
            return self.margins[place]
        metric, answers = self.metrics[place], self.answers[:, place]
        table = np.zeros((len(self), metric.scale.size + 1), dtype=np.int64)
        np.add.at(table.T, answers, self.counts.T)
        return RatingCounts(table[:, :-1], metric=metric, missing=self.missing + table[:, -1], **self._groups)

    def of(self, *names: str) -> Self:
        """Keep these metrics, in this order.

        Parameters
        ----------
        *names : str
            The names of the metrics.

        Returns
        -------
        JointCounts

        Raises
        ------
        ValueError
            If no metric has one of the names.
        """
        places = [self.position(name) for name in names]
        return replace(
            self,
            metrics=tuple(self.metrics[place] for place in places),
            answers=self.answers[:, places],
            margins=tuple(self.margins[place] for place in places) if self.margins else (),
        )

    def complete(self, *names: str) -> Self:
        """Keep the respondents who gave all of these ratings.

        Parameters
        ----------
        *names : str
            The names of the metrics; all of them by default.

        Returns
        -------
        JointCounts
            The others count as missing.

        Raises
        ------
        TypeError
            If the counts are those of a survey, whose rows decide.
        ValueError
            If no metric has one of the names.
        """
        if isinstance(self.cells, SurveyCounts):
            msg = '`complete` needs the rows of a survey: tabulate them with `respondents="complete"`.'
            raise TypeError(msg)
        places = [self.position(name) for name in names or self.names]
        kept = (self.answers[:, places] >= 0).all(axis=1)
        return self._observed(
            np.where(kept, self.counts, 0),
            self.answers,
            metrics=self.metrics,
            missing=self.missing + self.counts[:, ~kept].sum(axis=1),
            outcome=self.outcome,
            outcome_name=self.outcome_name,
            **self._groups,
        )

    def select(self, *labels: Hashable) -> Self:
        """Keep the groups with these labels, in this order.

        Parameters
        ----------
        *labels : hashable
            The labels of the groups; tuples if there are several group columns.

        Returns
        -------
        JointCounts

        Raises
        ------
        ValueError
            If no group has one of the labels.
        """
        return self._regrouped("select", *labels)

    def answered(self, *names: str) -> Self:
        """Keep the groups with ratings of all of these metrics.

        Parameters
        ----------
        *names : str
            The names of the metrics; all of them by default.

        Returns
        -------
        JointCounts

        Raises
        ------
        ValueError
            If no metric has one of the names, or no group has ratings of them all.
        """
        places = [self.position(name) for name in names or self.names]
        rated = self.counts @ (self.answers[:, places] >= 0)
        return self.select(*(group for group, row in zip(self.groups, rated, strict=True) if row.all()))

    def pool(self, *keep: str) -> Self:
        """Add up groups.

        Parameters
        ----------
        *keep : str
            The group columns to keep; with none, all groups become one.

        Returns
        -------
        JointCounts

        Raises
        ------
        ValueError
            If there is no such group column.
        """
        return self._regrouped("pool", *keep)

    def to_frame(self) -> "pd.DataFrame":
        """Show the counts as a pandas frame: a row for each group and combination that occurs in it.

        Returns
        -------
        pandas.DataFrame
            Group columns, ratings, the outcome if there is one, and ``n``, the respondents.

        Raises
        ------
        ValueError
            If two of these columns have one name.
        """
        group, cell = np.nonzero(self.counts)
        columns: dict[str, Any] = {name: [self.labels[g][i] for g in group] for i, name in enumerate(self.by)}
        last = [] if self.outcome is None else [(str(self.outcome_name), self.outcome[cell])]
        return frame_of(columns, self.metrics, self.answers[cell], [*last, ("n", self.counts[group, cell])])

    def __add__(self, other: object) -> Self:
        if not isinstance(other, JointCounts):
            return NotImplemented
        own, others = self.cells, other.cells
        if isinstance(own, SurveyCounts) or isinstance(others, SurveyCounts):
            msg = "counts of surveys do not add up; tabulate all rows together."
            raise TypeError(msg)
        if self.metrics != other.metrics or self.outcome_name != other.outcome_name:
            msg = f"counts add up if they have the same metrics and outcome; got {self!r} and {other!r}."
            raise ValueError(msg)
        answers, outcome, places = join((self.answers, self.outcome), (other.answers, other.outcome))
        size = len(answers)
        cells = renumbered(own, places[0], size) + renumbered(others, places[1], size)
        return replace(self, cells=cells, answers=answers, outcome=outcome)

    def __len__(self) -> int:
        return len(self.cells)

    def __repr__(self) -> str:
        by = f" by {', '.join(self.by)}" if self.by else ""
        groups = f"{len(self)} group{'' if len(self) == 1 else 's'}{by}"
        outcome = "" if self.outcome is None else f", outcome {self.outcome_name}"
        sizes = f"n={self.n.sum()}, missing={self.missing.sum()}"
        design = f"; {self.cells.design.description}" if isinstance(self.cells, SurveyCounts) else ""
        many = f"{len(self.answers)} combinations"
        return f"JointCounts({groups}; {', '.join(self.names)}{outcome}; {many}; {sizes}{design})"

    @property
    def _groups(self) -> dict[str, Any]:
        return {"by": self.by, "labels": self.labels, "notes": self.notes}

    def _regrouped(self, way: str, *arguments: Hashable) -> Self:
        return replace(
            self,
            cells=getattr(self.cells, way)(*arguments),
            margins=tuple(getattr(margin, way)(*arguments) for margin in self.margins),
        )
