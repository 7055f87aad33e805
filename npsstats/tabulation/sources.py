"""The way in: from whatever holds responses to counts."""

import os
import warnings
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import narwhals as nw
import numpy as np

from npsstats.ratings.checks import check_type
from npsstats.ratings.counts import RatingCounts
from npsstats.ratings.scales import NPS, Metric
from npsstats.tabulation.answers import Reading, count_answers
from npsstats.tabulation.files import read_files
from npsstats.tabulation.frames import read_frame, read_values

__all__ = ["column_names", "paths_in", "tabulate"]


def tabulate(
    data: Any,
    *,
    rating: str | Sequence[str] | None = None,
    by: str | Sequence[str] = (),
    metric: Metric = NPS,
    missing_codes: Collection[int | str] = (),
) -> RatingCounts:
    """Count responses by group and rating.

    Empty answers (None, NaN, empty text) are counted as missing. Every other answer must be a rating of the
    scale, a whole number as number or text; nothing is rounded, recoded or dropped.

    Parameters
    ----------
    data : list, array, frame or path
        Ratings (a list, a one-dimensional array, a pandas, Polars or Arrow column), a frame of any library that
        Narwhals knows (pandas, Polars, Arrow, and lazy ones), or the path of a CSV, Parquet or JSON file. A path
        may be a pattern such as ``"responses/*.parquet"``; several paths come as a list of `pathlib.Path`.
    rating : str or sequence of str, optional
        The column of the ratings; one column per item for a metric of several items, such as `NKI`. Needed for
        frames and files.
    by : str or sequence of str, optional
        The group columns; the last one is what `compare` compares.
    metric : Metric, default NPS
        What was asked; its scale says which ratings are valid.
    missing_codes : collection of int or str, optional
        Answers that stand for no answer, such as 99 or "don't know".

    Returns
    -------
    RatingCounts
        Groups are sorted by label, ordered categories by their order. Rows without a group label are a group of
        their own, labelled None. Labels of CSV files are text, those written as whole numbers (2017, not 01) numbers.

    Raises
    ------
    InvalidRatingError
        If an answer is neither a rating of the scale nor missing.
    FileNotFoundError
        If there is no such file.
    TypeError, ValueError
        If an argument or the data do not fit.

    Warns
    -----
    UserWarning
        If a column is found only after trimming spaces around its name.

    Examples
    --------
    >>> import npsstats as nps
    >>> nps.tabulate([10, 9, 8, 3, None]).to_frame()
       0  1  2  3  4  5  6  7  8  9  10  missing
    0  0  0  0  1  0  0  0  0  1  1   1        1

    >>> import pandas as pd
    >>> responses = pd.DataFrame({"recommend": [10, 9, 8, 3, 99], "quarter": ["Q1", "Q1", "Q2", "Q2", "Q2"]})
    >>> nps.tabulate(responses, rating="recommend", by="quarter", missing_codes=[99])
    RatingCounts(2 groups by quarter; 0-10; n=4, missing=1)
    """
    check_type("metric", metric, Metric, "npsstats.NPS")
    ratings = column_names("rating", () if rating is None else rating)
    groups = column_names("by", by)
    reading = _read(data, ratings, groups, metric.scale.items)
    for remark in reading.remarks:
        warnings.warn(remark, stacklevel=2)
    return count_answers(reading, metric, missing_codes)


def _read(data: Any, rating: list[str], by: list[str], items: int) -> Reading:
    """Choose the engine for the data."""
    paths = paths_in(data)
    known = nw.from_native(data, allow_series=True, pass_through=True)
    if paths or isinstance(known, (nw.DataFrame, nw.LazyFrame)):
        if len(rating) != items:
            what = "the column of the ratings" if items == 1 else f"the {items} columns of the items"
            msg = f"`rating` must name {what}; got {rating or 'none'}."
            raise ValueError(msg)
        return read_files(paths, rating, by) if paths else read_frame(known, rating, by)
    if rating or by or items != 1:
        msg = (
            f"`rating`, `by` and metrics of several items need a frame or a file; got {type(data).__name__}. "
            "Count each list by itself, or make a frame."
        )
        raise TypeError(msg)
    if isinstance(known, nw.Series):
        return read_values(known.to_list())
    if hasattr(data, "to_pylist"):  # an Arrow array that is not a column of a table
        return read_values(data.to_pylist())
    if isinstance(data, (bytes, bytearray)) or not isinstance(data, (Sequence, np.ndarray)):
        msg = f"`data` must be ratings, a frame or a path; got {type(data).__name__}."
        raise TypeError(msg)
    return read_values(data)


def column_names(argument: str, given: str | Sequence[str]) -> list[str]:
    """Read an argument that is a column name or several."""
    names = [given] if isinstance(given, str) else list(given) if isinstance(given, Sequence) else [given]
    for name in names:
        if not isinstance(name, str):
            msg = f"`{argument}` must be the name of a column or a list of names; got {given!r}."
            raise TypeError(msg)
    return names


def paths_in(data: Any) -> list[Path]:
    """The paths in the data, if it is one or a list of them."""
    if isinstance(data, (str, os.PathLike)):
        return [Path(data)]
    if isinstance(data, Sequence) and data and all(isinstance(entry, os.PathLike) for entry in data):
        return [Path(entry) for entry in data]
    return []
