"""Whole counts behind published percentages."""

import numpy as np
from numpy.typing import ArrayLike

from npsstats.ratings.checks import check_whole_number, numbers
from npsstats.typing import FloatArray, IntArray

__all__ = ["counts_from_percentages"]


def counts_from_percentages(
    promoters: ArrayLike,
    passives: ArrayLike | None,
    detractors: ArrayLike,
    n: ArrayLike,
    decimals: int | None,
) -> tuple[IntArray, str]:
    """Find the counts (detractors, passives, promoters) whose rounded percentages were published.

    Returns the counts, shape (groups, 3), and a sentence on how exact they are. The arguments are those of
    `RatingCounts.from_percentages`.
    """
    given = {"detractors": detractors, "passives": passives, "promoters": promoters, "n": n}
    columns = [numbers(name, values) for name, values in given.items() if values is not None]
    try:
        *shares, size = np.broadcast_arrays(*columns)
    except ValueError:
        lengths = [column.size for column in columns]
        msg = f"percentages and `n` must be one number each, or one per group; got {lengths} of them."
        raise ValueError(msg) from None
    published = np.column_stack(shares)
    _check_percentages(published, size)
    places = _decimals(published) if decimals is None else check_whole_number("decimals", decimals)
    if places < 0:
        msg = f"`decimals` must be 0 or more; got {places}."
        raise ValueError(msg)
    # A printed figure stands for everything that rounds to it, whichever way ties were rounded.
    half_unit = 0.5 * 10.0**-places + 1e-9
    low = np.ceil(np.round((published - half_unit) / 100 * size[:, None], 9)).clip(min=0)
    high = np.floor(np.round((published + half_unit) / 100 * size[:, None], 9))
    counts = np.round(published / 100 * size[:, None]).clip(low, high)
    if passives is None:
        rest = size - counts.sum(axis=1)
        counts = np.insert(counts, 1, rest, axis=1)
        impossible = (low > high).any(axis=1) | (rest < 0)
        ends = [0, 2]
    else:
        counts = _to_total(counts, low, high, published / 100 * size[:, None], size)
        impossible = (low > high).any(axis=1) | (counts.sum(axis=1) != size)
        ends = [0, 1, 2]
    if impossible.any():
        row = int(np.flatnonzero(impossible)[0])
        figures = ", ".join(f"{share:g}" for share in published[row])
        msg = (
            f"no whole counts of n={size[row]:g} respondents round to the percentages {figures} "
            f"at {places} decimals (group {row + 1} of {len(size)}). Check the figures, or pass `decimals`."
        )
        raise ValueError(msg)
    # The score is off most where promoters are as many more, and detractors as many fewer, as rounding allows.
    up, down = (high - counts[:, ends])[:, [0, -1]], (counts[:, ends] - low)[:, [0, -1]]
    off = float((100 * np.maximum(up[:, 1] + down[:, 0], up[:, 0] + down[:, 1]) / size).max())
    exact = "the score is exact" if off == 0 else f"the score is exact to within {off:.2g} points"
    plural = "" if places == 1 else "s"
    return counts.astype(np.int64), f"counts rebuilt from percentages rounded to {places} decimal{plural}; {exact}"


def _check_percentages(published: FloatArray, size: FloatArray) -> None:
    if not np.all((published >= 0) & (published <= 100)):
        wrong = published[~((published >= 0) & (published <= 100))][0]
        msg = f"percentages must lie between 0 and 100; got {wrong:g}."
        raise ValueError(msg)
    whole = (size > 0) & np.isfinite(size) & (size == np.floor(size))
    if not whole.all():
        wrong = size[~whole][0]
        msg = f"`n` must be whole numbers above 0; got {wrong:g}."
        raise ValueError(msg)


def _decimals(published: FloatArray) -> int:
    """How many decimals the figures show, at most 9."""
    return next((d for d in range(9) if np.allclose(published, published.round(d), rtol=0, atol=1e-10)), 9)


def _to_total(
    counts: FloatArray, low: FloatArray, high: FloatArray, target: FloatArray, size: FloatArray
) -> FloatArray:
    """Move counts by ones, within their rounding and least far from the target, until they add up to n."""
    counts = counts.copy()
    for _ in range(int(np.abs(size - counts.sum(axis=1)).max(initial=0))):
        gap = size - counts.sum(axis=1)
        step = np.sign(gap)[:, None]
        room = np.where(step > 0, counts < high, counts > low) & (step != 0)
        cost = np.where(room, step * (counts - target), np.inf)
        row = np.flatnonzero(room.any(axis=1))
        cell = cost[row].argmin(axis=1)
        counts[row, cell] += step[row, 0]
    return counts
