"""The search for changes in one series of periods: which, where they may lie, and how surprising they are."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import numpy as np

from npsstats.kernels.segmentation import (
    best_segmentation,
    dispersion,
    largest_by_periods,
    largest_by_respondents,
    split_statistics,
)
from npsstats.ratings.checks import check_number, check_rng, check_whole_number
from npsstats.results.protocol import group_text
from npsstats.typing import FloatArray, IndexArray, IntArray, Label

__all__ = ["Exchange", "Found", "On", "Question", "neighbours", "search_series"]

On: TypeAlias = Literal["distribution", "ratings"]
Exchange: TypeAlias = Literal["respondents", "periods"]

DRAWS = {"respondents": largest_by_respondents, "periods": largest_by_periods}

ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked of each series."""

    on: On
    exchange: Exchange
    penalty: float | None
    max_changes: int | None
    rng: np.random.Generator
    n_resamples: int
    confidence_level: float

    @classmethod
    def of(
        cls,
        on: object,
        exchange: object,
        penalty: object,
        max_changes: object,
        rng: object,
        n_resamples: object,
        confidence_level: float,
    ) -> "Question":
        """Check the arguments of `find_changes`."""
        for name, value, words in (("on", on, get_args(On)), ("exchange", exchange, get_args(Exchange))):
            if value not in words:
                msg = f"`{name}` must be {' or '.join(map(repr, words))}; got {value!r}."
                raise ValueError(msg)
        if penalty is not None and not 0 < check_number("penalty", penalty) < np.inf:
            msg = f"`penalty` must be above 0 and finite; got {penalty!r}."
            raise ValueError(msg)
        if max_changes is not None and check_whole_number("max_changes", max_changes) < 1:
            msg = f"`max_changes` must be 1 or more; got {max_changes!r}."
            raise ValueError(msg)
        draws = check_whole_number("n_resamples", n_resamples)
        needed = 1 if penalty is not None else int(np.ceil(1 / (1 - confidence_level) - 1e-9)) - 1
        if draws < needed:
            msg = f"`n_resamples` must be {needed} or more for this `confidence_level`; got {draws}."
            raise ValueError(msg)
        return cls(
            on=on,  # type: ignore[arg-type]
            exchange=exchange,  # type: ignore[arg-type]
            penalty=None if penalty is None else check_number("penalty", penalty),
            max_changes=None if max_changes is None else check_whole_number("max_changes", max_changes),
            rng=check_rng(rng),
            n_resamples=draws,
            confidence_level=confidence_level,
        )

    def draw(self, counts: IntArray) -> FloatArray:
        """Draw the largest statistic of one change where nothing changes."""
        return DRAWS[self.exchange](counts, self.rng, self.n_resamples)

    def penalty_of(self, drawn: FloatArray) -> float:
        """The penalty: as many draws lie at or above it as leave the p-value of what lies above it at the level."""
        if self.penalty is not None:
            return self.penalty
        rank = int((1 - self.confidence_level) * (drawn.size + 1) + 1e-9)
        # The same table, added up in another order, differs by rounding.
        return float(np.sort(drawn)[-rank]) * (1 + ROUNDING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The changes of one series, by their places in it.

    Attributes
    ----------
    label : tuple
        Of the series.
    rows : ndarray of int
        Where its periods stand in the counts.
    changes, earliest, latest : ndarray of int, shape (changes,)
        The first period of each new segment.
    statistic, pvalue : ndarray, shape (changes,)
        Of each change between its neighbours.
    penalty : float
        What a change must have saved.
    likeliest : int
        The place of the largest statistic of a single change.
    largest, overall_pvalue : float
        That statistic, and its p-value.
    dispersion : float
        Within segments, relative to chance.
    excess : float
        How far that lies above 1, in standard errors.
    """

    label: Label
    rows: IndexArray
    changes: IndexArray
    earliest: IndexArray
    latest: IndexArray
    statistic: FloatArray
    pvalue: FloatArray
    penalty: float
    likeliest: int
    largest: float
    overall_pvalue: float
    dispersion: float
    excess: float


def neighbours(changes: IndexArray, size: int) -> Iterator[tuple[int, int, int]]:
    """For each change: where the segment before it begins, where it stands, and where the one after it ends."""
    ends = [0, *changes.tolist(), size]
    return zip(ends, ends[1:], ends[2:], strict=False)


def search_series(label: Label, rows: IndexArray, counts: IntArray, question: Question) -> Found:
    """Find the changes of one series, with their places and p-values."""
    if rows.size < 2:
        where = f" of {group_text(label)}" if label else ""
        msg = f"`find_changes` needs at least two periods with ratings; the series{where} has one."
        raise ValueError(msg)
    table = counts.astype(np.float64)
    drawn = question.draw(counts)
    penalty = question.penalty_of(drawn)
    changes = best_segmentation(table, penalty, question.max_changes)
    single = split_statistics(table)
    chi2, df = dispersion(table, changes)
    # A place that falls short by more than this has a likelihood too low; periods that vary more than chance explains
    # stretch likelihood ratios by as much.
    reach = -2 * np.log1p(-np.sqrt(question.confidence_level))
    reach *= max(chi2 / df, 1) if question.exchange == "periods" and df else 1
    earliest, latest, statistic, pvalue = [], [], [], []
    for start, _, end in neighbours(changes, rows.size):
        local = split_statistics(table[start:end])
        near = np.flatnonzero(local >= local.max() - reach)
        earliest.append(start + near[0] + 1)
        latest.append(start + near[-1] + 1)
        statistic.append(local.max())
        pvalue.append(_pvalue(drawn if end - start == rows.size else question.draw(counts[start:end]), local.max()))
    return Found(
        label=label,
        rows=rows,
        changes=changes,
        earliest=np.array(earliest, dtype=np.intp),
        latest=np.array(latest, dtype=np.intp),
        statistic=np.array(statistic, dtype=np.float64),
        pvalue=np.array(pvalue, dtype=np.float64),
        penalty=penalty,
        likeliest=int(single.argmax()) + 1,
        largest=float(single.max()),
        overall_pvalue=_pvalue(drawn, single.max()),
        dispersion=chi2 / df if df else np.nan,
        excess=(chi2 - df) / np.sqrt(2 * df) if df else 0.0,
    )


def _pvalue(drawn: FloatArray, observed: float) -> float:
    return float((np.count_nonzero(drawn >= observed * (1 - ROUNDING)) + 1) / (drawn.size + 1))
