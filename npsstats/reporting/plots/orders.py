"""How far metrics order units alike, and the pairs of units that they order oppositely."""

from typing import TYPE_CHECKING

import numpy as np

from npsstats.ratings.checks import check_whole_number
from npsstats.reporting.plots.drawing import (
    INK,
    POINT,
    STYLES,
    check_kind,
    figure_size,
    finish_rows,
    legend_of,
    new_axes,
    short_name,
)
from npsstats.results import format as write
from npsstats.results.agreements import RankAgreement
from npsstats.results.discordances import DiscordantUnits

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["discordant_units", "rank_agreement"]


def rank_agreement(result: RankAgreement, *, ax: "Axes | None" = None) -> "Axes":
    """Draw Kendall's tau-b of pairs of metrics with its interval, a row for each pair and block.

    Use `ranks` for the units themselves.

    Parameters
    ----------
    result : RankAgreement
        What to draw.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure of fitting height.

    Returns
    -------
    matplotlib.axes.Axes
        From -1, the opposite order, to 1, the same.

    Raises
    ------
    TypeError
        If the result is of another kind.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> import npsstats as nps
    >>> rows = nps.datasets.responses("sfo")
    >>> joint = nps.tabulate_joint(rows, {"recommend": nps.NPS, "satisfied": nps.CSAT}, by=["year", "area"])
    >>> axes = nps.plots.rank_agreement(nps.rank_agreement(joint))
    >>> [label.get_text() for label in axes.get_yticklabels()]
    ['2017: NPS, CSAT', '2018: NPS, CSAT']
    """
    check_kind("result", result, RankAgreement)
    ax = new_axes(ax, figure_size(len(result), lines=2))
    rows = np.arange(len(result))
    ax.hlines(rows, result.low, result.high, color=POINT, linewidth=2)
    ax.plot(result.tau_b, rows, "o", color=POINT, markersize=6)
    names = []
    for row in rows:
        block = f"{short_name(result.labels[row])}: " if result.labels[row] else ""
        names.append(f"{block}{short_name(result.metric[row])}, {short_name(result.other_metric[row])}")
        text = f"{write.number(result.tau_b[row], 2)}  [{write.interval(result.low[row], result.high[row], 2)}]"
        ax.annotate(text, (1.02, row), xycoords=("axes fraction", "data"), va="center", color=INK, fontsize=9)
    ax.axvline(0, color=INK, linewidth=0.8, zorder=0)
    what = "these units are all there are" if result.units == "fixed" else "these units are a sample of many"
    level = write.level(result.confidence_level)
    finish_rows(ax, names, f"Kendall's tau-b over {result.unit}, with {level} interval\n{what}")
    ax.set_xlim(-1.05, 1.05)
    return ax


def discordant_units(result: DiscordantUnits, *, most: int = 20, ax: "Axes | None" = None) -> "Axes":
    """Draw the pairs of units that two metrics order oppositely, the firmest first.

    A pair has two bars: to the right by how much the first unit is better under one metric, to the left by how much it
    is worse under the other; in standard errors where these are known, else in points. Bars of pairs of which that is
    shown are filled. Use `ranks` for all units.

    Parameters
    ----------
    result : DiscordantUnits
        What to draw.
    most : int, default 20
        How many pairs are drawn at most; the axis says how many there are.
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
        If there is no such pair.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> import npsstats as nps
    >>> rows = nps.datasets.responses("sfo")
    >>> joint = nps.tabulate_joint(rows, {"recommend": nps.NPS, "satisfied": nps.CSAT}, by="area")
    >>> axes = nps.plots.discordant_units(nps.discordant_units(joint))
    >>> axes.get_yticklabels()[0].get_text()
    'NPS: C over G'
    """
    from matplotlib.patches import Patch

    check_kind("result", result, DiscordantUnits)
    most = check_whole_number("most", most)
    if not len(result):
        msg = "`result` holds no pair of units that two metrics order oppositely; there is nothing to draw."
        raise ValueError(msg)
    shown = min(max(most, 1), len(result))
    known = bool(np.isfinite([result.standard_error, result.other_standard_error]).all())
    scales = (result.standard_error, result.other_standard_error) if known else (1.0, 1.0)
    sizes = (result.difference / scales[0], result.other_difference / scales[1])
    ax = new_axes(ax, figure_size(shown, legend=True, lines=2))
    names = []
    for row in range(shown):
        block = f"{short_name(result.labels[row])}, " if result.labels[row] else ""
        units = f"{short_name(result.unit[row])} over {short_name(result.other_unit[row])}"
        names.append(f"{block}{result.metric[row]}: {units}")
        for size, (colour, _, _) in zip(sizes, STYLES, strict=False):
            face = colour if result.shown[row] else "white"
            ax.barh(row, size[row], height=0.55, color=face, edgecolor=colour, linewidth=1.2)
        text = f"other order by {result.other_metric[row]}" if len(set(result.other_metric)) > 1 else ""
        ax.annotate(text, (1.02, row), xycoords=("axes fraction", "data"), va="center", color=INK, fontsize=9)
    ax.axvline(0, color=INK, linewidth=0.8)
    unit = "standard errors" if known else "points"
    sampled = f"shown, at {write.level(result.confidence_level)} for all pairs together"
    filled = {"rounding": "more than rounding explains", "none": "all, as scores are known"}.get(result.errors, sampled)
    label = f"difference in {unit}; filled: {filled}"
    finish_rows(ax, names, f"{label}\n{shown} of {len(result)} pairs in opposite order")
    several = len(set(result.metric)) + len(set(result.other_metric)) > 2
    legend = ("the first metric", "the other metric") if several else (result.metric[0], result.other_metric[0])
    legend_of(ax, [Patch(color=style[0]) for style in STYLES[:2]], legend)
    return ax
