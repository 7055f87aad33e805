"""The way in for surveys: from rows with weights, strata, clusters or recurring respondents to estimated totals."""

import warnings
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any, Literal

from npsstats.ratings.checks import check_type
from npsstats.ratings.scales import NPS, Metric
from npsstats.ratings.surveys import SurveyCounts
from npsstats.tabulation.columns import read_columns
from npsstats.tabulation.margins import check_calibration, read_margins
from npsstats.tabulation.questioning import SurveyQuestion, places_of, rows_of, stages_of
from npsstats.tabulation.replicates import RaoWu, ReplicateWeights
from npsstats.tabulation.totals import estimate_totals
from npsstats.tabulation.weighing import Target, check_trim, weigh

__all__ = ["tabulate_survey"]


def tabulate_survey(
    data: Any,
    rating: str | Sequence[str],
    *,
    by: str | Sequence[str] = (),
    weight: str | None = None,
    strata: str | Sequence[str] = (),
    cluster: str | Sequence[str] = (),
    respondent: str | None = None,
    duplicates: Literal["error", "first", "last", "all"] = "error",
    fpc: float | str | Sequence[str] | None = None,
    nest: bool = False,
    lonely: Literal["error", "adjust", "certainty"] = "error",
    replicate_weights: ReplicateWeights | RaoWu | None = None,
    margins: Any = None,
    calibration: Literal["raking", "linear", "logit", "post-stratification"] = "raking",
    bounds: tuple[float, float] | None = None,
    trim: tuple[float, float] | None = None,
    metric: Metric = NPS,
    missing_codes: Collection[int | str] = (),
) -> SurveyCounts:
    """Estimate totals of ratings by group from a sample with weights, strata, clusters or recurring respondents.

    Use `tabulate` where respondents count the same and answer independently. The variance is that of the whole sample:
    a group is a part of it, and clusters without ratings in the group count too [1]_. So groups that share clusters,
    such as periods with the same respondents, are not independent here, and their covariance is known.

    Parameters
    ----------
    data : frame or path
        A row for each respondent, or each answer; as for `tabulate`.
    rating : str or sequence of str
        The column of the ratings; one column per item for a metric of several items.
    by : str or sequence of str, optional
        The group columns; the last one is what `compare` compares.
    weight : str, optional
        The column of the weights, 0 or more; their size does not matter, only their ratios. By default all count the
        same.
    strata : str or sequence of str, optional
        The column of the strata; several are crossed.
    cluster : str or sequence of str, optional
        The column of the clusters that were drawn: interviewing runs, schools, households. Several are the stages of
        the sample, the first one first.
    respondent : str, optional
        The column of the key that says which rows are of the same respondent: these are a cluster where `cluster` is
        not given.
    duplicates : {"error", "first", "last", "all"}, default "error"
        What to do with several ratings of a respondent in a group, which is rows with equal labels in all columns of
        `by`: refuse them, keep the first or the last with a weight above 0 in the order of the rows, or keep all.
    fpc : float, str or sequence of str, optional
        The number of units in the population, or the sampling fraction if it is 1 or less, of the stratum that the row
        is in; for several stages a column for each. Units are clusters, or respondents where none are given; rows
        without a rating were drawn, too, so leave them out for the fraction of those who answered. A number is for a
        single stratum. By default populations are large.
    nest : bool, default False
        Whether labels of clusters start anew in each stratum.
    lonely : {"error", "adjust", "certainty"}, default "error"
        What a stratum with one cluster counts: its distance from the whole sample, or nothing.
    replicate_weights : ReplicateWeights or RaoWu, optional
        Estimate variances by replicates, of the data or made from strata and clusters, and not by linearisation. Those
        of the data that are weights need `weight`, and no `trim`.
    margins : mapping, frame or sequence of frames, optional
        What is known of the population: for each column a mapping of its categories to numbers or shares, such as
        ``{"gender": {"f": 0.52, "m": 0.48}}``; with a tuple of columns, tuples of categories. Or frames with columns of
        categories and, called total or as the last one, the numbers. Weights are calibrated to them: those of all rows,
        also without a rating, and of all groups together. For each wave by itself pass ``{("year", "gender"): {...}}``.
    calibration : {"raking", "linear", "logit", "post-stratification"}, default "raking"
        How weights are changed as little as possible [2]_: by factors above 0, by the least sum of squares (within
        `bounds`, if given), within `bounds` by a logit, or cell by cell, for one margin.
    bounds : (float, float), optional
        The least and the greatest factor by which calibration changes a weight, relative to all: for ``"linear"`` and
        ``"logit"``.
    trim : (float, float), optional
        The least and the greatest weight before calibration, in multiples of the mean weight; what is cut off is added
        to the others in equal parts.
    metric : Metric, default NPS
        What was asked; its scale says which ratings are valid.
    missing_codes : collection of int or str, optional
        Answers that stand for no answer, such as 99 or "don't know".

    Returns
    -------
    SurveyCounts
        For `estimate`, `compare`, `equivalence`, `homogeneity`, `trend`, `design_effects`, `describe_weights`.

    Raises
    ------
    InvalidRatingError
        If an answer is neither a rating of the scale nor missing.
    FileNotFoundError
        If there is no such file.
    TypeError, ValueError
        If an argument or the data do not fit: weights that are negative, missing, text or all zero; a cluster in two
        strata; a stratum with one cluster; a population smaller than the sample; several answers of a respondent;
        margins that the sample cannot meet.

    Warns
    -----
    UserWarning
        If a column is found only after trimming spaces around its name.

    References
    ----------
    .. [1] Binder, D. A. (1983). On the variances of asymptotically normal estimators from complex surveys.
       International Statistical Review 51, 279-292. doi:10.2307/1402588
    .. [2] Deville, J.-C. & Särndal, C.-E. (1992). Calibration estimators in survey sampling. Journal of the American
       Statistical Association 87, 376-382. doi:10.1080/01621459.1992.10475217

    Examples
    --------
    Ten schools, where the pupils of a school answer alike:

    >>> import npsstats as nps
    >>> import pandas as pd
    >>> rows = pd.DataFrame(
    ...     {
    ...         "recommend": [int(rating) for rating in "988352899647998787166998756997"],
    ...         "school": [school for school in "ABCDEFGHIJ" for _ in range(3)],
    ...         "weight": [1, 1, 2] * 10,
    ...     }
    ... )
    >>> counts = nps.tabulate_survey(rows, "recommend", weight="weight", cluster="school")
    >>> counts.df
    array([9])
    >>> nps.design_effects(counts).to_frame()[["n", "kish_effective_n", "effective_n"]].round(1)
        n  kish_effective_n  effective_n
    0  30              26.7         12.8
    """
    check_type("metric", metric, Metric, "npsstats.NPS")
    for name, value, choices in (
        ("duplicates", duplicates, ("error", "first", "last", "all")),
        ("lonely", lonely, ("error", "adjust", "certainty")),
    ):
        if value not in choices:
            msg = f"`{name}` must be one of {', '.join(map(repr, choices))}; got {value!r}."
            raise ValueError(msg)
    if replicate_weights is not None and not isinstance(replicate_weights, (ReplicateWeights, RaoWu)):
        msg = (
            f"`replicate_weights` must be npsstats.ReplicateWeights(columns, kind=...) or npsstats.RaoWu(); got "
            f"{replicate_weights!r}."
        )
        raise TypeError(msg)
    known = [] if margins is None else read_margins(margins)
    target = Target(
        margins=known,
        calibration=calibration,
        bounds=check_calibration(calibration, bounds, len(known)),
        trim=check_trim(trim),
    )
    question = SurveyQuestion.of(
        rating=rating,
        by=by,
        weight=weight,
        strata=strata,
        cluster=cluster,
        respondent=respondent,
        fpc=fpc,
        replicate_weights=replicate_weights,
        trim=target.trim,
        metric=metric,
    )
    columns = read_columns(
        data, labels=question.label_columns(known), numbers=question.number_columns, answers=question.rating
    )
    for remark in columns.remarks:
        warnings.warn(remark, stacklevel=2)
    rating_places = places_of(columns, ", ".join(question.rating), metric, missing_codes)
    rows = rows_of(columns, question, rating_places, duplicates)
    weighed = weigh(columns, rows.kept, rows.weight, rows.rating >= 0, target, weighted=weight is not None)
    stages, remarks = stages_of(columns, rows, question, nest, lonely)
    counts = estimate_totals(
        columns, rows, question, weighed, stages, "certainty" if lonely == "certainty" else "adjust"
    )
    notes = (*counts.notes, *weighed.notes(question.by, rows.labels), *remarks)
    return replace(counts, respondents=replace(counts.respondents, notes=notes))
