"""Reading data in memory: lists, arrays, and frames of any library through Narwhals."""

import difflib
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from typing import Any

import narwhals as nw
import numpy as np

from npsstats.tabulation.answers import Answer, Reading, RowReading
from npsstats.tabulation.judging import plain
from npsstats.typing import Label

__all__ = ["match_columns", "read_frame", "read_frame_rows", "read_values", "trimmed"]

# What most labels are; to look at the type of a million of them is quicker than to convert them.
PLAIN = frozenset({int, str})


def read_values(values: Sequence[Any] | np.ndarray[Any, Any], *, name: str = "data") -> Reading:
    """Tally a list, tuple or one-dimensional array of ratings.

    Raises
    ------
    ValueError
        If an array has more than one dimension.
    TypeError
        If an entry is a container.
    """
    if isinstance(values, np.ndarray):
        if values.ndim != 1:
            msg = f"`{name}` must be one-dimensional, one rating per respondent; got shape {values.shape}."
            raise ValueError(msg)
        if values.dtype.kind in "iufb":
            # NaN is not equal to itself, but np.unique takes all of them as one.
            distinct, counts = np.unique(values, return_counts=True)
            tally = [((), (value,), count) for value, count in zip(distinct.tolist(), counts.tolist(), strict=True)]
            return Reading(tally=tally, rows=lambda: _bare(values.tolist()), by=(), name=name)
    entries: list[Any] = values.tolist() if isinstance(values, np.ndarray) else list(values)
    for position, entry in enumerate(entries):
        if not isinstance(entry, Hashable):
            msg = (
                f"`{name}` must be single ratings; got {type(entry).__name__} at row {position + 1}. "
                "For several columns pass a frame with `rating` and `by`."
            )
            raise TypeError(msg)
    return Reading(tally=_tallied([((), (entry,)) for entry in entries]), rows=lambda: _bare(entries), by=(), name=name)


def read_frame(frame: "nw.DataFrame[Any] | nw.LazyFrame[Any]", rating: Sequence[str], by: Sequence[str]) -> Reading:
    """Tally a frame: one row per respondent.

    Raises
    ------
    ValueError
        If there is no such column.
    """
    frame, actual, remarks = _selected(frame, [*by, *rating])
    answers, used = actual[len(by) :], frame.collect_schema().names()
    if nw.Object in frame.collect_schema().dtypes():
        # A column of mixed Python values: a library would take True and 1 for the same.
        tally = _tallied([(row[: len(by)], row[len(by) :]) for row in _single_values(frame, actual)])
    else:
        size = "rows"
        while size in used:
            size += "_"
        counted = frame.group_by(used).agg(nw.len().alias(size))
        tally = [
            (tuple(map(plain, row[: len(by)])), row[len(by) : -1], row[-1]) for row in _rows(counted, [*actual, size])
        ]

    def in_order() -> Iterator[tuple[None, Answer]]:
        return ((None, answer) for answer in _rows(frame, answers))

    orders = _orders(frame, actual[: len(by)])
    return Reading(tally=tally, rows=in_order, by=tuple(by), name=", ".join(rating), order=orders, remarks=remarks)


def read_frame_rows(
    frame: "nw.DataFrame[Any] | nw.LazyFrame[Any]", rating: Sequence[str], labels: Sequence[str]
) -> RowReading:
    """Read a frame row by row.

    Raises
    ------
    ValueError
        If there is no such column.
    """
    frame, actual, remarks = _selected(frame, [*labels, *rating])
    size = len(labels)
    mixed = nw.Object in frame.collect_schema().dtypes()

    def rows() -> Iterator[tuple[None, Label, Answer]]:
        read = _single_values(frame, actual) if mixed else _rows(frame, actual)
        return (
            (None, tuple([label if type(label) in PLAIN else plain(label) for label in row[:size]]), row[size:])
            for row in read
        )

    return RowReading(rows=rows, order=_orders(frame, actual[:size]), remarks=remarks)


def match_columns(wanted: Sequence[str], columns: Sequence[str]) -> tuple[list[str], list[str]]:
    """Find columns by name; where only the spaces around a name differ, with a remark.

    Raises
    ------
    ValueError
        If there is no such column, or several differ by spaces only.
    """
    found, remarks = [], []
    known = [column for column in columns if isinstance(column, str)]
    for name in wanted:
        same = [name] if name in known else [column for column in known if column.strip() == name.strip()]
        if len(same) > 1:
            msg = f"{name!r} fits several columns that differ by spaces only: {same}. Name one exactly."
            raise ValueError(msg)
        if not same:
            close = difflib.get_close_matches(name, known, n=3) or list(columns)[:10]
            capitals = any(column.casefold() == name.casefold() for column in known)
            hint = " Small and capital letters are different." if capitals else ""
            msg = f"there is no column {name!r}; did you mean one of {', '.join(map(repr, close))}?{hint}"
            raise ValueError(msg)
        found.append(same[0])
        if same[0] != name:
            remarks.append(trimmed(same[0], name))
    return found, remarks


def _selected(
    frame: "nw.DataFrame[Any] | nw.LazyFrame[Any]", wanted: Sequence[str]
) -> tuple["nw.DataFrame[Any] | nw.LazyFrame[Any]", list[str], list[str]]:
    """Keep the wanted columns, each once, with the names that they have and remarks on them."""
    actual, remarks = match_columns(wanted, frame.collect_schema().names())
    frame = frame.select(list(dict.fromkeys(actual)))
    for column, dtype in frame.collect_schema().items():
        if dtype.is_nested():
            raise _not_single(column, dtype)
    return frame, actual, remarks


def _single_values(frame: "nw.DataFrame[Any] | nw.LazyFrame[Any]", columns: Sequence[str]) -> list[Answer]:
    """Give the rows, after a look at each value: none may be a list or another container."""
    rows = list(_rows(frame, columns))
    for row in rows:
        for column, entry in zip(columns, row, strict=True):
            if not isinstance(entry, Hashable):
                raise _not_single(column, type(entry).__name__)
    return rows


def _orders(frame: "nw.DataFrame[Any] | nw.LazyFrame[Any]", columns: Sequence[str]) -> dict[int, list[Hashable]]:
    """Give the order that the labels of ordered categories have, by the position of the column."""
    schema = frame.collect_schema()
    return {
        i: list(dtype.categories) for i, column in enumerate(columns) if isinstance(dtype := schema[column], nw.Enum)
    }


def _not_single(column: str, what: object) -> TypeError:
    return TypeError(f"the column {column!r} must hold single values; it holds {what}.")


def trimmed(column: str, name: str) -> str:
    """Say that a column is known by a name without the spaces around it."""
    return f"column {column!r} is read as {name!r}: spaces around the name are trimmed."


def _rows(frame: "nw.DataFrame[Any] | nw.LazyFrame[Any]", columns: Sequence[str]) -> Iterator[Answer]:
    whole = frame.collect() if isinstance(frame, nw.LazyFrame) else frame
    return zip(*(whole[column].to_list() for column in columns), strict=True)


def _tallied(rows: list[tuple[tuple[Any, ...], Answer]]) -> list[tuple[Any, Answer, int]]:
    """Count rows of Python values; equal values of different types stay apart."""
    counted = Counter((label, answer, tuple(map(type, answer))) for label, answer in rows)
    return [(tuple(map(plain, label)), answer, count) for (label, answer, _), count in counted.items()]


def _bare(values: Sequence[Any]) -> Iterator[tuple[None, Answer]]:
    return ((None, (value,)) for value in values)
