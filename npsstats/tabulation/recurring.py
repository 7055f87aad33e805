"""Respondents who answered more than once in a group, such as a period: refused, or one of their answers kept."""

from collections.abc import Callable, Hashable, Sequence

import numpy as np

from npsstats.tabulation.columns import Coded
from npsstats.typing import BoolArray, IntArray

__all__ = ["answers_to_keep"]


def answers_to_keep(
    respondent: Coded,
    group: IntArray,
    groups: Sequence[Hashable],
    rated: BoolArray,
    weighted: BoolArray,
    duplicates: str,
    where: Callable[[int], str],
) -> BoolArray:
    """Choose the rows that count.

    Parameters
    ----------
    respondent : Coded
        Who answered.
    group : ndarray of int, shape (rows,)
        In which group: rows with equal labels in all group columns, such as those of a period.
    groups : sequence
        The labels of the groups.
    rated, weighted : ndarray of bool, shape (rows,)
        Which rows have a rating, and which a weight above 0.
    duplicates : {"error", "first", "last", "all"}
        What to do with several ratings of a respondent in a group.
    where : callable
        Says where a row stands.

    Returns
    -------
    ndarray of bool, shape (rows,)
        With "first" and "last" one row for each respondent and group: one with a rating that has weight if there is
        one, else one with a rating.

    Raises
    ------
    ValueError
        If there are several ratings and `duplicates` is "error".
    """
    key = respondent.codes * (int(group.max(initial=0)) + 1) + group
    if duplicates == "all":
        return np.ones(key.size, dtype=bool)
    if duplicates == "error":
        _check_once(key, respondent, group, groups, rated, where)
        return np.ones(key.size, dtype=bool)
    place = np.arange(key.size)
    # Within a respondent's group: rows that count, those with a rating, and the others, each in the order asked for.
    order = np.lexsort((place if duplicates == "first" else -place, ~rated, ~(rated & weighted), key))
    chosen = np.ones(key.size, dtype=bool)
    chosen[1:] = key[order][1:] != key[order][:-1]
    keep = np.zeros(key.size, dtype=bool)
    keep[order[chosen]] = True
    return keep


def _check_once(
    key: IntArray,
    respondent: Coded,
    group: IntArray,
    groups: Sequence[Hashable],
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
    label = groups[group[second]]
    when = "" if label is None or label == () else f" of {label!r}"
    msg = (
        f"each respondent may have one rating in a group, such as a period; {many} have several (first: "
        f"{respondent.labels[respondent.codes[second]]!r}{when} at {where(first)} and {where(second)}). Pass "
        '`duplicates="first"` or `"last"` to keep one, in the order of the rows, or `"all"` to keep all, as a cluster.'
    )
    raise ValueError(msg)
