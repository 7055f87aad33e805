"""Detractor weights at which two groups tie."""

from typing import TYPE_CHECKING, Any

import numpy as np

from npsstats.reporting.plots.drawing import (
    INK,
    MANY_ROWS,
    POINT,
    WEIGHTS,
    check_kind,
    draw_sets,
    figure_size,
    finish_rows,
    new_axes,
)
from npsstats.reporting.plots.labels import longest, pair_names
from npsstats.results import format as write
from npsstats.results.differences import reference_text
from npsstats.results.flips import ScoreFlips

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["score_flips"]

# Weights that anyone would take lie well within these.
LOWEST, HIGHEST = 0.1, 10.0
TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10)
AHEAD = {"group": "group ahead", "reference": "reference ahead", "neither": "level"}


def score_flips(result: ScoreFlips, *, ax: "Axes | None" = None) -> "Axes":
    """Draw the detractor weights that the data do not tell from a tie, a row for each comparison.

    The point is the weight at which the samples tie, the line the set of weights that may be the tie; where the line
    reaches an edge with an arrow the set goes on. The words say who is ahead at the smaller and at the larger
    weights, in the samples; beyond 60 rows they are left to the table. The dashed line is the weight of the metric
    itself. Use `dominance` for the whole distribution.

    Parameters
    ----------
    result : ScoreFlips
        What to draw.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure of fitting height.

    Returns
    -------
    matplotlib.axes.Axes
        Weights from 0.1 to 10, on a logarithmic axis.

    Raises
    ------
    TypeError
        If the result is of another kind.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> import npsstats as nps
    >>> counts = nps.RatingCounts.from_categories(
    ...     promoters=[300, 200], passives=[600, 800], detractors=[100, 0], groups=["A", "B"]
    ... )
    >>> axes = nps.plots.score_flips(nps.score_flips(counts, reference="B"))
    >>> [label.get_text() for label in axes.get_yticklabels()]
    ['A vs B']
    """
    check_kind("result", result, ScoreFlips)
    names = pair_names(result.labels, result.reference, said=reference_text)
    texts = [_written(result, row) for row in range(len(result))]
    ax = new_axes(ax, figure_size(len(result), lines=3, letters=longest(names) + longest(texts)))
    ax.set_xscale("log")
    ax.set_xlim(LOWEST, HIGHEST)
    draw_sets(ax, [_pieces(result, row) for row in range(len(result))], (LOWEST, HIGHEST))
    shown = np.flatnonzero((result.tie_weight >= LOWEST) & (result.tie_weight <= HIGHEST))
    ax.plot(result.tie_weight[shown], shown, "o", color=POINT, markersize=6)
    for row in range(len(result) if len(result) <= MANY_ROWS else 0):
        for words, x, side in ((result.ahead_below, 0.01, "left"), (result.ahead_above, 0.99, "right")):
            text = AHEAD[words[row]]
            place: Any = {"xycoords": ("axes fraction", "data"), "xytext": (0, 9), "textcoords": "offset points"}
            ax.annotate(text, (x, row), ha=side, va="center", color=INK, fontsize=8, **place)
    ax.axvline(result.detractor_weight, color=INK, linewidth=0.8, linestyle="--", zorder=0)
    level = write.level(result.confidence_level)
    label = (
        f"detractor weight at which the two tie in the samples, with {level} set\n"
        f"arrow: the set goes on; dashed: {result.metric.name}"
    )
    finish_rows(ax, names, label, beside=texts)
    # Room for the words above the first row.
    ax.set_ylim(top=-0.9)
    ax.set_xticks(TICKS, [f"{tick:g}" for tick in TICKS])
    ax.set_xticks([], minor=True)
    return ax


def _pieces(result: ScoreFlips, row: int) -> list[tuple[float, float]]:
    """Give the lines of a set of weights."""
    low, high = float(result.tie_low[row]), float(result.tie_high[row])
    if result.tie_set[row] == "all":
        return [(0.0, np.inf)]
    return [(low, high)] if result.tie_set[row] == "bounded" else [(0.0, low), (high, np.inf)]


def _written(result: ScoreFlips, row: int) -> str:
    """Write the tie and its set in words."""
    tie, weights = float(result.tie_weight[row]), result.weights_text(row)
    if tie != tie:
        return "tied at every weight"
    if not 0 < tie < np.inf and weights == "none":
        return "no tie at any weight"
    shown = write.number(tie, 2) if 0 < tie < np.inf else "no tie"
    return f"{shown}  [{WEIGHTS.get(weights, weights)}]"
