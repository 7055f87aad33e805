"""Groups face to face: each comparison as counts of two groups, whatever the reference."""

from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

import numpy as np

from npsstats.inference.pairing import pair_with_reference
from npsstats.ratings.counts import RatingCounts
from npsstats.ratings.joint import JointCounts
from npsstats.ratings.scales import Scale, mean_rating
from npsstats.ratings.surveys import SurveyCounts
from npsstats.typing import FloatArray, Label

__all__ = ["Facing", "faced", "two_groups"]

Counts = TypeVar("Counts", RatingCounts, SurveyCounts, JointCounts)

# The references that are words. The total holds the group itself, and a number holds no ratings.
WORDS = ("previous", "year-before", "rest", "all-pairs")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facing(Generic[Counts]):
    """A group and its reference.

    Attributes
    ----------
    label : tuple
        The label of the group, one entry per group column.
    reference : hashable
        What the reference is called.
    counts : RatingCounts, SurveyCounts or JointCounts
        Two groups, called ``"reference"`` and ``"group"``, in this order.
    """

    label: Label
    reference: Hashable
    counts: Counts


def faced(counts: Counts, reference: Hashable) -> tuple[list[Facing[Counts]], tuple[str, ...]]:
    """Put each group and its reference face to face.

    Parameters
    ----------
    counts : RatingCounts, SurveyCounts or JointCounts
    reference : hashable
        A label, ``"previous"``, ``"year-before"``, ``"rest"`` or ``"all-pairs"``, as for `compare`.

    Returns
    -------
    comparisons : list of Facing
    notes : tuple of str
        What a reader must know of them, such as groups without a partner.

    Raises
    ------
    TypeError
        If there is no reference.
    ValueError
        If the reference is neither, or there is nothing to compare.
    """
    if reference is None and not any(label and label[-1] is None for label in counts.labels):
        msg = f"`reference` must be given: the label of a group, or one of {', '.join(map(repr, WORDS))}."
        raise TypeError(msg)
    if reference == "total" and reference not in {label[-1] for label in counts.labels if label}:
        msg = "`reference` 'total' contains the group itself; use 'rest', all others, instead."
        raise ValueError(msg)
    # Pairing adds counts up: counts of the groups themselves say which groups are added.
    size = max(len(counts), 2)
    groups = RatingCounts(
        np.eye(len(counts), size, dtype=np.int64),
        metric=mean_rating(Scale(0, size - 1)),
        missing=np.zeros(len(counts), dtype=np.int64),
        by=counts.by,
        labels=counts.labels,
    )
    pairing = pair_with_reference(groups, reference, words=WORDS, instead="")
    sides = np.stack([pairing.reference_counts, pairing.own_counts], axis=1)[:, :, : len(counts)].astype(np.float64)
    rows = zip(pairing.positions.tolist(), pairing.names, sides, strict=True)
    return [
        Facing(label=counts.labels[position], reference=name, counts=two_groups(counts, members))
        for position, name, members in rows
    ], pairing.notes


def two_groups(counts: Counts, members: FloatArray) -> Counts:
    """Add up groups to a reference and a group; `members` says which are in them, 1 or 0, shape (2, groups)."""
    if isinstance(counts, JointCounts):
        survey = isinstance(counts.cells, SurveyCounts)
        cells = _of_survey(counts.cells, members) if survey else _of_counts(counts.cells, members)
        return replace(counts, cells=cells, margins=tuple(_of_survey(margin, members) for margin in counts.margins))
    if isinstance(counts, SurveyCounts):
        added: Counts = _of_survey(counts, members)
    else:
        added = _of_counts(counts, members)
    return added


def _of_survey(counts: Any, members: FloatArray) -> Any:
    return replace(
        counts,
        totals=members @ counts.totals,
        respondents=_of_counts(counts.respondents, members),
        variance=counts.variance.pooled(members),
        design=counts.design.pooled(members),
        squares=members @ counts.squares,
    )


def _of_counts(counts: Any, members: FloatArray) -> Any:
    whole = members.astype(np.int64)
    return RatingCounts(
        whole @ counts.counts,
        metric=counts.metric,
        missing=whole @ counts.missing,
        by=("side",),
        labels=(("reference",), ("group",)),
        notes=counts.notes,
    )
