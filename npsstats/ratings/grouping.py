"""What counts by group are checked for, and how they merge."""

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from npsstats.ratings.scales import NPS, NPS_CATEGORIES, Metric, Scale
from npsstats.typing import IntArray, Label

__all__ = ["check_groups", "default_metric", "group_published", "merge", "whole_numbers"]

# The columns of results; a group column of the same name would hide one of them.
RESERVED_COLUMNS = frozenset(
    {"n", "missing", "score", "standard_error", "low", "high"}
    | {"reference", "n_reference", "difference", "statistic", "pvalue"}
)


def merge(labels: Sequence[Label], counts: IntArray, missing: IntArray) -> dict[str, Any]:
    """Add up the rows that have the same label, in order of appearance."""
    index = {label: i for i, label in enumerate(dict.fromkeys(labels))}
    rows = np.array([index[label] for label in labels], dtype=np.intp)
    total, absent = np.zeros((len(index), counts.shape[1]), np.int64), np.zeros(len(index), np.int64)
    np.add.at(total, rows, counts)
    np.add.at(absent, rows, missing)
    return {"labels": tuple(index), "counts": total, "missing": absent}


def whole_numbers(name: str, values: ArrayLike) -> IntArray:
    """Copy to int64 what are counts; refuse anything else."""
    array = np.asarray(values)
    if array.dtype.kind not in "iuf":
        msg = f"`{name}` must be whole numbers, 0 or more; got values of type {array.dtype}."
        raise TypeError(msg)
    with np.errstate(invalid="ignore"):
        whole = array.astype(np.int64)
    wrong = (whole != array) | (whole < 0)
    if wrong.any():
        msg = f"`{name}` must be whole numbers, 0 or more; {wrong.sum()} are not (first: {array[wrong][0]})."
        raise ValueError(msg)
    return whole


def check_groups(by: tuple[str, ...], labels: tuple[Label, ...]) -> None:
    """Check that group columns have usable names, and that labels fit them and occur once."""
    for name in by:
        if not isinstance(name, str):
            msg = f"group columns must have text names; got {name!r}."
            raise TypeError(msg)
        if name in RESERVED_COLUMNS:
            msg = f"a group column cannot be called {name!r}, like a column of the results; rename it."
            raise ValueError(msg)
    if len(set(by)) != len(by):
        msg = f"group columns must have different names; got {list(by)}."
        raise ValueError(msg)
    if any(len(label) != len(by) for label in labels):
        msg = f"each label must have one entry per group column {list(by)}."
        raise ValueError(msg)
    if len(set(labels)) != len(labels):
        first = next(label for label in labels if labels.count(label) > 1)
        msg = f"no label may occur twice; {first[0] if len(first) == 1 else first!r} does."
        raise ValueError(msg)


def default_metric(scale: Scale | None, metric: Metric | None) -> Metric:
    """The metric of counts on a scale: the one given, or NPS where that is what the scale is asked for."""
    if metric is not None:
        if scale not in (None, metric.scale):
            msg = f"`metric` {metric.name} is defined on the scale {metric.scale}, not on {scale}."
            raise ValueError(msg)
        return metric
    for default in (NPS, NPS_CATEGORIES):
        if scale in (None, default.scale):
            return default
    msg = (
        f"`metric` must be given for the scale {scale}: only 0-10 has a metric of its own, NPS. "
        "Pass for example `metric=mean_rating(scale)`."
    )
    raise ValueError(msg)


def group_published(size: int, groups: Sequence[Hashable] | None, by: str, missing: ArrayLike | None) -> dict[str, Any]:
    """The group column of published counts, and their missing answers, one per group."""
    absent = np.broadcast_to(np.asarray(0 if missing is None else missing), size)
    if groups is None:
        if size != 1:
            msg = f"`groups` must name the {size} groups."
            raise ValueError(msg)
        return {"missing": absent}
    if isinstance(groups, str):
        msg = f"`groups` must be a sequence of labels; got the text {groups!r}."
        raise TypeError(msg)
    if len(groups) != size:
        msg = f"`groups` must hold one label per group; got {len(groups)} labels for {size} groups."
        raise ValueError(msg)
    return {"missing": absent, "by": (by,), "labels": tuple((label,) for label in groups)}
