"""A report on a page: its tables and pictures, put into the templates."""

import base64
import io
import warnings
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from npsstats.reporting import plots
from npsstats.reporting.plots.drawing import SERIES_SIZE, STYLES, figure_size
from npsstats.reporting.plots.shares import category_shares, is_weighted
from npsstats.reporting.sentences import findings
from npsstats.results import format as write
from npsstats.results.citations import bibtex, references
from npsstats.results.format import Table
from npsstats.results.protocol import Result, group_text
from npsstats.version import __version__

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from npsstats.reporting.documents import Report

__all__ = ["filled"]

# Pictures of more groups than this are no longer read; tables still are.
MOST_ROWS = 60
# A report opens with a few findings, not with all.
MOST_SENTENCES = 6
# Shares of more categories than this make the table of scores too wide; they get a table of their own.
MOST_CATEGORIES = 3
# Columns of the differences that a page has no room for: interval and p-value say them too.
LEFT_OUT = ("standard error", "z")
# Columns of the design effects that are in the table of the scores, or follow from others.
IN_SCORES = ("standard error", "Kish's effective n")
# More confidence regions than this cover each other.
MOST_REGIONS = 8
TRIANGLE_SIZE = (6.4, 5.4)
# Of several series of groups or periods so many are told.
MOST_SERIES = 3


def filled(template: str, document: "Report") -> str:
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
    estimates, differences, effects = document.estimates, document.differences, document.effects
    doubts = document.doubts
    others = (differences, document.homogeneity, document.trend, effects)
    results = [estimates, *(other for other in others if other), *(doubts.told() if doubts else [])]
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
        differences=_without(differences.table(), LEFT_OUT) if differences else None,
        differences_heading=differences.heading() if differences else "",
        together=[*_told(document.homogeneity), *([doubts.confirming()] if doubts and doubts.confirming() else [])],
        misleading=doubts.misleading() if doubts else [],
        misleading_level=doubts.about_level() if doubts else "",
        over_time=_told(document.trend),
        sample=document.weights.sentences()[:1] if document.weights else [],
        effects=_without(effects.table(), (*IN_SCORES, estimates.metric.name)) if effects else None,
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


def _without(table: Table, left_out: Collection[str]) -> Table:
    """Leave columns out of a table that the page says elsewhere, so that the rest fits it."""
    kept = [i for i, header in enumerate(table.headers) if i < table.text_columns or header not in left_out]
    rows = [[row[i] for i in kept] for row in table.rows]
    return replace(table, headers=[table.headers[i] for i in kept], rows=rows)


def _table_with_shares(document: "Report") -> Table:
    """The table of the estimates with the shares of the categories between sizes and scores."""
    table, shares = document.estimates.table(), _table_of_shares(document)
    at, own = table.text_columns + 2, shares.text_columns
    rows = [[*row[:at], *share[own:], *row[at:]] for row, share in zip(table.rows, shares.rows, strict=True)]
    headers = [*table.headers[:at], *shares.headers[own:], *table.headers[at:]]
    return Table(headers=headers, rows=rows, text_columns=table.text_columns)


def _table_of_shares(document: "Report") -> Table:
    """The shares of the categories, a row per group."""
    counts = document.counts
    shares = category_shares(counts)
    rows = [
        [*map(group_text, label), *map(write.percent, share)]
        for label, share in zip(counts.labels, shares, strict=True)
    ]
    return Table(headers=[*counts.by, *counts.metric.category_names], rows=rows, text_columns=len(counts.by))


def _figures(document: "Report") -> dict[str, dict[str, str]]:
    """The pictures as addresses that hold them, with words for those who cannot see them."""
    if len(document.estimates) > MOST_ROWS:
        return {}
    estimates = document.estimates
    counts = document.counts
    told = " ".join(estimates.sentences()[:10])
    weighted = "Weighted shares" if is_weighted(counts) else "Shares"
    size = figure_size(len(estimates))
    drawn = {
        "scores": {
            "uri": _drawn(lambda ax: plots.forest(estimates, ax=ax), size),
            "alt": f"Scores with intervals. {told}",
            "caption": f"{estimates.heading()}.".replace("\n", "; "),
        },
        "distribution": {
            "uri": _drawn(lambda ax: plots.distribution(counts, ax=ax), figure_size(len(estimates), legend=True)),
            "alt": f"Stacked bars of the shares of {', '.join(estimates.metric.category_names)}, as in the table.",
            "caption": f"{weighted} of the categories; the middle of each bar lies to the right where the upper "
            "categories outweigh the lower ones.",
        },
    }
    if document.doubts is not None and document.doubts.misleading() and counts.metric.levels.size == 3:
        names = counts.metric.level_names
        drawn["triangle"] = {
            "uri": _drawn(
                lambda ax: plots.ternary(counts, regions=len(counts) <= MOST_REGIONS, zoom=True, ax=ax), TRIANGLE_SIZE
            ),
            "alt": f"A triangle of the shares of {', '.join(names)}, a point for each group, with lines of the same "
            f"{counts.metric.name}.",
            "caption": f"Points on one line have the same {counts.metric.name}; further up are more {names[1]}s. Only "
            "a part of the triangle of all shares is drawn.",
        }
    line = document.trend
    if line is not None and len(line.series) <= len(STYLES):
        # It shows scores with their intervals too.
        if len(line.period_labels) == len(estimates):
            del drawn["scores"]
        drawn["trend"] = {
            "uri": _drawn(lambda ax: plots.trend(line, scores=estimates, ax=ax), SERIES_SIZE),
            "alt": f"Scores over time with a straight line. {' '.join(_told(line))}",
            "caption": f"{line.heading()}.".replace("\n", "; "),
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
