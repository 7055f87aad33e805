"""What the weights of a sample are like, in all and in each cell of a margin that it was calibrated to."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from npsstats.typing import BoolArray, FloatArray, IntArray

__all__ = ["MarginTargets", "WeightSummary", "Weighting", "weighting_of"]

MarginTargets: TypeAlias = tuple[str, Sequence[Hashable], IntArray, FloatArray]
"""A margin: its name, the labels of its cells, the cell of each row, the population of each cell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightSummary:
    """The weights of some rows.

    Attributes
    ----------
    margin : str
        The margin that the rows are a cell of; empty for all rows.
    cell : hashable
        The label of the cell; None for all rows.
    n : int
        Rows.
    smallest, largest, mean, cv : float
        Of the final weights; cv is their standard deviation (divisor n) over their mean, nan if all are 0.
    share_before, share_after : float
        The share of the rows in the weight of all, before calibration and trimming, and after.
    share_rated : float
        After, among the rows with a rating: the share of those of them that are in the cell; nan if none has weight.
    population_share : float
        What it should be; nan for rows that no margin tells of.
    factor_low, factor_high : float
        The range of final weight / weight before, both relative to their mean over all rows.
    """

    margin: str
    cell: Hashable
    n: int
    smallest: float
    largest: float
    mean: float
    cv: float
    share_before: float
    population_share: float
    share_after: float
    share_rated: float
    factor_low: float
    factor_high: float

    @property
    def design_effect(self) -> float:
        """Kish's design effect of weighting, n sum w^2 / (sum w)^2 = 1 + cv^2."""
        return 1 + self.cv**2

    @property
    def effective_n(self) -> float:
        """How many rows of equal weight they count like, (sum w)^2 / sum w^2."""
        return self.n / self.design_effect


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighting:
    """The weights of a sample, and what was done to them; made by `weighting_of`.

    Attributes
    ----------
    overall : WeightSummary
        All rows.
    cells : tuple of WeightSummary
        The cells of the margins, margin by margin; empty without calibration.
    weighted : bool
        Whether rows may count differently.
    unrated : int
        Rows without a rating, which are described with the others.
    trimmed : int
        How many weights trimming changed.
    beyond : int
        How many are beyond the limits of trimming after calibration.
    calibration : str or None
        How the weights were calibrated.
    iterations : int
        Its steps.
    """

    overall: WeightSummary
    cells: tuple[WeightSummary, ...] = ()
    weighted: bool = True
    unrated: int = 0
    trimmed: int = 0
    beyond: int = 0
    calibration: str | None = None
    iterations: int = 0


def weighting_of(
    base: FloatArray,
    final: FloatArray,
    margins: Sequence[MarginTargets] = (),
    *,
    rated: BoolArray | None = None,
    weighted: bool = True,
    trimmed: int = 0,
    beyond: int = 0,
    calibration: str | None = None,
    iterations: int = 0,
) -> Weighting:
    """Describe the weights of all rows and of each cell, in some 0.1 s a margin for a million rows.

    Parameters
    ----------
    base, final : ndarray, shape (rows,)
        The weights before calibration and trimming, 0 or more, and after; neither adds up to 0.
    margins : sequence of tuple
        For each margin its name, the labels of its cells, the cell of each row (-1 for none), and the population of
        each cell, in any unit.
    rated : ndarray of bool, shape (rows,), optional
        Which rows have a rating; by default all.
    weighted, trimmed, beyond, calibration, iterations
        As in `Weighting`.

    Returns
    -------
    Weighting
    """
    before, after = base / base.sum(), final / final.sum()
    factor = np.divide(after, before, out=np.full_like(after, np.nan), where=before > 0)
    scale = float(final.sum())
    everyone = np.zeros(len(final), dtype=np.int64)
    whole = 1.0 if margins else float("nan")
    of_rated = after if rated is None else np.where(rated, after, 0.0)
    # Without a rating that has weight there are no shares.
    of_rated = of_rated / (of_rated.sum() or np.nan)
    arrays = (before, after, of_rated, factor)
    (overall,) = _summaries(("", (None,), everyone, np.array([whole])), arrays, scale)
    cells = tuple(
        summary
        for name, labels, codes, population in margins
        for summary in _summaries((name, labels, codes, population / population.sum()), arrays, scale)
    )
    return Weighting(
        overall=overall,
        cells=cells,
        weighted=weighted,
        unrated=0 if rated is None else int((~rated).sum()),
        trimmed=trimmed,
        beyond=beyond,
        calibration=calibration,
        iterations=iterations,
    )


def _summaries(margin: MarginTargets, arrays: Sequence[FloatArray], scale: float) -> list[WeightSummary]:
    """Describe the weights of each cell of a margin: before, after, of the rated, factors; the population as shares."""
    name, labels, codes, population = margin
    inside = codes >= 0
    if not inside.all():
        codes, arrays = codes[inside], [array[inside] for array in arrays]
    before, after, of_rated, factor = arrays
    size = len(labels)
    n = np.bincount(codes, minlength=size)
    share_before, share_after, share_rated = (
        np.bincount(codes, weights=array, minlength=size) for array in (before, after, of_rated)
    )
    mean = np.divide(share_after, n, out=np.full(size, np.nan), where=n > 0)
    # Around the mean: sums of squares would lose the spread of weights that hardly differ.
    squares = np.bincount(codes, weights=(after - mean[codes]) ** 2, minlength=size)
    spread = np.sqrt(np.divide(squares, n, out=np.full(size, np.nan), where=n > 0))
    cv = np.divide(spread, mean, out=np.full(size, np.nan), where=mean > 0)
    smallest, largest = _ranges(codes, after, size)
    low, high = _ranges(codes, factor, size)
    return [
        WeightSummary(
            margin=name,
            cell=labels[i],
            n=int(n[i]),
            smallest=scale * float(smallest[i]),
            largest=scale * float(largest[i]),
            mean=scale * float(mean[i]),
            cv=float(cv[i]),
            share_before=float(share_before[i]),
            population_share=float(population[i]),
            share_after=float(share_after[i]),
            share_rated=float(share_rated[i]),
            factor_low=float(low[i]),
            factor_high=float(high[i]),
        )
        for i in range(size)
    ]


def _ranges(codes: IntArray, array: FloatArray, size: int) -> tuple[FloatArray, FloatArray]:
    """Find the smallest and the largest number of each cell; nan for cells without any."""
    low, high = np.full(size, np.nan), np.full(size, np.nan)
    # fmin and fmax pass over nan.
    np.fmin.at(low, codes, array)
    np.fmax.at(high, codes, array)
    return low, high
