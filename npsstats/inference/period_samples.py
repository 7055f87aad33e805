"""The samples of periods: independent ones, and those of a survey, which may share respondents and clusters."""

from dataclasses import dataclass

import numpy as np

from npsstats.inference.effective import degrees_of_freedom
from npsstats.inference.methods import UnitProblem, check_are_counts, check_counts
from npsstats.inference.series import answered_periods
from npsstats.inference.survey_cautions import warn_of_few_clusters
from npsstats.inference.surveyed import check_survey, scores_of
from npsstats.kernels.effective import critical_values, tails
from npsstats.kernels.regression import LineFit, fit_line
from npsstats.ratings.counts import RatingCounts
from npsstats.ratings.scales import Metric
from npsstats.ratings.surveys import SurveyCounts
from npsstats.results.protocol import group_text
from npsstats.typing import BoolArray, FloatArray, IndexArray

__all__ = ["Chance", "PeriodSamples", "samples_of_periods"]

# Of periods with fewer degrees of freedom the variance is hardly known.
LEAST_DF = 3


@dataclass(frozen=True, slots=True)
class Chance:
    """How estimates vary by chance alone: as normal ones, or with few clusters by the law of Korn & Graubard.

    Attributes
    ----------
    df, largest : float
        Degrees of freedom, and those of as many independent respondents; infinite where there is no design.
    """

    df: float
    largest: float

    def quantile(self, tail: float) -> float:
        """Compute half the width of an interval, in standard errors."""
        return float(critical_values(tail, np.array([self.df]), np.array([self.largest]))[0])

    def tails(self, size: FloatArray) -> FloatArray:
        """Compute the probabilities beyond so many standard errors."""
        return tails(size, np.array([self.df]), np.array([self.largest]))

    @property
    def joint_df(self) -> float:
        """The degrees of freedom of tests of several estimates; infinite for simple samples."""
        return np.inf if self.df >= self.largest else self.df


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodSamples:
    """The samples of all periods.

    Attributes
    ----------
    counts : RatingCounts or SurveyCounts
        The periods with ratings.
    answered : ndarray of bool
        Which of the periods given these are.
    metric : Metric
        The score.
    problem : UnitProblem
        Respondents by level; of a survey, effective ones.
    correlation : ndarray or None
        Of the scores, where periods share respondents or clusters.
    design : str
        How the sample was drawn, in words; empty for independent respondents.
    notes : tuple of str
        What a reader of the result must know.
    """

    counts: RatingCounts | SurveyCounts
    answered: BoolArray
    metric: Metric
    problem: UnitProblem
    correlation: FloatArray | None
    design: str
    notes: tuple[str, ...]

    def line(self, rows: IndexArray, when: FloatArray, design: FloatArray) -> LineFit:
        """Fit a linear model to the scores of some periods."""
        correlation = None if self.correlation is None else self.correlation[np.ix_(rows, rows)]
        return fit_line(self.problem.counts[rows], self.problem.values, when[rows], design, correlation)

    def scores(self, rows: IndexArray) -> FloatArray:
        """Compute the scores of some periods, in points."""
        counts = self.problem.counts[rows]
        points: FloatArray = counts @ self.problem.to_points(self.problem.values) / counts.sum(axis=1)
        return points

    def chance(self, rows: IndexArray) -> Chance:
        """Find how estimates from some periods vary by chance alone."""
        if not isinstance(self.counts, SurveyCounts):
            return Chance(np.inf, np.inf)
        together = np.zeros((1, len(self.counts)))
        together[0, rows] = 1
        n, _, df = degrees_of_freedom(self.counts, together)
        return Chance(float(df[0]), float(n[0] - 1))


def samples_of_periods(
    counts: RatingCounts | SurveyCounts, metric: Metric | None, question: str, *, stacklevel: int
) -> PeriodSamples:
    """Set up the samples of periods; those without ratings say nothing and are left out."""
    if not isinstance(counts, SurveyCounts):
        simple, answered, notes = answered_periods(check_are_counts(counts), question)
        simple, metric = check_counts(simple, metric)
        return PeriodSamples(
            counts=simple,
            answered=answered,
            metric=metric,
            problem=UnitProblem.of(simple.counts, metric),
            correlation=None,
            design="",
            notes=simple.notes + notes,
        )
    survey, answered, notes = answered_periods(counts, question)
    metric = check_survey(survey, metric)
    sides, scores = scores_of(survey, metric)
    single = np.flatnonzero((sides.df < 1) & (sides.n > 1))
    if single.size and not survey.design.complete:
        msg = (
            f"`{question}` needs several clusters in each period; {single.size} of {len(survey)} have one (first: "
            f"{group_text(survey.labels[single[0]])}), which tells nothing of the variance. Leave them out with "
            "`counts.select(...)`, or put periods together."
        )
        raise ValueError(msg)
    few = (sides.effective_df < LEAST_DF) & (sides.df < sides.n - 1)
    warn_of_few_clusters("trend", sides.effective_df, few, LEAST_DF, survey.labels, stacklevel=stacklevel + 1)
    both = np.outer(scores.error, scores.error)
    correlation = np.divide(sides.covariance, both, out=np.zeros_like(both), where=both > 0)
    np.fill_diagonal(correlation, 1.0)
    return PeriodSamples(
        counts=survey,
        answered=answered,
        metric=metric,
        problem=UnitProblem(scores.counts[:, 0], scores.values, metric.bounds, metric.name),
        correlation=correlation,
        design=survey.design.description,
        notes=survey.notes + notes,
    )
