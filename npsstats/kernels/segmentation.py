r"""Changes of a multinomial distribution along a series of periods.

A segment of periods with the counts N_k of N answers costs -2 sum_k N_k log(N_k / N), minus twice its maximal log
likelihood. A change at a period saves what the segment around it costs more than its two parts: the likelihood ratio
statistic (Hinkley 1970). The best segmentation has the least cost, with a penalty for each change.
"""

from collections.abc import Iterator

import numpy as np
from scipy.special import xlogy

from npsstats.typing import FloatArray, IndexArray, IntArray

__all__ = ["best_segmentation", "dispersion", "largest_by_periods", "largest_by_respondents", "split_statistics"]

# Resampled tables whose arrays stay in the processor's cache together.
CELLS = 2**18


def split_statistics(counts: FloatArray) -> FloatArray:
    """Compute the likelihood ratio statistic of one change at each period.

    Parameters
    ----------
    counts : ndarray, shape (periods, cells)
        Answers, in order of time.

    Returns
    -------
    ndarray, shape (periods - 1,)
        Entry i is that of a change between the periods i and i + 1.
    """
    total = counts.sum(axis=0)
    before = np.cumsum(counts, axis=0)[:-1]
    return _saving(before, total)


def best_segmentation(counts: FloatArray, penalty: float, max_changes: int | None = None) -> IndexArray:
    """Find the segments whose cost, with a penalty for each change, is least.

    Parameters
    ----------
    counts : ndarray, shape (periods, cells)
        Answers, in order of time.
    penalty : float
        What a change must save, as twice a log likelihood.
    max_changes : int, optional
        At most so many changes.

    Returns
    -------
    ndarray of int, shape (changes,)
        The periods at which new segments begin.
    """
    cumulated = np.concatenate([np.zeros((1, counts.shape[1])), np.cumsum(counts, axis=0)])
    cumulated = cumulated[:, cumulated[-1] > 0]
    return _unlimited(cumulated, penalty) if max_changes is None else _limited(cumulated, penalty, max_changes)


def _unlimited(cumulated: FloatArray, penalty: float) -> IndexArray:
    """Optimal partitioning by dynamic programming over the last change, with pruning (Killick et al. 2012).

    A start that is worse than the best one by more than a penalty stays so: splitting a segment never costs more.
    """
    periods = len(cumulated) - 1
    best = np.zeros(periods + 1)
    best[0] = -penalty
    last = np.zeros(periods + 1, dtype=np.intp)
    starts = np.zeros(1, dtype=np.intp)
    for end in range(1, periods + 1):
        costs = best[starts] + _cost(cumulated[end] - cumulated[starts])
        choice = np.argmin(costs)
        best[end], last[end] = costs[choice] + penalty, starts[choice]
        starts = np.append(starts[costs <= best[end]], end)
    return _walk_back(last[None], 0)


def _limited(cumulated: FloatArray, penalty: float, max_changes: int) -> IndexArray:
    """The same with rows for 0, 1, ..., max_changes changes, and the penalty last."""
    periods = len(cumulated) - 1
    rows = min(max_changes, periods - 1) + 1
    best = np.full((rows + 1, periods + 1), np.inf)
    # Row 0 is the empty start; row q + 1 has q changes.
    best[0, 0] = 0.0
    last = np.zeros((rows + 1, periods + 1), dtype=np.intp)
    for end in range(1, periods + 1):
        costs = best[:-1, :end] + _cost(cumulated[end] - cumulated[:end])
        last[1:, end] = costs.argmin(axis=1)
        best[1:, end] = costs.min(axis=1)
    chosen = int(np.argmin(best[1:, -1] + penalty * np.arange(rows)))
    return _walk_back(last, chosen + 1)


def _walk_back(last: IndexArray, row: int) -> IndexArray:
    """Follow the starts of segments from the end; with one row only, in that row."""
    changes: list[int] = []
    start = int(last[row, -1])
    while start > 0:
        changes.append(start)
        row -= len(last) > 1
        start = int(last[row, start])
    return np.array(changes[::-1], dtype=np.intp)


def largest_by_respondents(counts: IntArray, rng: np.random.Generator, n_resamples: int) -> FloatArray:
    """Draw the largest statistic of one change when all answers are dealt out to the periods at random.

    Parameters
    ----------
    counts : ndarray of int, shape (periods, cells)
        Answers; their numbers by period and by cell are kept.
    rng : numpy.random.Generator
    n_resamples : int

    Returns
    -------
    ndarray, shape (n_resamples,)
    """
    n, total = counts.sum(axis=1), counts.sum(axis=0)
    total = total[total > 0]
    left = np.tile(total[:, None], n_resamples)
    before = np.zeros_like(left)
    largest = np.zeros(n_resamples)
    for size in n[:-1]:
        dealt = _deal(left, int(size), rng)
        left -= dealt
        before += dealt
        np.maximum(largest, _saving(before.T, total), out=largest)
    return largest


def _deal(left: IntArray, size: int, rng: np.random.Generator) -> IntArray:
    """Draw one period's counts, cell by cell, from what is left; shape (cells, resamples)."""
    dealt = np.zeros_like(left)
    rest = left.sum(axis=0)
    wanted = np.full(left.shape[1], size)
    for cell in range(len(left) - 1):
        rest = rest - left[cell]
        dealt[cell] = rng.hypergeometric(left[cell], rest, wanted)
        wanted = wanted - dealt[cell]
    dealt[-1] = wanted
    return dealt


def largest_by_periods(counts: IntArray, rng: np.random.Generator, n_resamples: int) -> FloatArray:
    """Draw the largest statistic of one change when whole periods are put into random order.

    Parameters
    ----------
    counts, rng, n_resamples
        As for `largest_by_respondents`.

    Returns
    -------
    ndarray, shape (n_resamples,)
    """
    total = counts.sum(axis=0)
    kept = counts[:, total > 0]
    largest = np.zeros(n_resamples)
    for block in _blocks(n_resamples, kept.size):
        order = rng.permuted(np.tile(np.arange(len(kept)), (block.stop - block.start, 1)), axis=1)
        before = np.cumsum(kept[order], axis=1)[:, :-1]
        largest[block] = _saving(before, total[total > 0]).max(axis=1)
    return largest


def _blocks(size: int, cells: int) -> Iterator[slice]:
    step = max(CELLS // cells, 1)
    return (slice(start, min(start + step, size)) for start in range(0, size, step))


def dispersion(counts: FloatArray, changes: IndexArray) -> tuple[float, int]:
    """Compute Pearson's chi-square of periods within their segments, and its degrees of freedom.

    Parameters
    ----------
    counts : ndarray, shape (periods, cells)
    changes : ndarray of int, shape (changes,)
        The periods at which new segments begin.

    Returns
    -------
    chi2 : float
    df : int
    """
    chi2, df = 0.0, 0
    for segment in np.split(counts, changes):
        total = segment.sum(axis=0)
        kept = segment[:, total > 0]
        expected = kept.sum(axis=1, keepdims=True) * (total[total > 0] / total.sum())
        chi2 += float(((kept - expected) ** 2 / expected).sum())
        df += (len(kept) - 1) * (kept.shape[1] - 1)
    return chi2, df


def _cost(counts: FloatArray | IntArray) -> FloatArray:
    """Minus twice the maximal log likelihood of segments; the last axis holds the cells."""
    n = counts.sum(axis=-1)
    cost: FloatArray = 2 * (xlogy(n, n) - xlogy(counts, counts).sum(axis=-1))
    return cost


def _saving(before: FloatArray | IntArray, total: FloatArray | IntArray) -> FloatArray:
    """The cost of the whole minus those of its parts, at least 0."""
    saving: FloatArray = _cost(total) - _cost(before) - _cost(total - before)
    return saving.clip(min=0)
