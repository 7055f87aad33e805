"""The report: scores, differences, pictures, sentences, caveats and citations in one document."""

import base64
import io
import warnings
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

from npsstats.inference.comparison import compare
from npsstats.inference.contrasts import CONTRAST_METHODS
from npsstats.inference.estimation import estimate
from npsstats.inference.heterogeneity import homogeneity
from npsstats.inference.intervals import ONE_SAMPLE_METHODS
from npsstats.inference.methods import check_are_counts, find_method
from npsstats.inference.series import series_of
from npsstats.inference.trends import trend
from npsstats.ratings.counts import RatingCounts
from npsstats.ratings.periods import read_periods
from npsstats.ratings.scales import Metric
from npsstats.reporting import plots
from npsstats.reporting.plots.drawing import SERIES_SIZE, STYLES, figure_size
from npsstats.reporting.plots.shares import category_shares
from npsstats.results import format as write
from npsstats.results.citations import bibtex, references
from npsstats.results.differences import Differences
from npsstats.results.estimates import Estimates
from npsstats.results.format import Table
from npsstats.results.homogeneities import Homogeneity
from npsstats.results.protocol import Result, group_text
from npsstats.results.trends import Trend
from npsstats.version import __version__

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Report", "findings", "report"]

# Below 30 respondents even the default interval misses more often on one side than on the other.
SMALL_GROUP = 30
# Pictures of more groups than this are no longer read; tables still are.
MOST_ROWS = 60
# A report opens with a few findings, not with all.
MOST_SENTENCES = 6
# Shares of more categories than this make the table of scores too wide; they get a table of their own.
MOST_CATEGORIES = 3
# With fewer groups the differences say it all; with fewer periods there is no line to speak of.
FEWEST_GROUPS = 3
FEWEST_PERIODS = 4
# Columns of the differences that a page has no room for.
LEFT_OUT = ("standard error", "z")
# Of several series of groups or periods so many are told.
MOST_SERIES = 3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Report:
    """A report on the scores of groups and their differences; made by `report`.

    Attributes
    ----------
    title : str
        The heading.
    counts : RatingCounts
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
    """

    title: str
    counts: RatingCounts
    estimates: Estimates
    differences: Differences | None
    homogeneity: Homogeneity | None
    trend: Trend | None
    caveats: tuple[str, ...]

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
        return _filled("report.html.jinja", self)

    def to_markdown(self) -> str:
        """Give the report as Markdown; the pictures are inside.

        Returns
        -------
        str
        """
        return _filled("report.md.jinja", self)


def report(
    counts: RatingCounts,
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
    counts : RatingCounts
        Respondents by group and rating.
    reference : label, word or number, default ``"previous"``
        What each group is compared with, as for `compare`; not used for a single group, unless it is a number.
    metric : Metric, optional
        The score; by default the metric of the counts.
    method : str, default "score"
        The method of `compare`; also of `estimate` where it has one of that name, else its default.
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
    check_are_counts(counts)
    find_method({**CONTRAST_METHODS, **ONE_SAMPLE_METHODS}, method)
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
    answered = replace(answered, metric=estimates.metric)
    by = f" by {', '.join(counts.by)}" if counts.by else ""
    return Report(
        title=title or f"{estimates.metric.name}{by}",
        counts=answered,
        estimates=estimates,
        differences=differences,
        homogeneity=_all_together(answered),
        trend=_over_time(answered, confidence_level),
        caveats=tuple(_caveats(answered, estimates, differences, left_out)),
    )


def findings(result: Result, most: int) -> tuple[list[str], int]:
    """Choose the sentences to show of a result, and count the others.

    Of several differences their summary comes first; of too many of them those that are detected are shown.
    """
    sentences = result.sentences()
    if not isinstance(result, Differences) or len(result) == 1:
        return sentences[:most], max(len(sentences) - most, 0)
    summary = result.reading().split("\n", 1)[0]
    detected = [text for text, found in zip(sentences, result.detected, strict=True) if found]
    chosen = sentences if len(sentences) <= most else (detected or sentences)[:most]
    return [summary, *chosen], len(sentences) - len(chosen)


def _series(counts: RatingCounts, fewest: int) -> RatingCounts | None:
    """Keep the groups that have enough others beside them, with equal labels in all columns but the last."""
    if not counts.by:
        return None
    chosen = [counts.groups[i] for _, rows in series_of(counts) if len(rows) >= fewest for i in rows]
    return counts.select(*chosen) if chosen else None


def _all_together(counts: RatingCounts) -> Homogeneity | None:
    """Ask whether score and distribution are equal in all groups, where the differences alone do not answer it."""
    compared = _series(counts, FEWEST_GROUPS)
    return None if compared is None else homogeneity(compared)


def _over_time(counts: RatingCounts, confidence_level: float) -> Trend | None:
    """Draw a line through the scores, if the groups are periods in their order."""
    compared = _series(counts, FEWEST_PERIODS)
    if compared is None:
        return None
    periods = read_periods(label[-1] for label in compared.labels)
    if periods is None or any((np.diff(periods.ordinal[rows]) <= 0).any() for _, rows in series_of(compared)):
        return None
    return trend(compared, confidence_level=confidence_level)


def _caveats(
    counts: RatingCounts, estimates: Estimates, differences: Differences | None, left_out: list[str]
) -> list[str]:
    """Say what applies to these data, the gravest first."""
    caveats = list(counts.notes)
    if left_out:
        caveats.append(f"Left out, without any rating: {', '.join(left_out)}.")
    n, missing = int(counts.n.sum()), int(counts.missing.sum())
    if missing:
        caveats.append(
            f"{write.integer(missing)} of {write.integer(n + missing)} respondents "
            f"({write.percent(missing / (n + missing))}) gave no rating. The scores describe those who did."
        )
    small = [
        f"{group_text(label) or 'all'} (n = {size})"
        for label, size in zip(counts.labels, counts.n, strict=True)
        if size < SMALL_GROUP
    ]
    if small:
        caveats.append(
            f"Groups of fewer than {SMALL_GROUP} respondents: {', '.join(small)}. Their intervals are wide, and "
            "only score intervals keep their level."
        )
    caveats.append(
        "Unweighted: each respondent counts the same, as in a simple random sample. Weights, strata or clusters "
        "in the design of the survey would change scores and intervals."
    )
    if differences is not None and (differences.n_reference > 0).any():
        caveats.append("The groups are taken as samples of different people.")
    if differences is not None and len(differences) > 1:
        caveats.append(_about_several(differences))
    return caveats


def _about_several(differences: Differences) -> str:
    """Say what holds for each of several differences, and what for all of them."""
    many = len(differences)
    if differences.adjustment == "max-z":
        return f"The intervals and the adjusted p-values of the {many} differences hold for all of them together."
    allowed = "the p-values are not adjusted for looking at several."
    if differences.adjustment != "none":
        allowed = "the adjusted p-values allow for looking at several, the intervals do not."
    return f"Each of the {many} differences has its own {write.level(differences.confidence_level)} interval; {allowed}"


def _filled(template: str, document: Report) -> str:
    """Fill a template; everything that comes from the user is escaped there."""
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

    environment = Environment(
        loader=PackageLoader("npsstats.reporting"),
        autoescape=select_autoescape(("html.jinja",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["md"] = write.escape_markdown
    estimates, differences = document.estimates, document.differences
    results = [estimates, *(other for other in (differences, document.homogeneity, document.trend) if other)]
    keys = tuple(key for result in results for key in result.reference_keys())
    lead, more = findings(differences or estimates, MOST_SENTENCES)
    by_rating = len(estimates.metric.category_names) > MOST_CATEGORIES
    return environment.get_template(template).render(
        title=document.title,
        definition=f"{estimates.metric.name}: {estimates.metric.description or 'custom metric'}.",
        sentences=lead,
        more=more,
        scores=estimates.table() if by_rating else _table_with_shares(document),
        shares=_table_of_shares(document) if by_rating else None,
        differences=_narrower(differences.table()) if differences else None,
        differences_heading=differences.heading() if differences else "",
        together=_told(document.homogeneity),
        over_time=_told(document.trend),
        figures=_figures(document),
        caveats=document.caveats,
        methods=[f"{result.method_text()}." for result in results],
        references=references(keys),
        bibtex=bibtex(keys),
        version=__version__,
    )


def _told(result: Result | None) -> list[str]:
    """The sentences of a result that stands beside the differences: of a few series."""
    if result is None:
        return []
    chosen, left = findings(result, MOST_SERIES)
    return [*chosen, f"There are {left} more series, not told here."] if left else chosen


def _narrower(table: Table) -> Table:
    """Leave out of the table of differences what its interval and p-value say too, so that the rest fits a page."""
    kept = [i for i, header in enumerate(table.headers) if i < table.text_columns or header not in LEFT_OUT]
    rows = [[row[i] for i in kept] for row in table.rows]
    return replace(table, headers=[table.headers[i] for i in kept], rows=rows)


def _table_with_shares(document: Report) -> Table:
    """The table of the estimates with the shares of the categories between sizes and scores."""
    table, shares = document.estimates.table(), _table_of_shares(document)
    at, own = table.text_columns + 2, shares.text_columns
    rows = [[*row[:at], *share[own:], *row[at:]] for row, share in zip(table.rows, shares.rows, strict=True)]
    headers = [*table.headers[:at], *shares.headers[own:], *table.headers[at:]]
    return Table(headers=headers, rows=rows, text_columns=table.text_columns)


def _table_of_shares(document: Report) -> Table:
    """The shares of the categories, a row per group."""
    counts = document.counts
    shares = category_shares(counts)
    rows = [
        [*map(group_text, label), *map(write.percent, share)]
        for label, share in zip(counts.labels, shares, strict=True)
    ]
    return Table(headers=[*counts.by, *counts.metric.category_names], rows=rows, text_columns=len(counts.by))


def _figures(document: Report) -> dict[str, dict[str, str]]:
    """The pictures as addresses that hold them, with words for those who cannot see them."""
    if len(document.estimates) > MOST_ROWS:
        return {}
    estimates = document.estimates
    counts = document.counts
    told = " ".join(estimates.sentences()[:10])
    size = figure_size(len(estimates))
    drawn = {
        "scores": {
            "uri": _drawn(lambda ax: plots.forest(estimates, ax=ax), size),
            "alt": f"Scores with intervals. {told}",
            "caption": f"{estimates.heading()}.",
        },
        "distribution": {
            "uri": _drawn(lambda ax: plots.distribution(counts, ax=ax), figure_size(len(estimates), legend=True)),
            "alt": f"Stacked bars of the shares of {', '.join(estimates.metric.category_names)}, as in the table.",
            "caption": "Shares of the categories; the middle of each bar lies to the right where the upper "
            "categories outweigh the lower ones.",
        },
    }
    line = document.trend
    if line is not None and len(line.series) <= len(STYLES):
        # It shows scores with their intervals too.
        if len(line.period_labels) == len(estimates):
            del drawn["scores"]
        drawn["trend"] = {
            "uri": _drawn(lambda ax: plots.trend(line, scores=estimates, ax=ax), SERIES_SIZE),
            "alt": f"Scores over time with a straight line. {' '.join(_told(line))}",
            "caption": f"{line.heading()}.",
        }
    return drawn


def _drawn(draw: Callable[["Axes"], Any], size: tuple[float, float]) -> str:
    """Draw on a figure that no window or notebook knows, and turn it into a data address."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    # Text stays text, in the reader's font, so that any script of the world can be shown; a fixed salt makes the
    # same report from the same data.
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "npsstats", "font.family": "sans-serif"}):
        figure = Figure(figsize=size, layout="constrained")
        draw(figure.subplots())
        picture = io.BytesIO()
        with warnings.catch_warnings():
            # Matplotlib measures text in its own font, the reader sees another one.
            warnings.filterwarnings("ignore", message="Glyph .* missing from")
            FigureCanvasSVG(figure)
            figure.savefig(picture, format="svg", metadata={"Date": None})
    return f"data:image/svg+xml;base64,{base64.b64encode(picture.getvalue()).decode('ascii')}"
