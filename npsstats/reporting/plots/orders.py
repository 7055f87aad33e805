"""How far metrics order units alike, and the pairs of units that they order oppositely."""

from typing import TYPE_CHECKING

import numpy as np

from npsstats.ratings.checks import check_whole_number
from npsstats.reporting.plots.drawing import (
    INK,
    MANY_ROWS,
    STYLES,
    check_kind,
    draw_intervals,
    figure_size,
    finish_rows,
    legend_of,
    new_axes,
)
from npsstats.reporting.plots.labels import longest, pair_names, short_names
from npsstats.results import format as write
from npsstats.results.agreements import RankAgreement
from npsstats.results.discordances import DiscordantUnits
from npsstats.typing import IndexArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["discordant_units", "rank_agreement"]


def rank_agreement(result: RankAgreement, *, ax: "Axes | None" = None) -> "Axes":
    """Draw Kendall's tau-b of pairs of metrics with its interval, or its bounds, a row for each pair and block.

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
    blocks = [
        f"{name}: " if label else "" for label, name in zip(result.labels, short_names(result.labels), strict=True)
    ]
    pairs = zip(blocks, short_names(result.metric), short_names(result.other_metric), strict=True)
    names = [f"{block}{one}, {other}" for block, one, other in pairs]
    rows = np.arange(len(result))
    texts = [
        f"{write.number(result.tau_b[row], 2)}  [{write.interval(result.low[row], result.high[row], 2)}]"
        for row in rows
    ]
    ax = new_axes(ax, figure_size(len(result), lines=2, letters=longest(names) + longest(texts)))
    draw_intervals(ax, rows, result.tau_b, (result.low, result.high), many=len(result) > MANY_ROWS)
    ax.axvline(0, color=INK, linewidth=0.8, zorder=0)
    finish_rows(ax, names, f"Kendall's tau-b over {result.unit}{_what_is_drawn(result)}", beside=texts)
    ax.set_xlim(-1.05, 1.05)
    return ax


def _what_is_drawn(result: RankAgreement) -> str:
    """Say what the lines are, and of which units."""
    level = write.level(result.confidence_level)
    if result.units == "sampled":
        return f", with {level} interval\nthese units are a sample of many"
    lines = f", with {level} bounds" if "sampling" in result.errors else ""
    if result.errors == "rounding":
        lines = ", with the bounds that rounding leaves open"
    known = "; scores are taken as known" if result.errors == "none" else ""
    return f"{lines}\nthese units are all there are{known}"


def discordant_units(result: DiscordantUnits, *, most: int = 20, ax: "Axes | None" = None) -> "Axes":
    """Draw the pairs of units that two metrics order oppositely, the firmest first, over all blocks and metrics.

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
    rows = _firmest(result)[:shown]
    names, texts = _names_of_pairs(result, rows)
    ax = new_axes(ax, figure_size(shown, legend=True, lines=2, letters=longest(names) + longest(texts)))
    filled = result.shown[rows]
    for size, (colour, _, _) in zip(sizes, STYLES, strict=False):
        faces = [colour if shown else "white" for shown in filled]
        ax.barh(np.arange(shown), size[rows], height=0.55, color=faces, edgecolor=colour, linewidth=1.2)
    ax.axvline(0, color=INK, linewidth=0.8)
    unit = "standard errors" if known else "points"
    sampled = f"shown, at {write.level(result.confidence_level)} for all pairs together"
    how = {"rounding": "more than rounding explains", "none": "all, as scores are known"}.get(result.errors, sampled)
    first = ", the firmest first" if shown < len(result) else ""
    label = f"difference in {unit}; filled: {how}\n{shown} of {len(result)} pairs in opposite order{first}"
    finish_rows(ax, names, label, beside=texts)
    several = len(set(result.metric)) + len(set(result.other_metric)) > 2
    legend = ("the first metric", "the other metric") if several else (result.metric[0], result.other_metric[0])
    legend_of(ax, [Patch(color=style[0]) for style in STYLES[:2]], legend, beside=longest(names))
    return ax


def _firmest(result: DiscordantUnits) -> IndexArray:
    """Order the pairs of all blocks and metrics: those shown first, then by statistic, then by smaller difference."""
    if len(set(zip(result.labels, result.metric, result.other_metric, strict=True))) == 1:
        return np.arange(len(result))
    smaller = np.fmin(np.abs(result.difference), np.abs(result.other_difference))
    return np.lexsort((-smaller, -result.statistic, ~result.shown))


def _names_of_pairs(result: DiscordantUnits, rows: IndexArray) -> tuple[list[str], list[str]]:
    """Name the pairs, and say by which other metric they stand the other way round, where there are several."""
    blocks = [
        f"{name}, " if label else "" for label, name in zip(result.labels, short_names(result.labels), strict=True)
    ]
    pairs = pair_names(result.unit, result.other_unit, between="over")
    names = [f"{blocks[i]}{result.metric[i]}: {pairs[i]}" for i in rows]
    several = len(set(result.other_metric)) > 1
    return names, [f"other order by {result.other_metric[i]}" if several else "" for i in rows]
