"""What each group is compared with, and which respondents the two have in common."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from numbers import Real

import numpy as np

from npsstats.inference.series import series_of
from npsstats.kernels.simultaneous import Contrasts
from npsstats.ratings.counts import RatingCounts
from npsstats.ratings.periods import read_periods, year_before
from npsstats.ratings.scales import Metric
from npsstats.ratings.surveys import SurveyCounts
from npsstats.results.protocol import group_text
from npsstats.typing import FloatArray, IndexArray, IntArray

__all__ = [
    "REFERENCES",
    "Pairing",
    "check_reference_given",
    "is_label",
    "pair_windows",
    "pair_with_benchmark",
    "pair_with_reference",
]

# The references that are words; every other text is the label of a group.
REFERENCES = ("previous", "year-before", "rest", "total", "all-pairs")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """Groups with their references, row by row, in pieces that share no respondents.

    Attributes
    ----------
    positions : ndarray of int, shape (rows,)
        Where the compared groups stand in the counts; of a window, its last period.
    names : tuple
        What each reference is called.
    own_counts, reference_counts : ndarray of int, shape (rows, ratings)
        The counts of the groups and of their references.
    pieces : ndarray of int, shape (rows, pieces, ratings)
        Independent samples: of the group only, of both, of the reference only; but for those empty in all rows.
    weights : ndarray, shape (rows, pieces)
        The difference of the two scores is the sum of the scores of the pieces with these weights.
    contrasts : Contrasts or None
        How rows share groups; None if the references are no sums of groups.
    notes : tuple of str
        What a reader of the result must know.
    """

    positions: IndexArray
    names: tuple[Hashable, ...]
    own_counts: IntArray
    reference_counts: IntArray
    pieces: IntArray
    weights: FloatArray
    contrasts: Contrasts | None
    notes: tuple[str, ...] = ()


def pair_with_benchmark(counts: RatingCounts | SurveyCounts, metric: Metric, reference: object) -> float | None:
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


def check_reference_given(counts: RatingCounts | SurveyCounts, reference: Hashable) -> None:
    """Check that there is a reference; None is one where rows without a label are a group."""
    if reference is None and not any(label and label[-1] is None for label in counts.labels):
        msg = (
            f"`reference` must be given: the label of a group, one of {', '.join(map(repr, REFERENCES))}, or a number "
            "in points."
        )
        raise TypeError(msg)


def is_label(counts: RatingCounts, reference: Hashable) -> bool:
    """Whether a reference is the label of a group, if it is a word for others too."""
    return reference in counts.labels or reference in _last_labels(counts)


def pair_with_reference(
    counts: RatingCounts,
    reference: Hashable,
    *,
    contained: bool = False,
    words: tuple[str, ...] = REFERENCES,
    instead: str = "a number in points",
) -> Pairing:
    """Find the reference of each group; `words` and `instead` say what else than labels the caller takes, for messages.

    With several group columns the last one is compared and the others are held fixed; a tuple with a label
    for each column is one group for all. A reference that contains the group is split into group and rest.
    """
    _check_reference(counts, reference, words, instead)
    if reference in ("rest", "total") and reference not in _last_labels(counts):
        return _pair_with_others(counts, str(reference))
    pairs = list(_pairs(counts, reference))
    if not pairs:
        read = " A number that is a label is taken for that group." if isinstance(reference, Real) else ""
        msg = f"`reference` {reference!r} leaves nothing to compare; the groups are {_listed(counts)}.{read}"
        raise ValueError(msg)
    groups, others = np.array(pairs, dtype=np.intp).T
    one_for_all = reference in counts.labels
    names = tuple(counts.groups[j] if one_for_all else counts.labels[j][-1] for j in others)
    own, other = counts.counts[groups], counts.counts[others]
    shared = _parts(counts, groups, own, other, names) if contained else np.zeros_like(own)
    return _of_pieces(
        positions=groups,
        names=names,
        own=own,
        other=other,
        shared=shared,
        contrasts=None if contained else Contrasts.pairs(groups, others, len(counts)),
        notes=_left_out(counts, groups, others),
    )


def pair_windows(counts: RatingCounts, reference: Hashable, window: int) -> Pairing:
    """Pair windows of successive periods: each with the one that ends a period, or a year, earlier."""
    if window < 1:
        msg = f"`window` must be 1 or more periods; got {window}."
        raise ValueError(msg)
    if reference not in ("previous", "year-before"):
        msg = f"`window` is for reference='previous' or 'year-before'; got reference={reference!r}."
        raise ValueError(msg)
    _check_reference(counts, reference, REFERENCES, "a number in points")
    rows: list[tuple[list[int], list[int]]] = []
    for _, groups in series_of(counts):
        block = groups.tolist()
        place = {position: i for i, position in enumerate(block)}
        for group, other in _pairs_in_block(counts, block, str(reference)):
            last, last_other = place[group], place[other]
            if min(last, last_other) >= window - 1:
                rows.append((block[last - window + 1 : last + 1], block[last_other - window + 1 : last_other + 1]))
    if not rows:
        msg = (
            f"`window` {window} leaves nothing to compare: two windows of {window} periods are needed; "
            f"the periods are {_listed(counts)}."
        )
        raise ValueError(msg)
    own_groups, other_groups = (np.array(side, dtype=np.intp) for side in zip(*rows, strict=True))
    in_both = (own_groups[:, :, None] == other_groups[:, None, :]).any(axis=2)
    table = counts.counts[own_groups]
    return _of_pieces(
        positions=own_groups[:, -1],
        names=tuple(counts.labels[i][-1] for i in other_groups[:, -1]),
        own=table.sum(axis=1),
        other=counts.counts[other_groups].sum(axis=1),
        shared=(table * in_both[:, :, None]).sum(axis=1),
        contrasts=Contrasts.together(own_groups, other_groups, counts.n.astype(np.float64)),
        notes=(f"windows of {window} periods, called by their last one", *_gaps(counts)),
    )


def _check_reference(counts: RatingCounts, reference: object, words: tuple[str, ...], instead: str) -> None:
    known = ", ".join(map(repr, words))
    choices = f"one of {known}, or {instead}" if instead else f"or one of {known}"
    if not isinstance(reference, Hashable):
        msg = f"`reference` must be a label, {choices}; got {reference!r}."
        raise TypeError(msg)
    if len(counts.by) == 0:
        way = f", or use {instead}" if instead else ""
        msg = f"`reference` needs groups; these counts have one group only. Tabulate with `by`{way}."
        raise ValueError(msg)
    if not is_label(counts, reference) and reference not in words:
        msg = (
            f"`reference` must be the label of a group, {choices}; got {reference!r}. The labels are {_listed(counts)}."
        )
        raise ValueError(msg)


def _pairs(counts: RatingCounts, reference: Hashable) -> Iterator[tuple[int, int]]:
    """Give the positions of each group and its reference."""
    if reference in counts.labels:
        position = counts.labels.index(reference)
        yield from ((i, position) for i in range(len(counts)) if i != position)
    elif reference in _last_labels(counts):
        # Only one group column, or the same label within each block of the columns before.
        where = {label: i for i, label in enumerate(counts.labels)}
        for i, label in enumerate(counts.labels):
            j = where.get((*label[:-1], reference))
            if j is not None and i != j:
                yield i, j
    else:
        for _, groups in series_of(counts):
            yield from _pairs_in_block(counts, groups.tolist(), str(reference))


def _pairs_in_block(counts: RatingCounts, block: list[int], reference: str) -> Iterator[tuple[int, int]]:
    if reference == "all-pairs":
        yield from ((later, earlier) for i, earlier in enumerate(block) for later in block[i + 1 :])
        return
    labels = [counts.labels[i][-1] for i in block]
    periods = read_periods(labels)
    if reference == "year-before":
        if periods is None:
            msg = (
                f"`reference` 'year-before' needs labels that can be read as periods, such as '2024-03' or 'Q1 2024'; "
                f"the labels are {_listed(counts)}."
            )
            raise ValueError(msg)
        yield from ((block[i], block[j]) for i, j in enumerate(year_before(periods)) if j >= 0)
        return
    if periods is not None and not periods.in_order:
        first = int(np.flatnonzero(np.diff(periods.ordinal) <= 0)[0])
        msg = (
            f"`reference` 'previous' needs periods in order; {labels[first]!r} stands before {labels[first + 1]!r}. "
            "Put them in order with `counts.select(...)`."
        )
        raise ValueError(msg)
    yield from zip(block[1:], block[:-1], strict=True)


def _pair_with_others(counts: RatingCounts, reference: str) -> Pairing:
    blocks = counts.pool(*counts.by[:-1])
    block = {label: i for i, label in enumerate(blocks.labels)}
    of = np.array([block[label[:-1]] for label in counts.labels], dtype=np.intp)
    sizes = np.bincount(of)
    if (sizes == 1).any():
        alone = next(label for label, i in zip(counts.labels, of, strict=True) if sizes[i] == 1)
        name = repr(alone if len(alone) > 1 else alone[0])
        msg = f"`reference` {reference!r} needs other groups; {name} has none beside it."
        raise ValueError(msg)
    positions = np.arange(len(counts), dtype=np.intp)
    whole = reference == "total"

    own, total = counts.counts, blocks.counts[of]
    return _of_pieces(
        positions=positions,
        names=(reference,) * len(counts),
        own=own,
        other=total if whole else total - own,
        shared=own if whole else np.zeros_like(own),
        # Of the total, the difference is a part of that from the rest: the same normal variable.
        contrasts=Contrasts.rest(of, counts.n.astype(np.float64)),
        notes=("the total contains the group: their difference is a part of that from the rest",) if whole else (),
    )


def _of_pieces(
    *,
    positions: IndexArray,
    names: tuple[Hashable, ...],
    own: IntArray,
    other: IntArray,
    shared: IntArray,
    contrasts: Contrasts | None,
    notes: tuple[str, ...],
) -> Pairing:
    """Split what group and reference have in common; n_k / n is the weight of a piece in the score it is part of."""
    n_own, n_other = (np.maximum(side.sum(axis=1), 1) for side in (own, other))
    pieces = [own - shared, shared, other - shared]
    own_part, both, other_part = (piece.sum(axis=1) for piece in pieces)
    # n_k (1 / n_own - 1 / n_other), without cancellation
    weights = [own_part / n_own, both * ((n_other - n_own) / n_own) / n_other, -other_part / n_other]
    kept = [i for i, piece in enumerate(pieces) if i != 1 or piece.any()]
    if not pieces[0].any():
        kept.remove(0)
    return Pairing(
        positions=positions,
        names=names,
        own_counts=own,
        reference_counts=other,
        pieces=np.stack([pieces[i] for i in kept], axis=1),
        weights=np.stack([weights[i] for i in kept], axis=1),
        contrasts=contrasts,
        notes=notes,
    )


def _parts(
    counts: RatingCounts, groups: IndexArray, own: IntArray, whole: IntArray, names: tuple[Hashable, ...]
) -> IntArray:
    """Check that each group can be a part of its reference, which has more; give the parts."""
    wrong = np.flatnonzero((own > whole).any(axis=1) | (own == whole).all(axis=1))
    if wrong.size:
        first = wrong[0]
        rating = int(np.argmax(own[first] - whole[first]))
        group, reference = group_text(counts.labels[groups[first]]), group_text(names[first])
        what = (
            f"{reference} has no other respondents"
            if (own[first] == whole[first]).all()
            else f"rating {counts.scale.ratings[rating]}: {own[first, rating]} in {group}, {whole[first, rating]} in "
            f"{reference}"
        )
        msg = (
            f"`overlap` 'contained' needs references that contain their groups; {wrong.size} of {len(groups)} do not "
            f"(first: {group} in {reference}; {what}). Leave out `overlap` if they have no respondents in common."
        )
        raise ValueError(msg)
    return own


def _left_out(counts: RatingCounts, groups: IndexArray, others: IndexArray) -> tuple[str, ...]:
    """Say which groups are in no comparison."""
    alone = np.setdiff1d(np.arange(len(counts)), np.concatenate([groups, others]))
    if not alone.size:
        return ()
    first = group_text(counts.labels[alone[0]])
    return (f"{alone.size} of {len(counts)} groups have no partner and are in no comparison (first: {first})",)


def _gaps(counts: RatingCounts) -> tuple[str, ...]:
    """Say that periods are missing within windows."""
    for _, block in series_of(counts):
        labels = [counts.labels[i][-1] for i in block]
        periods = read_periods(labels)
        gaps = np.flatnonzero(np.diff(periods.ordinal) > 1) if periods is not None else np.empty(0, int)
        if gaps.size:
            before, after = labels[gaps[0]], labels[gaps[0] + 1]
            return (
                f"periods without counts are not in the windows (first: between {group_text(before)} and "
                f"{group_text(after)})",
            )
    return ()


def _last_labels(counts: RatingCounts | SurveyCounts) -> set[Hashable]:
    return {label[-1] for label in counts.labels} if counts.by else set()


def _listed(counts: RatingCounts | SurveyCounts) -> str:
    shown = list(dict.fromkeys(label[-1] for label in counts.labels if label))
    return ", ".join(map(repr, shown[:10])) + (", ..." if len(shown) > 10 else "") if shown else "none"
