"""Combinations of ratings on several metrics: how they are numbered, checked, and told apart."""

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from npsstats.ratings.checks import check_type, whole_numbers
from npsstats.ratings.counts import RatingCounts
from npsstats.ratings.scales import Metric, Scale, mean_rating
from npsstats.ratings.surveys import SurveyCounts
from npsstats.typing import FloatArray, IndexArray, IntArray, Label

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "ByGroup",
    "all_combinations",
    "check_answers",
    "check_metrics",
    "check_outcome",
    "check_table",
    "combinations_of",
    "frame_of",
    "join",
    "occurring",
]


class ByGroup:
    """What counts of combinations have from their cells: groups, how many there are in each, and notes."""

    __slots__ = ()
    cells: RatingCounts | SurveyCounts

    @property
    def by(self) -> tuple[str, ...]:
        """The names of the group columns."""
        return self.cells.by

    @property
    def labels(self) -> tuple[Label, ...]:
        """One label per group, each with one entry per group column."""
        return self.cells.labels

    @property
    def groups(self) -> tuple[Hashable, ...]:
        """One label per group: the bare label if there is one group column, else a tuple."""
        return self.cells.groups

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of any result must know about the origin of the counts."""
        return self.cells.notes

    @property
    def n(self) -> IntArray:
        """Respondents with at least one rating, by group."""
        return self.cells.n

    @property
    def missing(self) -> IntArray:
        """Respondents without any rating, by group."""
        return self.cells.missing


def combinations_of(size: int) -> Metric:
    """Make the metric of so many combinations, which are only numbered."""
    return mean_rating(Scale(0, size - 1), name="combination")


def all_combinations(sizes: Sequence[int]) -> IntArray:
    """List all combinations of places on scales of these sizes, the last one running fastest."""
    return np.stack(np.unravel_index(np.arange(int(np.prod(sizes))), tuple(sizes)), axis=1).astype(np.int64)


def occurring(counts: IntArray) -> IndexArray:
    """Find the combinations that occur in some group; two at least, as a scale has."""
    there = np.flatnonzero(counts.any(axis=0))
    spare = np.setdiff1d(np.arange(counts.shape[1]), there)[: max(0, 2 - there.size)]
    return np.sort(np.concatenate([there, spare])).astype(np.intp)


def join(
    first: tuple[IntArray, FloatArray | None], second: tuple[IntArray, FloatArray | None]
) -> tuple[IntArray, FloatArray | None, tuple[IndexArray, IndexArray]]:
    """Join two lists of combinations: answers, outcomes, and where those of each list stand."""
    keys = np.concatenate([_keys(*first), _keys(*second)])
    _, rows, place = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    answers = np.concatenate([first[0], second[0]])[rows]
    outcome = None if first[1] is None or second[1] is None else np.concatenate([first[1], second[1]])[rows]
    where = place.ravel().astype(np.intp)
    return answers, outcome, (where[: len(first[0])], where[len(first[0]) :])


def renumbered(counts: RatingCounts, places: IndexArray, size: int) -> RatingCounts:
    """Put counts of combinations where these stand in a longer list."""
    table = np.zeros((len(counts), size), dtype=np.int64)
    np.add.at(table.T, places, counts.counts.T)
    return RatingCounts(
        table,
        metric=combinations_of(size),
        missing=counts.missing,
        by=counts.by,
        labels=counts.labels,
        notes=counts.notes,
    )


def frame_of(
    columns: dict[str, Any], metrics: tuple[Metric, ...], answers: IntArray, last: Sequence[tuple[str, Any]]
) -> "pd.DataFrame":
    """Make a frame of combinations: first columns, the ratings, last columns."""
    import pandas as pd

    names = [*columns, *(metric.name for metric in metrics), *(name for name, _ in last)]
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        msg = (
            f"a frame of these counts would have {names.count(twice)} columns {twice!r}: group columns, metrics, the "
            "outcome and the number 'n' need names of their own. Rename the column of the data, or give the metric "
            "another name."
        )
        raise ValueError(msg)

    ratings = {}
    for metric, places in zip(metrics, answers.T, strict=True):
        ratings[metric.name] = pd.array(metric.scale.ratings[places], dtype="Int64")
        ratings[metric.name][places < 0] = pd.NA
    return pd.DataFrame({**columns, **ratings, **dict(last)})


def check_metrics(metrics: tuple[Metric, ...]) -> None:
    """Check that there are metrics, with names that tell them apart."""
    for metric in metrics:
        check_type("metrics", metric, Metric, "npsstats.NPS")
    names = [metric.name for metric in metrics]
    if not names:
        msg = "`metrics` must hold at least one metric."
        raise ValueError(msg)
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        msg = (
            f"`metrics` must have different names; {twice!r} occurs {names.count(twice)} times. Name them, as in "
            'npsstats.effort_score(scale, favourable="high", name="CES of check-in").'
        )
        raise ValueError(msg)


def check_table(given: ArrayLike, metrics: tuple[Metric, ...]) -> tuple[IntArray, tuple[int, ...]]:
    """Check that a cross-table, or one per group, has the ratings of the metrics; with the number of each."""
    check_metrics(metrics)
    counts = whole_numbers("table", given)
    sizes = tuple(metric.scale.size for metric in metrics)
    counts = counts[np.newaxis] if counts.shape == sizes else counts
    if counts.shape[1:] != sizes:
        named = ", ".join(f"{metric.name} {metric.scale.size}" for metric in metrics)
        msg = (
            f"`table` must have shape {sizes}, for the ratings of the metrics ({named}), or one such table per group; "
            f"got {counts.shape}."
        )
        raise ValueError(msg)
    return counts, sizes


def check_answers(given: object, metrics: tuple[Metric, ...], size: int) -> IntArray:
    """Check the places of ratings on their scales, and keep a read-only copy."""
    answers = np.array(given, dtype=np.int64)
    if answers.shape != (size, len(metrics)):
        msg = (
            f"`answers` must have shape {(size, len(metrics))}, for the combinations and metrics; got {answers.shape}."
        )
        raise ValueError(msg)
    for column, metric in enumerate(metrics):
        wrong = (answers[:, column] < -1) | (answers[:, column] >= metric.scale.size)
        if wrong.any():
            msg = (
                f"`answers` must be places on the scale {metric.scale} of {metric.name}, 0 to {metric.scale.size - 1}, "
                f"or -1 for no rating; got {answers[wrong, column][0]}."
            )
            raise ValueError(msg)
    answers.setflags(write=False)
    return answers


def check_outcome(given: object, size: int) -> FloatArray:
    """Check the outcomes of combinations, and keep a read-only copy."""
    outcome = np.array(given, dtype=np.float64)
    if outcome.shape != (size,) or np.isinf(outcome).any():
        msg = f"`outcome` must be a finite number, or nan, for each of {size} combinations; got {given!r}."
        raise ValueError(msg)
    outcome.setflags(write=False)
    return outcome


def _keys(answers: IntArray, outcome: FloatArray | None) -> FloatArray:
    """Give what tells combinations apart; nan is not even itself."""
    known = np.zeros(len(answers)) if outcome is None else outcome
    return np.column_stack([answers.astype(np.float64), np.isnan(known), np.nan_to_num(known)])
