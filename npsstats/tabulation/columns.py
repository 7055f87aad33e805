"""The way in where it matters which row has which label: whole columns, as codes and numbers.

An engine factorises its columns; here the values of all engines and files get the same labels, and texts are read as
numbers.
"""

import math
import re
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import narwhals as nw
import numpy as np

from npsstats.tabulation.answers import Answer, Reading
from npsstats.tabulation.files import read_file_columns
from npsstats.tabulation.frames import Distinct, distinct_numbers, first_rows, read_frame_columns
from npsstats.tabulation.judging import plain
from npsstats.tabulation.sources import paths_in
from npsstats.typing import FloatArray, IntArray, Label

__all__ = ["Coded", "Columns", "group_codes", "read_columns"]

# A number as text. Not 1_000 and not the digits of other scripts, which Python would take.
NUMBER = re.compile(r"[+-]?((\d+\.?\d*|\.\d+)(e[+-]?\d+)?|inf(inity)?|nan)", flags=re.ASCII | re.IGNORECASE)

# Texts that people write for numbers, and how to write them.
WAYS_OUT = (
    (
        re.compile(r"[+-]?\d{1,3},\d{3}", flags=re.ASCII),
        "A comma may be a decimal one or stand between thousands: write decimals with a point, and thousands without "
        "a sign between them.",
    ),
    (re.compile(r"[+-]?\d*,\d+", flags=re.ASCII), "Write decimals with a point, not with a comma."),
    (
        re.compile(r"[+-]?\d{1,3}(([ ,.'\u2019\u00a0\u202f])\d{3})(\2\d{3})*([.,]\d*)?", flags=re.ASCII),
        "Write decimals with a point, and thousands without a sign between them.",
    ),
    (
        re.compile(r"[+-]?(\d+[.,]?\d*|[.,]\d+)\s*%", flags=re.ASCII),
        "Leave the percent sign out, and divide by 100: 12 % is 0.12.",
    ),
)

# Types of values that are equal only if they are of one type, and need no turning into plain Python.
PLAIN = frozenset({int, str, type(None)})

# How much of a wrong value a message shows.
LONGEST = 40


@dataclass(frozen=True, slots=True)
class Coded:
    """A column of labels.

    Attributes
    ----------
    codes : array of shape (rows,)
        Which label each row has, in order of appearance: the first row has code 0.
    labels : list
        The label of each code, as `tabulate` gives it; None for rows without one.
    order : list, optional
        For ordered categories: all of them, in their order.
    """

    codes: IntArray
    labels: list[Any]
    order: list[Hashable] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Whole columns of a frame or of files, one after the other.

    Attributes
    ----------
    n_rows : int
        The rows.
    labels : mapping
        Name of a column to its labels.
    numbers : mapping
        Name of a column to its numbers; NaN where it is empty.
    answers : Coded
        The raw answers, as tuples of one entry for each column; equal ones of different types are apart.
    remarks : list of str
        What the engine has done that the caller should hear of.
    files : list of (str or None, int)
        Each file with its number of rows; None for a frame.
    """

    n_rows: int
    labels: Mapping[str, Coded]
    numbers: Mapping[str, FloatArray]
    answers: Coded
    remarks: list[str]
    files: list[tuple[str | None, int]]

    def where(self, row: int) -> str:
        """Say where a row stands, for messages: rows count from 1 within their file."""
        ends = np.cumsum([size for _, size in self.files])
        place = int(np.searchsorted(ends, row, side="right"))
        file, size = self.files[place]
        return f"row {row - int(ends[place]) + size + 1}{'' if file is None else f' of {file}'}"

    def reading(self, name: str) -> Reading:
        """Give the answers in the form that `count_answers` judges, which says what is wrong with them."""
        many = np.bincount(self.answers.codes, minlength=len(self.answers.labels)).tolist()

        def rows() -> Iterator[tuple[str | None, Answer]]:
            codes = iter(self.answers.codes.tolist())
            return ((file, self.answers.labels[next(codes)]) for file, size in self.files for _ in range(size))

        tally = [((), answer, count) for answer, count in zip(self.answers.labels, many, strict=True)]
        return Reading(tally=tally, rows=rows, by=(), name=name)


def read_columns(data: Any, *, labels: Sequence[str], numbers: Sequence[str], answers: Sequence[str]) -> Columns:
    """Read whole columns of a frame or of files; the same column may be asked for several times.

    Parameters
    ----------
    data : frame or path
        As for `tabulate_pairs`.
    labels : sequence of str
        Columns of labels: of groups, strata, clusters, respondents.
    numbers : sequence of str
        Columns of numbers: of weights and sizes. Texts are read as numbers; empty ones, and NaN, are NaN.
    answers : sequence of str
        The columns of the ratings, one for each item; at least one.

    Returns
    -------
    Columns
        The rows are those of the data, in their order.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    TypeError, ValueError
        If `data` is neither a frame nor a file, a column is not there, or a column of numbers holds something else.
    """
    paths = paths_in(data)
    known = nw.from_native(data, pass_through=True)
    if paths:
        pieces = read_file_columns(paths, labels, numbers, answers)
    elif isinstance(known, (nw.DataFrame, nw.LazyFrame)):
        pieces = [read_frame_columns(known, labels, numbers, answers)]
    else:
        msg = f"`data` must be a frame or the path of a file; got {type(data).__name__}."
        raise TypeError(msg)
    items = [_merged([piece.answers[i] for piece in pieces], _apart) for i in range(len(answers))]
    codes, found = group_codes(items)
    files = [(piece.file, piece.n_rows) for piece in pieces]
    return Columns(
        n_rows=sum(size for _, size in files),
        labels={
            name: _merged([piece.labels[i] for piece in pieces], _same_label, pieces[0].order.get(i))
            for i, name in enumerate(labels)
        },
        numbers={name: _numbers(name, [piece.numbers[i] for piece in pieces], files) for i, name in enumerate(numbers)},
        answers=Coded(codes, found),
        remarks=[remark for piece in pieces for remark in piece.remarks],
        files=files,
    )


def group_codes(columns: Sequence[Coded], n_rows: int = 0) -> tuple[IntArray, list[Label]]:
    """Cross columns of labels: codes in order of appearance, and the combinations that occur.

    Without any column all rows, of which `n_rows` says how many there are, are one group.
    """
    if not columns:
        return np.zeros(n_rows, dtype=np.int64), [()]
    codes = columns[0].codes
    labels: list[Label] = [(label,) for label in columns[0].labels]
    for column in columns[1:]:
        size = len(column.labels)
        crossed = distinct_numbers(codes * size + column.codes)
        codes, places = _by_appearance(crossed.codes, len(crossed.values))
        pairs = (divmod(crossed.values[place], size) for place in places)
        labels = [(*labels[earlier], column.labels[later]) for earlier, later in pairs]
    return codes, labels


def _merged(parts: list[Distinct], key: Callable[[Any], Hashable], order: list[Hashable] | None = None) -> Coded:
    """Join the columns of several files, where the values with the same key are one label."""
    if len(parts) == 1 and _are_labels(parts[0].values):
        codes, found = _by_appearance(parts[0].codes, len(parts[0].values))
        return Coded(codes, [parts[0].values[place] for place in found], order)
    places: dict[Hashable, int] = {}
    labels: list[Any] = []
    joined = []
    for part in parts:
        lookup = []
        for value in map(plain, part.values):
            place = places.setdefault(key(value), len(labels))
            if place == len(labels):
                labels.append(value)
            lookup.append(place)
        joined.append(np.array(lookup, dtype=np.int64)[part.codes])
    codes, found = _by_appearance(np.concatenate(joined), len(labels))
    return Coded(codes, [labels[place] for place in found], order)


def _are_labels(values: list[Any]) -> bool:
    """Whether values are labels as they are, whatever their key: all plain and different, as most are."""
    return PLAIN.issuperset(map(type, values)) and len(set(values)) == len(values)


def _by_appearance(codes: IntArray, size: int) -> tuple[IntArray, list[int]]:
    """Number codes in the order in which they appear, and say which ones they were."""
    first = first_rows(codes, size)
    is_first = np.zeros(codes.size, dtype=np.bool_)
    is_first[first[first < codes.size]] = True
    order = codes[is_first]
    rank = np.zeros(size, dtype=np.int64)
    rank[order] = np.arange(order.size)
    return rank[codes], order.tolist()


def _same_label(value: Any) -> Hashable:
    """Labels are the same if they are equal, as for `tabulate`; but True is not 1."""
    return (bool, value) if type(value) is bool else value


def _apart(value: Any) -> Hashable:
    return type(value), value


def _numbers(name: str, parts: list[FloatArray | Distinct], files: list[tuple[str | None, int]]) -> FloatArray:
    """Read a column of numbers from its values.

    Raises
    ------
    TypeError, ValueError
        If a value is neither a number, nor the text of one, nor empty; with the first one, and how many there are.
    """
    columns: list[FloatArray] = []
    first, many = "", 0
    shown: Any = None
    for part, (file, _) in zip(parts, files, strict=True):
        if not isinstance(part, Distinct):
            columns.append(part)
            continue
        read = [_number(value) for value in part.values]
        columns.append(np.array([math.nan if number is None else number for number in read])[part.codes])
        wrong = np.array([number is None for number in read])[part.codes]
        if wrong.any() and not many:
            row = int(wrong.argmax())
            first, shown = f"row {row + 1}{'' if file is None else f' of {file}'}", part.values[part.codes[row]]
        many += int(wrong.sum())
    if many:
        raise _no_number(name, shown, first, many, sum(size for _, size in files))
    return np.concatenate(columns)


def _number(value: Any) -> float | None:
    """Read a number, or the text of one; NaN if there is nothing to read, None if it is something else."""
    value = plain(value)
    if value is None:
        return math.nan
    if isinstance(value, str):
        text = value.strip()
        return float(text) if NUMBER.fullmatch(text) else None if text else math.nan
    return float(value) if isinstance(value, (int, float, Decimal, Fraction)) and type(value) is not bool else None


def _no_number(name: str, value: Any, where: str, many: int, n_rows: int) -> TypeError | ValueError:
    shown = repr(plain(value))
    shown = shown if len(shown) <= LONGEST else f"{shown[:LONGEST]}... ({len(shown)} characters)"
    msg = (
        f"the column {name!r} must hold numbers; {many} of {n_rows} {'is' if many == 1 else 'are'} not "
        f"(first: {shown} at {where})."
    )
    if not isinstance(value, str):
        return TypeError(f"{msg} Make numbers of them.")
    ways = (way for pattern, way in WAYS_OUT if pattern.fullmatch(value.strip()))
    return ValueError(f"{msg} {next(ways, 'Make numbers of them, or leave such rows out.')}")
