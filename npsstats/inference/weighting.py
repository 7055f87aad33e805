"""What weights, strata and clusters do to a sample."""

import numpy as np

from npsstats.inference.effective import MOST_EFFECTIVE, Sides
from npsstats.inference.surveyed import check_survey
from npsstats.ratings.checks import check_type
from npsstats.ratings.scales import Metric
from npsstats.ratings.surveys import SurveyCounts
from npsstats.results.effects import DesignEffects
from npsstats.results.weightings import WeightReport

__all__ = ["describe_weights", "design_effects"]

# The bibliography keys of the ways to calibrate.
CALIBRATION_SOURCES = {
    "raking": ("demingstephan1940", "deville1992"),
    "linear": ("deville1992",),
    "logit": ("deville1992",),
}


def design_effects(counts: SurveyCounts, *, metric: Metric | None = None) -> DesignEffects:
    """Say how many independent respondents each group of a survey is worth.

    The design effect of a score is its variance by the design over that of as many respondents who count the same and
    answer independently [1]_. Weights raise it, and so do clusters whose members are alike; strata and calibration may
    lower it. Kish's design effect is that of unequal weights alone, if they have nothing to do with the ratings [2]_.

    Parameters
    ----------
    counts : SurveyCounts
        From `tabulate_survey`.
    metric : Metric, optional
        The score; by default the metric of the counts. Each score has a design effect of its own.

    Returns
    -------
    DesignEffects
        Per group ``n, share_of_weight, score, standard_error, design_effect, effective_n, kish_design_effect,
        kish_effective_n, clusters, df``.

    Raises
    ------
    TypeError
        If the counts are not those of a survey.
    ValueError
        If metric and counts are on different scales.
    UndefinedScoreError
        If a group has no rating.

    Notes
    -----
    With the variance V by the design, the weighted shares p of the values c and N rows in the sample, the effective
    number of respondents is N / (N - 1) sum p (c - score)^2 / V, which is n exactly if all rows have a rating, the same
    weight, and a cluster of their own. Where all ratings of a group have the same value it is that of its clusters, as
    members of a cluster may always agree.

    References
    ----------
    .. [1] Kish, L. (1965). Survey Sampling. Wiley.
    .. [2] Kish, L. (1992). Weighting for unequal P_i. Journal of Official Statistics 8, 183-200.

    Examples
    --------
    Four schools, all pupils of a school asked together; twelve answers that tell less than four would:

    >>> import npsstats as nps
    >>> import pandas as pd
    >>> rows = pd.DataFrame(
    ...     {
    ...         "recommend": [10, 9, 10, 3, 5, 2, 8, 9, 9, 6, 7, 4],
    ...         "school": [1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4],
    ...         "weight": [1, 1, 2, 1, 1, 2, 1, 1, 2, 1, 1, 2],
    ...     }
    ... )
    >>> counts = nps.tabulate_survey(rows, "recommend", weight="weight", cluster="school")
    >>> effects = nps.design_effects(counts)
    >>> effects.design_effect.round(2), effects.kish_design_effect.round(2)
    (array([3.27]), array([1.12]))
    """
    check_type("counts", counts, SurveyCounts, "npsstats.tabulate_survey(...)")
    metric = check_survey(counts, metric)
    groups = np.eye(len(counts))
    sides = Sides.of(counts, groups, metric)
    totals = counts.totals.sum(axis=1)
    low, high = metric.bounds
    effective = np.where(sides.effective >= MOST_EFFECTIVE, np.inf, sides.effective)
    kish_effective = totals**2 / counts.squares
    clusters, _ = counts.design.clusters_and_strata(groups)
    return DesignEffects(
        by=counts.by,
        labels=counts.labels,
        n=sides.n,
        share_of_weight=totals / totals.sum(),
        score=sides.shares @ metric.levels,
        standard_error=(high - low) * sides.error,
        design_effect=sides.n / effective,
        effective_n=effective,
        kish_design_effect=sides.n / kish_effective,
        kish_effective_n=kish_effective,
        clusters=clusters,
        df=sides.df,
        metric=metric,
        design=counts.design.description,
        references=(*metric.references, "kish1965", "kish1992"),
        notes=counts.notes,
    )


def describe_weights(counts: SurveyCounts) -> WeightReport:
    """Say how much the weights of a survey differ, and what calibration did to them.

    Large weights make single respondents decide; many small cells make large weights. Weights correct the shares of
    the categories they were made from, and cannot correct who answered within them. They are corrected for all rows
    together: not within groups that the margins do not name, and not for the rows with a rating alone.

    Parameters
    ----------
    counts : SurveyCounts
        From `tabulate_survey`; all its rows are described, those without a rating, too.

    Returns
    -------
    WeightReport
        A row for all, and one for each cell of the margins: ``margin, cell, n, smallest, largest, mean, cv,
        design_effect, effective_n, share_before, population_share, share_after, share_rated, factor_low, factor_high``,
        where share_rated is that among rows with a rating, after calibration.

    Raises
    ------
    TypeError
        If the counts are not those of a survey.

    Notes
    -----
    The design effect is Kish's, n sum w^2 / (sum w)^2 = 1 + cv^2 [1]_.

    References
    ----------
    .. [1] Kish, L. (1992). Weighting for unequal P_i. Journal of Official Statistics 8, 183-200.

    Examples
    --------
    >>> import npsstats as nps
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"recommend": [10, 9, 3, 8, 10, 0], "sex": ["f", "f", "f", "f", "m", "m"]})
    >>> counts = nps.tabulate_survey(rows, "recommend", margins={"sex": {"f": 0.5, "m": 0.5}})
    >>> for sentence in nps.describe_weights(counts).sentences():
    ...     print(sentence)
    6 respondents count like 5 with equal weights: weights run from 0.75 to 1.50 times their mean (Kish's design effect
    1.12). Calibration (raking, 5 steps) multiplied them by 0.75 to 1.50. This puts right the shares of sex, and nothing
    else.
    sex f: 66.7 % of the weight before and 50.0 % after, 50.0 % of the population (n = 4; a factor of 0.75).
    sex m: 33.3 % of the weight before and 50.0 % after, 50.0 % of the population (n = 2; a factor of 1.50).
    """
    check_type("counts", counts, SurveyCounts, "npsstats.tabulate_survey(...)")
    sources = CALIBRATION_SOURCES.get(counts.weighting.calibration or "", ())
    return WeightReport(weighting=counts.weighting, references=("kish1992", *sources), notes=counts.notes)
