"""Does one metric predict better than another, and can these data tell?"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb
from typing import Any, Literal, TypeAlias

import numpy as np
from scipy.special import ndtr, ndtri, stdtr

from npsstats.critique.linearising import critical_value, degrees_of_freedom, is_survey
from npsstats.critique.validity import Correlation, Predictor, Respondents, Task, classes_of, warn_of_few_events
from npsstats.inference.adjustment import ADJUSTMENTS, adjusted_pvalues, check_adjustment
from npsstats.inference.methods import N_RESAMPLES, check_confidence_level
from npsstats.kernels.dependent_correlations import (
    meng_statistic,
    normal_dependence,
    steiger_statistic,
    zou_limits,
)
from npsstats.kernels.leaving_out import resampled_differences
from npsstats.kernels.transformed_limits import fisher_limits
from npsstats.ratings.checks import check_rng, check_whole_number
from npsstats.ratings.joint import JointCounts
from npsstats.results.differences import DETECTION
from npsstats.results.validity_differences import ValidityDifferences

__all__ = ["CORRELATION_TESTS", "compare_validity"]

CorrelationTest: TypeAlias = Literal["distribution-free", "steiger", "meng-rosenthal-rubin"]

# Percentiles of fewer resamples would be guesses.
FEWEST = 100

# The square of rounding errors.
SMALLEST = 1e-28

# Each test of equal correlations with its sources; intervals are always Zou's.
CORRELATION_TESTS: dict[str, tuple[str, ...]] = {
    "distribution-free": ("zou2007",),
    "steiger": ("steiger1980", "zou2007"),
    "meng-rosenthal-rubin": ("meng1992", "zou2007"),
}


def compare_validity(
    counts: JointCounts,
    *,
    event_is: Literal["bad", "good"],
    predictors: Sequence[str] | None = None,
    correlation: Correlation = "pearson",
    correlation_test: CorrelationTest = "distribution-free",
    adjustment: str = "holm",
    confidence_level: float = 0.95,
    rng: Any = None,
    n_resamples: int | None = None,
) -> ValidityDifferences:
    """Compare metrics by how well they predict an outcome of the same respondents.

    Every pair of predictors is compared, on the respondents who gave both ratings: AUC, log-loss and correlation, each
    with an interval of the difference, and a verdict that may be that these data cannot tell. Use `criterion_validity`
    for each by itself.

    Parameters
    ----------
    counts : JointCounts
        Respondents by group and combination of ratings, with an outcome: ``tabulate_joint(..., outcome="problem")``.
    event_is : {"bad", "good"}
        Whether an event, an outcome of 1, is bad or good news; of an outcome with more values whether more of it is.
    predictors : sequence of str, optional
        Which predictors, as results name them, such as ``["NPS (3 classes)", "CSAT (2 classes)"]``: the fewer, the
        fewer comparisons there are to adjust for. All by default.
    correlation : {"pearson", "spearman"}, default "pearson"
        Product-moment correlation, or that of ranks.
    correlation_test : {"distribution-free", "steiger", "meng-rosenthal-rubin"}, default "distribution-free"
        Where the standard errors of correlations come from: the data; or the normal law, with the test of Steiger [1]_
        or Meng, Rosenthal & Rubin [2]_, to reproduce what other tools print. Ratings and events follow no normal law.
    adjustment : {"holm", "benjamini-hochberg", "none"}, default "holm"
        How p-values are adjusted for the number of rows; the verdicts go by them.
    confidence_level : float, default 0.95
        The level of the intervals, each by itself, and of the verdicts.
    rng : int or numpy.random.Generator, optional
        Where the resamples for the log-loss come from.
    n_resamples : int, optional
        How many there are; 9,999 by default.

    Returns
    -------
    ValidityDifferences
        A row for each group and pair of predictors: the first of the two minus the second, its reference.

    Raises
    ------
    TypeError
        If the counts are of another kind, or an argument has a wrong type.
    ValueError
        As `criterion_validity`; also if there are fewer than two predictors, no such adjustment or test, or a normal
        law is supposed for a survey.
    UndefinedScoreError
        If no respondent of a group has both ratings and the outcome.

    Warns
    -----
    SmallSampleWarning
        If fewer than ten respondents have one of the two outcomes.

    Notes
    -----
    The difference of *AUC* has the standard error of DeLong et al. [3]_, which knows that both come from the same
    respondents; of outcomes that are not 0 or 1, and of surveys, it follows from the influence of each respondent.
    ``detectable`` is the smallest true difference that these respondents would show with a probability of 80 %, and
    ``n_needed`` how many respondents a true difference as large as the observed one would take: a planning figure, and
    a vague one where the difference is. Two classes of one metric order fewer pairs than its ratings do; that
    difference is what the classes cost.

    The difference of *log-loss* is that of leave-one-out losses (`criterion_validity`). Its interval is a paired
    bootstrap: respondents are drawn again with their ratings and outcome, both predictors are fitted to each draw, and
    the percentiles of the differences, less their mean, are put around the estimate. Of a survey it is linearised, for
    clusters cannot be drawn from counts.

    The difference of *correlations* has Zou's interval [4]_, made of Fisher's limits of each and of the correlation
    between the two; the p-value is that of the difference of Fisher's z.

    References
    ----------
    .. [1] Steiger, J. H. (1980). Tests for comparing elements of a correlation matrix. Psychological Bulletin 87,
       245-251. https://doi.org/10.1037/0033-2909.87.2.245
    .. [2] Meng, X.-L., Rosenthal, R. & Rubin, D. B. (1992). Comparing correlated correlation coefficients.
       Psychological Bulletin 111, 172-175. https://doi.org/10.1037/0033-2909.111.1.172
    .. [3] DeLong, E. R., DeLong, D. M. & Clarke-Pearson, D. L. (1988). Comparing the areas under two or more correlated
       receiver operating characteristic curves: a nonparametric approach. Biometrics 44, 837-845.
    .. [4] Zou, G. Y. (2007). Toward using confidence intervals to compare correlations. Psychological Methods 12,
       399-413. https://doi.org/10.1037/1082-989X.12.4.399

    Examples
    --------
    >>> import npsstats as nps
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"r": [9, 10, 8, 3, 6, 9, 7, 10, 2, 8], "csat": [5, 5, 4, 2, 3, 3, 4, 4, 1, 2],
    ...                      "problem": [0, 0, 1, 1, 0, 0, 0, 0, 1, 0]})
    >>> joint = nps.tabulate_joint(pd.concat([rows] * 4), {"r": nps.NPS, "csat": nps.CSAT}, outcome="problem")
    >>> found = nps.compare_validity(joint, event_is="bad", predictors=["NPS (0-10)", "CSAT (1-5)"], rng=1)
    >>> found.difference.round(3).tolist(), found.verdict
    ([0.095], ('better',))
    """
    check_confidence_level(confidence_level)
    task = Task.of(counts, event_is, predictors, correlation)
    plan = _Plan.of(task, confidence_level, adjustment, correlation_test, n_resamples)
    # Each row has a source of its own: its answer does not hang on the rows before.
    seeds = iter(check_rng(rng).integers(2**63, size=plan.rows).tolist())
    rows: dict[str, list[Any]] = {}
    for label, part in zip(counts.labels, task.parts(), strict=True):
        for first, second in combinations(task.predictors, 2):
            pair = _Pair(task, plan, task.respondents(part, first, second), first, second)
            answer = {"labels": label, **pair.areas(), **pair.losses(next(seeds)), **pair.correlations()}
            for name, value in answer.items():
                rows.setdefault(name, []).append(value)
    texts: dict[str, Any] = {name: tuple(rows.pop(name)) for name in ("labels", "predictor", "reference")}
    arrays: dict[str, Any] = {name: np.array(column, dtype=np.float64) for name, column in rows.items()}
    warn_of_few_events(arrays["n"], arrays["n_events"], texts["labels"])
    sources = ("delong1988", *CORRELATION_TESTS[correlation_test], *ADJUSTMENTS[adjustment])
    return ValidityDifferences(
        by=counts.by,
        **texts,
        n=arrays.pop("n").astype(np.int64),
        **arrays,
        adjusted_pvalue=adjusted_pvalues(arrays["pvalue"], adjustment),
        metrics=counts.metrics,
        correlation_kind=correlation,
        correlation_test=correlation_test,
        adjustment=adjustment,
        n_resamples=plan.n_resamples,
        confidence_level=confidence_level,
        references=(*sources, "vehtari2017", "efron1979") if task.binary else sources,
        **task.about(),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """What is asked beyond the data.

    Attributes
    ----------
    rows : int
        How many comparisons there are.
    confidence_level : float
        The level of each interval.
    single_level : float
        That of a test that is adjusted for all comparisons.
    correlation_test : str
        The test of equal correlations.
    n_resamples : int
        How many resamples of each pair are drawn; 0 of a survey, or without events.
    """

    rows: int
    confidence_level: float
    single_level: float
    correlation_test: str
    n_resamples: int

    @classmethod
    def of(cls, task: Task, level: float, adjustment: Any, test: Any, n_resamples: Any) -> "_Plan":
        """Check what is asked."""
        check_adjustment(adjustment)
        if adjustment == "max-z":
            msg = "`adjustment` must be 'holm', 'benjamini-hochberg' or 'none' here; got 'max-z'."
            raise ValueError(msg)
        if test not in CORRELATION_TESTS:
            msg = f"`correlation_test` must be one of {', '.join(map(repr, CORRELATION_TESTS))}; got {test!r}."
            raise ValueError(msg)
        survey = is_survey(task.counts)
        if survey and test != "distribution-free":
            msg = (
                f"`correlation_test` {test!r} supposes independent respondents of a normal law; of a survey use "
                "'distribution-free', which knows of its design."
            )
            raise ValueError(msg)
        many = N_RESAMPLES if n_resamples is None else check_whole_number("n_resamples", n_resamples)
        if many < FEWEST:
            msg = f"`n_resamples` must be {FEWEST} or more, for percentiles; got {many}."
            raise ValueError(msg)
        if len(task.predictors) < 2:
            names = ", ".join(predictor.name for predictor in task.predictors)
            msg = f"to be compared there must be two predictors or more; there is {names} alone."
            raise ValueError(msg)
        rows = len(task.counts) * comb(len(task.predictors), 2)
        tests = 1 if adjustment == "none" else rows
        return cls(
            rows=rows,
            confidence_level=level,
            single_level=1 - (1 - level) / tests,
            correlation_test=test,
            n_resamples=0 if survey or not task.binary else many,
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Pair:
    """Two predictors of the outcome of the same respondents."""

    task: Task
    plan: _Plan
    who: Respondents
    first: Predictor
    second: Predictor

    def areas(self) -> dict[str, Any]:
        """Compare concordances."""
        answers = [self.task.area(self.who, predictor) for predictor in (self.first, self.second)]
        (one, _), (two, _) = answers
        slopes = np.stack([slope for _, slope in answers])
        covariance = self.who.covariance_of_areas(slopes, self.task.outcome, self.task.binary)
        difference, error = one - two, _root(np.array([1.0, -1.0]) @ covariance @ np.array([1.0, -1.0]))
        critical = critical_value(self.who.part, self.plan.confidence_level)
        reach = critical_value(self.who.part, self.plan.single_level) + ndtri(DETECTION)
        low, high = np.clip([difference - critical * error, difference + critical * error], -1, 1)
        far = abs(difference) > 0
        return {
            "predictor": self.first.name,
            "reference": self.second.name,
            "n": self.who.n,
            "n_events": self.task.n_events(self.who),
            "auc": one,
            "auc_reference": two,
            "difference": difference,
            "standard_error": error,
            "low": low,
            "high": high,
            "pvalue": self._pvalue(difference / error),
            "detectable": reach * error,
            "n_needed": self.who.n * (reach * error / difference) ** 2 if far else np.inf,
        }

    def losses(self, seed: int) -> dict[str, Any]:
        """Compare log-losses."""
        classes = classes_of(self.first), classes_of(self.second)
        (one, own), (two, other) = (self.task.losses(self.who, kinds) for kinds in classes)
        difference = one - two
        low = high = np.nan
        if self.plan.n_resamples:
            drawn = resampled_differences(
                self.who.counts, classes, self.task.events, np.random.default_rng(seed), self.plan.n_resamples
            )
            tail = (1 - self.plan.confidence_level) / 2
            # The losses of a draw look better by chance than those of respondents left out; the mean takes that away.
            low, high = difference + np.quantile(drawn, [tail, 1 - tail]) - drawn.mean()
        elif self.task.binary:
            # To first order the frequencies, being the best ones, add nothing to the variance.
            apart = np.where(self.who.counts > 0, own - other - difference, 0.0)
            error = _root(self.who.covariance(apart[None])[0, 0])
            critical = critical_value(self.who.part, self.plan.confidence_level)
            low, high = difference - critical * error, difference + critical * error
        return {
            "log_loss": one,
            "log_loss_reference": two,
            "log_loss_difference": difference,
            "log_loss_low": low,
            "log_loss_high": high,
        }

    def correlations(self) -> dict[str, Any]:
        """Compare correlations."""
        outcome, (x, z) = self.task.outcome, (self.first.values, self.second.values)
        (one, own), (two, other) = (self.task.correlate(self.who, values, outcome) for values in (x, z))
        r = np.array([one, two])
        if self.plan.correlation_test == "distribution-free":
            covariance = self.who.covariance(np.stack([own, other]))
            errors = np.array([_root(covariance[0, 0]), _root(covariance[1, 1])])
            dependence = covariance[0, 1] / np.prod(errors)
            slope = np.array([1.0, -1.0]) / np.where(np.abs(r) < 1, 1 - r**2, np.nan)
            apart = np.diff(np.arctanh(np.where(np.abs(r) < 1, r, np.nan)))[0]
            pvalue = self._pvalue(-apart / _root(float(slope @ covariance @ slope)))
        else:
            between = np.array(self.task.correlate(self.who, x, z)[0])
            n, test = np.array(float(self.who.n)), steiger_statistic
            if self.plan.correlation_test == "meng-rosenthal-rubin":
                test = meng_statistic
            pvalue = self._pvalue(float(test(r[0], r[1], between, n)))
            errors = (1 - r**2) / np.sqrt(n - 3) if n > 3 else np.full(2, np.nan)
            dependence = normal_dependence(r[0], r[1], between)
        critical = critical_value(self.who.part, self.plan.confidence_level)
        low, high = fisher_limits(r, errors, critical)
        limits = zou_limits((r[0], r[1]), ((low[0], high[0]), (low[1], high[1])), dependence)
        return {
            "correlation": one,
            "correlation_reference": two,
            "correlation_difference": one - two,
            "correlation_low": limits[0],
            "correlation_high": limits[1],
            "correlation_pvalue": pvalue,
        }

    def _pvalue(self, statistic: float) -> float:
        """Compute the two-sided p-value of a statistic, by the degrees of freedom of a survey."""
        df = degrees_of_freedom(self.who.part)
        if df is None:
            return float(2 * ndtr(-abs(statistic)))
        return float(2 * stdtr(df[0], -abs(statistic))) if df[0] >= 1 else np.nan


def _root(variance: float) -> float:
    """Take the square root of a variance; nan where there is none, or none that rounding has not made."""
    return float(np.sqrt(variance)) if variance > SMALLEST else np.nan
