"""What each group is compared with."""

from collections.abc import Hashable
from dataclasses import dataclass
from numbers import Real

import numpy as np
from numpy.typing import NDArray

from npsstats.ratings.counts import RatingCounts
from npsstats.ratings.scales import Metric
from npsstats.typing import IntArray, Label

__all__ = ["Pairing", "pair_with_benchmark", "pair_with_reference"]


@dataclass(frozen=True, slots=True)
class Pairing:
    """Groups with their references, row by row.

    Attributes
    ----------
    positions : ndarray of int, shape (rows,)
        Where the compared groups stand in the counts.
    reference_counts : ndarray of int, shape (rows, ratings)
        The counts of their references.
    names : tuple
        What each reference is called.
    """

    positions: NDArray[np.intp]
    reference_counts: IntArray
    names: tuple[Hashable, ...]


def pair_with_benchmark(counts: RatingCounts, metric: Metric, reference: object) -> float | None:
    """Read `reference` as a fixed benchmark in points, if it is a number and no label of a group."""
    if isinstance(reference, bool) or not isinstance(reference, (Real, np.number)):
        return None
    if reference in _last_labels(counts):
        return None
    low, high = metric.bounds
    if not low < float(reference) < high:
        labels = f"; the labels are {_listed(counts)}" if counts.by else ""
        msg = (
            f"`reference` {reference!r} is neither the label of a group nor a benchmark strictly between "
            f"{low:g} and {high:g} points{labels}."
        )
        raise ValueError(msg)
    return float(reference)


def pair_with_reference(counts: RatingCounts, reference: Hashable, *, instead: str = "a number in points") -> Pairing:
    """Find the reference of each group; `instead` says what else the caller would take.

    With several group columns the last one is compared and the others are held fixed; a tuple with a label
    for each column is one group for all.
    """
    if not isinstance(reference, Hashable):
        msg = f"`reference` must be a label, 'previous', 'rest' or {instead}; got {reference!r}."
        raise TypeError(msg)
    if len(counts.by) == 0:
        msg = f"`reference` needs groups; these counts have one group only. Tabulate with `by`, or use {instead}."
        raise ValueError(msg)
    if reference in counts.labels:
        position = counts.labels.index(reference)
        pairs = [(i, position) for i in range(len(counts)) if i != position]
    elif reference in _last_labels(counts):
        # Only one group column, or the same label within each block of the columns before.
        where = {label: i for i, label in enumerate(counts.labels)}
        matches = ((i, where.get((*label[:-1], reference))) for i, label in enumerate(counts.labels))
        pairs = [(i, j) for i, j in matches if j is not None and i != j]
    elif reference == "previous":
        latest: dict[Label, int] = {}
        pairs = []
        for i, label in enumerate(counts.labels):
            if label[:-1] in latest:
                pairs.append((i, latest[label[:-1]]))
            latest[label[:-1]] = i
    elif reference == "rest":
        return _pair_with_rest(counts)
    else:
        msg = (
            f"`reference` must be the label of a group, 'previous', 'rest' or {instead}; "
            f"got {reference!r}. The labels are {_listed(counts)}."
        )
        raise ValueError(msg)
    if not pairs:
        read = " A number that is a label is taken for that group." if isinstance(reference, Real) else ""
        msg = f"`reference` {reference!r} leaves nothing to compare; the groups are {_listed(counts)}.{read}"
        raise ValueError(msg)
    groups, others = np.array(pairs, dtype=np.intp).T
    one_for_all = reference in counts.labels
    names = tuple(counts.groups[j] if one_for_all else counts.labels[j][-1] for j in others)
    return Pairing(groups, counts.counts[others], names)


def _pair_with_rest(counts: RatingCounts) -> Pairing:
    blocks = counts.pool(*counts.by[:-1])
    block = {label: i for i, label in enumerate(blocks.labels)}
    of = [block[label[:-1]] for label in counts.labels]
    sizes = np.bincount(of)
    if (sizes == 1).any():
        alone = next(label for label, i in zip(counts.labels, of, strict=True) if sizes[i] == 1)
        msg = f"`reference` 'rest' needs other groups; {alone if len(alone) > 1 else alone[0]!r} has none beside it."
        raise ValueError(msg)
    rest = blocks.counts[of] - counts.counts
    return Pairing(np.arange(len(counts), dtype=np.intp), rest, ("rest",) * len(counts))


def _last_labels(counts: RatingCounts) -> set[Hashable]:
    return {label[-1] for label in counts.labels} if counts.by else set()


def _listed(counts: RatingCounts) -> str:
    shown = list(dict.fromkeys(label[-1] for label in counts.labels if label))
    return ", ".join(map(repr, shown[:10])) + (", ..." if len(shown) > 10 else "") if shown else "none"
