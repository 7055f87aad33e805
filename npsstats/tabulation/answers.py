"""From raw answers to counts, whichever engine has read them.

An engine reduces rows to a tally: one line for each combination of group labels and raw answer. Answers are
judged here, once per distinct value, so that all engines accept, refuse and count the same.
"""

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from npsstats.errors import InvalidRatingError
from npsstats.ratings.counts import RatingCounts
from npsstats.ratings.order import sort_labels
from npsstats.ratings.scales import Metric
from npsstats.tabulation.judging import Judge, Verdict
from npsstats.typing import Label

__all__ = ["Answer", "Reading", "RowReading", "count_answers", "in_order"]

Answer: TypeAlias = tuple[Any, ...]
"""The raw ratings of one respondent, one for each item of the scale."""

# How many different wrong answers a message lists.
LISTED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What an engine has read.

    Attributes
    ----------
    tally : iterable of (label, answer, count)
        One line for each combination of group labels and raw answer, in any order.
    rows : callable
        Gives (file or None, answer) of all rows in order; called only to say where a wrong answer stands.
    by : tuple of str
        The names of the group columns.
    name : str
        What to call the ratings in messages.
    order : mapping
        For group columns whose labels have an order of their own, by position: the labels in that order.
    remarks : list of str
        What the engine has done that the caller should hear of.
    """

    tally: Iterable[tuple[Label, Answer, int]]
    rows: Callable[[], Iterator[tuple[str | None, Answer]]]
    by: tuple[str, ...]
    name: str
    order: Mapping[int, list[Hashable]] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class RowReading:
    """What an engine reads row by row, where it matters which rows belong together.

    Attributes
    ----------
    rows : callable
        Gives (file or None, label, answer) of all rows in order; may be called again.
    order, remarks
        As for `Reading`.
    """

    rows: Callable[[], Iterator[tuple[str | None, Label, Answer]]]
    order: Mapping[int, list[Hashable]] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)


def count_answers(reading: Reading, metric: Metric, missing_codes: Collection[Any]) -> RatingCounts:
    """Judge the distinct answers of a reading and add them up by group and rating.

    Raises
    ------
    InvalidRatingError
        If an answer is neither a rating of the scale nor missing; with how many there are, which, and where.
    ValueError
        If there are no rows, or a missing code is a rating of the scale.
    """
    judge = Judge(metric.scale, missing_codes)
    cells: Counter[tuple[Label, int]] = Counter()
    missing: Counter[Label] = Counter()
    invalid: Counter[Answer] = Counter()
    for label, answer, count in reading.tally:
        verdict = judge(answer)
        if verdict is Verdict.INVALID:
            invalid[answer] += count
        elif verdict is Verdict.MISSING:
            missing[label] += count
        else:
            cells[label, verdict] += count
    total = cells.total() + missing.total() + invalid.total()
    if invalid:
        raise _complaint(reading, judge, invalid, total, {rating for _, rating in cells})
    if total == 0:
        msg = f"`{reading.name}` holds no rows; there is nothing to count."
        raise ValueError(msg)
    labels = in_order({label for label, _ in cells} | set(missing), reading.order)
    row = {label: i for i, label in enumerate(labels)}
    counts = np.zeros((len(labels), metric.scale.size), dtype=np.int64)
    lowest = int(metric.scale.ratings[0])
    for (label, rating), count in cells.items():
        counts[row[label], rating - lowest] = count
    absent = np.array([missing[label] for label in labels], dtype=np.int64)
    return RatingCounts(counts, metric=metric, missing=absent, by=reading.by, labels=tuple(labels))


def in_order(labels: set[Label], order: Mapping[int, list[Hashable]]) -> list[Label]:
    """Sort labels; columns that have an order of their own, by it."""
    ranks = {column: {entry: i for i, entry in enumerate(known)} for column, known in order.items()}

    def rank(label: Label) -> Label:
        return tuple(ranks[c].get(entry) if c in ranks else entry for c, entry in enumerate(label))

    by_rank = {rank(label): label for label in labels}
    return [by_rank[ranked] for ranked in sort_labels(by_rank)]


def _complaint(
    reading: Reading, judge: Judge, invalid: Counter[Answer], total: int, seen: set[int]
) -> InvalidRatingError:
    """Say how many answers are wrong, which, where the first stands, and what to do."""
    scale = judge.scale
    wrong: Counter[str] = Counter()
    codes: dict[str, int | str] = {}
    for answer, count in invalid.items():
        for value in answer:
            if judge.item(value) is Verdict.INVALID:
                shown = judge.shown(value)
                wrong[shown] += count
                code = judge.as_code(value)
                if code is not None:
                    codes[shown] = code
    common = [shown for shown, _ in wrong.most_common(LISTED)]
    listed = ", ".join(f"{wrong[shown]} × {shown}" for shown in common) + (", ..." if len(wrong) > LISTED else "")
    usable = tuple(codes[shown] for shown in common if shown in codes)
    what = f"whole numbers {scale.low}-{scale.high}" + ("" if scale.items == 1 else f" in all {scale.items} columns")
    many = f"{invalid.total()} of {total} {'is' if invalid.total() == 1 else 'are'} not"
    advice = "Recode them; nothing is rounded or guessed."
    if usable:
        advice = f"Recode them, or pass `missing_codes={list(usable)!r}` if they mean no answer."
    # All ratings but the lowest, and one above the highest: the whole scale has been moved up by one.
    if list(wrong) == [str(scale.high + 1)] and seen == set(range(scale.low + 1, scale.high + 1)):
        advice += (
            f" No answer is {scale.low}: was the scale shipped as {scale.low + 1}-{scale.high + 1}? Then subtract 1."
        )
    return InvalidRatingError(
        f"`{reading.name}` must be {what}; {many} (first: {_first(reading, judge)}; {listed}). {advice}",
        codes=usable,
    )


def _first(reading: Reading, judge: Judge) -> str:
    """Say which wrong answer comes first, and where; rows count from 1."""
    start: dict[str | None, int] = {}
    for position, (file, answer) in enumerate(reading.rows()):
        row = position - start.setdefault(file, position) + 1
        if judge(answer) is Verdict.INVALID:
            wrong = next(value for value in answer if judge.item(value) is Verdict.INVALID)
            return f"{judge.shown(wrong)} at row {row}{'' if file is None else f' of {file}'}"
    return "at a row that has changed since"
