"""Pictures of several metrics of the same respondents: their moves side by side, and two by two."""

from typing import TYPE_CHECKING

import numpy as np

from npsstats.reporting.plots.drawing import (
    INK,
    POINT,
    RULE,
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
from npsstats.results.contrasts import Contrast
from npsstats.results.oppositions import OppositeMoves
from npsstats.typing import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["contrast", "opposite_moves"]

# The points of an ellipse.
POINTS = np.linspace(0, 2 * np.pi, 181)


def contrast(result: Contrast, *, ax: "Axes | None" = None) -> "Axes":
    """Draw the moves of all metrics in standard deviations, for the better to the right, with their intervals.

    Rows stand as in the result, a rule between comparisons. A point is filled where `compare` detects the difference;
    beside it stand the points of the metric and the standard errors. Use `opposite_moves` for two metrics against each
    other, `forest` for one.

    Parameters
    ----------
    result : Contrast
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
    >>> happy = nps.top_box(nps.Scale(0, 1), boxes=1, name="happy")
    >>> counts = nps.JointCounts.from_table(
    ...     [[[40, 20], [60, 80], [20, 180]], [[60, 40], [40, 80], [10, 170]]],
    ...     metrics=[nps.NPS_CATEGORIES, happy],
    ...     groups=[2024, 2025],
    ...     by="year",
    ... )
    >>> axes = nps.plots.contrast(nps.contrast(counts, reference=2024))
    >>> [tick.get_text() for tick in axes.get_yticklabels()]
    ['2025 vs 2024: NPS', '2025 vs 2024: happy']
    """
    check_kind("result", result, Contrast)
    names = [
        f"{short_name(group)} vs {short_name(other)}: {short_name(metric)}"
        for group, other, metric in zip(result.labels, result.reference, result.metric, strict=True)
    ]
    level = write.level(result.confidence_level)
    label = f"standard deviations for the better, with {level} interval\nfilled point: difference detected"
    ax = new_axes(ax, figure_size(len(names), lines=2))
    rows = np.arange(len(names))
    ax.hlines(rows, result.effect_low, result.effect_high, color=POINT, linewidth=2)
    for which, face in ((result.detected, POINT), (~result.detected, "white")):
        if which.any():
            ax.plot(result.effect_size[which], rows[which], "o", color=POINT, markerfacecolor=face, markersize=6)
    ax.axvline(0, color=INK, linewidth=0.8, zorder=0)
    size = len(result.metrics)
    for row in range(size, len(names), size):
        ax.axhline(row - 0.5, color=RULE, linewidth=0.8, zorder=0)
    for row in range(len(names)):
        places = write.decimals_for(result.metrics[row % size].bounds)
        points = write.number(result.difference[row], places, signed=True)
        text = f"{points} points, z {write.number(result.in_standard_errors[row], 1, signed=True)}"
        ax.annotate(text, (1.02, row), xycoords=("axes fraction", "data"), va="center", color=INK, fontsize=9)
    finish_rows(ax, names, label)
    return ax


def opposite_moves(result: OppositeMoves, *, ax: "Axes | None" = None) -> "Axes":
    """Draw each two moves against each other in standard errors, with the region in which the true ones lie.

    In the shaded quarters one metric moves for the better and the other for the worse. A point is filled where the
    verdict is that they do so, or that they do not; dotted lines are as far from 0 as both moves must be for it, of
    several rows in the one that takes least.

    Parameters
    ----------
    result : OppositeMoves
        What to draw; at most six rows.
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
        If there are more rows than can be told apart.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> import npsstats as nps
    >>> happy = nps.top_box(nps.Scale(0, 1), boxes=1, name="happy")
    >>> counts = nps.JointCounts.from_table(
    ...     [[[40, 20], [60, 80], [20, 180]], [[60, 40], [40, 80], [10, 170]]],
    ...     metrics=[nps.NPS_CATEGORIES, happy],
    ...     groups=[2024, 2025],
    ...     by="year",
    ... )
    >>> axes = nps.plots.opposite_moves(nps.opposite_moves(counts, reference=2024))
    >>> axes.get_ylabel()
    'happy: standard errors for the better'
    """
    check_kind("result", result, OppositeMoves)
    check_series("result", len(result))
    ax = new_axes(ax, (6.2, 5.6))
    # The quantile of chi-square with 2 degrees of freedom is -2 log(1 - level).
    reach = float(np.sqrt(-2 * np.log(1 - result.confidence_level)))
    moves = np.stack([result.z_first, result.z_second])
    known = np.isfinite(result.z_first) & np.isfinite(result.z_second)
    far = 1.1 * (np.abs(moves[:, known]).max(initial=0) + reach)
    for corner in ((-far, 0), (0, -far)):
        ax.fill_between((corner[0], corner[0] + far), corner[1], corner[1] + far, color=RULE, alpha=0.3, linewidth=0)
    wanted = float(result.z_needed[known].min(initial=far))
    for side in (-wanted, wanted):
        ax.axvline(side, color=RULE, linewidth=0.8, linestyle=":", zorder=0)
        ax.axhline(side, color=RULE, linewidth=0.8, linestyle=":", zorder=0)
    ax.axvline(0, color=INK, linewidth=0.8, zorder=0)
    ax.axhline(0, color=INK, linewidth=0.8, zorder=0)
    drawn, names = [], []
    for i, (colour, marker, dashes) in zip(range(len(result)), STYLES, strict=False):
        if known[i]:
            face = "white" if result.verdict[i] == "undecided" else colour
            drawn += ax.plot(*moves[:, [i]], marker, color=colour, markerfacecolor=face, markersize=7, zorder=3)
            ax.plot(*_ellipse(moves[:, i], float(result.correlation[i]), reach), color=colour, linestyle=dashes)
            names.append(_name(result, i))
    _finish(ax, result, far)
    if drawn:
        legend_of(ax, drawn, names, ncols=1)
    return ax


def _ellipse(centre: FloatArray, correlation: float, reach: float) -> FloatArray:
    """The line around the region of two correlated normal variables with variance 1, shape (2, points)."""
    first, second = np.cos(POINTS), np.sin(POINTS)
    line = np.stack([first, correlation * first + np.sqrt(1 - correlation**2) * second])
    around: FloatArray = centre[:, None] + reach * line
    return around


def _name(result: OppositeMoves, i: int) -> str:
    """Name a row by its comparison, its metrics, and the verdict."""
    groups = f"{short_name(result.labels[i])} vs {short_name(result.reference[i])}"
    pair = f"{short_name(result.metric_first[i])}, {short_name(result.metric_second[i])}"
    return f"{groups}: {pair}, {result.verdict[i]}"


def _finish(ax: "Axes", result: OppositeMoves, far: float) -> None:
    one_pair = len(set(zip(result.metric_first, result.metric_second, strict=True))) == 1
    level = write.level(result.confidence_level)
    names = (result.metric_first[0], result.metric_second[0]) if one_pair else ("first metric", "second metric")
    signs = f"shaded: opposite directions; line: {level} region\ndotted: the least that both must pass to be shown"
    below = f"{names[0]}: standard errors for the better\n{signs}"
    ax.set_xlabel(below, color=INK, parse_math=False)
    ax.set_ylabel(f"{names[1]}: standard errors for the better", color=INK, parse_math=False)
    ax.set_xlim(-far, far)
    ax.set_ylim(-far, far)
    ax.set_aspect("equal")
    ax.tick_params(which="both", colors=INK, length=0)
    for spine in ax.spines.values():
        spine.set_color(RULE)
