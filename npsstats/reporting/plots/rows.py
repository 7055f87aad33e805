"""Pictures with a row for each group: intervals and densities."""

from typing import TYPE_CHECKING

import numpy as np

from npsstats.reporting.plots.drawing import (
    INK,
    MANY_ROWS,
    POINT,
    check_kind,
    draw_intervals,
    figure_size,
    finish_rows,
    new_axes,
)
from npsstats.reporting.plots.labels import longest, pair_names, short_names
from npsstats.results import format as write
from npsstats.results.differences import Differences
from npsstats.results.estimates import Estimates
from npsstats.results.posterior_differences import PosteriorDifference
from npsstats.results.posteriors import Posterior
from npsstats.typing import BoolArray, FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["density", "forest"]

HOW = {
    "holm": ", p adjusted by Holm's method",
    "benjamini-hochberg": ", p adjusted by Benjamini and Hochberg's method",
    "max-z": "",
    "none": ", p not adjusted",
}


def forest(result: Estimates | Differences, *, ax: "Axes | None" = None) -> "Axes":
    """Draw scores or differences with their intervals, one row per group, the first on top.

    The points of differences that are detected, by their adjusted p-values, are filled, the others open. An interval
    with one limit ends in an arrow. Use `distribution` for what lies behind the scores.

    Parameters
    ----------
    result : Estimates or Differences
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
    >>> axes = nps.plots.forest(nps.estimate(sfo))
    >>> axes.get_xlabel()
    'NPS with 95 % interval'
    """
    check_kind("result", result, Estimates, Differences)
    level = write.level(result.confidence_level)
    sided = "interval" if result.alternative == "two-sided" else "limit"
    if isinstance(result, Differences):
        centre, filled = result.difference, result.detected
        together = "simultaneous " if result.adjustment == "max-z" and len(result) > 1 else ""
        how = HOW[result.adjustment] if len(result) > 1 else ""
        label = f"difference of {result.metric.name} with {together}{level} {sided}\nfilled point: detected{how}"
        if result.null_difference:
            label += f"; dashed: the hypothesis, {write.number(result.null_difference, 1, signed=True)}"
        names = pair_names(result.labels, result.reference)
    else:
        centre, filled = result.score, np.ones(len(result), dtype=bool)
        label = f"{result.metric.name} with {level} {sided}"
        names = short_names(result.labels)
    texts = _written(result, centre)
    size = figure_size(len(names), lines=label.count("\n") + 1, letters=longest(names) + longest(texts))
    ax = new_axes(ax, size)
    _intervals(ax, result, centre, filled)
    if isinstance(result, Differences):
        ax.axvline(0, color=INK, linewidth=0.8, zorder=0)
        if result.null_difference:
            ax.axvline(result.null_difference, color=INK, linewidth=0.8, linestyle="--", zorder=0)
    finish_rows(ax, names, label, beside=texts)
    return ax


def _intervals(ax: "Axes", result: Estimates | Differences, centre: FloatArray, filled: BoolArray) -> None:
    """Draw intervals and points."""
    rows = np.arange(len(centre))
    low, high = result.low, result.high
    if result.alternative != "two-sided":
        # The open side would reach to the end of the scale; an arrow as long as the other side stands for it.
        reach = 1.3 * np.nanmax(np.fmin(centre - low, high - centre))
        low, high = np.fmax(low, centre - reach), np.fmin(high, centre + reach)
        way, end = (">", high) if result.alternative == "greater" else ("<", low)
        ax.plot(end, rows, way, color=POINT, markersize=6)
    draw_intervals(ax, rows, centre, (low, high), filled=filled, many=len(centre) > MANY_ROWS)


def _written(result: Estimates | Differences, centre: FloatArray) -> list[str]:
    """Write the numbers of the rows."""
    places, texts = write.decimals_for(result.metric.bounds), []
    for value, left, right in zip(centre, result.low, result.high, strict=True):
        limits = {
            "two-sided": write.interval(left, right, places),
            "greater": f"at least {write.number(left, places)}",
            "less": f"at most {write.number(right, places)}",
        }[result.alternative]
        texts.append(f"{write.number(value, places, signed=isinstance(result, Differences))}  [{limits}]")
    return texts


def density(posterior: Posterior | PosteriorDifference, *, ax: "Axes | None" = None) -> "Axes":
    """Draw posterior densities of scores or differences, one row per group, the first on top.

    Each has the same area; the line below is the 95 % equal-tailed interval, the point the mean. Use `forest` for
    intervals without a prior.

    Parameters
    ----------
    posterior : Posterior or PosteriorDifference
        What to draw.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure of fitting height.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    TypeError
        If the posterior is of another kind.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> import npsstats as nps
    >>> sfo = nps.datasets.load("sfo")["recommend"].pool("year")
    >>> axes = nps.plots.density(nps.posterior(sfo))
    >>> axes.get_xlabel()
    'NPS: posterior density with 95 % interval'
    """
    check_kind("posterior", posterior, Posterior, PosteriorDifference)
    names, what = short_names(posterior.labels), posterior.metric.name
    if isinstance(posterior, PosteriorDifference):
        names, what = pair_names(posterior.labels, posterior.reference), f"difference of {what}"
    low, high = posterior.interval(0.95)
    tails = posterior.quantile(0.0005), posterior.quantile(0.9995)
    # Each point of a difference is an integral of its own.
    resolution = 201 if isinstance(posterior, PosteriorDifference) else 801
    points = np.linspace(tails[0].min(), tails[1].max(), resolution)
    curves = posterior.density(points)
    # A density without bound, at an end of the scale, is cut; a point mass has none.
    top = np.quantile(np.where(np.isfinite(curves), curves, 0.0), 0.998, axis=1).max() or 1.0
    ax = new_axes(ax, figure_size(2 * len(names)))
    for row, (curve, left, right, mean) in enumerate(zip(curves, low, high, posterior.mean, strict=True)):
        ridge = row - 0.8 * (curve / top).clip(0, 1)
        ax.fill_between(points, ridge, row, where=np.isfinite(ridge), color=POINT, alpha=0.25, linewidth=0)
        ax.plot(points, ridge, color=POINT, linewidth=1.2)
        ax.hlines(row + 0.08, left, right, color=POINT, linewidth=2.5)
        ax.plot(mean, row + 0.08, "o", color=POINT, markersize=5)
    if isinstance(posterior, PosteriorDifference):
        ax.axvline(0, color=INK, linewidth=0.8, zorder=0)
    finish_rows(ax, names, f"{what}: posterior density with 95 % interval")
    ax.set_ylim(len(names) - 0.7, -1)
    return ax
