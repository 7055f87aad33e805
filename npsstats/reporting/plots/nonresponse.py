"""Pictures of what nonrespondents could change."""

from typing import TYPE_CHECKING

import numpy as np

from npsstats.reporting.plots.drawing import (
    INK,
    SERIES_SIZE,
    STYLES,
    check_kind,
    check_series,
    finish_series,
    legend_of,
    new_axes,
)
from npsstats.reporting.plots.labels import pair_names, short_names
from npsstats.results import format as write
from npsstats.results.sensitivities import NonresponseSensitivity
from npsstats.typing import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["tipping_point"]

# How far beyond the tipping points the picture goes, and, without any, how far it goes in shares of the scale.
BEYOND = 1.15
FAR = 0.2


def tipping_point(result: NonresponseSensitivity, *, ax: "Axes | None" = None) -> "Axes":
    """Draw scores, or differences, against what nonrespondents would do to them, up to where conclusions die.

    Below are the points by which nonrespondents are below respondents; of differences those by which nonresponse puts
    them above those of everyone. A filled sign stands where the limit of the interval meets the null, an open one where
    the estimate does. A line ends where the scale does.

    Parameters
    ----------
    result : NonresponseSensitivity
        What to draw; at most six groups or comparisons.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    TypeError
        If the result is of another kind.
    ValueError
        If there are more lines than can be told apart.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> import npsstats as nps
    >>> counts = nps.RatingCounts.from_categories(promoters=600, passives=200, detractors=200)
    >>> axes = nps.plots.tipping_point(nps.nonresponse_sensitivity(counts, response_rate=0.4))
    >>> axes.get_xlabel()
    'nonrespondents below respondents by, points of NPS'
    """
    check_kind("result", result, NonresponseSensitivity)
    check_series("result", len(result.groups))
    ax = new_axes(ax, SERIES_SIZE)
    reach = _reach(result)
    drawn, names = [], short_names(result.groups)
    if result.reference:
        names = pair_names(result.groups, result.reference, between="−")
    for i, (colour, marker, dashes) in zip(range(len(result.groups)), STYLES, strict=False):
        share = 1.0 if result.reference else 1 - result.response_rate[i]
        moves = _moves(result, i, reach)
        low, value, high = (
            column[i] - share * moves for column in (result.observed_low, result.observed, result.observed_high)
        )
        drawn += ax.plot(moves, value, color=colour, linestyle=dashes, linewidth=2)
        ax.fill_between(moves, low, high, color=colour, alpha=0.15, linewidth=0)
        _mark(ax, result, i, colour, marker)
    ax.axhline(result.null, color=INK, linewidth=0.8, linestyle="--", zorder=0)
    ax.axvline(0, color=INK, linewidth=0.8, zorder=0)
    name, level = result.metric.name, write.level(result.confidence_level)
    below = f"nonrespondents below respondents by, points of {name}"
    side = f"{name} of everyone with {level} interval"
    if result.reference:
        below = "points by which nonresponse puts the difference above that of everyone"
        side = f"difference of {name} of everyone with {level} interval"
    finish_series(ax, (below, side), None)
    if len(names) > 1 or result.reference:
        legend_of(ax, drawn, names)
    return ax


def _reach(result: NonresponseSensitivity) -> FloatArray:
    """From where to where the picture goes: all tipping points that are possible, and 0."""
    shown = [
        tips[:, 0][np.abs(tips[:, 0]) <= np.abs(most[:, 0])]
        for tips, most in (
            (result.tipping_estimate, result.largest_estimate),
            (result.tipping_limit, result.largest_limit),
        )
    ]
    points = np.concatenate([*shown, np.zeros(1)])
    if not points.any():
        low, high = result.metric.bounds
        return np.array([-FAR, FAR]) * (high - low)
    least, most = BEYOND * points.min(), BEYOND * points.max()
    # A little to the other side too, where nonrespondents would make the conclusion firmer.
    room = 0.15 * (most - least)
    return np.array([min(least, -room), max(most, room)])


def _moves(result: NonresponseSensitivity, i: int, reach: FloatArray) -> FloatArray:
    """The two ends of the line of a group, within the scale."""
    low, high = result.metric.bounds
    if result.reference:
        return reach
    if result.response_rate[i] == 1:
        return reach
    return reach.clip(result.observed[i] - high, result.observed[i] - low)


def _mark(ax: "Axes", result: NonresponseSensitivity, i: int, colour: str, marker: str) -> None:
    """Mark where the limit (filled) and the estimate (open) meet the null, numbers away from the lines."""
    above = result.observed[i] > result.null
    places = write.decimals_for(result.metric.bounds)
    sides = (
        (result.tipping_limit, result.largest_limit, colour, (0, -16 if above else 8), "center"),
        (result.tipping_estimate, result.largest_estimate, "white", (4, 7), "left"),
    )
    for tips, most, face, offset, align in sides:
        point = float(tips[i, 0])
        if abs(point) <= abs(most[i, 0]):
            ax.plot(point, result.null, marker, color=colour, markerfacecolor=face, markersize=7, zorder=3)
            ax.annotate(
                write.number(point, places),
                (point, result.null),
                textcoords="offset points",
                xytext=offset,
                ha=align,
                fontsize=9,
                color=colour,
                bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 0.8},
            )
