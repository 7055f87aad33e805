"""Pictures of plans: power, or what can be seen, by the number of respondents."""

from typing import TYPE_CHECKING

import numpy as np

from npsstats.reporting.plots.drawing import (
    RULE,
    SERIES_SIZE,
    STYLES,
    check_kind,
    check_series,
    finish_series,
    legend_of,
    new_axes,
)
from npsstats.results import format as write
from npsstats.results.plans import Plan
from npsstats.typing import FloatArray, IndexArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["power_curve"]

# What may tell the lines of a plan apart: the column, its name, and whether it is written as a percentage.
PARAMETERS = {
    "target": ("power", True),
    "difference": ("difference", False),
    "margin": ("margin", False),
    "correlation": ("correlation", False),
    "overlap": ("overlap", True),
    "design_effect": ("design effect", False),
    "population": ("population", False),
    "response_rate": ("response rate", True),
}
# From the fewest to the most respondents; beyond it the axis is logarithmic.
WIDE = 20


def power_curve(plan: Plan, *, ax: "Axes | None" = None) -> "Axes":
    """Draw a plan against the number of respondents: power, the difference that is detected, or the width.

    Of a plan by `power` the vertical axis is the power; of one by `detectable_difference` or `sample_size` it is what
    was to be found with these respondents. Scenarios that differ in anything else are lines of their own.

    Parameters
    ----------
    plan : Plan
        The plan, best with many numbers of respondents, or many differences.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    TypeError
        If the plan is of another kind.
    ValueError
        If there are more lines than can be told apart.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> import npsstats as nps
    >>> plan = nps.power([0.2, 0.4, 0.4], n=range(100, 2001, 100), difference=[[5], [10]])
    >>> axes = nps.plots.power_curve(plan)
    >>> axes.get_ylabel(), [text.get_text() for text in axes.get_legend().get_texts()]
    ('power, %', ['difference 5', 'difference 10'])
    """
    check_kind("plan", plan, Plan)
    name, values = _what_is_found(plan)
    lines = _lines_of(plan, name)
    check_series("plan", len(lines))
    ax = new_axes(ax, SERIES_SIZE)
    drawn = []
    for (colour, marker, dashes), rows in zip(STYLES, lines.values(), strict=False):
        rows = rows[np.argsort(plan.n[rows], kind="stable")]
        shown = marker if rows.size <= WIDE else ""
        drawn += ax.plot(
            plan.n[rows], values[rows], color=colour, marker=shown, linestyle=dashes, linewidth=2, markersize=5
        )
    _number_respondents(ax, plan)
    whose = {
        "one-sample": "respondents",
        "independent": "respondents per wave",
        "paired": "respondents who rate in both waves",
        "overlapping": "respondents per wave",
    }[plan.design]
    if plan.design in ("independent", "overlapping") and (plan.n != plan.n_reference).any():
        whose = "respondents of the group"
    finish_series(ax, (whose, name), None)
    if plan.question == "power":
        ax.set_ylim(0, 102)
        ax.axhline(80, color=RULE, linewidth=1.2, linestyle="--", zorder=0)
    else:
        ax.set_ylim(bottom=0)
    if len(lines) > 1:
        legend_of(ax, drawn, list(lines))
    return ax


def _number_respondents(ax: "Axes", plan: Plan) -> None:
    """Give the axis below whole numbers, on a logarithmic scale if they span much."""
    from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator

    if plan.n.max() > WIDE * plan.n.min():
        ax.set_xscale("log")
        ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ax.xaxis.set_minor_locator(NullLocator())
    else:
        ax.xaxis.set_major_locator(MaxNLocator(7, integer=True))
    ax.xaxis.set_major_formatter(lambda value, _: write.integer(value))


def _what_is_found(plan: Plan) -> tuple[str, FloatArray]:
    """Choose the vertical axis: the power, or the size that goes with a number of respondents."""
    if plan.question == "power":
        return "power, %", 100 * plan.power
    if plan.goal == "width":
        return f"width of the interval of {plan.metric.name}", plan.width
    if plan.goal == "difference":
        found = "detected difference of" if plan.question == "detectable difference" else "difference of"
        return f"{found} {plan.metric.name}", np.abs(plan.difference)
    return f"margin of {plan.metric.name}", plan.margin


def _lines_of(plan: Plan, name: str) -> dict[str, IndexArray]:
    """Gather the scenarios that differ in nothing but respondents and what is found, under what tells them apart."""
    found = {"width": "target", "difference": "difference", "margin": "margin", "power": "target"}
    own = {column for word, column in found.items() if word in name}
    columns = {}
    for column, (title, percent) in PARAMETERS.items():
        values = getattr(plan, column)
        if column not in own and np.unique(values[~np.isnan(values)]).size > 1:
            columns[title] = [write.percent(x, 0) if percent else f"{x:g}" for x in values]
    texts = [", ".join(f"{title} {column[i]}" for title, column in columns.items()) for i in range(len(plan))]
    return {text: np.array([i for i, other in enumerate(texts) if other == text]) for text in dict.fromkeys(texts)}
