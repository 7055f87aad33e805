"""What is the score, and how sure can we be?"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from npsstats.inference.cautions import warn_of_small_samples
from npsstats.inference.effective import find_survey_method
from npsstats.inference.intervals import ONE_SAMPLE_METHODS
from npsstats.inference.methods import (
    Settings,
    UnitProblem,
    check_counts,
    check_metric,
    find_method,
    score_and_error,
    settings_for,
)
from npsstats.inference.survey_cautions import warn_of_small_surveys
from npsstats.inference.surveyed import check_survey, scores_of
from npsstats.ratings.counts import RatingCounts
from npsstats.ratings.scales import Metric
from npsstats.ratings.surveys import SurveyCounts
from npsstats.results.estimates import Estimates
from npsstats.typing import Alternative

__all__ = ["estimate"]


def estimate(
    counts: RatingCounts | SurveyCounts,
    *,
    metric: Metric | None = None,
    method: str = "score",
    alternative: Alternative = "two-sided",
    confidence_level: float = 0.95,
    pseudo_counts: ArrayLike | None = None,
    rng: Any = None,
    n_resamples: int | None = None,
) -> Estimates:
    """Estimate the score of each group, with a confidence interval.

    Use `compare` for the difference of groups, or for the test against a fixed benchmark that belongs to the
    interval; `posterior` for probabilities of scores; `operating_characteristics` for how well a method keeps its
    level.

    Parameters
    ----------
    counts : RatingCounts or SurveyCounts
        Respondents by group and rating, from `tabulate` or `RatingCounts.from_categories`; or a sample with weights,
        strata or clusters, from `tabulate_survey`.
    metric : Metric, optional
        The score; by default the metric of the counts, NPS on the scale 0-10.
    method : str, default "score"
        The interval. For any metric:

        - ``"score"``: skewness-corrected score interval, close to its level down to a few respondents [1]_;
        - ``"tango"``: the same without the correction [2]_;
        - ``"likelihood"``: likelihood ratio, also known as empirical likelihood [3]_;
        - ``"wald"``: score -+ z standard errors, too short below about 100 respondents;
        - ``"t"``: the t interval of the mean of the values, hardly better;
        - ``"goodman"``: Wald for all contrasts of the shares at once, too wide for one [4]_;
        - ``"bootstrap-t"``: from the law of (score - mean) / standard error under resampling; enumerated while
          that is feasible, else simulated from `n_resamples` tables of counts [5]_.

        For metrics whose values are equally spaced, or multiples of a common step (that is nearly all), from the
        exact law of the resampled score, without random numbers [6]_:

        - ``"bootstrap-percentile"``, ``"bootstrap-basic"``, ``"bootstrap-bca"``: too short in small groups, as the
          resampled data know no more than the data.

        For metrics with three values, such as NPS:

        - ``"adjusted-wald"``: Wald with 3/4 promoters, 3/2 passives and 3/4 detractors added [7]_, or with
          `pseudo_counts`;
        - ``"agresti-min"``: with 1/2, 1 and 1/2 added [8]_;
        - ``"bonett-price"``: with one promoter and one detractor added [9]_.

        For metrics with two or three values:

        - ``"mover-wilson"``: from Wilson's intervals of promoters and detractors [10]_;
        - ``"exact"``: never below its level, whatever the shares; inverts the exact test of each score, up to a few
          hundred respondents [11]_, [12]_;
        - ``"lloyd"``: the same test at the estimated shares instead of the least favourable ones: nearly as safe,
          and shorter [13]_.

        For a survey: ``"score"`` and ``"likelihood"`` on as many respondents as its weights and clusters leave, with
        critical values for its degrees of freedom [14]_; ``"t"`` and ``"wald"``, score -+ t or z standard errors of
        the design, too short with few clusters.
    alternative : {"two-sided", "less", "greater"}, default "two-sided"
        ``"less"`` gives an upper limit only, ``"greater"`` a lower limit only; the other end is that of the scale.
    confidence_level : float, default 0.95
        The level of the intervals, between 0 and 1.
    pseudo_counts : array_like of float, optional
        For ``"adjusted-wald"``: respondents to add to each distinct value of the metric, lowest value first; for NPS
        detractors, passives, promoters.
    rng : int or numpy.random.Generator, optional
        For ``"bootstrap-t"``: the seed, or the source of random numbers, where it has to be simulated.
    n_resamples : int, optional
        For ``"bootstrap-t"``: how many resamples are drawn where it has to be simulated; 9,999 by default.

    Returns
    -------
    Estimates
        Per group ``n, missing, score, standard_error, low, high``, in points.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ValueError
        If metric and counts are on different scales, or a name or level is not valid.
    UndefinedScoreError
        If a group has no rating.

    Warns
    -----
    SmallSampleWarning
        If a group is too small, or its ratings too lopsided, for the method to keep its level.

    References
    ----------
    .. [1] Laud, P. J. (2017). Equal-tailed confidence intervals for comparison of rates. Pharmaceutical
       Statistics 16, 334-348. doi:10.1002/pst.1813
    .. [2] Tango, T. (1998). Equivalence test and confidence interval for the difference in proportions for the
       paired-sample design. Statistics in Medicine 17, 891-908.
       doi:10.1002/(SICI)1097-0258(19980430)17:8<891::AID-SIM780>3.0.CO;2-B
    .. [3] Owen, A. B. (1990). Empirical likelihood ratio confidence regions. The Annals of Statistics 18, 90-120.
    .. [4] Goodman, L. A. (1965). On simultaneous confidence intervals for multinomial proportions.
       Technometrics 7, 247-254.
    .. [5] Efron, B. (1981). Nonparametric standard errors and confidence intervals. Canadian Journal of
       Statistics 9, 139-158. doi:10.2307/3314608
    .. [6] Efron, B. (1987). Better bootstrap confidence intervals. Journal of the American Statistical
       Association 82, 171-185. doi:10.1080/01621459.1987.10478410
    .. [7] Rocks, B. (2016). Interval estimation for the "Net Promoter Score". The American Statistician.
    .. [8] Agresti, A. & Min, Y. (2005). Simple improved confidence intervals for comparing matched proportions.
       Statistics in Medicine 24, 729-740. doi:10.1002/sim.1781
    .. [9] Bonett, D. G. & Price, R. M. (2012). Adjusted Wald confidence interval for a difference of binomial
       proportions based on paired data. Journal of Educational and Behavioral Statistics 37, 479-488.
       doi:10.3102/1076998611411915
    .. [10] Newcombe, R. G. (1998). Improved confidence intervals for the difference between binomial proportions
       based on paired data. Statistics in Medicine 17, 2635-2650.
       doi:10.1002/(SICI)1097-0258(19981130)17:22<2635::AID-SIM954>3.0.CO;2-C
    .. [11] Agresti, A. & Min, Y. (2001). On small-sample confidence intervals for parameters in discrete
       distributions. Biometrics 57, 963-971. doi:10.1111/j.0006-341X.2001.00963.x
    .. [12] Chan, I. S. F. & Zhang, Z. (1999). Test-based exact confidence intervals for the difference of two
       binomial proportions. Biometrics 55, 1202-1209. doi:10.1111/j.0006-341X.1999.01202.x
    .. [13] Lloyd, C. J. (2008). Exact P-values for discrete models obtained by estimation and maximization.
       Australian & New Zealand Journal of Statistics 50, 329-345.
    .. [14] Korn, E. L. & Graubard, B. I. (1998). Confidence intervals for proportions with small expected number of
       positive counts estimated from survey data. Survey Methodology 24, 193-201.

    Examples
    --------
    Two surveys of 1,000 with the same score, and not the same certainty:

    >>> import npsstats as nps
    >>> counts = nps.RatingCounts.from_categories(
    ...     promoters=[300, 200], passives=[600, 800], detractors=[100, 0], groups=["A", "B"], by="survey"
    ... )
    >>> nps.estimate(counts)
    NPS by survey, 95 % skewness-corrected score interval
    <BLANKLINE>
    survey      n  missing   NPS  standard error   low  high
    A       1,000        0  20.0            1.90  16.3  23.7
    B       1,000        0  20.0            1.26  17.6  22.6
    """
    asked = check_metric(counts, metric)
    # A wrong name, before arguments that depend on the method.
    if isinstance(counts, SurveyCounts):
        find_survey_method(method, ONE_SAMPLE_METHODS)
    else:
        find_method(ONE_SAMPLE_METHODS, method)
    settings = settings_for(
        method,
        asked,
        confidence_level=confidence_level,
        alternative=alternative,
        pseudo_counts=pseudo_counts,
        rng=rng,
        n_resamples=n_resamples,
        methods=ONE_SAMPLE_METHODS,
    )
    if isinstance(counts, SurveyCounts):
        return _of_survey(counts, metric, method, settings)
    counts, metric = check_counts(counts, metric)
    chosen = find_method(ONE_SAMPLE_METHODS, method)
    problem = UnitProblem.of(counts.counts, metric)
    chosen.applies(method, problem, settings)
    warn_of_small_samples(method, chosen.needs.respondents(problem), counts.n, counts.labels, stacklevel=3)
    low, high = chosen.limits(problem, settings)
    score, standard_error = score_and_error(problem)
    return Estimates(
        by=counts.by,
        labels=counts.labels,
        n=counts.n,
        missing=counts.missing,
        score=score,
        standard_error=standard_error,
        low=np.full_like(score, problem.bounds[0]) if alternative == "less" else problem.to_points(low),
        high=np.full_like(score, problem.bounds[1]) if alternative == "greater" else problem.to_points(high),
        metric=metric,
        method=method,
        method_title=chosen.title,
        confidence_level=settings.confidence_level,
        alternative=alternative,
        references=metric.references + chosen.references,
        notes=counts.notes + chosen.notes(problem, settings),
    )


def _of_survey(counts: SurveyCounts, metric: Metric | None, method: str, settings: Settings) -> Estimates:
    """Estimate the scores of a sample with a design."""
    metric = check_survey(counts, metric)
    chosen = find_survey_method(method, ONE_SAMPLE_METHODS)
    sides, problem = scores_of(counts, metric)
    warn_of_small_surveys(method, problem, counts.labels, metric, stacklevel=4)
    low, high = chosen.limits(problem, settings)
    lowest, highest = metric.bounds
    width, alternative = highest - lowest, settings.alternative
    return Estimates(
        by=counts.by,
        labels=counts.labels,
        n=sides.n,
        missing=counts.missing,
        score=sides.shares @ metric.levels,
        standard_error=width * sides.error,
        low=np.full_like(low, lowest) if alternative == "less" else lowest + width * low,
        high=np.full_like(high, highest) if alternative == "greater" else lowest + width * high,
        metric=metric,
        method=method,
        method_title=chosen.title,
        confidence_level=settings.confidence_level,
        alternative=alternative,
        references=metric.references + chosen.references,
        notes=counts.notes,
        design=counts.design.description,
    )
