"""Pictures of what a score forgets: respondents needed, what lies behind it, and the weight of a detractor."""

from typing import TYPE_CHECKING

import numpy as np

from npsstats.reporting.plots.drawing import (
    INK,
    POINT,
    RULE,
    STYLES,
    THREE_COLOURS,
    check_kind,
    check_series,
    figure_size,
    finish_rows,
    ink_on,
    legend_of,
    new_axes,
    short_name,
)
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

# How far beside its row a series may be.
SPREAD = 0.28

# The narrowest and the widest part of the axis of weights, around 1.
NEAR, FAR = 1.5, 8.0


def efficiency(result: Efficiency, *, ax: "Axes | None" = None) -> "Axes":
    """Draw how many times as many respondents each analysis needs, one row per analysis, with intervals.

    The line at 1 is the ordinal analysis, or the mean, whatever the result is held against; further right is worse.

    Parameters
    ----------
    result : Efficiency
        What to draw; at most six groups.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure of fitting height.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    TypeError
        If the result is of another kind.
    ValueError
        If there are more groups than can be told apart.

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
    check_series("result", len(groups))
    names = [name for name in dict.fromkeys(result.analysis) if result.against == "mean" or name != ORDINAL]
    row = {name: place for place, name in enumerate(names)}
    ax = new_axes(ax, figure_size(round(len(names) * max(1, len(groups) / 2)), legend=len(groups) > 1, lines=2))
    drawn = []
    factor, low, high = result.sample_size_factor, result.factor_low, result.factor_high
    beside = np.linspace(-SPREAD, SPREAD, len(groups)) if len(groups) > 1 else np.zeros(1)
    for group, offset, (colour, marker, _) in zip(groups, beside, STYLES, strict=False):
        at = [i for i, label in enumerate(result.labels) if label == group and result.analysis[i] in row]
        places = np.array([row[result.analysis[i]] for i in at]) + offset
        ax.hlines(places, low[at], high[at], color=colour, linewidth=2)
        drawn += ax.plot(factor[at], places, marker, color=colour, markersize=6)
        for place, i in zip(places, at, strict=True):
            if low[i] < high[i]:
                text = f"{write.number(factor[i], 2)}  [{write.interval(low[i], high[i], 2)}]"
                ax.annotate(text, (1.02, place), xycoords=("axes fraction", "data"), va="center", color=INK, fontsize=9)
    ax.axvline(1, color=INK, linewidth=0.8, zorder=0)
    reference = "an ordinal analysis" if result.against == "ordinal" else "the mean"
    level = write.level(result.confidence_level)
    finish_rows(ax, names, f"respondents needed for the same shift, in multiples of {reference}\nwith {level} interval")
    if len(groups) > 1:
        legend_of(ax, drawn, [short_name(group) for group in groups])
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
    ax = new_axes(ax, figure_size(len(result), legend=True))
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
            if share >= LEAST_SHARE:
                text = write.number(100 * share, 0)
                ax.text(start + share / 2, float(row), text, ha="center", va="center", fontsize=9, color=ink_on(colour))
        left = left + shares
    places = write.decimals_for(result.metric.bounds)
    for row, score, taking in zip(rows, result.score, result.not_passive, strict=True):
        text = f"{result.metric.name} {write.number(score, places)}, not passive {write.percent(taking, 0)}"
        ax.annotate(
            text, (1.02, row), xycoords=("axes fraction", "data"), va="center", color=INK, fontsize=9, parse_math=False
        )
    ax.axvline(0, color=RULE, linewidth=0.8, zorder=0)
    finish_rows(ax, [short_name(label) for label in result.labels], "% of respondents")
    ax.set_xticks([])
    ax.grid(visible=False)
    legend_of(ax, drawn, names)
    return ax


def detractor_weight(result: DetractorWeight, *, ax: "Axes | None" = None) -> "Axes":
    """Draw how many promoters a detractor weighs, with the set of weights that the data do not refuse.

    The line at 1 is what NPS takes for granted. Where the set is everything outside an interval it is drawn in two
    parts; ends beyond the picture are arrows.

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
    ax = new_axes(ax, figure_size(len(result)))
    left, right = _window(result)
    for row in range(len(result)):
        low, high = result.low[row], result.high[row]
        pieces = [(low, high)] if result.kind[row] != "outside" else [(-np.inf, low), (high, np.inf)]
        for start, end in pieces:
            if end < left or start > right:
                continue
            ax.hlines(row, max(start, left), min(end, right), color=POINT, linewidth=2)
            for beyond, edge, sign in ((start < left, left, "<"), (end > right, right, ">")):
                if beyond:
                    ax.plot(edge, row, sign, color=POINT, markersize=6)
        if left <= result.weight[row] <= right and result.gain[row] > 0:
            face = POINT if result.pvalue[row] <= 1 - result.confidence_level else "white"
            ax.plot(result.weight[row], row, "o", color=POINT, markerfacecolor=face, markersize=6)
        text = f"{result.weight_text(row)}  [{result.set_text(row)}]"
        ax.annotate(text, (1.02, row), xycoords=("axes fraction", "data"), va="center", color=INK, fontsize=9)
    ax.axvline(1, color=INK, linewidth=0.8, zorder=0)
    label = (
        f"promoters that weigh as much as a detractor, by {result.outcome}, with "
        f"{write.level(result.confidence_level)} set"
    )
    finish_rows(ax, [short_name(name) for name in result.labels], label)
    ax.set_xlim(left - 0.02 * (right - left), right + 0.02 * (right - left))
    return ax


def _window(result: DetractorWeight) -> tuple[float, float]:
    """From where to where weights are drawn: all finite ends and estimates, but not too far from 1."""
    ends = np.concatenate([result.low, result.high, result.weight])
    ends = ends[np.isfinite(ends)]
    left = max(min([1 - NEAR, *ends.tolist()]), 1 - FAR)
    right = min(max([1 + NEAR, *ends.tolist()]), 1 + FAR)
    # Room for arrows beyond the last estimate.
    room = 0.08 * (right - left)
    return left - room, right + room
