"""Pictures of how well metrics predict an outcome, and of which predicts better."""

from typing import TYPE_CHECKING, Literal

import numpy as np

from npsstats.reporting.plots.drawing import (
    INK,
    POINT,
    STYLES,
    check_kind,
    check_series,
    figure_size,
    finish_rows,
    legend_of,
    new_axes,
    short_name,
)
from npsstats.results import format as write
from npsstats.results.validities import CriterionValidity
from npsstats.results.validity_differences import ValidityDifferences

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["compare_validity", "criterion_validity"]

# How far apart the groups of a row stand.
APART = 0.62

# What is drawn of each measure: where it says nothing, and its axis.
ALONE = {
    "auc": (0.5, "AUC, the probability that a better outcome has the better rating"),
    "correlation": (0.0, "correlation of rating and outcome"),
}
# The columns of a difference and its limits, its name, and the side on which the first predicts better.
DIFFERENCES = {
    "auc": ("difference", "low", "high", "AUC", "right"),
    "log_loss": ("log_loss_difference", "log_loss_low", "log_loss_high", "log-loss", "left"),
    "correlation": ("correlation_difference", "correlation_low", "correlation_high", "correlation", "right"),
}


def criterion_validity(
    result: CriterionValidity, *, measure: Literal["auc", "correlation"] = "auc", ax: "Axes | None" = None
) -> "Axes":
    """Draw how well each metric tells respondents with different outcomes apart, groups beside each other.

    The line is where a metric says nothing: an AUC of 0.5, a correlation of 0. Use `compare_validity` for differences.

    Parameters
    ----------
    result : CriterionValidity
        What to draw; at most six groups.
    measure : {"auc", "correlation"}, default "auc"
        Which of its measures.
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
        If there are more groups than can be told apart, or no such measure.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> import npsstats as nps
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"r": [9, 10, 8, 3, 6, 9, 7, 10, 2, 8], "problem": [0, 0, 1, 1, 0, 0, 0, 0, 1, 0]})
    >>> joint = nps.tabulate_joint(pd.concat([rows] * 4), {"r": nps.NPS}, outcome="problem")
    >>> axes = nps.plots.criterion_validity(nps.criterion_validity(joint, event_is="bad"))
    >>> [tick.get_text() for tick in axes.get_yticklabels()]
    ['NPS (0-10)', 'NPS (3 classes)']
    """
    check_kind("result", result, CriterionValidity)
    _check_measure(measure, tuple(ALONE))
    names, groups = list(dict.fromkeys(result.predictor)), list(dict.fromkeys(result.labels))
    check_series("result", len(groups))
    nothing, what = ALONE[measure]
    ax = new_axes(ax, figure_size(max(len(names), len(names) * len(groups) * 2 // 3), legend=len(groups) > 1))
    value, low, high = (getattr(result, f"{measure}{end}") for end in ("", "_low", "_high"))
    drawn = []
    for place, (group, (colour, marker, _)) in enumerate(zip(groups, STYLES, strict=False)):
        which = np.array([label == group for label in result.labels])
        shift = (place - (len(groups) - 1) / 2) * APART / max(len(groups), 2)
        rows = np.array([names.index(name) for name in result.predictor])[which] + shift
        ax.hlines(rows, low[which], high[which], color=colour, linewidth=2)
        drawn += ax.plot(value[which], rows, marker, color=colour, markersize=6)
    ax.axvline(nothing, color=INK, linewidth=0.8, zorder=0)
    level = write.level(result.confidence_level)
    finish_rows(ax, names, f"{what}, with {level} interval\npredicted: {result.outcome} ({result.event_is})")
    if len(groups) > 1:
        legend_of(ax, drawn, [short_name(group) for group in groups])
    return ax


def compare_validity(
    result: ValidityDifferences,
    *,
    measure: Literal["auc", "log_loss", "correlation"] = "auc",
    ax: "Axes | None" = None,
) -> "Axes":
    """Draw by how much one metric predicts better than another, a row for each pair.

    Points are filled where these data tell which is better: of the AUC by adjusted p-values, of the other measures
    where the interval leaves out 0, for each pair by itself. The others are open.

    Parameters
    ----------
    result : ValidityDifferences
        What to draw.
    measure : {"auc", "log_loss", "correlation"}, default "auc"
        Which of its measures.
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
        If there is no such measure, or the result has none of it, as log-losses of an amount.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> import npsstats as nps
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"r": [9, 10, 8, 3, 6, 9, 7, 10, 2, 8], "problem": [0, 0, 1, 1, 0, 0, 0, 0, 1, 0]})
    >>> joint = nps.tabulate_joint(pd.concat([rows] * 4), {"r": nps.NPS}, outcome="problem")
    >>> axes = nps.plots.compare_validity(nps.compare_validity(joint, event_is="bad", rng=1))
    >>> [tick.get_text() for tick in axes.get_yticklabels()]
    ['NPS (0-10) vs NPS (3 classes)']
    """
    check_kind("result", result, ValidityDifferences)
    _check_measure(measure, tuple(DIFFERENCES))
    *columns, what, side = DIFFERENCES[measure]
    value, low, high = (getattr(result, name) for name in columns)
    if np.isnan(value).all():
        msg = f"`measure` {measure!r} is not in this result: {result.outcome} is not an event of 0 or 1."
        raise ValueError(msg)
    names = [
        f"{short_name(label) + ': ' if label else ''}{one} vs {two}"
        for label, one, two in zip(result.labels, result.predictor, result.reference, strict=True)
    ]
    ax = new_axes(ax, figure_size(len(names), lines=3))
    rows = np.arange(len(names))
    ax.hlines(rows, low, high, color=POINT, linewidth=2)
    filled, how = (low > 0) | (high < 0), "by its interval"
    if measure == "auc":
        filled, how = np.array([verdict != "cannot tell" for verdict in result.verdict]), "by its adjusted p"
    for which, face in ((filled, POINT), (~filled, "white")):
        if which.any():
            ax.plot(value[which], rows[which], "o", color=POINT, markerfacecolor=face, markersize=6)
    ax.axvline(0, color=INK, linewidth=0.8, zorder=0)
    level = write.level(result.confidence_level)
    label = (
        f"difference of {what} with {level} interval\n{side}: the first predicts {result.outcome} better\n"
        f"open point: cannot tell, {how}"
    )
    finish_rows(ax, names, label)
    return ax


def _check_measure(measure: object, known: tuple[str, ...]) -> None:
    """Check the name of a measure."""
    if measure not in known:
        msg = f"`measure` must be one of {', '.join(map(repr, known))}; got {measure!r}."
        raise ValueError(msg)
