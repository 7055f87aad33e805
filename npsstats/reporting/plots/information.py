"""Pictures of what a score forgets: respondents needed, what lies behind it, and the weight of a detractor."""

from collections.abc import Hashable
from typing import TYPE_CHECKING

import numpy as np

from npsstats.reporting.plots.drawing import (
    INK,
    MANY_ROWS,
    POINT,
    RULE,
    STYLES,
    THREE_COLOURS,
    WEIGHTS,
    check_kind,
    draw_sets,
    draw_side_by_side,
    figure_size,
    finish_rows,
    ink_on,
    legend_of,
    new_axes,
)
from npsstats.reporting.plots.labels import longest, short_names
from npsstats.results import format as write
from npsstats.results.detractor_weights import DetractorWeight
from npsstats.results.efficiencies import ORDINAL, Efficiency
from npsstats.results.polarisations import Polarisation

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["detractor_weight", "efficiency", "polarisation"]

# Deep and other detractors, passives, promoters.
FOUR_COLOURS = ("#8c2f1b", *THREE_COLOURS)

# Shares narrower than this have no room for a number.
LEAST_SHARE = 0.05

# The narrowest and the widest part of the axis of weights, around 1.
NEAR, FAR = 1.5, 8.0
# Where factors reach further than this their axis is logarithmic, with these numbers below.
FARTHEST, TICKS = 6.0, (0.5, 1, 2, 5, 10, 20, 50, 100)
# Every weight.
ALL = (-np.inf, np.inf)


def efficiency(result: Efficiency, *, ax: "Axes | None" = None) -> "Axes":
    """Draw how many times as many respondents each analysis needs, one row per analysis, with intervals.

    More than six groups have a row each, with the analyses side by side. The line at 1 is the ordinal analysis, or the
    mean, whatever the result is held against; further right is worse.

    Parameters
    ----------
    result : Efficiency
        What to draw.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure of fitting height.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    TypeError
        If the result is of another kind.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> import npsstats as nps
    >>> counts = nps.RatingCounts.from_histogram([20, 10, 10, 10, 10, 30, 30, 90, 220, 220, 350])
    >>> axes = nps.plots.efficiency(nps.efficiency(counts))
    >>> [tick.get_text() for tick in axes.get_yticklabels()][:3]
    ['NPS', 'mean', 'top-1-box']
    """
    check_kind("result", result, Efficiency)
    groups = list(dict.fromkeys(result.labels))
    names = [name for name in dict.fromkeys(result.analysis) if result.against == "mean" or name != ORDINAL]
    kept = np.array([i for i, name in enumerate(result.analysis) if name in names])
    by_group = len(groups) > len(STYLES)
    size = round(len(groups) * max(1, len(names) / 2)) if by_group else round(len(names) * max(1, len(groups) / 2))
    said = short_names(groups)
    rows, series = (said, names) if by_group else (names, said)
    several = len(series) > 1
    ax = new_axes(ax, figure_size(size, legend=several, lines=2, letters=longest(rows)))
    factor, low, high = result.sample_size_factor[kept], result.factor_low[kept], result.factor_high[kept]
    cells: list[tuple[Hashable, Hashable]] = [(result.labels[i], result.analysis[i]) for i in kept]
    if not by_group:
        cells = [(name, group) for group, name in cells]
    order = (groups, names) if by_group else (names, groups)
    drawn, places = draw_side_by_side(ax, cells, order, factor, (low, high))
    for place, value, left, right in zip(places, factor, low, high, strict=True):
        # What all is held against is 1, without an interval.
        if left < right and not by_group:
            text = f"{write.number(value, 2)}  [{write.interval(left, right, 2)}]"
            ax.annotate(text, (1.02, place), xycoords=("axes fraction", "data"), va="center", color=INK, fontsize=9)
    ax.axvline(1, color=INK, linewidth=0.8, zorder=0)
    if np.isfinite(high).any() and high[np.isfinite(high)].max() > FARTHEST:
        ax.set_xscale("log")
        left, right = ax.get_xlim()
        shown = [tick for tick in TICKS if left <= tick <= right]
        ax.set_xticks(shown, [f"{tick:g}" for tick in shown])
        ax.set_xticks([], minor=True)
    reference = "an ordinal analysis" if result.against == "ordinal" else "the mean"
    level = write.level(result.confidence_level)
    finish_rows(ax, rows, f"respondents needed for the same shift, in multiples of {reference}\nwith {level} interval")
    if several:
        legend_of(ax, drawn, series, beside=longest(rows))
    return ax


def polarisation(result: Polarisation, *, ax: "Axes | None" = None) -> "Axes":
    """Draw what lies behind each score: detractors left of 0, deep ones darker, passives around it, promoters right.

    Rows with the same score and different widths are different businesses. Use `forest` for the scores themselves.

    Parameters
    ----------
    result : Polarisation
        What to draw.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure of fitting height.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    TypeError
        If the result is of another kind.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> import npsstats as nps
    >>> sfo = nps.datasets.load("sfo")["recommend"].pool("year")
    >>> axes = nps.plots.polarisation(nps.polarisation(sfo))
    >>> [text.get_text() for text in axes.get_legend().get_texts()]
    ['detractors, 0-3', 'other detractors', 'passives', 'promoters']
    """
    check_kind("result", result, Polarisation)
    groups = short_names(result.labels)
    places = write.decimals_for(result.metric.bounds)
    texts = [
        f"{result.metric.name} {write.number(score, places)}, not passive {write.percent(taking, 0)}"
        for score, taking in zip(result.score, result.not_passive, strict=True)
    ]
    ax = new_axes(ax, figure_size(len(result), legend=True, letters=longest(groups) + longest(texts)))
    rows = np.arange(len(result))
    if result.deep_to is None:
        parts = [result.detractors, result.passives, result.promoters]
        names, colours = ["detractors", "passives", "promoters"], list(THREE_COLOURS)
    else:
        first = result.metric.scale.ratings[0]
        deep = f"{first}" if result.deep_to == first else f"{first}-{result.deep_to}"
        parts = [result.deep, result.shallow, result.passives, result.promoters]
        names, colours = [f"detractors, {deep}", "other detractors", "passives", "promoters"], list(FOUR_COLOURS)
    # Half of the passives on each side: what is further out takes a side.
    left = -(result.detractors + result.passives / 2)
    drawn = []
    for shares, colour in zip(parts, colours, strict=True):
        drawn.append(ax.barh(rows, shares, left=left, height=0.7, color=colour, edgecolor="white", linewidth=0.8))
        for row, share, start in zip(rows, shares, left, strict=True):
            if share >= LEAST_SHARE and len(result) <= MANY_ROWS:
                text = write.number(100 * share, 0)
                ax.text(start + share / 2, float(row), text, ha="center", va="center", fontsize=9, color=ink_on(colour))
        left = left + shares
    ax.axvline(0, color=RULE, linewidth=0.8, zorder=0)
    finish_rows(ax, groups, "% of respondents", beside=texts)
    ax.set_xticks([])
    ax.grid(visible=False)
    legend_of(ax, drawn, names, beside=longest(groups))
    return ax


def detractor_weight(result: DetractorWeight, *, ax: "Axes | None" = None) -> "Axes":
    """Draw how many promoters a detractor weighs, with the set of weights that the data do not refuse.

    The line at 1 is what NPS takes for granted. Where the set is everything outside an interval it is drawn in two
    parts. An arrow stands where a set goes on beyond the picture; of a part that lies beyond only the arrow is seen.

    Parameters
    ----------
    result : DetractorWeight
        What to draw.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure of fitting height.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    TypeError
        If the result is of another kind.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> import npsstats as nps
    >>> import pandas as pd
    >>> groups = [(3, 1, 60), (3, 0, 140), (8, 1, 45), (8, 0, 255), (10, 1, 40), (10, 0, 460)]
    >>> rows = pd.DataFrame([(r, left) for r, left, n in groups for _ in range(n)], columns=["rating", "left"])
    >>> counts = nps.tabulate_joint(rows, {"rating": nps.NPS}, outcome="left")
    >>> axes = nps.plots.detractor_weight(nps.detractor_weight(counts, event_is="bad"))
    >>> axes.get_xlabel()
    'promoters that weigh as much as a detractor, by left, with 95 % set'
    """
    check_kind("result", result, DetractorWeight)
    names = short_names(result.labels)
    sets = [result.set_text(row) for row in range(len(result))]
    texts = [f"{result.weight_text(row)}  [{WEIGHTS.get(one, one)}]" for row, one in enumerate(sets)]
    ax = new_axes(ax, figure_size(len(result), letters=longest(names) + longest(texts)))
    left, right = _window(result)
    pieces = [
        [(low, high)] if kind == "bounded" else [(-np.inf, low), (high, np.inf)] if kind == "outside" else [ALL]
        for kind, low, high in zip(result.kind, result.low.tolist(), result.high.tolist(), strict=True)
    ]
    draw_sets(ax, pieces, (left, right))
    shown = (result.weight >= left) & (result.weight <= right) & (result.gain > 0)
    told = result.pvalue <= 1 - result.confidence_level
    for which, face in ((shown & told, POINT), (shown & ~told, "white")):
        rows = np.flatnonzero(which)
        ax.plot(result.weight[rows], rows, "o", color=POINT, markerfacecolor=face, markersize=6)
    ax.axvline(1, color=INK, linewidth=0.8, zorder=0)
    label = (
        f"promoters that weigh as much as a detractor, by {result.outcome}, with "
        f"{write.level(result.confidence_level)} set"
    )
    finish_rows(ax, names, label, beside=texts)
    ax.set_xlim(left - 0.02 * (right - left), right + 0.02 * (right - left))
    return ax


def _window(result: DetractorWeight) -> tuple[float, float]:
    """From where to where weights are drawn: positive ones, all finite ends and estimates, but not too far from 1."""
    ends = np.concatenate([result.low, result.high, result.weight])
    ends = ends[np.isfinite(ends)]
    right = min(max([1 + NEAR, *ends.tolist()]), 1 + FAR)
    # Room for arrows beyond the last estimate.
    return 0.0, 1.08 * right
