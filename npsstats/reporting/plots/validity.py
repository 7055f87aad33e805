"""Pictures of how well metrics predict an outcome, and of which predicts better."""

from collections.abc import Hashable
from typing import TYPE_CHECKING, Literal

import numpy as np

from npsstats.reporting.plots.drawing import (
    INK,
    MANY_ROWS,
    STYLES,
    check_kind,
    draw_intervals,
    draw_side_by_side,
    figure_size,
    finish_rows,
    legend_of,
    new_axes,
)
from npsstats.reporting.plots.labels import longest, short_names
from npsstats.results import format as write
from npsstats.results.validities import CriterionValidity
from npsstats.results.validity_differences import ValidityDifferences

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["compare_validity", "criterion_validity"]

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

    More than six groups have a row each, with the metrics beside each other. The line is where a metric says nothing:
    an AUC of 0.5, a correlation of 0. Use `compare_validity` for differences.

    Parameters
    ----------
    result : CriterionValidity
        What to draw.
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
        If there is no such measure.

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
    said = short_names(groups)
    by_group = len(groups) > len(STYLES)
    rows, series = (said, names) if by_group else (names, said)
    several = len(series) > 1
    size = max(len(rows), len(rows) * len(series) * 2 // 3)
    nothing, what = ALONE[measure]
    ax = new_axes(ax, figure_size(size, legend=several, lines=2, letters=longest(rows)))
    value, low, high = (getattr(result, f"{measure}{end}") for end in ("", "_low", "_high"))
    pairs = zip(result.labels, result.predictor, strict=True)
    cells: list[tuple[Hashable, Hashable]] = [(one, two) if by_group else (two, one) for one, two in pairs]
    order = (groups, names) if by_group else (names, groups)
    drawn, _ = draw_side_by_side(ax, cells, order, value, (low, high))
    ax.axvline(nothing, color=INK, linewidth=0.8, zorder=0)
    level = write.level(result.confidence_level)
    finish_rows(ax, rows, f"{what}\nwith {level} interval; predicted: {result.outcome} ({result.event_is})")
    if several:
        legend_of(ax, drawn, series, beside=longest(rows))
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
        f"{name + ': ' if label else ''}{one} vs {two}"
        for label, name, one, two in zip(
            result.labels, short_names(result.labels), result.predictor, result.reference, strict=True
        )
    ]
    ax = new_axes(ax, figure_size(len(names), lines=3, letters=longest(names)))
    rows = np.arange(len(names))
    filled, how = (low > 0) | (high < 0), "by its interval"
    if measure == "auc":
        filled, how = np.array([verdict != "cannot tell" for verdict in result.verdict]), "by its adjusted p"
    draw_intervals(ax, rows, value, (low, high), filled=filled, many=len(names) > MANY_ROWS)
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
