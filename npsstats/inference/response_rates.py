"""Which share answered, and what the answers of those who did say of a score at any level."""

import warnings
from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from npsstats.errors import SmallSampleWarning
from npsstats.inference.comparison import compare
from npsstats.inference.estimation import estimate
from npsstats.inference.methods import check_confidence_level
from npsstats.ratings.checks import numbers
from npsstats.ratings.counts import RatingCounts
from npsstats.ratings.scales import Metric
from npsstats.results.differences import Differences
from npsstats.results.protocol import group_text
from npsstats.typing import FloatArray, IndexArray, IntArray

__all__ = [
    "Pairs",
    "ResponseRate",
    "check_rate_level",
    "limits_at",
    "pair_up",
    "read_invited",
    "read_rates",
    "recovered_margin",
    "warned_before",
    "warned_once",
]

ResponseRate: TypeAlias = float | Sequence[float] | Mapping[Hashable, float]
"""One rate for all groups, one for each, or a mapping from their labels."""

# Correlations closer to 0 are rounding.
NOTHING = 1e-9


@contextmanager
def warned_once() -> Iterator[None]:
    """Raise each warning of the block once, at the line that called the function with the block."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    for text, category in dict.fromkeys((str(warning.message), warning.category) for warning in caught):
        # From here: the exit of the block, its function, the caller.
        warnings.warn(text, category, stacklevel=4)


@contextmanager
def warned_before() -> Iterator[None]:
    """Leave out warnings of small samples, where an answer of the same groups has given them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SmallSampleWarning)
        yield


def check_rate_level(confidence_level: float) -> None:
    """Check a level; wide bounds have one-sided limits, which need a level above one half."""
    check_confidence_level(confidence_level)
    if confidence_level <= 0.5:
        msg = f"`confidence_level` must be above 0.5 and below 1; got {confidence_level!r}."
        raise ValueError(msg)


def read_rates(name: str, given: Any, groups: Sequence[Hashable]) -> FloatArray:
    """Read one number per group: rates above 0 and up to 1."""
    rates = _by_group(name, given, groups)
    wrong = np.flatnonzero(~((rates > 0) & (rates <= 1)))
    if wrong.size:
        rate = float(rates[wrong[0]])
        where = f" for {_text(groups[wrong[0]])}" if rates.size > 1 else ""
        hint = f" For {rate:g} % pass {rate / 100:g}." if 1 < rate <= 100 else ""
        msg = f"`{name}` must be shares, above 0 and up to 1; got {rate:g}{where}.{hint}"
        raise ValueError(msg)
    return rates


def _by_group(name: str, given: Any, groups: Sequence[Hashable]) -> FloatArray:
    """Read one number for all groups, one for each, or a mapping from their labels."""
    if hasattr(given, "items"):
        known = dict(given.items())
        for wanted, there, what in ((groups, known, "has no entry for the group"), (known, groups, "names the group")):
            lost = [label for label in wanted if label not in there]
            if lost:
                shown = ", ".join(map(repr, list(groups)[:10])) + (", ..." if len(groups) > 10 else "")
                msg = f"`{name}` {what} {lost[0]!r}; the groups are {shown}, and each needs one entry."
                raise ValueError(msg)
        given = [known[label] for label in groups]
    read = numbers(name, given)
    if read.size not in (1, len(groups)):
        msg = f"`{name}` must be one number, one for each of the {len(groups)} groups, or a mapping; got {read.size}."
        raise ValueError(msg)
    return np.broadcast_to(read, len(groups)).copy()


def read_invited(given: Any, counts: RatingCounts) -> IntArray:
    """Read how many were asked in each group: no fewer than answered."""
    invited = _by_group("invited", given, counts.groups)
    wrong = np.flatnonzero(~((invited >= counts.n + counts.missing) & (invited == invited // 1)))
    if wrong.size:
        i = wrong[0]
        where = f" of {group_text(counts.labels[i])}" if counts.labels[i] else ""
        msg = (
            f"`invited` must be whole numbers, and those{where} at least the {counts.n[i]} who gave a rating and the "
            f"{counts.missing[i]} who gave none; got {invited[i]:g}. For a share pass `response_rate`."
        )
        raise ValueError(msg)
    return invited.astype(np.int64)


def _text(group: Hashable) -> str:
    return group_text(group) if group != () else "the group"


def limits_at(
    counts: Any, metric: Metric | None, rows: IndexArray, levels: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Compute the limits of the scores of these groups, each at its own level; without the warnings of their scores."""
    low, high = np.empty(rows.size), np.empty(rows.size)
    for level in np.unique(levels):
        here = np.flatnonzero(levels == level)
        groups, place = np.unique(rows[here], return_inverse=True)
        whole = groups.size == len(counts)
        part = counts if whole else counts.select(*(counts.groups[i] for i in groups))
        with warned_before():
            found = estimate(part, metric=metric, confidence_level=float(level))
        low[here], high[here] = found.low[place], found.high[place]
    return low, high


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """Groups and the groups that they are compared with.

    Attributes
    ----------
    own, other : ndarray of int
        Where they stand in the counts.
    correlation : ndarray
        Of the two estimated scores; 0 of independent respondents.
    differences : Differences
        What `compare` says of them.
    """

    own: IndexArray
    other: IndexArray
    correlation: FloatArray
    differences: Differences


def pair_up(
    counts: Any, reference: Hashable, metric: Metric | None, errors: FloatArray, confidence_level: float
) -> Pairs:
    """Compare groups with single groups; `errors` are the standard errors of all scores."""
    found = compare(counts, reference=reference, metric=metric, adjustment="none", confidence_level=confidence_level)
    where = {label: i for i, label in enumerate(counts.labels)}
    one_for_all = reference in where
    others = [reference if one_for_all else (*label[:-1], name) for label, name in zip(*_sides(found), strict=True)]
    if not found.n_reference.all() or any(other not in where for other in others):
        msg = (
            "`reference` must be the label of a group, or a word that gives each group another one, such as "
            f"'previous': each side needs a response rate of its own; got {reference!r}."
        )
        raise ValueError(msg)
    own, other = (np.array([where[label] for label in side], dtype=np.intp) for side in (found.labels, others))
    product = errors[own] * errors[other]
    covariance = np.nan_to_num((errors[own] ** 2 + errors[other] ** 2 - found.standard_error**2) / 2)
    correlation = np.divide(covariance, product, out=np.zeros_like(product), where=product > 0).clip(-1, 1)
    correlation = np.where(np.abs(correlation) < NOTHING, 0.0, correlation)
    return Pairs(own=own, other=other, correlation=correlation, differences=found)


def _sides(found: Differences) -> tuple[Sequence[Any], Sequence[Any]]:
    return found.labels, found.reference


def recovered_margin(own: FloatArray, other: FloatArray, correlation: FloatArray) -> FloatArray:
    """Compute the margin of a difference from those of its two sides: Zou & Donner (2008), with a correlation."""
    margin: FloatArray = np.sqrt((own**2 + other**2 - 2 * correlation * own * other).clip(min=0))
    return margin
