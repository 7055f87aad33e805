"""Tests that several groups of one complex sample have the same mean value, or the same distribution.

The groups may share clusters, so their figures are correlated; the covariances given here carry the whole design:
weights, strata, clusters. They are estimated with `df` degrees of freedom, clusters less strata, which may be few; a
Wald statistic W of q differences is then held against the law of Hotelling's T^2 instead of chi-square.

One comparison at a time: k groups (axis 0), L levels (axis 1). Values lie on the unit scale. Each test gives a
`Verdict` of one row.
"""

import numpy as np
from scipy.special import betainc, betaincinv, chdtrc, fdtrc, gammainccinv, gammaincinv

from npsstats.kernels.common_mean import hold_to_common_mean
from npsstats.kernels.heterogeneity import Verdict
from npsstats.kernels.marginal import chi_square_pvalue
from npsstats.kernels.restricted import restricted_shares
from npsstats.kernels.roots import find_roots
from npsstats.typing import FloatArray, IndexArray

__all__ = ["adjusted_wald", "generalised_score", "mid_ranks", "quadratic_form", "rank_test", "rao_scott"]

TINY = float(np.finfo(float).tiny)

# Eigenvalues of a correlation matrix below this are rounding: covariances are sums of up to millions of products.
RANK = 1e-10

# A difference that the covariance has no room for, in standard errors; below this it is rounding.
TIE = 1e-8


def quadratic_form(means: FloatArray, covariance: FloatArray) -> tuple[float, int]:
    """Compute W = (C m)' (C V C')^- (C m), C the differences of the groups, and the rank of C V C'.

    Parameters
    ----------
    means : ndarray, shape (k,)
    covariance : ndarray, shape (k, k)
        V, of the means; it may be singular.

    Returns
    -------
    statistic : float
        The distance of the means from a common one, min over t of (m - t)' V^-1 (m - t) where V is regular. nan where
        groups differ by something that never varies in the sample, as one of few clusters or without spread does:
        then there is nothing to hold it against.
    rank : int
        q, at most k - 1.
    """
    # From the best known group, so that the differences hardly hang together.
    reference = int(np.argmin(np.diag(covariance)))
    contrasts = np.delete(np.eye(len(means)), reference, axis=0)
    contrasts[:, reference] = -1.0
    # Differences of the means themselves: equal means differ by nothing.
    gap = np.delete(means, reference) - means[reference]
    spread = contrasts @ covariance @ contrasts.T
    scale = np.sqrt(np.diag(spread).clip(min=0))
    scale[scale <= 1e-14] = 1.0
    eigenvalues, axes = np.linalg.eigh(spread / np.outer(scale, scale))
    along = axes.T @ (gap / scale)
    known = eigenvalues > RANK * max(eigenvalues[-1], RANK)
    if (np.abs(along[~known]) > TIE * max(1.0, float(np.abs(along).max()))).any():
        return float("nan"), int(known.sum())
    return float((along[known] ** 2 / eigenvalues[known]).sum()), int(known.sum())


def adjusted_wald(means: FloatArray, covariance: FloatArray, df: float) -> Verdict:
    """Test a common mean by the adjusted Wald statistic (Thomas & Rao 1987, Korn & Graubard 1990).

    Parameters
    ----------
    means : ndarray, shape (k,)
        The estimated means of the groups.
    covariance : ndarray, shape (k, k)
        Of the means.
    df : float
        Degrees of freedom of the covariance; infinite ones give chi-square.

    Returns
    -------
    Verdict
        F = (df - q + 1) / (df q) W on (q, df - q + 1), with W and q of `quadratic_form`; nan where df < q.
    """
    statistic, rank = quadratic_form(means, covariance)
    if rank == 0:
        return _one_verdict(statistic, 0.0, float("nan"))
    left = df - rank + 1
    shrink = 1.0 if np.isinf(df) else left / df
    return _one_verdict(shrink * statistic / rank, rank, left)


def generalised_score(
    shares: FloatArray,
    values: FloatArray,
    sizes: FloatArray,
    covariance: FloatArray,
    df: float,
    reference_df: float = float("inf"),
) -> Verdict:
    """Test a common mean by the score statistic of the multinomial likelihood, carried over to a complex sample.

    Parameters
    ----------
    shares : ndarray, shape (k, L)
        The weighted shares of the levels in each group.
    values : ndarray, shape (L,)
        The levels, ascending from 0 to 1.
    sizes : ndarray, shape (k,)
        The effective numbers of respondents: S / size is the variance of a mean, S that of the shares.
    covariance : ndarray, shape (k, k)
        Of the means; only its correlations count.
    df : float
        Degrees of freedom of the covariance.
    reference_df : float, default inf
        Those at which the statistic needs no correction; of simple random samples, respondents less one. `df` counts
        for no more.

    Returns
    -------
    Verdict
        Q, its rank (k - 1 but for singular covariances), and df; nan where df or the reference is below the rank.

    Notes
    -----
    Groups are held to the common mean t of the greatest likelihood at the effective sizes. With the variances S0 of the
    restricted shares, V0_gh = r_gh sqrt(S0_g / size_g S0_h / size_h), and Q = d' V0^-1 d - (1' V0^-1 d)^2 / 1' V0^-1 1
    of d = means - t. Uncorrelated groups give the statistic of `heterogeneity.score_test`.

    With T^2(p; df) the quantiles of Hotelling's law, Q is held against chi-square(p) T^2(p; df) / T^2(p; reference_df).
    That is the squared critical value z t_df / t_reference of Korn & Graubard (1998) where q = 1, and chi-square itself
    where the sample is a simple one.
    """
    counts = shares / shares.sum(axis=1, keepdims=True) * sizes[:, None]
    fit = hold_to_common_mean(counts[None], values)
    distance, multiplier = fit.distance[:, 0], fit.multiplier[:, 0]
    tilted = restricted_shares(fit.shares[..., 0], np.broadcast_to(values[:, None], fit.shares.shape[:2]), multiplier)
    variance = (tilted * fit.shift[..., 0] ** 2).sum(axis=0)
    # m - t = lambda S0 holds to the last digit, and so the statistic is that of `score_of_means`.
    np.divide(distance, multiplier, out=variance, where=multiplier != 0)
    error = np.sqrt(variance / sizes)
    statistic, rank = quadratic_form(distance, _correlation(covariance) * np.outer(error, error))
    pvalue = _scaled_tail(statistic, rank, df, reference_df)
    return Verdict(np.array([statistic]), np.array([float(rank)]), np.array([float(df)]), np.array([pvalue]))


def rao_scott(proportions: FloatArray, covariance: FloatArray, df: float) -> Verdict:
    """Test equal distributions by Pearson's chi-square with the second-order correction of Rao & Scott (1984).

    Parameters
    ----------
    proportions : ndarray, shape (k, L)
        The estimated proportions of the cells of the whole table; they add up to 1.
    covariance : ndarray, shape (k * L, k * L)
        Of the proportions, groups first.
    df : float
        Degrees of freedom of the covariance.

    Returns
    -------
    Verdict
        F = X2 / tr D on (d, d df), with d = (tr D)^2 / tr D^2.

    Notes
    -----
    X2 = n sum (p_gk - p_g. p_.k)^2 / (p_g. p_.k) has the law of a sum of chi-squares weighted by the eigenvalues of D =
    n (C' P^-1 C)^-1 C' P^-1 V P^-1 C, where P has the proportions on its diagonal and C spans the tables without row
    and column sums. X2 / tr D is as large on average as that sum, d as scattered; n is of no consequence. Levels that
    nobody chose are left out; an empty cell has 0 for its place in P^-1, as in svychisq of the R package survey.
    """
    seen = proportions.sum(axis=0) > 0
    table = proportions[:, seen]
    if table.shape[1] < 2 or len(table) < 2:
        return _one_verdict(0.0, 0.0, float("nan"))
    cells = np.flatnonzero(np.tile(seen, len(table)))
    expected = np.outer(table.sum(axis=1), table.sum(axis=0))
    pearson = float(((table - expected) ** 2 / expected).sum())
    effects = _interaction_form(table) @ covariance[np.ix_(cells, cells)]
    trace, squares = float(np.trace(effects)), float((effects * effects.T).sum())
    if not trace > 0:
        return _one_verdict(float("nan"), float("nan"), float("nan"))
    freedom = trace**2 / squares
    return _one_verdict(pearson / trace, freedom, freedom * df)


def mid_ranks(pooled: FloatArray) -> FloatArray:
    """Give all who stand at the same level the middle of their ranks in the population, F(below) + p / 2 - 1/2.

    Parameters
    ----------
    pooled : ndarray, shape (L,)
        The proportions of the levels in all groups together, ascending.

    Returns
    -------
    ndarray, shape (L,)
        From -1/2 to 1/2; their mean is 0.
    """
    ranks: FloatArray = pooled.cumsum() - pooled / 2 - 0.5
    return ranks


def rank_test(means: FloatArray, covariance: FloatArray, df: float) -> Verdict:
    """Test equal distributions by the mean ranks of the groups in the estimated population (Lumley & Scott 2013).

    Parameters
    ----------
    means : ndarray, shape (k,)
        The mean of `mid_ranks` in each group.
    covariance : ndarray, shape (k, k)
        Of these means, ranks taken as values that are known (Lumley & Scott show that this suffices).
    df : float
        Degrees of freedom of the covariance.

    Returns
    -------
    Verdict
        F = W / q on (q, df - q), W and q of `quadratic_form`; nan where df <= q. If all respondents stand at one level,
        no degree of freedom and p = 1.
    """
    statistic, freedom = quadratic_form(means, covariance)
    return _one_verdict(statistic / max(freedom, 1), freedom, df - freedom)


def _interaction_form(table: FloatArray) -> FloatArray:
    """Compute Q = P^-1 C (C' P^-1 C)^- C' P^-1, so that n Q V has the eigenvalues of D above 0.

    With the additive tables X, which are orthogonal to C, it is P^-1 - X (X' P X)^-1 X': a small matrix to invert.
    Where cells are empty, X are the additive tables that vanish there.
    """
    groups, levels = table.shape
    additive = np.hstack([np.repeat(np.eye(groups), levels, axis=0), np.tile(np.eye(levels)[:, 1:], (groups, 1))])
    shares = table.ravel()
    full = shares > 0
    _, lengths, axes = np.linalg.svd(additive[~full], full_matrices=True)
    vanishing = additive[full] @ axes[(lengths > RANK).sum() :].T
    held = np.linalg.solve(vanishing.T @ (shares[full, None] * vanishing), vanishing.T)
    form = np.zeros((shares.size, shares.size))
    form[np.ix_(full, full)] = np.diag(1 / shares[full]) - vanishing @ held
    return form


def _correlation(covariance: FloatArray) -> FloatArray:
    """Scale a covariance to ones on its diagonal; what does not vary is correlated with nothing."""
    error = np.sqrt(np.diag(covariance).clip(min=0))
    both = np.outer(error, error)
    scaled: FloatArray = np.divide(covariance, both, out=np.zeros_like(both), where=both > 0)
    np.fill_diagonal(scaled, 1.0)
    return scaled


def _one_verdict(f: float, df: float, df2: float) -> Verdict:
    """Hold an F statistic against its law: chi-square / df if df2 is infinite; no answer unless both are above 0."""
    numbers = [np.array([float(number)]) for number in (f, df, df2)]
    if df == 0:
        nothing = np.array([float("nan")])
        # Nothing can differ, and nothing does; or what differs has no spread.
        return Verdict(numbers[0], numbers[1], nothing, nothing if f != f else np.ones(1))
    if not df2 > 0 or f != f:
        nothing = np.array([float("nan")])
        return Verdict(nothing, numbers[1], numbers[2], nothing)
    tail = chdtrc(df, df * f) if np.isinf(df2) else fdtrc(df, df2, f)
    return Verdict(numbers[0], numbers[1], numbers[2], np.array([max(float(tail), TINY)]))


def _scaled_tail(statistic: float, rank: int, df: float, reference_df: float) -> float:
    """Find p with statistic = chi-square(p) T^2(p; df) / T^2(p; reference_df)."""
    if statistic != statistic or not min(df, reference_df) >= max(rank, 1):
        return 1.0 if rank == 0 and statistic == 0 else float("nan")
    if df >= reference_df or statistic == 0:
        return float(chi_square_pvalue(np.array([statistic]), np.array([rank]))[0])
    left = df - rank + 1

    def excess(t2: FloatArray, _: IndexArray) -> FloatArray:
        # Both tails of T^2 at df, so that neither loses its digits.
        beyond, below = betainc(left / 2, rank / 2, df / (df + t2)), betainc(rank / 2, left / 2, t2 / (df + t2))
        return t2 * _ratio_to_t2(beyond, below, rank, reference_df) - statistic

    start = np.array([statistic])
    t2 = find_roots(excess, start, 2 * start)
    return float(fdtrc(rank, left, t2[0] * left / (df * rank)).clip(min=TINY))


def _ratio_to_t2(beyond: FloatArray, below: FloatArray, q: int, df: float) -> FloatArray:
    """Divide the quantile of chi-square(q) by that of T^2 = df q / (df - q + 1) F(q, df - q + 1)."""
    if np.isinf(df):
        return np.ones_like(beyond)
    left = df - q + 1
    rare = beyond < 0.5
    # Below this the ratio changes no more in floating point.
    beyond, below = beyond.clip(min=1e-290), below.clip(min=1e-290)
    chi_square = 2 * np.where(rare, gammainccinv(q / 2, beyond), gammaincinv(q / 2, below))
    upper, lower = betaincinv(left / 2, q / 2, beyond), betaincinv(q / 2, left / 2, below)
    odds = np.where(rare, (1 - upper) / upper, lower / (1 - lower).clip(min=TINY))
    ratio: FloatArray = chi_square / (df * odds)
    return ratio
