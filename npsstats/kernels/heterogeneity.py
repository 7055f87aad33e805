r"""Statistics of the hypothesis that several samples have the same mean value, or the same distribution.

Counts have the shape (rows, arms, levels): each row is a problem of its own with k arms (groups). Means and
variances are those of values on the unit scale.

With w_j = 1 / (estimated variance of the mean of arm j) and the weighted mean m = sum w_j m_j / sum w_j, tests of a
common mean start from X2 = sum w_j (m_j - m)^2 (Cochran 1954), chi-square with k - 1 degrees of freedom in large
samples. They differ in the variances, and in the law that X2 is held against.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import fdtrc

from npsstats.kernels.common_mean import deviance_of_means, score_of_means
from npsstats.kernels.marginal import chi_square_pvalue
from npsstats.kernels.roots import find_roots
from npsstats.typing import FloatArray, IndexArray

__all__ = [
    "Verdict",
    "against_chi_square",
    "chi_square_test",
    "draw_splits",
    "james_test",
    "kruskal_wallis",
    "likelihood_test",
    "pearson",
    "permutation_test",
    "score_test",
    "weighted_sum_of_squares",
    "welch_test",
]

# Numbers in the arrays of a block of rows: they stay in the processor's cache together.
BLOCK = 262_144

# Means and statistics are sums of products: what is equal in fact may differ by this much in floating point.
TIE = 1e-10


@dataclass(frozen=True, slots=True)
class Verdict:
    """A statistic, its degrees of freedom (df2 nan where there is none), its p-value: each of the shape (rows,)."""

    statistic: FloatArray
    df: FloatArray
    df2: FloatArray
    pvalue: FloatArray


def against_chi_square(statistic: FloatArray, df: FloatArray | float) -> Verdict:
    """Hold a statistic against the chi-square law; without degrees of freedom it is 0, and nothing is rarer."""
    freedom = np.broadcast_to(np.asarray(df, dtype=np.float64), statistic.shape).copy()
    return Verdict(statistic, freedom, np.full_like(statistic, np.nan), chi_square_pvalue(statistic, freedom))


# ----------------------------------------------------------------------------------- from the observed variances


def means_and_variances(counts: FloatArray, values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Compute the means of the arms, and the variances s^2 / n of these means; infinite for one respondent."""
    n = counts.sum(axis=-1)
    mean = counts @ values / n
    squares = (counts * (values - mean[..., None]) ** 2).sum(axis=-1)
    # An arm whose respondents all stand at one level has no spread; its mean may be off by an ulp.
    squares[(counts > 0).sum(axis=-1) == 1] = 0.0
    variance = np.divide(squares, n * (n - 1), out=np.full_like(squares, np.inf), where=n > 1)
    return mean, variance


def weighted_sum_of_squares(mean: FloatArray, variance: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Compute X2 = sum w_j (m_j - m)^2 along the last axis, w_j = 1 / variance_j, and the shares w_j / sum w.

    Parameters
    ----------
    mean, variance : ndarray, shape (..., arms)
        The means of the arms and the variances of these means; an infinite variance leaves an arm out.

    Returns
    -------
    statistic : ndarray, shape (...)
        Where variances are 0, the limit as they go there together: infinite if such arms differ from each
        other, otherwise from the distances of the other arms to them.
    shares : ndarray, shape (..., arms)
        Of the weights.
    """
    known = variance == 0
    ordinary = np.divide(1.0, variance, out=np.zeros_like(mean), where=~known)
    # Where an arm is known exactly, it alone makes the common mean.
    weights = np.where(known.any(axis=-1, keepdims=True), known, ordinary)
    shares = weights / np.maximum(weights.sum(axis=-1, keepdims=True), np.finfo(float).tiny)
    # Distances from one arm, so that equal means differ by nothing.
    shift = mean - np.take_along_axis(mean, shares.argmax(axis=-1)[..., None], axis=-1)
    distance = shift - (shares * shift).sum(axis=-1, keepdims=True)
    statistic = (ordinary * distance**2).sum(axis=-1)
    differ = (known & (np.abs(shift) > TIE)).any(axis=-1)
    return np.where(differ, np.inf, statistic), shares


def chi_square_test(counts: FloatArray, values: FloatArray) -> Verdict:
    """Test a common mean by X2 with the variances s^2 / n (Cochran 1954)."""
    statistic, _ = weighted_sum_of_squares(*means_and_variances(counts, values))
    return against_chi_square(statistic, counts.shape[1] - 1)


def welch_test(counts: FloatArray, values: FloatArray) -> Verdict:
    """Test a common mean by Welch's (1951) F.

    With A = sum (1 - w_j / w)^2 / (n_j - 1) and k arms, F = X2 / (k - 1) / (1 + 2 (k - 2) A / (k^2 - 1)) has about
    k - 1 and (k^2 - 1) / (3 A) degrees of freedom.
    """
    k = counts.shape[1]
    statistic, shares = weighted_sum_of_squares(*means_and_variances(counts, values))
    lack = _uncertainty(counts, shares)
    f = statistic / (k - 1) / (1 + 2 * (k - 2) * lack / (k**2 - 1))
    df, df2 = np.full_like(f, k - 1), (k**2 - 1) / (3 * lack)
    return Verdict(f, df, df2, fdtrc(df, df2, f))


def james_test(counts: FloatArray, values: FloatArray) -> Verdict:
    """Test a common mean by James's (1951) second-order test.

    X2 is held against critical values h(r), the quantile r of chi-square corrected to the order 1 / n^2. They rise
    with r, so the p-value is the tail of chi-square at the r where h(r) = X2.
    """
    k = counts.shape[1]
    statistic, shares = weighted_sum_of_squares(*means_and_variances(counts, values))
    freedom = np.maximum(counts.sum(axis=-1) - 1, 1)
    finite = np.isfinite(statistic)
    rows = np.flatnonzero(finite)

    def excess(r: FloatArray, index: IndexArray) -> FloatArray:
        return _james_critical_value(r, shares[rows[index]], freedom[rows[index]]) - statistic[rows[index]]

    quantile = np.where(finite, 0.0, np.inf)
    quantile[rows] = find_roots(excess, np.zeros(rows.size), statistic[rows] + 1, fixed=True)
    verdict = against_chi_square(quantile, k - 1)
    return Verdict(statistic, verdict.df, verdict.df2, verdict.pvalue)


def _james_critical_value(r: FloatArray, shares: FloatArray, freedom: FloatArray) -> FloatArray:
    """Compute h(r) from the shares of the weights and the degrees of freedom of the arms (James 1951).

    With R_st = sum shares^t / freedom^s and X_2s = r^s / ((k - 1) (k + 1) ... (k + 2 s - 3)).
    """
    k = shares.shape[-1]
    x2 = r / (k - 1)
    x4 = x2 * r / (k + 1)
    x6 = x4 * r / (k + 3)
    x8 = x6 * r / (k + 5)
    r10, r11, r12 = ((shares**t / freedom).sum(axis=-1) for t in range(3))
    r20, r21, r22, r23 = ((shares**t / freedom**2).sum(axis=-1) for t in range(4))
    lack = ((1 - shares) ** 2 / freedom).sum(axis=-1)
    first = (3 * x4 + x2) / 2
    # first^2 (1 - (k - 3) / r), without the division.
    squared = first * (3 * x2 / (k + 1) + 1 / (k - 1)) / 2 * (r - (k - 3))
    h: FloatArray = (
        r
        + first * lack
        + squared * lack**2 / 4
        + first * (8 * r23 - 10 * r22 + 4 * r21 - 6 * r12**2 + 8 * r12 * r11 - 4 * r11**2)
        + first * (2 * r23 - 4 * r22 + 2 * r21 - 2 * r12**2 + 4 * r12 * r11 - 2 * r11**2) * (x2 - 1)
        - first * (r12 - 2 * r11 + r10) ** 2 / 4 * (3 * x4 - 2 * x2 - 1)
        + (r23 - 3 * r22 + 3 * r21 - r20) * (5 * x6 + 2 * x4 + x2)
        + (r12**2 - 4 * r23 + 6 * r22 - 4 * r21 + r20) * (35 * x8 + 15 * x6 + 9 * x4 + 5 * x2) * 3 / 16
        + (-2 * r22 + 4 * r21 - r20 + 2 * r12 * r10 - 4 * r11 * r10 + r10**2) * (9 * x8 - 3 * x6 - 5 * x4 - x2) / 16
        + (r11**2 - r22) * (27 * x8 + 3 * x6 + x4 + x2) / 4
        + (r23 - r12 * r11) * (45 * x8 + 9 * x6 + 7 * x4 + 3 * x2) / 4
    )
    return h


def _uncertainty(counts: FloatArray, shares: FloatArray) -> FloatArray:
    """Compute sum (1 - w_j / w)^2 / (n_j - 1), what the estimated weights lack in certainty."""
    lack: FloatArray = ((1 - shares) ** 2 / np.maximum(counts.sum(axis=-1) - 1, 1)).sum(axis=-1)
    return lack


# ------------------------------------------------------------------------------------- at the restricted shares


def score_test(counts: FloatArray, values: FloatArray) -> Verdict:
    """Test a common mean by the score statistic of the multinomial likelihood."""
    return against_chi_square(score_of_means(counts, values), counts.shape[1] - 1)


def likelihood_test(counts: FloatArray, values: FloatArray) -> Verdict:
    """Test a common mean by the likelihood ratio."""
    return against_chi_square(deviance_of_means(counts, values), counts.shape[1] - 1)


# ------------------------------------------------------------------------------------------------ by permutation


def permutation_test(
    counts: FloatArray, values: FloatArray, *, rngs: Sequence[np.random.Generator], n_resamples: int
) -> Verdict:
    """Test a common mean by X2 under random splits of the pooled counts into arms of the same sizes.

    Parameters
    ----------
    counts : ndarray, shape (rows, arms, levels)
        Respondents, fewer than 10^9 in a row.
    values : ndarray, shape (levels,)
        The levels.
    rngs : sequence of numpy.random.Generator
        The source of random numbers of each row.
    n_resamples : int
        How many splits are drawn.

    Returns
    -------
    Verdict
        X2, without degrees of freedom, and (b + 1) / (B + 1) with b of B splits that give as much or more.

    Notes
    -----
    X2 is studentised: its law under the splits is asymptotically that of arms whose distributions differ (Chung &
    Romano 2013, the k-sample problem). The variances are those of `kernels.permutation`, (Q_j + s^2) / n_j^2 with the
    squares Q_j of an arm and the variance s^2 of all: they exist for an arm of one respondent, and are 0 only if all
    ratings are the same.
    """
    observed = _split_statistic(counts, values)
    pvalue = np.empty(len(counts))
    for row, (table, rng) in enumerate(zip(counts, rngs, strict=True)):
        held = table.sum(axis=0) > 0
        chunk = max(1, BLOCK // (len(table) * int(held.sum())))
        tied = observed[row] - TIE * (1 + observed[row])
        reached = 0
        for start in range(0, n_resamples, chunk):
            splits = draw_splits(table[:, held], rng, min(chunk, n_resamples - start))
            reached += int((_split_statistic(splits, values[held]) >= tied).sum())
        pvalue[row] = (reached + 1) / (n_resamples + 1)
    nothing = np.full_like(observed, np.nan)
    return Verdict(observed, nothing, nothing, pvalue)


def draw_splits(table: FloatArray, rng: np.random.Generator, draws: int) -> FloatArray:
    """Draw tables with the margins of a table of arms by levels: each respondent as likely in any place.

    Level by level, the respondents of a level fall on the places that are left in the arms, which is multivariate
    hypergeometric.

    Parameters
    ----------
    table : ndarray, shape (arms, levels)
    rng : numpy.random.Generator
    draws : int

    Returns
    -------
    ndarray, shape (draws, arms, levels)
    """
    arms, levels = table.shape
    splits = np.empty((draws, arms, levels))
    left = np.tile(table.sum(axis=1).astype(np.int64), (draws, 1))
    for level, here in enumerate(table.sum(axis=0).astype(np.int64)):
        waiting = np.full(draws, here)
        later = left.sum(axis=1)
        for arm in range(arms):
            later -= left[:, arm]
            taken = rng.hypergeometric(left[:, arm], later, waiting)
            splits[:, arm, level] = taken
            waiting -= taken
        left -= splits[:, :, level].astype(np.int64)
    return splits


def _split_statistic(tables: FloatArray, values: FloatArray) -> FloatArray:
    """Compute X2 with the variances (Q_j + s^2) / n_j^2."""
    n = tables.sum(axis=-1)
    pooled = tables.sum(axis=-2)
    total = pooled.sum(axis=-1)
    # Centred at the mean of all, so that nothing cancels.
    deviation = values - (pooled @ values / total)[..., None]
    spread = (pooled * deviation**2).sum(axis=-1) / np.maximum(total - 1, 1)
    mean = np.einsum("...jk,...k->...j", tables, deviation) / n
    squares = (np.einsum("...jk,...k->...j", tables, deviation**2) - n * mean**2).clip(min=0)
    same = (pooled > 0).sum(axis=-1) == 1
    variance = np.where(same[..., None], 1.0, (squares + spread[..., None]) / n**2)
    statistic, _ = weighted_sum_of_squares(mean, variance)
    return np.where(same, 0.0, statistic)


# ------------------------------------------------------------------------------------------ of the distribution


def pearson(counts: FloatArray) -> Verdict:
    """Test equal distributions by Pearson's (1900) chi-square, on the levels that occur in a row.

    Parameters
    ----------
    counts : ndarray, shape (rows, arms, levels)

    Returns
    -------
    Verdict
        With (arms - 1) (levels - 1) degrees of freedom; if all respondents stand at one level, none and p = 1.
    """
    n, pooled = counts.sum(axis=2), counts.sum(axis=1)
    expected = n[..., None] * (pooled / pooled.sum(axis=1, keepdims=True))[:, None]
    squares = np.divide((counts - expected) ** 2, expected, out=np.zeros_like(expected), where=expected > 0)
    return against_chi_square(squares.sum(axis=(1, 2)), (counts.shape[1] - 1.0) * ((pooled > 0).sum(axis=1) - 1))


def kruskal_wallis(counts: FloatArray) -> Verdict:
    """Test equal distributions by the ranks of the levels (Kruskal & Wallis 1952), corrected for ties.

    Parameters
    ----------
    counts : ndarray, shape (rows, arms, levels)
        Levels in ascending order.

    Returns
    -------
    Verdict
        H = (N - 1) times the share of the squares of the ranks that lies between arms, with arms - 1 degrees of
        freedom; if all respondents stand at one level, none and p = 1.
    """
    n, pooled = counts.sum(axis=2), counts.sum(axis=1)
    total = pooled.sum(axis=1)
    # Mean ranks of ties, on the scale 0-1, less the mean of all ranks.
    rank = (pooled.cumsum(axis=1) - pooled / 2) / total[:, None] - 0.5
    between = (np.einsum("rjk,rk->rj", counts, rank) ** 2 / n).sum(axis=1)
    squares = (pooled * rank**2).sum(axis=1)
    some = (pooled > 0).sum(axis=1) > 1
    statistic = np.divide((total - 1) * between, squares, out=np.zeros_like(total), where=some)
    return against_chi_square(statistic, (counts.shape[1] - 1.0) * some)
