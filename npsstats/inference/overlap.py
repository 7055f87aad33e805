"""Two waves of which some respondents answered both, in pieces that share no respondents."""

import numpy as np

from npsstats.inference.contrasts import ContrastProblem
from npsstats.inference.methods import by_level
from npsstats.ratings.pairs import PairedCounts
from npsstats.ratings.scales import Metric
from npsstats.typing import FloatArray

__all__ = ["RESPONDENTS", "overlapping_waves"]

RESPONDENTS = ("paired", "all", "optimal")

# Pairs without correlation that are added to estimate the correlation of the others.
UNCORRELATED = 3


def overlapping_waves(pairs: PairedCounts, metric: Metric, respondents: str) -> ContrastProblem:
    """Write second minus first wave as a sum over those in both, in the second only, and in the first only.

    With shares a and b of the first and the second wave that answered both, m pairs, and means x and y,

        (b y_both - a x_both) + (1 - b) y_only - (1 - a) x_only

    is the difference of the two scores of all respondents. Any other a and b estimate the same where those who
    answered once are of the same population: for "optimal", those of least variance.
    """
    both = by_level(by_level(pairs.counts, metric).swapaxes(1, 2), metric).swapaxes(1, 2)  # first by second
    first_only, second_only = (by_level(part, metric) for part in (pairs.first_only, pairs.second_only))
    low, high = metric.bounds
    values = (metric.levels - low) / (high - low)
    m, n_first, n_second = both.sum(axis=(1, 2)), first_only.sum(axis=1), second_only.sum(axis=1)
    a, b = m / np.maximum(m + n_first, 1), m / np.maximum(m + n_second, 1)
    if respondents == "optimal":
        a, b = _least_variance(both, first_only, second_only, values, a, b)
    # One arm for pairs, whose values depend on a and b, and two of single answers, filled up with empty levels.
    changes = (b[:, None, None] * values - a[:, None, None] * values[:, None]).reshape(len(m), -1)
    order = np.argsort(changes, axis=1)
    paired = np.take_along_axis(both.reshape(len(m), -1), order, axis=1)
    filling = ((0, 0), (0, paired.shape[1] - values.size))
    single = np.broadcast_to(np.pad(values, filling[1], mode="edge"), paired.shape)
    return ContrastProblem(
        counts=np.stack([paired, np.pad(second_only, filling), np.pad(first_only, filling)], axis=1),
        values=np.stack([np.take_along_axis(changes, order, axis=1), single, single], axis=1),
        weights=np.stack([np.ones_like(a), 1 - b, a - 1], axis=1),
        # What is known of the spread of a wave, all of its respondents tell.
        sizes=np.stack([m + np.minimum(n_first, n_second), m + n_second, m + n_first], axis=1),
        width=high - low,
        name=metric.name,
    )


def _least_variance(
    both: FloatArray, first_only: FloatArray, second_only: FloatArray, values: FloatArray, a: FloatArray, b: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Find the weights of the pairs in each wave that give the least variance, with the variances of whole waves.

    a^2 v1 / m + b^2 v2 / m - 2 a b c / m + (1 - a)^2 v1 / n1 + (1 - b)^2 v2 / n2 is least where its two derivatives
    are 0. The covariance c is the correlation of the pairs times sqrt(v1 v2), as in Derrick et al. (2017): that of the
    pairs alone can be more than v1 and v2 allow, and the sum then has no minimum. A row without those who answered
    once, or both, or without spread keeps its weights.

    Few pairs seem perfectly correlated by chance, and would be given all weight: `UNCORRELATED` more keep the balance.
    With any fixed weights the difference has no bias.
    """
    m, n_first, n_second = both.sum(axis=(1, 2)), first_only.sum(axis=1), second_only.sum(axis=1)
    v_first = _variance(both.sum(axis=2) + first_only, values)
    v_second = _variance(both.sum(axis=1) + second_only, values)
    shares = both / np.maximum(m, 1)[:, None, None]
    x, y = shares.sum(axis=2) @ values, shares.sum(axis=1) @ values
    covariance = np.einsum("gij,i,j->g", shares, values, values) - x * y
    product = _variance(both.sum(axis=2), values) * _variance(both.sum(axis=1), values)
    correlation = np.divide(covariance, np.sqrt(product), out=np.zeros_like(product), where=product > 0).clip(-1, 1)
    correlation *= m / (m + UNCORRELATED)
    rows = np.flatnonzero((m > 0) & (n_first + n_second > 0) & (v_first > 0) & (v_second > 0))
    with np.errstate(divide="ignore"):
        # Where nobody answered one wave only, the weight of the pairs in it is 1: an infinite reward.
        p, q = v_first[rows] * (1 / m[rows] + 1 / n_first[rows]), v_second[rows] * (1 / m[rows] + 1 / n_second[rows])
    r = (correlation * np.sqrt(v_first * v_second))[rows] / m[rows]
    first, second = v_first[rows] / np.maximum(n_first[rows], 1), v_second[rows] / np.maximum(n_second[rows], 1)
    no_first, no_second = n_first[rows] == 0, n_second[rows] == 0
    p, q = np.where(no_first, 1.0, p), np.where(no_second, 1.0, q)
    # p a - r b = first, q b - r a = second; a = 1 or b = 1 where given.
    solved = p * q - r**2
    best_a = np.where(no_first, 1.0, np.where(no_second, (first + r) / p, (first * q + second * r) / solved))
    best_b = np.where(no_second, 1.0, np.where(no_first, (second + r) / q, (second * p + first * r) / solved))
    a, b = a.copy(), b.copy()
    a[rows], b[rows] = best_a, best_b
    return a, b


def _variance(counts: FloatArray, values: FloatArray) -> FloatArray:
    shares = counts / np.maximum(counts.sum(axis=1), 1)[:, None]
    mean = shares @ values
    # Around the mean: exactly 0 for a wave of one value.
    variance: FloatArray = (shares * (values - mean[:, None]) ** 2).sum(axis=1)
    return variance
