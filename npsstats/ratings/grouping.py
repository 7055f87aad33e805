"""What counts by group are checked for, and how they merge."""

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from npsstats.ratings.checks import check_type
from npsstats.ratings.scales import NPS, NPS_CATEGORIES, Metric, Scale
from npsstats.typing import IntArray, Label

__all__ = ["check_groups", "default_metric", "group_published", "merge"]

# The columns of results; a group column of the same name would hide one of them.
RESERVED_COLUMNS = frozenset(
    {"n", "missing", "score", "standard_error", "low", "high"}
    | {"reference", "n_reference", "difference", "statistic", "pvalue", "adjusted_pvalue", "detectable"}
    | {"null_difference", "adjustment", "comparison_design", "pvalue_low", "pvalue_high", "shown", "claim", "margin"}
    | {"term", "estimate", "fitted", "earliest", "latest", "n_before", "n_after", "score_before", "score_after"}
    | {"share_of_weight", "design_effect", "effective_n", "kish_design_effect", "kish_effective_n", "clusters", "df"}
    | {"response_rate", "response_rate_reference", "lower", "upper", "low_set", "high_set", "delta", "delta_reference"}
    | {"bias", "share", "cumulative_share", "cumulative_score", "cumulative_low", "cumulative_high", "way", "supposed"}
    | {"nonrespondents", "tipping_estimate", "tipping_limit", "largest_estimate", "largest_limit", "possible"}
    | {"metric", "scale", "interval_method", "confidence_level", "alternative", "sample_design", "notes"}
    | {"npsstats_version"}
)


def merge(labels: Sequence[Label], counts: IntArray, missing: IntArray) -> dict[str, Any]:
    """Add up the rows that have the same label, in order of appearance."""
    index = {label: i for i, label in enumerate(dict.fromkeys(labels))}
    rows = np.array([index[label] for label in labels], dtype=np.intp)
    total, absent = np.zeros((len(index), counts.shape[1]), np.int64), np.zeros(len(index), np.int64)
    np.add.at(total, rows, counts)
    np.add.at(absent, rows, missing)
    return {"labels": tuple(index), "counts": total, "missing": absent}


def check_groups(by: tuple[str, ...], labels: tuple[Label, ...], scale: Scale) -> None:
    """Check that group columns have usable names, and that labels fit them and occur once."""
    for name in by:
        if not isinstance(name, str):
            msg = f"group columns must have text names; got {name!r}."
            raise TypeError(msg)
        if name in RESERVED_COLUMNS:
            msg = f"a group column cannot be called {name!r}, like a column of the results; rename it."
            raise ValueError(msg)
        if name in (scale.labels or ()):
            msg = f"a group column cannot be called {name!r}, like a rating of the scale; rename it."
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
    if scale is not None:
        check_type("scale", scale, Scale, "Scale(0, 10)")
    if metric is not None:
        check_type("metric", metric, Metric, "npsstats.NPS")
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
    absent = np.atleast_1d(np.asarray(0 if missing is None else missing))
    if absent.shape not in ((1,), (size,)):
        msg = f"`missing` must be one number, or one for each of {size} groups; got shape {absent.shape}."
        raise ValueError(msg)
    absent = np.broadcast_to(absent, size)
    if groups is None:
        if size != 1:
            msg = f"`groups` must name the {size} groups."
            raise ValueError(msg)
        return {"missing": absent}
    if isinstance(groups, str):
        msg = f"`groups` must be a sequence of labels; got the text {groups!r}."
        raise TypeError(msg)
    groups = tuple(groups)
    if len(groups) != size:
        msg = f"`groups` must hold one label per group; got {len(groups)} labels for {size} groups."
        raise ValueError(msg)
    return {"missing": absent, "by": (by,), "labels": tuple((label,) for label in groups)}
