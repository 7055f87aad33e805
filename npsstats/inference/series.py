"""Groups as series of periods: which belong together, in what order, and when they were."""

from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from npsstats.ratings.counts import RatingCounts
from npsstats.ratings.periods import Periods, read_periods
from npsstats.ratings.surveys import SurveyCounts
from npsstats.typing import BoolArray, FloatArray, IndexArray, IntArray, Label

__all__ = ["answered_periods", "check_order", "series_of", "times_of"]


Counts = TypeVar("Counts", RatingCounts, SurveyCounts)


def answered_periods(counts: Counts, question: str) -> tuple[Counts, BoolArray, tuple[str, ...]]:
    """Leave out periods without ratings, which say nothing, and note it.

    Returns the other counts, which groups they are, and the note.
    """
    if not counts.by:
        msg = f"`{question}` needs periods; these counts have one group only. Tabulate with `by`."
        raise ValueError(msg)
    answered = counts.n > 0
    empty = int((~answered).sum())
    if not empty or not answered.any():
        return counts, np.ones_like(answered), ()
    note = f"{empty} of {answered.size} groups have no rating and are left out"
    return counts.answered(), answered, (note,)


def series_of(counts: RatingCounts | SurveyCounts) -> list[tuple[Label, IndexArray]]:
    """Find the groups of each series: those with the same labels in all group columns but the last."""
    rows: dict[Label, list[int]] = {}
    for i, label in enumerate(counts.labels):
        rows.setdefault(label[:-1], []).append(i)
    return [(label, np.array(where, dtype=np.intp)) for label, where in rows.items()]


def check_order(counts: RatingCounts | SurveyCounts, when: FloatArray | IntArray) -> None:
    """Check that the groups of each series follow each other in time."""
    for _, rows in series_of(counts):
        wrong = np.flatnonzero(np.diff(when[rows]) <= 0)
        if not wrong.size:
            continue
        first, second = (counts.groups[i] for i in rows[wrong[0] : wrong[0] + 2])
        if when[rows[wrong[0]]] == when[rows[wrong[0] + 1]]:
            msg = f"each period may occur once in a series; {first!r} and {second!r} are the same. Add them up first."
            raise ValueError(msg)
        ordered = [repr(counts.groups[i]) for i in np.argsort(when, kind="stable")]
        shown = ", ".join(ordered[:4]) + (", ..." if len(ordered) > 4 else "")
        msg = (
            f"periods must be in order of time; {first!r} comes before {second!r}. "
            f"Put them in order with `counts.select({shown})`."
        )
        raise ValueError(msg)


def times_of(
    counts: RatingCounts | SurveyCounts, times: ArrayLike | Sequence[Any] | None, answered: BoolArray
) -> tuple[FloatArray, Periods | None]:
    """When each group was asked, in years, and what its period is, if that is known."""
    if times is None:
        given = [label[-1] for label in counts.labels]
    else:
        given = [*_as_list(times)]
        if len(given) != answered.size:
            msg = f"`times` must have one entry for each of the {answered.size} groups; got {len(given)}."
            raise ValueError(msg)
        given = [entry for entry, kept in zip(given, answered, strict=True) if kept]
        if all(isinstance(entry, (int, float, np.integer, np.floating)) for entry in given):
            when = np.array(given, dtype=np.float64)
            if not np.isfinite(when).all():
                msg = f"`times` must be finite numbers of years; got {when[~np.isfinite(when)][0]}."
                raise ValueError(msg)
            check_order(counts, when)
            return when, None
    periods = read_periods(given)
    if periods is None:
        what = f"the labels of {counts.by[-1]!r}" if times is None else "`times`"
        shown = ", ".join(map(repr, given[:3])) + (", ..." if len(given) > 3 else "")
        msg = (
            f"{what} cannot all be read as periods of one kind ({shown}). Write them as 2024, '2024H1', '2024Q1', "
            "'2024-03', '2024-W05' or '2024-03-15', or pass `times`: for each group when it was asked, in years."
        )
        raise ValueError(msg)
    check_order(counts, periods.ordinal)
    return periods.time, periods


def _as_list(times: Any) -> list[Any]:
    if isinstance(times, str) or not hasattr(times, "__iter__"):
        msg = f"`times` must be a sequence with one entry for each group; got {times!r}."
        raise TypeError(msg)
    return list(times)
