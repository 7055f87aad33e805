"""How estimates that are smooth functions of shares vary: the delta method, for simple counts and for surveys."""

import numpy as np
from scipy.special import ndtri, stdtrit

from npsstats.ratings.counts import RatingCounts
from npsstats.ratings.joint import JointCounts
from npsstats.ratings.surveys import SurveyCounts
from npsstats.ratings.variances import Linearised
from npsstats.typing import Alternative, FloatArray, IntArray

__all__ = [
    "AnyCounts",
    "covariance_by_group",
    "covariance_of",
    "critical_value",
    "critical_values",
    "degrees_of_freedom",
    "is_survey",
    "shares_of",
]

AnyCounts = RatingCounts | SurveyCounts | JointCounts


def is_survey(counts: AnyCounts) -> bool:
    """Whether the counts have a design: weights, strata or clusters."""
    return isinstance(_cells(counts), SurveyCounts)


def shares_of(counts: AnyCounts) -> FloatArray:
    """Compute the shares of ratings, or of combinations of them, in each group: by weight in a survey.

    Parameters
    ----------
    counts : RatingCounts, SurveyCounts or JointCounts

    Returns
    -------
    ndarray, shape (groups, ratings)
        nan for groups without any.
    """
    cells = _cells(counts)
    if isinstance(cells, SurveyCounts):
        return cells.proportions
    n = cells.n[:, None]
    shares: FloatArray = np.divide(cells.counts, n, out=np.full(cells.counts.shape, np.nan), where=n > 0)
    return shares


def covariance_of(counts: AnyCounts, influence: FloatArray) -> FloatArray:
    """Compute the covariance matrix of estimates from what a little more of each share does to them.

    Parameters
    ----------
    counts : RatingCounts, SurveyCounts or JointCounts
    influence : ndarray, shape (estimates, groups, ratings)
        The derivative of each estimate by the share of each rating in each group. Adding a constant to those of a group
        changes nothing, as shares add up to 1.

    Returns
    -------
    ndarray, shape (estimates, estimates)
        For independent respondents who count the same sum_g V_g / (n_g - 1), where V_g is the covariance of the
        influences of the respondents of group g; of a single respondent none is known, and 0 is given. For a survey by
        its design. In the units of the estimates.
    """
    cells = _cells(counts)
    if isinstance(cells, SurveyCounts):
        slopes, basis = _by_basis(cells, influence)
        flat = slopes.reshape(len(influence), -1)
        product: FloatArray = flat @ basis @ flat.T
        return product
    centred, weights = _centred(cells, influence)
    covariance: FloatArray = np.einsum("jgk,gk,lgk->jl", centred, weights, centred, optimize=True)
    return covariance


def covariance_by_group(counts: AnyCounts, influence: FloatArray) -> FloatArray:
    """Compute the covariance matrices of estimates of each group that its own shares alone decide.

    Parameters
    ----------
    counts : RatingCounts, SurveyCounts or JointCounts
    influence : ndarray, shape (estimates, groups, ratings)
        The derivative of each estimate of a group by the share of each rating in it, as for `covariance_of`.

    Returns
    -------
    ndarray, shape (groups, estimates, estimates)
        The blocks that `covariance_of` has on its diagonal for so many times as many estimates; of many groups these
        alone can be kept in memory.
    """
    cells = _cells(counts)
    if isinstance(cells, SurveyCounts):
        slopes, basis = _by_basis(cells, influence)
        groups, size = influence.shape[1:]
        own = np.diagonal(basis.reshape(groups, size, groups, size), axis1=0, axis2=2)
        product: FloatArray = np.einsum("jgk,kmg,lgm->gjl", slopes, own, slopes, optimize=True)
        return product
    centred, weights = _centred(cells, influence)
    covariance: FloatArray = np.einsum("jgk,gk,lgk->gjl", centred, weights, centred, optimize=True)
    return covariance


def _centred(counts: RatingCounts, influence: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Give the influences, 0 on average in each group, and the weights of their squares: p / (n - 1)."""
    shares = np.nan_to_num(shares_of(counts))
    centred: FloatArray = influence - (influence * shares).sum(axis=2, keepdims=True)
    return centred, shares / np.maximum(counts.n - 1, 1)[:, None]


def _by_basis(counts: SurveyCounts, influence: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Give derivatives and a covariance matrix to go with: of linearised totals, as there may be thousands, or shares.

    A share has d share_k / d total_l = (1{k = l} - share_k) / total of the group.
    """
    if not isinstance(counts.variance, Linearised):
        return influence, counts.covariance
    size = counts.totals.sum(axis=1)[:, None]
    shares = np.divide(counts.totals, size, out=np.zeros_like(counts.totals), where=size > 0)
    centred = influence - (influence * shares).sum(axis=2, keepdims=True)
    slopes: FloatArray = np.divide(centred, size, out=np.zeros_like(centred), where=size > 0)
    return slopes, counts.variance.covariance


def degrees_of_freedom(counts: AnyCounts) -> IntArray | None:
    """Give the degrees of freedom of each group of a survey, clusters minus strata; None for simple counts."""
    cells = _cells(counts)
    return cells.df if isinstance(cells, SurveyCounts) else None


def critical_values(counts: AnyCounts, confidence_level: float, alternative: Alternative = "two-sided") -> FloatArray:
    """Find how many standard errors the limits of each group are away.

    Parameters
    ----------
    counts : RatingCounts, SurveyCounts or JointCounts
    confidence_level : float
    alternative : {"two-sided", "less", "greater"}

    Returns
    -------
    ndarray, shape (groups,)
        Quantiles of the normal law; for a survey of Student's t, with the degrees of freedom of each group, infinite if
        it has none.
    """
    tail = (1 - confidence_level) / (2 if alternative == "two-sided" else 1)
    df = degrees_of_freedom(counts)
    if df is None:
        return np.full(len(counts), -ndtri(tail))
    quantiles: FloatArray = np.where(df >= 1, -stdtrit(np.maximum(df, 1), tail), np.inf)
    return quantiles


def critical_value(counts: AnyCounts, confidence_level: float, alternative: Alternative = "two-sided") -> float:
    """Find how many standard errors the limits of an estimate from all groups are away, as `critical_values`.

    Returns
    -------
    float
        That of the group with the fewest degrees of freedom.
    """
    return float(critical_values(counts, confidence_level, alternative).max())


def _cells(counts: AnyCounts) -> RatingCounts | SurveyCounts:
    return counts.cells if isinstance(counts, JointCounts) else counts
