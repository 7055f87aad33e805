"""A picture of ranks under several metrics, with the ranks that chance leaves open."""

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

import numpy as np

from npsstats.reporting.plots.drawing import INK, POINT, RULE, check_kind, legend_of, new_axes
from npsstats.reporting.plots.labels import longest, short_names
from npsstats.results import format as write
from npsstats.results.protocol import group_text
from npsstats.results.ranks import UnitRanks
from npsstats.typing import BoolArray, FloatArray, Label

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["ranks"]

# Units whose ranks under two metrics are apart; the others.
APART, OTHERS = "#c8553d", "#8a959c"
# How far the sets of one metric are spread sideways, so that they can be told apart.
SPREAD = 0.36
# Above so many units names are small; letters in inches, and what is left for the ranks.
MANY = 20
LETTERS, PICTURE = {False: 0.07, True: 0.052}, 3.4


def ranks(result: UnitRanks, *, block: Hashable = None, ax: "Axes | None" = None) -> "Axes":
    """Draw the rank of each unit under each metric, with the ranks that it can have, and how it moves between metrics.

    Bars are the sets of ranks; they stand side by side in the order of the ranks. Lines link the ranks of a unit. Units
    whose sets under two metrics have no rank in common are drawn in another colour, dashed, and have a star. Use
    `forest` for the scores of one metric. The sets of each metric hold by themselves: whether both together show two
    units in opposite orders is for `discordant_units` to say.

    Parameters
    ----------
    result : UnitRanks
        What to draw.
    block : hashable, optional
        Which block, such as a year; needed if there are several. A tuple if several group columns make it.
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
        If it has several blocks and none is chosen, or there is no such block.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> import npsstats as nps
    >>> states = nps.PublishedScores(
    ...     [[71, 76], [70, 71], [66, 72], [62, 63]],
    ...     names=["rating", "recommend"], by=["state"], labels=[("SD",), ("NE",), ("WI",), ("AK",)], rounding=1,
    ... )
    >>> axes = nps.plots.ranks(nps.unit_ranks(states))
    >>> axes.get_xlabel()
    'rank of state, with the ranks that errors of rounding leave open'
    """
    check_kind("result", result, UnitRanks)
    chosen = _block(result, block)
    units, table = _of_block(result, chosen)
    rank, low, high = table
    size = len(units)
    names = short_names(units)
    wide = PICTURE + 2 * LETTERS[size > MANY] * (longest(names) + 4)
    ax = new_axes(ax, (max(7.5, wide), 1.4 + (0.32 if size <= MANY else 0.17) * max(size, 4)))
    apart = _apart(low, high)
    x = np.arange(len(result.metrics))[:, None] + SPREAD * ((rank - 1) / max(size - 1, 1) - 0.5)
    drawn = {}
    for u in np.argsort(apart, kind="stable"):
        colour = APART if apart[u] else (POINT if size <= MANY else OTHERS)
        style: dict[str, Any] = {"color": colour, "alpha": 1.0 if apart[u] else 0.55, "zorder": 3 if apart[u] else 2}
        ax.plot(x[:, u], rank[:, u], linestyle="--" if apart[u] else "-", linewidth=1.4 if apart[u] else 0.8, **style)
        ax.vlines(x[:, u], low[:, u], high[:, u], linewidth=3 if size <= MANY else max(0.4, 60 / size), **style)
        drawn[bool(apart[u])] = ax.plot(x[:, u], rank[:, u], "o", markersize=5 if size <= MANY else 3, **style)[0]
    _name(ax, names, rank, apart)
    _finish(ax, result, size, chosen)
    said = {True: "* no rank in common under two metrics", False: "ranks in common"}
    if apart.any():
        kinds = sorted(drawn, reverse=True)
        legend_of(ax, [drawn[kind] for kind in kinds], [said[kind] for kind in kinds], bbox_to_anchor=(0, 1.01))
    return ax


def _block(result: UnitRanks, block: Hashable) -> Label:
    """Find the block that is asked for."""
    blocks = result.blocks
    named = {(label[0] if len(label) == 1 else label): label for label in blocks}
    if block is None and len(blocks) == 1:
        return blocks[0]
    if block not in named:
        wanted = (
            "must be given: there are several blocks" if block is None else f"must be one of the blocks; got {block!r}"
        )
        msg = f"`block` {wanted}, {', '.join(map(repr, list(named)[:12]))}."
        raise ValueError(msg)
    return named[block]


def _of_block(result: UnitRanks, block: Label) -> tuple[list[Hashable], FloatArray]:
    """Give the units of a block, and their rank and its limits by metric, shape (3, metrics, units)."""
    rows = [i for i, label in enumerate(result.labels) if label[:-1] == block]
    units = list(dict.fromkeys(result.labels[i][-1] for i in rows))
    table = np.full((3, len(result.metrics), len(units)), np.nan)
    for i in rows:
        place = result.metrics.index(result.metric[i]), units.index(result.labels[i][-1])
        table[(slice(None), *place)] = result.rank[i], result.rank_low[i], result.rank_high[i]
    return units, table


def _apart(low: FloatArray, high: FloatArray) -> BoolArray:
    """Whether the sets of a unit under two of the metrics have no rank in common; False where one is not known."""
    with np.errstate(invalid="ignore"):
        return np.asarray((low[:, None] > high[None]).any(axis=(0, 1)))


def _name(ax: "Axes", names: list[str], rank: FloatArray, apart: BoolArray) -> None:
    """Write names on both sides; units that tie have the lines of the ranks that they share."""
    size = 9 if len(names) <= MANY else 6.5
    for row, side, align in ((0, -0.3, "right"), (-1, len(rank) - 0.7, "left")):
        for place in np.unique(rank[row][~np.isnan(rank[row])]):
            tied = np.flatnonzero(rank[row] == place)
            for line, u in enumerate(tied):
                name = names[u] + ("*" if apart[u] else "")
                text = f"{name}  {place:g}" if align == "right" else f"{place:g}  {name}"
                at = place + line - (len(tied) - 1) / 2
                ink = APART if apart[u] else INK
                ax.text(side, at, text, ha=align, va="center", fontsize=size, color=ink, parse_math=False)


def _finish(ax: "Axes", result: UnitRanks, size: int, block: Label) -> None:
    ax.set_xlim(-0.28, len(result.metrics) - 0.72)
    ax.set_ylim(size + 0.6, 0.4)
    ax.set_xticks(range(len(result.metrics)), result.metrics)
    for tick in ax.get_xticklabels():
        tick.set_parse_math(False)
    errors = "" if result.errors == "none" else f", with the ranks that errors of {result.errors} leave open"
    level = f" ({write.level(result.confidence_level)})" if "sampling" in result.errors else ""
    where = f"{group_text(block)}: " if block else ""
    ax.set_xlabel(f"{where}rank of {result.by[-1]}{errors}{level}", color=INK, parse_math=False)
    ax.set_yticks([])
    ax.xaxis.set_ticks_position("bottom")
    ax.tick_params(colors=INK, length=0)
    for spine in ax.spines.values():
        spine.set_visible(False)
    for m in range(len(result.metrics)):
        ax.axvline(m, color=RULE, linewidth=0.5, zorder=0)
