"""Pictures of shares: the distribution of the ratings, and who moved where."""

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

import numpy as np

from npsstats.ratings.counts import RatingCounts
from npsstats.ratings.surveys import SurveyCounts
from npsstats.reporting.plots.drawing import (
    INK,
    MANY_ROWS,
    THREE_COLOURS,
    check_kind,
    figure_size,
    finish_rows,
    ink_on,
    legend_of,
    new_axes,
)
from npsstats.reporting.plots.labels import short_name, short_names
from npsstats.results import format as write
from npsstats.results.flows import Transitions
from npsstats.typing import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["category_shares", "distribution", "flows", "is_weighted"]

MOST_ON_TOP = 5
MOST_BESIDE = 11
# In squares of more levels there is no room for more than a number.
MOST_WITH_WORDS = 4


def distribution(counts: RatingCounts | SurveyCounts, *, ax: "Axes | None" = None) -> "Axes":
    """Draw the shares of the categories as diverging stacked bars, one per group, the first on top.

    The middle category is centred on zero: bars with more promoters reach further to the right, bars with more
    detractors further to the left. Two bars with the same score may differ in width.

    Parameters
    ----------
    counts : RatingCounts or SurveyCounts
        The counts; each group with at least one rating. Of a survey the weighted shares are drawn.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure of fitting height.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    TypeError
        If the counts are of another kind.
    ValueError
        If a group has no rating.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> import npsstats as nps
    >>> same_score = nps.RatingCounts.from_categories(
    ...     promoters=[30, 20], passives=[60, 80], detractors=[10, 0], groups=["A", "B"]
    ... )
    >>> axes = nps.plots.distribution(same_score)
    >>> [text.get_text() for text in axes.get_legend().get_texts()]
    ['detractor', 'passive', 'promoter']
    """
    check_kind("counts", counts, RatingCounts, SurveyCounts)
    if (counts.n == 0).any():
        msg = "`counts` must have a rating in each group; leave the others out with `counts.answered()`."
        raise ValueError(msg)
    names = counts.metric.category_names
    shares = category_shares(counts)
    # Half of the middle category, if there is one, lies on each side of zero.
    half = len(names) / 2
    below = shares[:, : int(half)].sum(axis=1) + (shares[:, int(half)] / 2 if half % 1 else 0)
    starts = np.cumsum(shares, axis=1) - shares - below[:, None]
    ax = new_axes(ax, figure_size(len(counts), legend=True))
    rows = np.arange(len(counts))
    bars = []
    for share, start, colour in zip(shares.T, starts.T, _colours(len(names)), strict=True):
        bars.append(ax.barh(rows, 100 * share, left=100 * start, height=0.68, color=colour, edgecolor="white"))
        for row, width, left in zip(rows.tolist(), share.tolist(), start.tolist(), strict=True):
            if width >= 0.06 and len(counts) <= MANY_ROWS:
                text = write.percent(width, 0)
                middle = 100 * (left + width / 2)
                ax.text(middle, row, text, ha="center", va="center", fontsize=8, color=ink_on(colour))
    ax.axvline(0, color=INK, linewidth=0.8, zorder=0)
    ax.xaxis.set_major_formatter(lambda value, _: write.number(abs(value), 0))
    weighted = ", weighted" if is_weighted(counts) else ""
    finish_rows(ax, short_names(counts.labels), f"% of respondents with a rating{weighted}")
    _add_legend(ax, bars, names)
    return ax


def flows(transitions: Transitions, *, group: Hashable = None, ax: "Axes | None" = None) -> "Axes":
    """Draw who moved, as a square of all flows: rows by the first wave, columns by the second.

    Each cell holds the respondents who went this way and, with few levels, their share of all and what they add to the
    change of the score, in points. Moves up are blue and above the diagonal, moves down red and below it, those who
    stayed grey; the more respondents, the darker.

    Parameters
    ----------
    transitions : Transitions
        The flows, from `transitions`.
    group : label, optional
        Which group to draw, where there are several; with several group columns a tuple.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    TypeError
        If the transitions are of another kind.
    ValueError
        If there are several groups and none is named, or there is no such group.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> import npsstats as nps
    >>> pairs = nps.PairedCounts.from_table(
    ...     [[12, 5, 3], [4, 30, 9], [1, 6, 30]], first="spring", second="autumn"
    ... )
    >>> axes = nps.plots.flows(nps.transitions(pairs))
    >>> axes.get_xlabel().splitlines(), axes.texts[2].get_text().splitlines()
    (['autumn', 'respondents, % of all, points'], ['3', '3.0 %', '+6.0'])
    """
    check_kind("transitions", transitions, Transitions)
    names = transitions.metric.level_names
    size = len(names)
    start = _group_rows(transitions, group)
    ax = new_axes(ax, (1.7 + 0.95 * size, 1.3 + 0.8 * size) if size <= MOST_WITH_WORDS else (7.5, 6.5))
    shares = transitions.share[start : start + size**2].reshape(size, size)
    places = write.decimals_for(transitions.metric.bounds)
    for i in range(size**2):
        row, column = divmod(i, size)
        colour = _tinted(THREE_COLOURS[2 * (column > row)] if row != column else "#8a949b", shares[row, column], shares)
        ax.add_patch(_square(row, column, colour))
        lines = [write.integer(transitions.n[start + i])]
        if size <= MOST_WITH_WORDS:
            lines += [f"{write.number(shares[row, column], 1)} %"]
            lines += [write.number(transitions.points[start + i], places, signed=True)] if row != column else []
        text = "\n".join(lines)
        ax.text(column, row, text, ha="center", va="center", fontsize=9, color=ink_on(colour), linespacing=1.3)
    told = "respondents, % of all, points" if size <= MOST_WITH_WORDS else "respondents"
    finish_rows(ax, names, f"{short_name(transitions.second)}\n{told}")
    ax.set_ylabel(short_name(transitions.first), color=INK, parse_math=False)
    ax.set_xticks(range(size), names)
    for tick in ax.get_xticklabels():
        tick.set_parse_math(False)
    ax.set_xlim(-0.5, size - 0.5)
    ax.grid(visible=False)
    ax.spines["bottom"].set_visible(False)
    _title_of(ax, transitions, start)
    return ax


def _group_rows(transitions: Transitions, group: Hashable) -> int:
    """Find where the flows of a group begin."""
    size = transitions.metric.levels.size**2
    labels = transitions.labels[::size]
    if len(labels) == 1 and group is None:
        return 0
    wanted = group if isinstance(group, tuple) else (group,)
    if wanted not in labels:
        known = ", ".join(repr(label if len(label) > 1 else label[0]) for label in labels[:12] if label)
        more = ", ..." if len(labels) > 12 else ""
        rule = f"one of the groups {known}{more}" if known else "left out: there is one group, without a label"
        msg = f"`group` must be {rule}; got {group!r}."
        raise ValueError(msg)
    return labels.index(wanted) * size


def _title_of(ax: "Axes", transitions: Transitions, start: int) -> None:
    """Say of what score the flows are, and by how much they move it."""
    size = transitions.metric.levels.size**2
    rows = slice(start, start + size)
    moved = write.number(
        float(transitions.points[rows].sum()), write.decimals_for(transitions.metric.bounds), signed=True
    )
    label = transitions.labels[start]
    who = f"{short_names(transitions.labels)[start]}: " if label else ""
    text = f"{who}{transitions.metric.name} {moved}, n = {write.integer(int(transitions.n[rows].sum()))}"
    ax.set_title(text, fontsize=10, color=INK, loc="left", parse_math=False)


def _square(row: int, column: int, colour: Any) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle((column - 0.5, row - 0.5), 1, 1, facecolor=colour, edgecolor="white", linewidth=2)


def _tinted(colour: str, share: float, shares: FloatArray) -> tuple[float, float, float]:
    """Mix a colour with white: none for an empty cell, all for the fullest one."""
    from matplotlib.colors import to_rgb

    # Areas of the eye: the root keeps small flows apart from none.
    depth = 0.08 + 0.92 * (share / shares.max()) ** 0.5 if share else 0.04
    red, green, blue = (1 - depth * (1 - part) for part in to_rgb(colour))
    return red, green, blue


def category_shares(counts: RatingCounts | SurveyCounts) -> FloatArray:
    """Compute the share of each category of the metric, shape (groups, categories); of a survey by weight."""
    names = counts.metric.category_names
    member = np.array([[category == name for name in names] for category in counts.metric.categories])
    proportions = counts.proportions if isinstance(counts, SurveyCounts) else counts.counts / counts.n[:, None]
    shares: FloatArray = proportions @ member
    return shares


def is_weighted(counts: RatingCounts | SurveyCounts) -> bool:
    """Say whether some respondents may count more than others."""
    return isinstance(counts, SurveyCounts) and counts.weighting.weighted


def _add_legend(ax: "Axes", bars: list[Any], names: tuple[str, ...]) -> None:
    """Name the colours: few in a line on top, many beside the bars, of very many some."""
    few = len(names) <= MOST_ON_TOP
    chosen = np.unique(np.linspace(0, len(names) - 1, min(len(names), MOST_BESIDE)).round().astype(int))
    place: dict[str, Any] = {}
    if not few:
        place = {
            "loc": "center left", "bbox_to_anchor": (1, 0.5), "fontsize": 8, "title": "rating", "reverse": True,
            "ncols": 1,
        }  # fmt: skip
    legend_of(ax, [bars[i] for i in chosen], [names[i] for i in chosen], **place)


def _colours(size: int) -> list[Any]:
    """From red through grey to blue."""
    if size == 3:
        return list(THREE_COLOURS)
    if size == 2:
        return [THREE_COLOURS[1], THREE_COLOURS[2]]
    from matplotlib.colors import LinearSegmentedColormap

    return list(LinearSegmentedColormap.from_list("ratings", THREE_COLOURS)(np.linspace(0, 1, size)))
