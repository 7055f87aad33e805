"""Reading data in memory: lists, arrays, and frames of any library through Narwhals."""

import difflib
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import narwhals as nw
import numpy as np

from npsstats.tabulation.answers import Answer, Reading, RowReading
from npsstats.tabulation.judging import plain
from npsstats.typing import BoolArray, FloatArray, IntArray, Label

__all__ = [
    "Distinct",
    "Piece",
    "distinct_numbers",
    "distinct_objects",
    "first_rows",
    "match_columns",
    "read_frame",
    "read_frame_columns",
    "read_frame_rows",
    "read_values",
    "trimmed",
]

# What most labels are; to look at the type of a million of them is quicker than to convert them.
PLAIN = frozenset({int, str})

# Whole numbers that span at most so many times their number are factorised without sorting.
DENSE = 4


@dataclass(frozen=True, slots=True)
class Distinct:
    """A column as its values and which of them each row has: ``values[codes[row]]``.

    The values come as their library gives them. Some may mean the same (None and NaN), some may not occur.
    """

    codes: IntArray
    values: list[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Whole columns of a frame, or of one of several files; numbers are factorised where they need a look.

    Attributes
    ----------
    file : str or None
        Where they are from.
    n_rows : int
        The rows.
    labels, numbers, answers : list
        The columns, one for each name asked for.
    order, remarks
        As for `Reading`.
    """

    file: str | None
    n_rows: int
    labels: list[Distinct]
    numbers: list[FloatArray | Distinct]
    answers: list[Distinct]
    order: Mapping[int, list[Hashable]] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)


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


def read_frame_columns(
    frame: "nw.DataFrame[Any] | nw.LazyFrame[Any]",
    labels: Sequence[str],
    numbers: Sequence[str],
    answers: Sequence[str],
) -> Piece:
    """Read whole columns of a frame.

    Raises
    ------
    ValueError
        If there is no such column.
    TypeError
        If a column holds lists or other containers.
    """
    frame, actual, remarks = _selected(frame, [*labels, *answers, *numbers])
    whole = frame.collect() if isinstance(frame, nw.LazyFrame) else frame
    size, both = len(labels), len(labels) + len(answers)
    coded = {column: _distinct_in(whole[column]) for column in dict.fromkeys(actual[:both])}
    return Piece(
        file=None,
        n_rows=len(whole),
        labels=[coded[column] for column in actual[:size]],
        numbers=[_floats_in(whole[column]) for column in actual[both:]],
        answers=[coded[column] for column in actual[size:both]],
        order=_orders(frame, actual[:size]),
        remarks=list(dict.fromkeys(remarks)),
    )


def distinct_numbers(values: np.ndarray[Any, Any], absent: BoolArray | None = None) -> Distinct:
    """Factorise whole numbers, numbers or truth values; of the rows where they are absent they say nothing."""
    if values.dtype.kind == "f":
        empty = np.isnan(values)
        if empty.any():
            absent = _within(absent, empty)
            values = values[~empty]
    if values.dtype.kind in "iu" and values.size and int(values.max()) - int(values.min()) < DENSE * values.size:
        # Without sorting: mark what occurs.
        low = int(values.min())
        # A small type would overflow; the largest cannot be signed.
        wide = values if values.dtype == np.uint64 else values.astype(np.int64, copy=False)
        places = (wide - wide.dtype.type(low)).astype(np.int64, copy=False)
        occurs = np.bincount(places) > 0
        known = [low + place for place in np.flatnonzero(occurs).tolist()]
        codes = (np.cumsum(occurs) - 1)[places]
    else:
        distinct, codes = np.unique(values, return_inverse=True)
        known = distinct.tolist()
    if absent is None or not absent.any():
        return Distinct(codes.astype(np.int64, copy=False), known)
    spread = np.full(absent.size, len(known), dtype=np.int64)
    spread[~absent] = codes
    return Distinct(spread, [*known, None])


def distinct_objects(entries: Sequence[Any]) -> Distinct:
    """Factorise Python values; equal values of different types stay apart.

    Raises
    ------
    TypeError
        If a value is a container.
    """
    types = set(map(type, entries))
    places: defaultdict[Any, int] = defaultdict(count().__next__)
    if types <= {str, type(None)}:
        codes = np.fromiter(map(places.__getitem__, entries), np.int64, len(entries))
        return Distinct(codes, list(places))
    keys = zip(map(type, entries), entries, strict=True)
    codes = np.fromiter(map(places.__getitem__, keys), np.int64, len(entries))
    return Distinct(codes, [entry for _, entry in places])


def first_rows(codes: IntArray, size: int) -> IntArray:
    """The first row of each code; the number of rows for a code that does not occur."""
    first = np.full(size + 1, codes.size, dtype=np.int64)
    # Of several values for one place the last one stays: from the end, the first row.
    first[codes[::-1]] = np.arange(codes.size - 1, -1, -1)
    return first[:size]


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


def _distinct_in(series: "nw.Series[Any]") -> Distinct:
    """Factorise a column as fast as its library can; what the values are is what the library says in `to_list`."""
    dtype = series.dtype
    if dtype.is_integer() or dtype.is_float() or dtype == nw.Boolean:
        present = series.drop_nulls().to_numpy()
        if present.dtype.kind in "iufb":
            return distinct_numbers(present, series.is_null().to_numpy())
    elif series.implementation.is_pandas():
        native, pandas = series.to_native(), series.__native_namespace__()
        # A column of Python objects may hold True beside 1.
        if native.dtype != object or pandas.api.types.infer_dtype(native) == "string":
            codes = np.asarray(pandas.factorize(native)[0], dtype=np.int64)
            size = int(codes.max(initial=-1)) + 1
            codes = np.where(codes < 0, size, codes)
            return Distinct(codes, [*series[first_rows(codes, size)].to_list(), None])
    elif dtype == nw.String or (series.implementation.is_polars() and dtype in (nw.Categorical, nw.Enum)):
        texts = series.cast(nw.String)
        filled = texts.drop_nulls()
        values = filled.unique().to_list()
        codes = np.full(len(series), len(values), dtype=np.int64)
        if values:
            coded = filled.replace_strict(values, list(range(len(values))), return_dtype=nw.Int64)
            codes[~texts.is_null().to_numpy()] = coded.to_numpy()
        return Distinct(codes, [*values, None])
    entries = series.to_list()
    try:
        return distinct_objects(entries)
    except TypeError:
        wrong = next((entry for entry in entries if not isinstance(entry, Hashable)), None)
        raise _not_single(series.name, type(wrong).__name__) from None


def _within(absent: BoolArray | None, empty: BoolArray) -> BoolArray:
    """Mark the empty ones among the rows that are not absent."""
    if absent is None:
        return empty
    together = absent.copy()
    together[~absent] = empty
    return together


def _floats_in(series: "nw.Series[Any]") -> FloatArray | Distinct:
    """Give a column of numbers as it is, any other factorised."""
    if series.dtype.is_integer() or series.dtype.is_float():
        present = series.drop_nulls().to_numpy()
        if present.dtype.kind in "iuf":
            values = np.full(len(series), np.nan)
            values[~series.is_null().to_numpy()] = present
            return values
    return _distinct_in(series)


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
