"""Pictures of several metrics of the same respondents: their moves side by side, and two by two."""

from typing import TYPE_CHECKING, Any

import numpy as np

from npsstats.reporting.plots.drawing import (
    INK,
    MANY_ROWS,
    RULE,
    STYLES,
    check_kind,
    draw_intervals,
    figure_size,
    finish_rows,
    legend_of,
    new_axes,
)
from npsstats.reporting.plots.labels import longest, pair_names
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
    pairs = pair_names(result.labels, result.reference)
    names = [f"{pair}: {metric}" for pair, metric in zip(pairs, result.metric, strict=True)]
    texts = [_written(result, row) for row in range(len(names))]
    level = write.level(result.confidence_level)
    label = f"standard deviations for the better, with {level} interval\nfilled point: difference detected"
    ax = new_axes(ax, figure_size(len(names), lines=2, letters=longest(names) + longest(texts)))
    rows, limits = np.arange(len(names)), (result.effect_low, result.effect_high)
    draw_intervals(ax, rows, result.effect_size, limits, filled=result.detected, many=len(names) > MANY_ROWS)
    ax.axvline(0, color=INK, linewidth=0.8, zorder=0)
    size = len(result.metrics)
    for row in range(size, len(names), size):
        ax.axhline(row - 0.5, color=RULE, linewidth=0.8, zorder=0)
    finish_rows(ax, names, label, beside=texts)
    return ax


def _written(result: Contrast, row: int) -> str:
    """Write by how many points and standard errors a metric moved."""
    places = write.decimals_for(result.metrics[row % len(result.metrics)].bounds)
    points = write.number(result.difference[row], places, signed=True)
    return f"{points} points, z {write.number(result.in_standard_errors[row], 1, signed=True)}"


def opposite_moves(result: OppositeMoves, *, ax: "Axes | None" = None) -> "Axes":
    """Draw each two moves against each other in standard errors, with the region in which the true ones lie.

    In the shaded quarters one metric moves for the better and the other for the worse. A point is filled where the
    verdict is that they do so, or that they do not; dotted lines are as far from 0 as both moves must be for it, of
    several rows in the one that takes least.

    More than six have a row each instead, with the two moves side by side on one axis: in opposite directions they
    stand on different sides of 0. Both are filled where there is a verdict; upright strokes are as far as both must
    be.

    Parameters
    ----------
    result : OppositeMoves
        What to draw.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure.

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
    >>> axes = nps.plots.opposite_moves(nps.opposite_moves(counts, reference=2024))
    >>> axes.get_ylabel()
    'happy: standard errors for the better'
    """
    check_kind("result", result, OppositeMoves)
    if len(result) > len(STYLES):
        return _in_rows(result, ax)
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
    drawn, names, said = [], [], _names(result)
    for i, (colour, marker, dashes) in zip(range(len(result)), STYLES, strict=False):
        if known[i]:
            face = "white" if result.verdict[i] == "undecided" else colour
            drawn += ax.plot(*moves[:, [i]], marker, color=colour, markerfacecolor=face, markersize=7, zorder=3)
            ax.plot(*_ellipse(moves[:, i], float(result.correlation[i]), reach), color=colour, linestyle=dashes)
            names.append(f"{said[i]}, {result.verdict[i]}")
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


def _names(result: OppositeMoves) -> list[str]:
    """Name the rows by comparison and metrics."""
    groups = pair_names(result.labels, result.reference)
    pairs = zip(groups, result.metric_first, result.metric_second, strict=True)
    return [f"{group}: {first}, {second}" for group, first, second in pairs]


def _in_rows(result: OppositeMoves, ax: "Axes | None") -> "Axes":
    """Draw the two moves of each row on one axis."""
    from matplotlib.lines import Line2D

    pairs = list(dict.fromkeys(zip(result.metric_first, result.metric_second, strict=True)))
    names = _names(result)
    if len(pairs) == 1:
        names = pair_names(result.labels, result.reference)
    many = len(names) > MANY_ROWS
    size = figure_size(len(names), legend=True, lines=2, letters=longest(names) + longest(result.verdict))
    ax = new_axes(ax, size)
    rows = np.arange(len(names))
    known = np.isfinite(result.z_first) & np.isfinite(result.z_second)
    settled = np.array([verdict != "undecided" for verdict in result.verdict])
    away = np.array([verdict == "opposite" for verdict in result.verdict])
    for which, colour, width in ((known & ~away, RULE, 1.2), (known & away, INK, 2.4)):
        ax.hlines(rows[which], result.z_first[which], result.z_second[which], color=colour, linewidth=width, zorder=1)
    for side in (-result.z_needed, result.z_needed):
        ax.plot(side[known], rows[known], "|", color=RULE, markersize=4 if many else 10, zorder=1)
    drawn = []
    for move, (colour, marker, _) in zip((result.z_first, result.z_second), STYLES, strict=False):
        for which, face in ((known & settled, colour), (known & ~settled, "white")):
            style: Any = {"color": colour, "markerfacecolor": face, "markersize": 3.5 if many else 6.5}
            ax.plot(move[which], rows[which], marker, **style)
        drawn.append(Line2D([], [], color=colour, marker=marker, linestyle="none"))
    ax.axvline(0, color=INK, linewidth=0.8, zorder=0)
    for row in range(len(pairs), len(names), len(pairs)) if len(pairs) > 1 else ():
        ax.axhline(row - 0.5, color=RULE, linewidth=0.5, zorder=0)
    label = "standard errors for the better\nfilled: shown; strokes: what both must pass to be shown"
    finish_rows(ax, names, label, beside=result.verdict)
    legend_of(ax, drawn, pairs[0] if len(pairs) == 1 else ("first metric", "second metric"), beside=longest(names))
    return ax


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
