"""The way in for respondents who were rated twice: from rows to counts of pairs."""

import warnings
from collections import Counter
from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import narwhals as nw
import numpy as np

from npsstats.ratings.order import sort_labels
from npsstats.ratings.pairs import PairedCounts, check_waves
from npsstats.ratings.scales import NPS, Metric
from npsstats.tabulation.answers import Reading, RowReading, count_answers, in_order
from npsstats.tabulation.files import read_file_rows, read_files
from npsstats.tabulation.frames import read_frame, read_frame_rows
from npsstats.tabulation.judging import Verdict, plain
from npsstats.tabulation.matching import Cells, Panel, Question, Row
from npsstats.tabulation.sources import column_names, paths_in

__all__ = ["tabulate_pairs"]

# How many labels of a column a message lists.
LISTED = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What was counted, and what the reader of the counts should know."""

    cells: Cells
    order: Mapping[int, list[Hashable]]
    remarks: list[str]
    hint: str
    notes: tuple[str, ...] = ()


def tabulate_pairs(
    data: Any,
    first: Any,
    second: Any,
    *,
    by: str | Sequence[str] | None = None,
    metric: Metric | Sequence[Metric] | None = None,
    rating: str | Sequence[str] | None = None,
    respondent: str | None = None,
    period: str | None = None,
    duplicates: Literal["error", "first", "last", "mean"] = "error",
    by_from: Literal["first", "second"] | None = None,
    missing_codes: Collection[int | str] | tuple[Collection[int | str], Collection[int | str]] = (),
) -> PairedCounts:
    """Count the pairs of ratings that the same respondents gave in two waves, or on two questions.

    The data are wide, a row for each respondent with a column for each of the two ratings; or, with `rating`,
    `respondent` and `period`, long: a row for each rating. Respondents with one of the two ratings, and with
    neither, are counted too. Answers are read as by `tabulate`.

    Parameters
    ----------
    data : frame or path
        As for `tabulate`: a frame of any library that Narwhals knows, or the path of CSV, Parquet or JSON files.
    first, second : str, sequence of str, or label
        Wide: the columns of the first and the second ratings; one column per item for a metric of several items.
        Long: two labels of the column `period`, such as 2015 and 2019.
    by : str or sequence of str, optional
        The group columns. In the long form a respondent must be in the same group in both waves, or `by_from` says
        which counts.
    metric : Metric or pair of Metric, optional
        What was asked, `NPS` by default; a pair if the two ratings are of different metrics.
    rating : str or sequence of str, optional
        Long: the column of the ratings; one column per item for a metric of several items.
    respondent : str, optional
        The column of the key that says which rows are of the same respondent: needed in the long form. In the
        wide form it is optional, and finds respondents with several rows.
    period : str, optional
        Long: the column of the waves. Rows of other periods are left out.
    duplicates : {"error", "first", "last", "mean"}, default "error"
        What to do with several ratings of a respondent in a wave: refuse them, keep the first or the last, in the
        order of the rows, or their mean where that is a rating of the scale. Rows without a rating do not count.
    by_from : {"first", "second"}, optional
        The wave whose groups count for respondents who change the group; those without a row in it keep the other.
    missing_codes : collection of int or str, or pair of them, optional
        Answers that stand for no answer, such as 99 or "don't know"; a pair if the two ratings have different codes.

    Returns
    -------
    PairedCounts
        With the two waves called as `first` and `second`. Groups are sorted as by `tabulate`.

    Raises
    ------
    InvalidRatingError
        If an answer is neither a rating of the scale nor missing, or a mean of several is no rating of the scale.
    FileNotFoundError
        If there is no such file.
    TypeError, ValueError
        If an argument or the data do not fit: no such column or period, rows without a key, several ratings of a
        respondent in a wave, respondents who change the group.

    Warns
    -----
    UserWarning
        If both waves have ratings and no respondent has both, or a column is found only after trimming spaces
        around its name.

    Examples
    --------
    >>> import npsstats as nps
    >>> import pandas as pd
    >>> wide = pd.DataFrame({"spring": [9, 7, 3, None], "autumn": [10, 9, None, 8]})
    >>> nps.tabulate_pairs(wide, "spring", "autumn")
    PairedCounts(1 group; 0-10; spring → autumn; n=2, first_only=1, second_only=1, missing=0)

    >>> long = pd.DataFrame({"id": [1, 2, 1, 2, 3], "year": [2024, 2024, 2025, 2025, 2025], "r": [9, 7, 10, 9, 8]})
    >>> nps.tabulate_pairs(long, 2024, 2025, rating="r", respondent="id", period="year")
    PairedCounts(1 group; 0-10; 2024 → 2025; n=2, first_only=0, second_only=1, missing=0)
    """
    _check_choice("duplicates", duplicates, ("error", "first", "last", "mean"))
    _check_choice("by_from", by_from, (None, "first", "second"))
    for name, column in (("respondent", respondent), ("period", period)):
        if column is not None and not isinstance(column, str):
            msg = f"`{name}` must be the name of a column; got {column!r}."
            raise TypeError(msg)
    wide = rating is None and period is None
    columns = _wave_columns("first", first) if wide else [], _wave_columns("second", second) if wide else []
    ratings = column_names("rating", () if rating is None else rating)
    waves = (", ".join(columns[0]), ", ".join(columns[1])) if wide else (plain(first), plain(second))
    question = Question(
        waves=waves,
        names=waves if wide else (", ".join(ratings),) * 2,
        metrics=_metrics(metric),
        missing_codes=_codes(missing_codes),
        by=column_names("by", () if by is None else by),
        duplicates=duplicates,
        by_from=by_from,
    )
    check_waves(*question.waves)
    _check_codes(question)
    for column in (respondent, period):
        if column in question.by:
            msg = f"`by` must name columns of groups; {column!r} is that of the respondents or the periods."
            raise ValueError(msg)
    if not wide:
        found = _read_long(data, ratings, respondent, period, question)
    elif respondent is None:
        found = _read_wide(data, columns, question)
    else:
        found = _read_wide_by_key(data, columns, respondent, question)
    counts = _paired(found, question)
    for remark in [*found.remarks, *_unmatched(counts, found.hint)]:
        warnings.warn(remark, stacklevel=2)
    return counts


# -------------------------------------------------------------------------------------------- the forms of the data


def _read_wide(data: Any, columns: tuple[list[str], list[str]], question: Question) -> _Found:
    """Count a row for each respondent: all that counts of it is the tally of its two answers."""
    if question.duplicates != "error":
        msg = f"`duplicates` {question.duplicates!r} needs `respondent`, the column of the keys of the respondents."
        raise ValueError(msg)
    _check_items("first", columns[0], question.metrics[0])
    _check_items("second", columns[1], question.metrics[1])
    paths, frame = _engine(data)
    used = [*columns[0], *columns[1]]
    reading = read_files(paths, used, question.by) if paths else read_frame(frame, used, question.by)
    size = len(columns[0])
    tally = list(reading.tally)
    parts = slice(size), slice(size, None)
    for part, name, metric, codes in zip(parts, question.names, question.metrics, question.missing_codes, strict=True):
        # The answers to one question by themselves: refused here if one is no rating.
        alone = Reading(
            tally=[(label, answer[part], count) for label, answer, count in tally],
            rows=lambda part=part: ((file, answer[part]) for file, answer in reading.rows()),  # type: ignore[misc]
            by=reading.by,
            name=name,
        )
        count_answers(alone, metric, codes)
    first, second = question.judges()
    cells: Cells = Counter()
    for label, answer, count in tally:
        cells[label, _rating(first(answer[:size])), _rating(second(answer[size:]))] += count
    hint = "Are both ratings of a respondent in one row?"
    return _Found(cells=cells, order=reading.order, remarks=reading.remarks, hint=hint)


def _read_wide_by_key(data: Any, columns: tuple[list[str], list[str]], respondent: str, question: Question) -> _Found:
    """Count a row for each respondent, who may have several by mistake."""
    _check_items("first", columns[0], question.metrics[0])
    _check_items("second", columns[1], question.metrics[1])
    read = _rows_of(data, [*columns[0], *columns[1]], [*question.by, respondent])
    size = len(columns[0])

    def rows() -> Iterator[Row]:
        for file, label, answer in read.rows():
            yield file, label[:-1], label[-1], 0, answer[:size]
            yield file, label[:-1], label[-1], 1, answer[size:]

    panel = Panel(rows, question, size=2)
    panel.check(respondent, ((0,), (1,)))
    hint = "Are both ratings of a respondent under one key?"
    return _Found(cells=panel.cells(), order=read.order, remarks=read.remarks, hint=hint)


def _read_long(data: Any, ratings: list[str], respondent: str | None, period: str | None, question: Question) -> _Found:
    """Count a row for each rating, matched by the key of the respondent."""
    if not ratings or respondent is None or period is None:
        given = {"rating": ratings, "respondent": respondent, "period": period}
        absent = " and ".join(f"`{name}`" for name, value in given.items() if not value)
        msg = (
            f"data with a row for each rating need `rating`, `respondent` and `period`; there is no {absent}. With a "
            "row for each respondent, `first` and `second` are columns, and neither `rating` nor `period` is given."
        )
        raise ValueError(msg)
    for metric in question.metrics:
        _check_items("rating", ratings, metric)
    read = _rows_of(data, ratings, [*question.by, respondent, period])
    where = {wave: place for place, wave in enumerate(question.waves)}
    periods: Counter[Hashable] = Counter()

    def rows() -> Iterator[Row]:
        periods.clear()
        for file, label, answer in read.rows():
            *group, key, when = label
            periods[when] += 1
            yield file, tuple(group), key, where.get(when), answer

    panel = Panel(rows, question, size=1)
    undated = periods[None]
    _check_periods(period, periods, question)
    panel.check(respondent, ((0, 1),) if question.is_one else ((0,), (1,)))
    return _Found(
        cells=panel.cells(),
        order=read.order,
        remarks=read.remarks,
        hint="Is each respondent known by the same key in both?",
        notes=(f"{undated} row{'' if undated == 1 else 's'} without {period} left out",) if undated else (),
    )


# ------------------------------------------------------------------------------------------------------- the counts


def _paired(found: _Found, question: Question) -> PairedCounts:
    """Lay the cells out by group and ratings; whoever has no rating comes after the highest one."""
    labels = in_order({label for label, _, _ in found.cells}, found.order)
    row = {label: i for i, label in enumerate(labels)}
    places = [
        {**{rating: i for i, rating in enumerate(metric.scale.ratings.tolist())}, None: metric.scale.size}
        for metric in question.metrics
    ]
    full = np.zeros((len(labels), len(places[0]), len(places[1])), dtype=np.int64)
    for (label, first, second), count in found.cells.items():
        full[row[label], places[0][first], places[1][second]] = count
    return PairedCounts(
        full[:, :-1, :-1],
        metric=question.metrics[0],
        metric_second=question.metrics[1],
        first_only=full[:, :-1, -1],
        second_only=full[:, -1, :-1],
        missing=full[:, -1, -1],
        by=tuple(question.by),
        labels=tuple(labels),
        first=question.waves[0],
        second=question.waves[1],
        notes=found.notes,
    )


def _unmatched(counts: PairedCounts, hint: str) -> list[str]:
    """Say that nobody was rated twice, which is seldom meant."""
    only = counts.first_only.sum(), counts.second_only.sum()
    if counts.n.sum() or not all(only):
        return []
    return [
        f"no respondent has a rating in both waves: {only[0]} have one in {counts.first!r} only, {only[1]} in "
        f"{counts.second!r} only. {hint}"
    ]


# ------------------------------------------------------------------------------------------------------ small parts


def _engine(data: Any) -> tuple[list[Path], Any]:
    """The paths of files, or else a frame."""
    paths = paths_in(data)
    known = nw.from_native(data, allow_series=True, pass_through=True)
    if not paths and not isinstance(known, (nw.DataFrame, nw.LazyFrame)):
        msg = f"`data` must be a frame or the path of a file; got {type(data).__name__}."
        raise TypeError(msg)
    return paths, known


def _rows_of(data: Any, rating: list[str], labels: list[str]) -> RowReading:
    paths, frame = _engine(data)
    return read_file_rows(paths, rating, labels) if paths else read_frame_rows(frame, rating, labels)


def _rating(verdict: int | Verdict) -> int | None:
    return verdict if isinstance(verdict, int) else None


def _metrics(metric: object) -> tuple[Metric, Metric]:
    """Read one metric for both waves, or one for each."""
    given = (NPS,) if metric is None else tuple(metric) if isinstance(metric, Sequence) else (metric,)
    if len(given) not in (1, 2) or not all(isinstance(each, Metric) for each in given):
        msg = f"`metric` must be a Metric such as npsstats.NPS, or a pair of them; got {metric!r}."
        raise TypeError(msg)
    return given[0], given[-1]


def _codes(given: Any) -> tuple[Collection[int | str], Collection[int | str]]:
    """Read the missing codes of both ratings, or those of each."""
    several = given if isinstance(given, Sequence) else ()
    lists = [each for each in several if isinstance(each, Collection) and not isinstance(each, str)]
    return (lists[0], lists[1]) if len(lists) == len(several) == 2 else (given, given)


def _check_codes(question: Question) -> None:
    """Check that no code is a rating, which may be so on one of two scales only."""
    try:
        question.judges()
    except ValueError as error:
        if question.metrics[0].scale == question.metrics[1].scale:
            raise
        msg = f"{error} For codes of one of the two ratings pass a pair of lists, such as `missing_codes=([11], [0])`."
        raise ValueError(msg) from None


def _wave_columns(name: str, given: object) -> list[str]:
    """Read the columns of the ratings of one wave."""
    names = [given] if isinstance(given, str) else given
    if not isinstance(names, Sequence) or not all(isinstance(each, str) for each in names):
        msg = (
            f"`{name}` must be the name of a column or a list of names; got {given!r}. If it is a label of a column "
            "of periods, pass `rating`, `respondent` and `period`."
        )
        raise TypeError(msg)
    return list(names)


def _check_items(name: str, columns: Sequence[str], metric: Metric) -> None:
    items = metric.scale.items
    if len(columns) != items:
        what = "the column of the ratings" if items == 1 else f"the {items} columns of the items"
        msg = f"`{name}` must name {what}; got {list(columns) or 'none'}."
        raise ValueError(msg)


def _check_choice(name: str, value: object, choices: Sequence[str | None]) -> None:
    if not any(value is choice or value == choice for choice in choices):
        listed = f"{', '.join(map(repr, choices[:-1]))} or {choices[-1]!r}"
        msg = f"`{name}` must be {listed}; got {value!r}."
        raise ValueError(msg)


def _check_periods(period: str, periods: Mapping[Hashable, int], question: Question) -> None:
    """Check that there are rows, and some of each wave."""
    if not periods:
        msg = f"`{question.names[0]}` holds no rows; there is nothing to count."
        raise ValueError(msg)
    for name, wave in zip(("first", "second"), question.waves, strict=True):
        if wave is None or wave not in periods:
            known = [label for (label,) in sort_labels((label,) for label in periods if label is not None)]
            listed = ", ".join(map(repr, known[:LISTED])) + (", ..." if len(known) > LISTED else "")
            # As 2015 and "2015", or a timestamp and the date of it.
            other = [label for label in known if str(label).startswith(str(wave)) and type(label) is not type(wave)]
            kinds = f" {type(wave).__name__} and {type(other[0]).__name__} are different labels." if other else ""
            msg = (
                f"`{name}` must be a label of the column {period!r}, which has {listed or 'none'}; got {wave!r}.{kinds}"
            )
            raise ValueError(msg)
