"""Where groups stand on several metrics of the same respondents."""

from typing import TYPE_CHECKING

import numpy as np

from npsstats.reporting.plots.drawing import (
    INK,
    RULE,
    STYLES,
    check_kind,
    check_series,
    figure_size,
    finish_rows,
    new_axes,
    short_name,
)
from npsstats.results import format as write
from npsstats.results.profiles import Profile

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["profile"]


def profile(result: Profile, *, ax: "Axes | None" = None) -> "Axes":
    """Draw the scores of several metrics with their intervals, a row for each group and metric.

    Each score stands where it is between the worst and the best possible score of its metric. Use `contrast` for
    changes, `forest` for one metric.

    Parameters
    ----------
    result : Profile
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
    ValueError
        If there are more than six metrics.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> import npsstats as nps
    >>> rows = nps.datasets.responses("sfo")
    >>> joint = nps.tabulate_joint(rows, {"recommend": nps.NPS, "satisfied": nps.CSAT}, by="year")
    >>> axes = nps.plots.profile(nps.profile(joint))
    >>> [label.get_text() for label in axes.get_yticklabels()]
    ['2017: NPS', '2017: CSAT', '2018: NPS', '2018: CSAT']
    """
    check_kind("result", result, Profile)
    metrics = len(result.metrics)
    check_series("result", metrics)
    label = (
        f"% of the way from the worst to the best possible score, with {write.level(result.confidence_level)} interval"
    )
    ax = new_axes(ax, figure_size(len(result)))
    names = []
    for row in range(len(result)):
        colour, marker, _ = STYLES[row % metrics]
        low, position, high = (
            100 * column[row] for column in (result.position_low, result.position, result.position_high)
        )
        ax.hlines(row, low, high, color=colour, linewidth=2)
        ax.plot(position, row, marker, color=colour, markersize=6)
        places = write.decimals_for(result.metrics[row % metrics].bounds)
        limits = write.interval(result.low[row], result.high[row], places)
        text = f"{write.number(result.score[row], places)}  [{limits}]"
        ax.annotate(text, (1.02, row), xycoords=("axes fraction", "data"), va="center", color=INK, fontsize=9)
        group = f"{short_name(result.labels[row])}: " if result.labels[row] else ""
        names.append(f"{group}{result.metric[row]}")
    for edge in np.arange(metrics, len(result), metrics) - 0.5:
        ax.axhline(edge, color=RULE, linewidth=0.8)
    finish_rows(ax, names, label)
    return ax
