"""Respondents who answered more than once in a group, such as a period: refused, or one of their answers kept."""

from collections.abc import Callable, Hashable, Sequence

import numpy as np

from npsstats.tabulation.columns import Coded
from npsstats.typing import BoolArray, IntArray

__all__ = ["answers_to_keep"]


def answers_to_keep(
    respondent: Coded,
    period: IntArray,
    periods: Sequence[Hashable],
    rated: BoolArray,
    duplicates: str,
    where: Callable[[int], str],
) -> BoolArray:
    """Choose the rows that count.

    Parameters
    ----------
    respondent : Coded
        Who answered.
    period : ndarray of int, shape (rows,)
        When.
    periods : sequence
        The labels of the periods.
    rated : ndarray of bool, shape (rows,)
        Which rows have a rating.
    duplicates : {"error", "first", "last", "all"}
        What to do with several ratings of a respondent in a period.
    where : callable
        Says where a row stands.

    Returns
    -------
    ndarray of bool, shape (rows,)
        With "first" and "last" one row for each respondent and period: one with a rating if there is one.

    Raises
    ------
    ValueError
        If there are several ratings and `duplicates` is "error".
    """
    key = respondent.codes * (int(period.max(initial=0)) + 1) + period
    if duplicates == "all":
        return np.ones(key.size, dtype=bool)
    if duplicates == "error":
        _check_once(key, respondent, period, periods, rated, where)
        return np.ones(key.size, dtype=bool)
    place = np.arange(key.size)
    # Within a respondent's period: rows with a rating before those without, then in the order asked for.
    order = np.lexsort((place if duplicates == "first" else -place, ~rated, key))
    chosen = np.ones(key.size, dtype=bool)
    chosen[1:] = key[order][1:] != key[order][:-1]
    keep = np.zeros(key.size, dtype=bool)
    keep[order[chosen]] = True
    return keep


def _check_once(
    key: IntArray,
    respondent: Coded,
    period: IntArray,
    periods: Sequence[Hashable],
    rated: BoolArray,
    where: Callable[[int], str],
) -> None:
    rows = np.flatnonzero(rated)
    order = rows[np.argsort(key[rows], kind="stable")]
    again = np.flatnonzero(key[order][1:] == key[order][:-1])
    if not again.size:
        return
    # The first in the order of the rows.
    second = int(order[again + 1].min())
    first = int(rows[key[rows] == key[second]][0])
    many = np.unique(key[order[again]]).size
    label = periods[period[second]]
    when = "" if label is None or label == () else f" of {label!r}"
    msg = (
        f"each respondent may have one rating in a group, such as a period; {many} have several (first: "
        f"{respondent.labels[respondent.codes[second]]!r}{when} at {where(first)} and {where(second)}). Pass "
        '`duplicates="first"` or `"last"` to keep one, in the order of the rows, or `"all"` to keep all, as a cluster.'
    )
    raise ValueError(msg)
