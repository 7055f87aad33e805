r"""Sign-flip test of a mean difference of the same respondents, and the limits that belong to it.

If the differences d are symmetric about delta, any of the d - delta may change its sign. Their sum does not fall when
those of a subset do iff sum over the subset (d - delta) <= 0; so limits are quantiles of the means of random subsets,
Hartigan's (1969) typical values. The subset takes Bin(n_k, 1/2) of the n_k respondents with the difference d_k. The
empty subset, and one whose mean is delta, are as extreme on both sides as what is observed.

Nothing is gained by studentising: a flip leaves sum (d - delta)^2 as it is, so that t is an increasing function of the
sum. Flips are listed where they are few, otherwise counts are drawn, never rows.
"""

from collections.abc import Iterator

import numpy as np

from npsstats.kernels.randomisation import (
    MOST_LISTED,
    Law,
    alike,
    drawn_weights,
    law_of,
    log_binomial,
    lowest_point,
    mass_up_to,
    reflected,
)
from npsstats.typing import BoolArray, FloatArray, IndexArray, IntArray

__all__ = ["flipped_means", "needs_flipping", "sign_flip_limits", "sign_flip_tails"]


def needs_flipping(counts: FloatArray) -> BoolArray:
    """Tell which rows have too many flips to list them all; counts as for `sign_flip_tails`."""
    return np.asarray((counts + 1.0).prod(axis=-1) > MOST_LISTED)


def sign_flip_tails(
    counts: FloatArray,
    values: FloatArray,
    null: FloatArray | float,
    *,
    rng: np.random.Generator,
    n_resamples: int,
) -> tuple[FloatArray, FloatArray]:
    """Compute the one-sided p-values of the sign-flip test of a mean difference.

    Parameters
    ----------
    counts : ndarray, shape (rows, levels)
        Respondents by difference: whole numbers, at least one in each row.
    values : ndarray, shape (levels,)
        The differences, ascending.
    null : float or ndarray, shape (rows,)
        The mean difference under the null hypothesis.
    rng : numpy.random.Generator
        Draws the flips of rows that `needs_flipping` names; others come from all their flips.
    n_resamples : int
        How many flips to draw.

    Returns
    -------
    below, above : ndarray, shape (rows,)
        P*(S* <= S) and P*(S* >= S) for the sum S of the differences less `null`. From b of B drawn flips
        (b + 1) / (B + 1); from all flips of n respondents no less than 2^-n, the probability of flipping none.
    """
    at = np.broadcast_to(np.asarray(null, dtype=np.float64), len(counts))
    below, above = np.empty(len(counts)), np.empty(len(counts))
    for rows, law in _flip_laws(counts, values, rng, n_resamples):
        above[rows], below[rows] = mass_up_to(law, at[rows]), mass_up_to(reflected(law), -at[rows])
    return below, above


def sign_flip_limits(
    counts: FloatArray,
    values: FloatArray,
    tail: FloatArray | float,
    *,
    rng: np.random.Generator,
    n_resamples: int,
) -> tuple[FloatArray, FloatArray]:
    """Compute the limits of the sign-flip test: quantiles of the means of random subsets.

    Parameters
    ----------
    counts, values, rng, n_resamples
        As for `sign_flip_tails`.
    tail : float or ndarray, shape (rows,)
        The error probability on each side.

    Returns
    -------
    low, high : ndarray, shape (rows,)
        The first and the last of the values where flipping none, or a single draw, is not as rare as the tail.
    """
    tail = np.broadcast_to(np.asarray(tail, dtype=np.float64), len(counts))
    low, high = np.empty(len(counts)), np.empty(len(counts))
    for rows, law in _flip_laws(counts, values, rng, n_resamples):
        low[rows], high[rows] = lowest_point(law, tail[rows]), -lowest_point(reflected(law), tail[rows])
    return low.clip(min=values[0]), high.clip(max=values[-1])


def flipped_means(counts: IntArray, values: FloatArray) -> tuple[FloatArray, FloatArray, float]:
    """List the means of all subsets, by level.

    Parameters
    ----------
    counts : ndarray of int, shape (levels,)
        Respondents by difference.
    values : ndarray, shape (levels,)
        The differences.

    Returns
    -------
    means, weights : ndarray, shape (subsets,)
        Of the subsets that are not empty.
    empty : float
        The probability of the empty one, 2^-n.
    """
    total, size, weights = np.zeros(1), np.zeros(1), np.ones(1)
    for count, value in zip(counts.tolist(), values.tolist(), strict=True):
        flipped = np.arange(count + 1)
        probability = np.exp(log_binomial(count, count, 0.5))
        total = np.add.outer(total, flipped * value).ravel()
        size = np.add.outer(size, flipped).ravel()
        weights = np.multiply.outer(weights, probability / probability.sum()).ravel()
    # The empty one comes first.
    return total[1:] / size[1:], weights[1:], float(np.exp2(-counts.sum(dtype=np.float64)))


def _flip_laws(
    counts: FloatArray, values: FloatArray, rng: np.random.Generator, n_resamples: int
) -> Iterator[tuple[IndexArray, Law]]:
    """Yield the law of the mean of a random subset, and the rows whose law it is."""
    whole, drawn = counts.astype(np.int64), needs_flipping(counts)
    for rows in alike(whole):
        row = rows[0]
        held = whole[row] > 0
        if drawn[row]:
            flipped = rng.binomial(whole[row, held], 0.5, size=(n_resamples, np.count_nonzero(held)))
            size = flipped.sum(axis=1)
            weights, unseen = drawn_weights(n_resamples)
            # A draw that flips none is as extreme on both sides as what is observed.
            means = (flipped[size > 0] @ values[held]) / size[size > 0]
            unseen += float(weights[size == 0].sum())
            weights = weights[size > 0]
        else:
            means, weights, unseen = flipped_means(whole[row, held], values[held])
        yield rows, law_of(means, weights, unseen)
