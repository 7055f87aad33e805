r"""Weighted least squares of period scores on time, and the columns of its design.

A period's score y_t, the mean of n_t values, has the variance v_t / n_t. The v_t observed in a period cannot serve
for its weight: in small periods it is noise, 0 where all values are the same, and it goes along with the score, which
bends the line. It is taken from the whole series instead, in two steps: means and second moments are regressed on
time with the weights n_t, which is least squares on the single answers, and v_t = m2_t - m_t^2 of the two lines makes
the weights n_t / v_t of the second step.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc, fdtrc, ndtr, ndtri, stdtr, stdtrit

from npsstats.typing import FloatArray, IntArray

__all__ = [
    "LineFit",
    "contrast_columns",
    "fit_line",
    "harmonic_columns",
    "joint_tail",
    "period_variances",
    "widened_quantile",
    "widened_tail",
]

# A pair of straight lines can leave the range of possible moments: at the least this part of the pooled variance.
FLOOR = 0.1

# The smallest eigenvalue of a correlation matrix that counts.
LEAST_LENGTH = 1e-8


@dataclass(frozen=True, slots=True)
class LineFit:
    """A weighted regression of period scores.

    Attributes
    ----------
    coefficients : ndarray, shape (columns,)
        Of the design.
    covariance : ndarray, shape (columns, columns)
        Of the coefficients, if the periods vary by chance only: (X' W X)^-1.
    fitted : ndarray, shape (periods,)
        X b.
    chi2 : float
        Pearson's sum of n_t / v_t (y_t - fitted_t)^2.
    df : int
        Periods minus columns.
    """

    coefficients: FloatArray
    covariance: FloatArray
    fitted: FloatArray
    chi2: float
    df: int


def fit_line(
    counts: FloatArray,
    values: FloatArray,
    time: FloatArray,
    design: FloatArray,
    correlation: FloatArray | None = None,
) -> LineFit:
    """Fit a linear model to the scores of periods.

    Parameters
    ----------
    counts : ndarray, shape (periods, levels)
        Answers by level, at least one in each period.
    values : ndarray, shape (levels,)
        The levels.
    time : ndarray, shape (periods,)
        When each period is; the variance changes along it.
    design : ndarray, shape (periods, columns)
        The columns of the model, of full rank.
    correlation : ndarray, shape (periods, periods), optional
        Of the scores, where periods share respondents; none by default.

    Returns
    -------
    LineFit
        Covariance and chi2 are nan where all values are the same.
    """
    n = counts.sum(axis=1)
    score = counts @ values / n
    alike = np.count_nonzero(counts.sum(axis=0)) == 1
    root = np.sqrt(n if alike else n / period_variances(counts, values, time))
    # A singular value decomposition: rank was checked, columns may still be far from orthogonal.
    inverse_root = None if correlation is None else _inverse_root(correlation)

    def whitened(columns: FloatArray) -> FloatArray:
        scaled: FloatArray = root[:, None] * columns
        return scaled if inverse_root is None else inverse_root @ scaled

    left, singular, right = np.linalg.svd(whitened(design), full_matrices=False)
    inverse = right.T / singular
    coefficients = inverse @ (left.T @ whitened(score[:, None])[:, 0])
    fitted = design @ coefficients
    chi2 = np.nan if alike else float((whitened((score - fitted)[:, None]) ** 2).sum())
    covariance = np.full_like(inverse @ inverse.T, np.nan) if alike else inverse @ inverse.T
    return LineFit(coefficients, covariance, fitted, chi2, len(n) - design.shape[1])


def _inverse_root(correlation: FloatArray) -> FloatArray:
    """Compute a matrix W with W R W' = I; directions that do not vary are left at the smallest variance that counts."""
    lengths, directions = np.linalg.eigh(correlation)
    whitened: FloatArray = directions.T / np.sqrt(lengths.clip(min=LEAST_LENGTH))[:, None]
    return whitened


def period_variances(counts: FloatArray, values: FloatArray, time: FloatArray) -> FloatArray:
    """Compute the variance v_t of one value in each period, along straight lines of mean and second moment.

    Parameters
    ----------
    counts, values, time
        As for `fit_line`.

    Returns
    -------
    ndarray, shape (periods,)
        At least a tenth of the pooled variance; with the factor N / (N - 2) for the two lines, N all answers.
    """
    n = counts.sum(axis=1)
    total = n.sum()
    centred = time - n @ time / total
    spread = n @ centred**2
    # Deviations from the mean keep the digits of small variances.
    deviations = values - counts.sum(axis=0) @ values / total

    def line(moment: FloatArray) -> FloatArray:
        slope = centred @ (counts @ moment) / spread
        fitted: FloatArray = counts.sum(axis=0) @ moment / total + slope * centred
        return fitted

    pooled = counts.sum(axis=0) @ deviations**2 / total
    variance: FloatArray = np.maximum(line(deviations**2) - line(deviations) ** 2, FLOOR * pooled)
    variance *= total / (total - 2)
    return variance


def contrast_columns(level: IntArray) -> FloatArray:
    """Code a factor by columns whose effects add up to 0 over its levels.

    Parameters
    ----------
    level : ndarray of int, shape (periods,)
        The level of each period: 0, 1, ..., each of them present.

    Returns
    -------
    ndarray, shape (periods, levels - 1)
        A column per level but the last, whose effect is minus the sum of the others.
    """
    size = int(level.max()) + 1
    coding = np.vstack([np.eye(size - 1), -np.ones(size - 1)])
    columns: FloatArray = coding[level]
    return columns


def harmonic_columns(time: FloatArray, order: int) -> FloatArray:
    """Make the columns cos(2 pi k t), sin(2 pi k t) for k = 1, ..., order.

    Parameters
    ----------
    time : ndarray, shape (periods,)
        In years.
    order : int
        How many harmonics of the year.

    Returns
    -------
    ndarray, shape (periods, 2 order)
    """
    # The whole years take no part, and would cost digits.
    angle = 2 * np.pi * (time % 1)[:, None] * np.arange(1, order + 1)
    columns: FloatArray = np.stack([np.cos(angle), np.sin(angle)], axis=-1).reshape(len(time), 2 * order)
    return columns


def widened_quantile(tail: float, dispersion: float, df: int, chance: float | None = None) -> float:
    """Compute half the width of an interval, in standard errors by chance alone.

    Parameters
    ----------
    tail : float
        The probability of an error on one side.
    dispersion : float
        chi2 / df; 0 to take chance as the only source.
    df : int
    chance : float, optional
        The quantile with chance alone; the normal one by default.

    Returns
    -------
    float
        Of two intervals the wider one: with chance alone, and with the dispersion and Student's t.
    """
    alone = -ndtri(tail) if chance is None else chance
    return float(np.maximum(alone, -stdtrit(df, tail) * np.sqrt(dispersion)))


def widened_tail(size: FloatArray, dispersion: float, df: int, chance: FloatArray | None = None) -> FloatArray:
    """Compute the tail probability that belongs to `widened_quantile`.

    Parameters
    ----------
    size : ndarray
        Estimates, in standard errors by chance alone, 0 or more.
    dispersion, df
        As for `widened_quantile`.
    chance : ndarray, optional
        The tails with chance alone; normal ones by default.

    Returns
    -------
    ndarray
        The larger one of two.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        student = stdtr(df, -size / np.sqrt(dispersion))
    # 0 / 0 where neither the estimate nor the dispersion differs from 0.
    larger: FloatArray = np.fmax(ndtr(-size) if chance is None else chance, student)
    return larger


def joint_tail(
    estimate: FloatArray, covariance: FloatArray, dispersion: float, df: int, chance_df: float = np.inf
) -> float:
    """Compute the p-value of the hypothesis that several coefficients are 0.

    Parameters
    ----------
    estimate, covariance : ndarray, shapes (coefficients,), (coefficients, coefficients)
        With chance alone.
    dispersion, df
        As for `widened_quantile`.
    chance_df : float, default inf
        The degrees of freedom of the covariance.

    Returns
    -------
    float
        The larger one of chi-square with chance alone, or the F test of Hotelling's law where its covariance has few
        degrees of freedom, and F with the dispersion; nan without coefficients.
    """
    size = estimate.size
    if size == 0 or np.isnan(covariance).any():
        return np.nan
    wald = float(estimate @ np.linalg.solve(covariance, estimate))
    student = fdtrc(size, df, wald / size / dispersion) if dispersion > 0 else 0.0
    second = chance_df - size + 1
    if np.isinf(chance_df):
        return float(max(chdtrc(size, wald), student))
    return float(max(fdtrc(size, second, wald * second / (chance_df * size)), student)) if second > 0 else np.nan
