"""Where groups stand on several metrics of the same respondents."""

from typing import TYPE_CHECKING

import numpy as np

from npsstats.reporting.plots.drawing import (
    MANY_ROWS,
    RULE,
    STYLES,
    check_kind,
    draw_intervals,
    figure_size,
    finish_rows,
    new_axes,
)
from npsstats.reporting.plots.labels import longest, short_names
from npsstats.results import format as write
from npsstats.results.profiles import Profile

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["profile"]


def profile(result: Profile, *, ax: "Axes | None" = None) -> "Axes":
    """Draw the scores of several metrics with their intervals, a row for each group and metric.

    Beyond 60 rows the numbers beside them are left to the table. Each score stands where it is between the worst and
    the best possible score of its metric. Use `contrast` for changes, `forest` for one metric.

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
    label = (
        f"% of the way from the worst to the best possible score, with {write.level(result.confidence_level)} interval"
    )
    groups = [f"{name}: " if result.labels[row] else "" for row, name in enumerate(short_names(result.labels))]
    names = [f"{group}{metric}" for group, metric in zip(groups, result.metric, strict=True)]
    texts = [_written(result, row) for row in range(len(result))]
    ax = new_axes(ax, figure_size(len(result), letters=longest(names) + longest(texts)))
    for place in range(metrics):
        colour, marker, _ = STYLES[place % len(STYLES)]
        at = np.arange(place, len(result), metrics)
        low, position, high = (
            100 * column[at] for column in (result.position_low, result.position, result.position_high)
        )
        draw_intervals(ax, at, position, (low, high), colour=colour, marker=marker, many=len(result) > MANY_ROWS)
    for edge in np.arange(metrics, len(result), metrics) - 0.5:
        ax.axhline(edge, color=RULE, linewidth=0.8)
    finish_rows(ax, names, label, beside=texts)
    return ax


def _written(result: Profile, row: int) -> str:
    """Write the score of a row with its interval."""
    places = write.decimals_for(result.metrics[row % len(result.metrics)].bounds)
    return f"{write.number(result.score[row], places)}  [{write.interval(result.low[row], result.high[row], places)}]"
