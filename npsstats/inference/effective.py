"""Scores of estimated totals, as if of so many independent respondents: the methods for surveys."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import ndtr, stdtr, stdtrit

from npsstats.inference.intervals import NOTHING, Limits, Needs, Significance
from npsstats.inference.methods import Settings, by_level, find_method, pvalues
from npsstats.kernels.effective import critical_values, tails
from npsstats.kernels.likelihood import signed_root
from npsstats.kernels.restricted import Arms, Statistic, restricted_limits, restricted_statistic
from npsstats.kernels.score import skewness_corrected_score
from npsstats.kernels.wald import wald_limits, wald_statistic
from npsstats.ratings.scales import Metric
from npsstats.ratings.surveys import SurveyCounts
from npsstats.typing import BoolArray, FloatArray, IntArray

__all__ = ["SURVEY_METHODS", "EffectiveProblem", "Sides", "SurveyMethod", "find_survey_method", "unit_levels"]

# A group in a single cluster: hardly anything is known of its variance, and there are no degrees of freedom.
LEAST_KEPT = 1e-3

# A variance below this part of that of independent respondents is rounding.
ROUNDING = 1e-12

# A variance of 0 of ratings that differ: all of the population was asked, or calibration leaves nothing open.
MOST_EFFECTIVE = 1e12


def unit_levels(metric: Metric) -> FloatArray:
    """Map the levels of a metric to 0-1."""
    low, high = metric.bounds
    values: FloatArray = (metric.levels - low) / (high - low)
    return values


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """Groups taken together, and what the design makes of them, on the unit scale.

    Attributes
    ----------
    groups : ndarray, shape (sides, groups)
        Which groups are taken together: 1 or 0.
    n : ndarray of int, shape (sides,)
        Respondents.
    df : ndarray of int, shape (sides,)
        Degrees of freedom: clusters minus strata.
    effective_df : ndarray, shape (sides,)
        The same with clusters that count by their size.
    kept : ndarray, shape (sides,)
        What share of a variance its estimate keeps, relative to independent respondents: residuals from a mean add up
        to 0, so that few clusters, and large ones, show too little of it.
    shares : ndarray, shape (sides, levels)
        Weighted shares of the values.
    mean : ndarray, shape (sides,)
        Their means.
    covariance : ndarray, shape (sides, sides)
        Of these means.
    effective : ndarray, shape (sides,)
        How many independent respondents would know the mean as well.
    alike : ndarray of bool, shape (sides,)
        Whether there is no variance, as all ratings have the same value or all clusters the same mean.
    """

    groups: FloatArray
    n: IntArray
    df: IntArray
    effective_df: FloatArray
    kept: FloatArray
    shares: FloatArray
    mean: FloatArray
    covariance: FloatArray
    effective: FloatArray
    alike: BoolArray

    @property
    def error(self) -> FloatArray:
        """The standard errors of the means; nan where nothing is known of the variance."""
        return error_of(np.diagonal(self.covariance), self.df)

    @classmethod
    def of(cls, counts: SurveyCounts, groups: FloatArray, metric: Metric) -> "Sides":
        """Take groups together; each side must have ratings."""
        low, high = metric.bounds
        values = unit_levels(metric)
        pooled = by_level(groups @ counts.totals, metric)
        size = pooled.sum(axis=1)
        shares = pooled / size[:, None]
        mean = shares @ values
        unit = ((np.array(metric.values) - low) / (high - low))[:, None]
        covariance = counts.variance.of_means(counts.totals, groups, unit)
        spread = (shares * (values - mean[:, None]) ** 2).sum(axis=1)
        rows = counts.design.rows
        # What the same formula gives of rows that count the same and answer independently.
        independent = spread * rows / max(rows - 1, 1)
        variance = np.diagonal(covariance)
        effective = np.divide(independent, variance, out=np.full_like(variance, MOST_EFFECTIVE), where=variance > 0)
        n, df, effective_df = degrees_of_freedom(counts, groups)
        # Without variance, of ratings with one value or of clusters that agree by chance, nothing is known of the
        # spread within clusters: each counts once.
        alike = ((pooled > 0).sum(axis=1) == 1) | (variance <= ROUNDING * independent / np.maximum(n, 1))
        if not counts.design.complete:
            effective = np.where(alike, clusters_by_size(counts, groups), effective)
        # E V = (1 - relative variance of the size) Var, if a cluster's total varies as its size does. Of rows that
        # count the same and answer independently that is N / (N - 1) (n - 1) / n: of it the score takes care itself.
        kept = (1 - counts.variance.of_sizes(counts.totals, groups)).clip(min=LEAST_KEPT)
        kept *= n / np.maximum(n - 1, 1) * max(rows - 1, 1) / rows
        return cls(
            groups=groups,
            n=n,
            df=df,
            effective_df=effective_df,
            kept=np.where(alike, 1.0, kept),
            shares=shares,
            mean=mean,
            covariance=covariance,
            effective=effective.clip(max=MOST_EFFECTIVE),
            alike=alike,
        )


def error_of(variance: FloatArray, df: FloatArray | IntArray) -> FloatArray:
    """Compute standard errors; of one cluster, or of one respondent, there is none."""
    error: FloatArray = np.where(df >= 1, np.sqrt(variance.clip(min=0)), np.nan)
    return error


def clusters_by_size(counts: SurveyCounts, groups: FloatArray) -> FloatArray:
    """Count the clusters of groups taken together by their size t, (sum t)^2 / sum t^2.

    Replicate weights of the data do not say which rows are a cluster: their degrees of freedom stand for it.
    """
    size = groups @ counts.totals.sum(axis=1)
    clusters: FloatArray = size**2 / ((groups @ counts.design.products) * groups).sum(axis=1)
    return clusters if counts.design.ranks is None else np.minimum(clusters, counts.design.df(groups) + 1.0)


def degrees_of_freedom(counts: SurveyCounts, groups: FloatArray) -> tuple[IntArray, IntArray, FloatArray]:
    """Compute respondents, clusters minus strata, and these with clusters that count by their size.

    The last are Satterthwaite's (1946), if the variance of a cluster's total is proportional to its size.
    """
    n = (groups @ counts.n).astype(np.int64)
    df = np.minimum(counts.design.df(groups), n - 1)
    if counts.design.ranks is not None:
        return n, df, df.astype(np.float64)
    present, _ = counts.design.clusters_and_strata(groups)
    share = np.minimum(clusters_by_size(counts, groups) / present, 1)
    return n, df, np.where(df >= 1, np.maximum(df * share, 1), df)


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectiveProblem:
    """Weighted sums of mean values, with counts worth as many independent respondents; values from 0 to 1.

    Attributes
    ----------
    counts : ndarray, shape (rows, arms, levels)
        Effective respondents by level.
    values : ndarray, shape (levels,)
        The levels.
    weights : ndarray, shape (rows, arms)
        How the means add up.
    sizes : ndarray, shape (rows, arms)
        Respondents, who tell of the spread.
    estimate, error : ndarray, shape (rows,)
        The sum, and its standard error by the design.
    df : ndarray, shape (rows,)
        Degrees of freedom, clusters minus strata.
    effective_df, largest : ndarray, shape (rows,)
        Degrees of freedom with clusters that count by their size, and those of as many independent respondents.
    """

    counts: FloatArray
    values: FloatArray
    weights: FloatArray
    sizes: FloatArray
    estimate: FloatArray
    error: FloatArray
    df: FloatArray
    effective_df: FloatArray
    largest: FloatArray

    @property
    def bounds(self) -> tuple[FloatArray, FloatArray]:
        """The lowest and the highest sum of each row."""
        low, high = Arms.of(self.counts, self.values, self.weights).bounds
        rows = len(self.counts)
        return np.broadcast_to(low, rows), np.broadcast_to(high, rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyMethod:
    """An interval for surveys and the test that belongs to it.

    Attributes
    ----------
    title : str
        The interval, in words.
    references : tuple of str
        Keys of the bibliography.
    limits : callable
        Takes the problem and the settings; gives both limits of each row.
    test : callable
        Takes the problem, the value under the hypothesis and the settings; gives statistic and p-value.
    needs : Needs
        What effective respondents are needed where these lie in clusters (benchmarks/coverage/surveys.csv).
    least_df : int
        How many degrees of freedom are needed there, with clusters counted by their size.
    """

    title: str
    references: tuple[str, ...]
    limits: Callable[[EffectiveProblem, Settings], Limits]
    test: Callable[[EffectiveProblem, FloatArray, Settings], Significance]
    needs: Needs = NOTHING
    least_df: int = 3


def _restricted(title: str, references: tuple[str, ...], statistic: Statistic, **more: Any) -> SurveyMethod:
    """Make a method of a statistic at the restricted shares of the effective counts."""

    def limits(problem: EffectiveProblem, settings: Settings) -> Limits:
        quantile = critical_values(settings.tail, problem.effective_df, problem.largest)
        known = np.isfinite(quantile)
        low, high = restricted_limits(
            statistic,
            problem.counts,
            problem.values,
            problem.weights,
            np.where(known, quantile, 0.0),
            problem.sizes,
        )
        lowest, highest = problem.bounds
        return np.where(known, low, lowest), np.where(known, high, highest)

    def test(problem: EffectiveProblem, null: FloatArray, settings: Settings) -> Significance:
        z = restricted_statistic(statistic, problem.counts, problem.values, problem.weights, null, problem.sizes)
        return z, pvalues(z, settings.alternative, lambda size: tails(size, problem.effective_df, problem.largest))

    return SurveyMethod(title=title, references=references, limits=limits, test=test, **more)


def _student_limits(problem: EffectiveProblem, settings: Settings) -> Limits:
    margin = stdtrit(problem.df.clip(min=1), 1 - settings.tail) * problem.error
    return _known(problem, problem.estimate - margin, problem.estimate + margin)


def _gap(problem: EffectiveProblem, null: FloatArray) -> FloatArray:
    """Compute estimate - null; the last digits of an estimate are rounding, and no evidence where nothing varies."""
    gap = problem.estimate - null
    return np.where(np.abs(gap) <= 8 * np.finfo(float).eps, 0.0, gap)


def _student_test(problem: EffectiveProblem, null: FloatArray, settings: Settings) -> Significance:
    t = wald_statistic(_gap(problem, null), problem.error**2, 0.0)
    known = problem.df >= 1
    return t, pvalues(t, settings.alternative, lambda size: np.where(known, stdtr(problem.df.clip(min=1), -size), 0.5))


def _wald_limits(problem: EffectiveProblem, settings: Settings) -> Limits:
    return _known(problem, *wald_limits(problem.estimate, problem.error**2, settings.z))


def _wald_test(problem: EffectiveProblem, null: FloatArray, settings: Settings) -> Significance:
    z = wald_statistic(_gap(problem, null), problem.error**2, 0.0)
    return z, pvalues(z, settings.alternative, lambda size: np.where(problem.df >= 1, ndtr(-size), 0.5))


def _known(problem: EffectiveProblem, low: FloatArray, high: FloatArray) -> Limits:
    """Leave everything open where nothing is known of the variance."""
    lowest, highest = problem.bounds
    return np.where(problem.df >= 1, low, lowest), np.where(problem.df >= 1, high, highest)


SURVEY_METHODS = {
    "score": _restricted(
        "skewness-corrected score interval on effective respondents",
        ("korn1998", "satterthwaite1946", "tango1998", "laud2017"),
        skewness_corrected_score,
        needs=Needs(per_kurtosis=10),
    ),
    "likelihood": _restricted(
        "likelihood-ratio interval on effective respondents",
        ("korn1998", "satterthwaite1946", "owen2001"),
        signed_root,
        needs=Needs(per_kurtosis=15),
    ),
    "t": SurveyMethod(
        title="t interval by the design",
        references=("binder1983",),
        limits=_student_limits,
        test=_student_test,
        needs=Needs(per_kurtosis=25),
        least_df=8,
    ),
    "wald": SurveyMethod(
        title="Wald interval by the design",
        references=("binder1983",),
        limits=_wald_limits,
        test=_wald_test,
        needs=Needs(per_kurtosis=25),
        least_df=30,
    ),
}


def find_survey_method(name: object, simple: object) -> SurveyMethod:
    """Look a method up; `simple` are the methods of the same question to simple counts."""
    if isinstance(name, str) and name not in SURVEY_METHODS and isinstance(simple, dict) and name in simple:
        msg = (
            f"`method` {name!r} is made for independent respondents who count the same; these counts have a design. "
            f"For them: {', '.join(map(repr, SURVEY_METHODS))}."
        )
        raise ValueError(msg)
    return find_method(SURVEY_METHODS, name)
