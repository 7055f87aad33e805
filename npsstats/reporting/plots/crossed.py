"""Pictures of two questions to the same respondents: their ratings crossed, and how closely they go together."""

from collections.abc import Collection, Hashable
from typing import TYPE_CHECKING, Any

import numpy as np

from npsstats.ratings.scales import Metric
from npsstats.reporting.plots.drawing import (
    INK,
    MANY_ROWS,
    STYLES,
    THREE_COLOURS,
    check_kind,
    draw_intervals,
    figure_size,
    finish_rows,
    ink_on,
    legend_of,
    new_axes,
)
from npsstats.reporting.plots.labels import LONGEST_PAIR, longest, short_names
from npsstats.results import format as write
from npsstats.results.associations import MEASURES, ItemAssociation
from npsstats.results.conflicts import ConflictingCustomers
from npsstats.results.protocol import group_text
from npsstats.typing import Label

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["conflicting_customers", "item_association"]

# Favourable by the first metric and unfavourable by the other, the reverse, and all who are in neither conflict.
CONFLICT_COLOURS = (THREE_COLOURS[0], "#b7860b")
OTHERS = "#7d8c96"
# Shares below this, in %, would be written as 0.0.
LEAST_WRITTEN = 0.05
# In larger tables there is no room for numbers.
MOST_WITH_NUMBERS = 11
# Inches that the lines of the legend need.
NARROWEST = 7.0


def item_association(result: ItemAssociation, *, ax: "Axes | None" = None) -> "Axes":
    """Draw the correlations of pairs of metrics with their intervals, one row per group and pair, the first on top.

    Use `conflicting_customers` for the ratings behind one of them.

    Parameters
    ----------
    result : ItemAssociation
        What to draw, from `item_association`.
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
    >>> three = nps.mean_rating(nps.Scale(1, 3), name="CSAT")
    >>> counts = nps.JointCounts.from_table(
    ...     [[60, 20, 10], [40, 90, 70], [8, 120, 182]], metrics=[nps.NPS_CATEGORIES, three]
    ... )
    >>> axes = nps.plots.item_association(nps.item_association(counts))
    >>> axes.get_xlabel()
    'correlation of favourable ratings with 95 % interval'
    """
    check_kind("result", result, ItemAssociation)
    rows = np.arange(len(result), dtype=float)
    groups = [
        f"{name}: " if label else "" for label, name in zip(result.labels, short_names(result.labels), strict=True)
    ]
    names = [
        f"{group}{metric} with {other}"
        for group, metric, other in zip(groups, result.metric, result.other_metric, strict=True)
    ]
    ax = new_axes(ax, figure_size(2 * len(result), legend=True, letters=longest(names)))
    handles = []
    for place, measure in enumerate(MEASURES):
        colour, marker, _ = STYLES[place]
        at = rows + 0.24 * (place - 1)
        value, *limits = (getattr(result, f"{measure}{end}") for end in ("", "_low", "_high"))
        style: Any = {"colour": colour, "marker": marker, "many": len(result) > MANY_ROWS}
        handles.append(draw_intervals(ax, at, value, (limits[0], limits[1]), **style))
    ax.axvline(0, color=INK, linewidth=0.8, zorder=0)
    level = write.level(result.confidence_level)
    finish_rows(ax, names, f"correlation of favourable ratings with {level} interval")
    legend_of(ax, handles, list(MEASURES.values()), beside=longest(names))
    return ax


def conflicting_customers(
    result: ConflictingCustomers,
    *,
    metrics: tuple[str, str] | None = None,
    group: Hashable = None,
    ax: "Axes | None" = None,
) -> "Axes":
    """Draw all pairs of ratings on two metrics as tiles, those in conflict in colours of their own.

    The darker a tile, the more respondents gave these two ratings; numbers are % of all who rated both. Use
    `item_association` for how closely the two go together as a whole.

    Parameters
    ----------
    result : ConflictingCustomers
        What to draw, from `conflicting_customers`.
    metrics : tuple of str, optional
        The metric below and the metric at the side; by default the first two.
    group : hashable, optional
        The label of the group, a tuple if there are several group columns; needed if there are several groups.
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
        If there is no such pair of metrics or no such group, or nobody in it rated both.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> import npsstats as nps
    >>> three = nps.mean_rating(nps.Scale(1, 3), name="CSAT")
    >>> counts = nps.JointCounts.from_table(
    ...     [[60, 20, 10], [40, 90, 70], [8, 120, 182]], metrics=[nps.NPS_CATEGORIES, three]
    ... )
    >>> axes = nps.plots.conflicting_customers(nps.conflicting_customers(counts))
    >>> axes.get_xlabel().splitlines(), axes.get_ylabel()
    (['NPS', '% of 600 who rated both'], 'CSAT')
    """
    check_kind("result", result, ConflictingCustomers)
    rows = _rows_of(result, metrics, group)
    first, second = (_metric_named(result, names[rows[0]]) for names in (result.metric, result.other_metric))
    shares = 100 * result.tables[rows[0]]
    conflicts = [np.outer(result.customer_ratings[row], result.who_ratings[row]) for row in rows]
    wide, high = shares.shape
    ax = new_axes(ax, (max(NARROWEST, 2.2 + 0.55 * wide), 1.9 + 0.45 * high))
    for x in range(wide):
        for y in range(high):
            of = [colour for colour, conflict in zip(CONFLICT_COLOURS, conflicts, strict=True) if conflict[x, y]]
            colour = _tinted(of[0] if of else OTHERS, shares[x, y] / shares.max())
            ax.add_patch(_tile(x, y, colour, of[0] if of else "white"))
            if shares[x, y] >= LEAST_WRITTEN and max(wide, high) <= MOST_WITH_NUMBERS:
                text = write.number(shares[x, y], 1)
                ax.text(x, y, text, ha="center", va="center", fontsize=8, color=ink_on(colour))
    _finish_tiles(ax, first, second, f"% of {_who(result, rows[0])}")
    _explain(ax, result, rows)
    return ax


def _rows_of(result: ConflictingCustomers, metrics: tuple[str, str] | None, group: Hashable) -> list[int]:
    """Find the two rows of a group and a pair of metrics, one for each way round."""
    labels: list[Label] = list(dict.fromkeys(result.labels))
    named = group if isinstance(group, tuple) else (group,)
    label = labels[0] if group is None and len(labels) == 1 else named
    if label not in labels:
        known = ", ".join(repr(one if len(one) > 1 else one[0]) for one in labels[:12] if one)
        rule = (
            f"one of the groups {known}{', ...' if len(labels) > 12 else ''}" if known else "left out: there are none"
        )
        msg = f"`group` must be {rule}; got {group!r}."
        raise ValueError(msg)
    pairs = list(dict.fromkeys(zip(result.metric, result.other_metric, strict=True)))
    pair = pairs[0] if metrics is None else metrics
    if not isinstance(pair, Collection) or tuple(pair) not in pairs:
        names = ", ".join(metric.name for metric in result.metrics)
        msg = f"`metrics` must be two different ones of {names}; got {metrics!r}."
        raise ValueError(msg)
    rows = [
        row
        for row in range(len(result))
        if result.labels[row] == label and (result.metric[row], result.other_metric[row]) == tuple(pair)
    ]
    if not result.n_both[rows[0]]:
        where = f" in {group_text(label)}" if label else ""
        msg = f"`result` must hold respondents who rated both {pair[0]} and {pair[1]}; nobody did{where}."
        raise ValueError(msg)
    return rows


def _metric_named(result: ConflictingCustomers, name: str) -> Metric:
    return next(metric for metric in result.metrics if metric.name == name)


def _tinted(colour: str, share: float) -> tuple[float, float, float]:
    """Mix a colour with white; the root keeps small shares apart from none."""
    from matplotlib.colors import to_rgb

    depth = 0.06 + 0.94 * share**0.5 if share > 0 else 0.03
    red, green, blue = (1 - depth * (1 - part) for part in to_rgb(colour))
    return red, green, blue


def _tile(x: int, y: int, colour: Any, edge: str) -> Any:
    from matplotlib.patches import Rectangle

    # Tiles in conflict stand out by their frame too, not by their colour alone.
    framed = edge != "white"
    size = 0.9 if framed else 0.98
    return Rectangle(
        (x - size / 2, y - size / 2), size, size, facecolor=colour, edgecolor=edge, linewidth=1.5 if framed else 0
    )


def _who(result: ConflictingCustomers, row: int) -> str:
    """Say whose ratings are drawn."""
    label, name = result.labels[row], short_names(result.labels, room=LONGEST_PAIR)[row]
    return f"{write.integer(result.n_both[row])} who rated both{f', {name}' if label else ''}"


def _finish_tiles(ax: "Axes", first: Metric, second: Metric, told: str) -> None:
    """Name the ratings of both metrics, and say what the numbers are."""
    names = [metric.scale.labels or tuple(map(str, metric.scale.ratings.tolist())) for metric in (first, second)]
    finish_rows(ax, names[1], f"{first.name}\n{told}")
    ax.set_ylim(-0.5, len(names[1]) - 0.5)
    ax.set_xlim(-0.5, len(names[0]) - 0.5)
    ax.set_xticks(range(len(names[0])), names[0])
    ax.set_ylabel(second.name, color=INK, parse_math=False)
    for tick in ax.get_xticklabels():
        tick.set_parse_math(False)
    ax.grid(visible=False)
    ax.spines["bottom"].set_visible(False)


def _explain(ax: "Axes", result: ConflictingCustomers, rows: list[int]) -> None:
    """Say what the coloured tiles are, and how many respondents they hold."""
    from matplotlib.patches import Patch

    names = [
        f"{result.customers[row]} but {result.who[row]}: {write.percent(result.share_of_all[row])} of all"
        f"{f', {write.percent(result.share_of_customers[row])} of these' if result.n_customers[row] else ''}"
        for row in rows
    ]
    handles = [Patch(facecolor=_tinted(colour, 0.5), edgecolor=colour, linewidth=1.5) for colour in CONFLICT_COLOURS]
    legend_of(ax, handles, names, ncols=1)
