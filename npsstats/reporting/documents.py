"""The report: scores, differences, pictures, sentences, caveats and citations in one document."""

from collections.abc import Hashable
from dataclasses import dataclass, replace
from numbers import Real

import numpy as np

from npsstats.inference.comparison import compare
from npsstats.inference.contrasts import CONTRAST_METHODS
from npsstats.inference.effective import find_survey_method
from npsstats.inference.estimation import estimate
from npsstats.inference.heterogeneity import homogeneity
from npsstats.inference.intervals import ONE_SAMPLE_METHODS
from npsstats.inference.methods import check_are_counts, find_method
from npsstats.inference.series import series_of
from npsstats.inference.trends import trend
from npsstats.inference.weighting import describe_weights, design_effects
from npsstats.ratings.counts import RatingCounts
from npsstats.ratings.joint import JointCounts
from npsstats.ratings.periods import read_periods
from npsstats.ratings.scales import Metric
from npsstats.ratings.surveys import SurveyCounts
from npsstats.reporting.caveats import caveats_of
from npsstats.reporting.doubts import Doubts, doubts_of
from npsstats.reporting.pages import filled
from npsstats.reporting.sentences import findings
from npsstats.results.differences import Differences
from npsstats.results.effects import DesignEffects
from npsstats.results.estimates import Estimates
from npsstats.results.homogeneities import Homogeneity
from npsstats.results.protocol import group_text
from npsstats.results.trends import Trend
from npsstats.results.weightings import WeightReport

__all__ = ["Report", "report"]

# With fewer groups the differences say it all; with fewer periods there is no line to speak of.
FEWEST_GROUPS = 3
FEWEST_PERIODS = 4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Report:
    """A report on the scores of groups and their differences; made by `report`.

    Attributes
    ----------
    title : str
        The heading.
    counts : RatingCounts or SurveyCounts
        The groups with at least one rating.
    estimates : Estimates
        Their scores.
    differences : Differences or None
        Their differences from the reference; None for a single group.
    homogeneity : Homogeneity or None
        Tests of all groups together, of the score and of the distribution; None for fewer than three groups.
    trend : Trend or None
        The line through the scores; None unless the last group column holds four or more periods.
    caveats : tuple of str
        What a reader must keep in mind.
    effects : DesignEffects or None
        How many independent respondents the groups of a survey are worth; None for simple counts.
    weights : WeightReport or None
        What the weights of a survey are like; None for simple counts.
    doubts : Doubts or None
        What `dominance`, `score_flips` and `polarisation` say of the differences, of which the page tells where the
        single number misleads; None without a reference that is a group, or with more than twelve differences of a
        survey.
    """

    title: str
    counts: RatingCounts | SurveyCounts
    estimates: Estimates
    differences: Differences | None
    homogeneity: Homogeneity | None
    trend: Trend | None
    caveats: tuple[str, ...]
    effects: DesignEffects | None = None
    weights: WeightReport | None = None
    doubts: Doubts | None = None

    def sentences(self) -> list[str]:
        """Give the findings in words, ready to paste; of several differences first a summary.

        Returns
        -------
        list of str
        """
        result = self.differences or self.estimates
        return findings(result, len(result))[0]

    def to_html(self) -> str:
        """Give the report as one HTML page that needs nothing else.

        Returns
        -------
        str
        """
        return filled("report.html.jinja", self)

    def to_markdown(self) -> str:
        """Give the report as Markdown; the pictures are inside.

        Returns
        -------
        str
        """
        return filled("report.md.jinja", self)


def report(
    counts: RatingCounts | SurveyCounts,
    *,
    reference: Hashable = "previous",
    metric: Metric | None = None,
    method: str = "score",
    adjustment: str = "holm",
    confidence_level: float = 0.95,
    title: str | None = None,
) -> Report:
    """Report the scores of groups and their differences, to read and to cite.

    Parameters
    ----------
    counts : RatingCounts or SurveyCounts
        Respondents by group and rating, from `tabulate`; or a sample with weights or a design, from `tabulate_survey`.
    reference : label, word or number, default ``"previous"``
        What each group is compared with, as for `compare`; not used for a single group, unless it is a number.
    metric : Metric, optional
        The score; by default the metric of the counts.
    method : str, default "score"
        The method of `compare`; also of `estimate` where it has one of that name, else its default. For a survey one of
        those that both have for it.
    adjustment : str, default "holm"
        How p-values are adjusted for the number of differences, as for `compare`.
    confidence_level : float, default 0.95
        The level of the intervals.
    title : str, optional
        The heading; by default the name of the metric and the group columns.

    Returns
    -------
    Report

    Raises
    ------
    TypeError, ValueError
        As for `estimate` and `compare`.

    Examples
    --------
    >>> import npsstats as nps
    >>> sfo = nps.datasets.load("sfo")["recommend"].pool("year")
    >>> print(nps.report(sfo).sentences()[0])
    NPS of 2018 is 8.9 points below that of 2017 (31.0, n = 2,650, against 39.8, n = 2,746; 95 % interval of the
    difference −12.7 to −5.0 points; p = 6.6e-06).
    """
    methods = {**CONTRAST_METHODS, **ONE_SAMPLE_METHODS}
    if isinstance(counts, JointCounts):
        msg = (
            f"`counts` must be of one metric, and these are of {', '.join(counts.names)}. Report one of them, "
            f"`counts.margin({counts.names[0]!r})`, or use `profile` and `contrast` for all side by side."
        )
        raise TypeError(msg)
    if isinstance(counts, SurveyCounts):
        find_survey_method(method, methods)
    else:
        check_are_counts(counts)
        find_method(methods, method)
    left_out = [
        f"{group_text(label)} ({missing} missing)"
        for label, n, missing in zip(counts.labels, counts.n, counts.missing, strict=True)
        if n == 0
    ]
    answered = counts.answered() if left_out and len(left_out) < len(counts) else counts
    own = method if method in ONE_SAMPLE_METHODS else "score"
    estimates = estimate(answered, metric=metric, method=own, confidence_level=confidence_level)
    differences = None
    if len(answered) > 1 or isinstance(reference, (Real, np.number)):
        differences = compare(
            answered,
            reference=reference,
            metric=metric,
            method=method,
            adjustment=adjustment,
            confidence_level=confidence_level,
        )
    answered = _of_metric(answered, estimates.metric)
    by = f" by {', '.join(counts.by)}" if counts.by else ""
    effects = design_effects(answered) if isinstance(answered, SurveyCounts) else None
    return Report(
        title=title or f"{estimates.metric.name}{by}",
        counts=answered,
        estimates=estimates,
        differences=differences,
        homogeneity=_all_together(answered),
        trend=_over_time(answered, confidence_level),
        caveats=tuple(caveats_of(answered, effects, differences, left_out)),
        effects=effects,
        weights=describe_weights(answered) if isinstance(answered, SurveyCounts) else None,
        doubts=doubts_of(answered, differences, reference),
    )


def _of_metric(counts: RatingCounts | SurveyCounts, metric: Metric) -> RatingCounts | SurveyCounts:
    """Give the same counts with the metric that was asked for."""
    if isinstance(counts, SurveyCounts):
        return replace(counts, respondents=replace(counts.respondents, metric=metric))
    return replace(counts, metric=metric)


def _rows_of_series(counts: RatingCounts | SurveyCounts) -> list[list[int]]:
    """Find the groups of each series."""
    groups = counts.respondents if isinstance(counts, SurveyCounts) else counts
    return [rows.tolist() for _, rows in series_of(groups)]


def _series(counts: RatingCounts | SurveyCounts, fewest: int) -> RatingCounts | SurveyCounts | None:
    """Keep the groups that have enough others beside them, with equal labels in all columns but the last."""
    if not counts.by:
        return None
    chosen = [counts.groups[i] for rows in _rows_of_series(counts) if len(rows) >= fewest for i in rows]
    return counts.select(*chosen) if chosen else None


def _all_together(counts: RatingCounts | SurveyCounts) -> Homogeneity | None:
    """Ask whether score and distribution are equal in all groups, where the differences alone do not answer it."""
    compared = _series(counts, FEWEST_GROUPS)
    return None if compared is None else homogeneity(compared)


def _over_time(counts: RatingCounts | SurveyCounts, confidence_level: float) -> Trend | None:
    """Draw a line through the scores, if the groups are periods in their order."""
    compared = _series(counts, FEWEST_PERIODS)
    if compared is None:
        return None
    periods = read_periods(label[-1] for label in compared.labels)
    if periods is None or any((np.diff(periods.ordinal[rows]) <= 0).any() for rows in _rows_of_series(compared)):
        return None
    return trend(compared, confidence_level=confidence_level)
