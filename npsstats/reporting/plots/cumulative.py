"""Two distributions cut point by cut point."""

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from npsstats.reporting.plots.drawing import INK, POINT, RULE, STYLES, check_kind, legend_of, new_axes
from npsstats.reporting.plots.labels import LONGEST_PAIR, short_names
from npsstats.results import format as write
from npsstats.results.cuts import cut_text
from npsstats.results.differences import reference_text
from npsstats.results.orderings import Dominance
from npsstats.results.protocol import group_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["dominance"]

SIZE = (7.5, 5.6)
BETTER, WORSE = POINT, STYLES[1][0]


def dominance(
    result: Dominance, *, group: Hashable = None, reference: Hashable = None, ax: "Axes | None" = None
) -> "Axes":
    """Draw the shares above each cut point, and below them the differences with limits that hold together.

    In the samples one dominates where all differences lie on one side of the line at 0. A filled sign is a cut point at
    which the group is shown better (blue, pointing up) or worse (red, pointing down), among all together; an open one
    is not settled. A vertical line stands where the order of the samples turns.

    Parameters
    ----------
    result : Dominance
        What to draw.
    group : label, optional
        Which comparison, by the label of its group, where there are several; with several group columns a tuple.
    reference : label, optional
        And by its reference, where a group has several comparisons, as with ``"all-pairs"``.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure. The shares are drawn in the upper part of it.

    Returns
    -------
    matplotlib.axes.Axes
        Those of the differences.

    Raises
    ------
    TypeError
        If the result is of another kind.
    ValueError
        If there are several comparisons and none is named, or there is no such comparison, or more than one.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> import npsstats as nps
    >>> counts = nps.RatingCounts.from_histogram(
    ...     [[2, 1, 2, 4, 3, 9, 8, 15, 22, 18, 16], [0, 0, 1, 1, 3, 6, 9, 24, 38, 12, 6]], groups=["A", "B"]
    ... )
    >>> axes = nps.plots.dominance(nps.dominance(counts, reference="A"))
    >>> axes.get_xlabel()
    'ratings'
    """
    check_kind("result", result, Dominance)
    row = _row_of(result, group, reference)
    cuts = result.cut_points
    size = len(cuts) // len(result)
    rows = slice(row * size, (row + 1) * size)
    ax = new_axes(ax, SIZE)
    upper = ax.inset_axes((0, 0.56, 1, 0.44))
    # The lower part is that of the differences: the inset covers the rest.
    x = np.arange(size)
    names = [cut_text(result.metric, cut) for cut in cuts.cut[rows]]
    said = [other if isinstance(other, tuple) else reference_text(other) for other in result.reference]
    groups = short_names([*result.labels, *said], room=LONGEST_PAIR)
    who = groups[row], groups[len(result) + row]
    lines = [
        upper.plot(x, 100 * shares, color=style[0], marker=style[1], linestyle=style[2], markersize=4.5, linewidth=1.6)[
            0
        ]
        for shares, style in zip((cuts.share[rows], cuts.share_reference[rows]), STYLES, strict=False)
    ]
    legend_of(upper, lines, who)
    upper.set_ylabel("% with at least", color=INK)
    upper.set_xticks([])
    low, high, difference = (100 * column[rows] for column in (cuts.low, cuts.high, cuts.difference))
    ax.fill_between(x, low, high, color=RULE, alpha=0.35, linewidth=0)
    ax.vlines(x, low, high, color=INK, linewidth=0.8, alpha=0.5)
    _signs(ax, x, difference, cuts.shown[rows])
    turns = [k + 0.5 for k in range(size - 1) if difference[k] * difference[k + 1] < 0]
    for part in (ax, upper):
        for turn in turns:
            part.axvline(turn, color=INK, linewidth=0.8, linestyle=":")
    ax.axhline(0, color=INK, linewidth=0.8, linestyle="--", zorder=0)
    _finish(ax, upper, names, low, high)
    level = write.level(result.confidence_level)
    ax.set_ylabel(f"difference, points\n(simultaneous {level})", color=INK, loc="bottom")
    return ax


def _row_of(result: Dominance, group: Hashable, reference: Hashable) -> int:
    """Find the comparison that is asked for."""
    rows = list(range(len(result)))
    if group is not None:
        rows = [i for i in rows if group in (result.labels[i], _alone(result.labels[i]))]
        if not rows:
            msg = f"`group` must be one of the groups {_listed(result.labels)}; got {group!r}."
            raise ValueError(msg)
    references = [result.reference[i] for i in rows]
    if reference is not None:
        rows = [i for i in rows if reference in (result.reference[i], _alone(result.reference[i]))]
    if len(rows) == 1:
        return rows[0]
    if not rows:
        msg = f"`reference` must be one of the references {_listed(references)}; got {reference!r}."
    elif group is None:
        msg = (
            f"`group` must say which one of {len(rows)} comparisons to draw; the groups are "
            f"{_listed([result.labels[i] for i in rows])}."
        )
    else:
        msg = (
            f"`reference` must say which one comparison of {group_text(group)} to draw; the references are "
            f"{_listed(references)}."
        )
    raise ValueError(msg)


def _alone(label: Hashable) -> Hashable:
    """Give a label of one column without its tuple."""
    return label[0] if isinstance(label, tuple) and len(label) == 1 else label


def _listed(labels: Sequence[Hashable]) -> str:
    known = list(dict.fromkeys(repr(_alone(label)) for label in labels))
    return f"{', '.join(known[:12])}{', ...' if len(known) > 12 else ''}"


def _signs(ax: "Axes", x: Any, difference: Any, shown: Any) -> None:
    """Mark each difference by what is shown of it."""
    styles = {
        "better": ("^", BETTER, BETTER), "worse": ("v", WORSE, WORSE), "open": ("o", INK, "white"),
        "no answers": ("x", RULE, RULE),
    }  # fmt: skip
    for place, size, word in zip(x, difference, shown, strict=True):
        marker, colour, face = styles[word]
        ax.plot(place, size, marker, color=colour, markerfacecolor=face, markersize=7, zorder=3)


def _finish(ax: "Axes", upper: "Axes", names: list[str], low: Any, high: Any) -> None:
    """Give both parts their axes, and leave the upper half to the shares."""
    bottom, top = min(float(low.min()), 0.0), max(float(high.max()), 0.0)
    room = 0.08 * (top - bottom)
    bottom, top = bottom - room, top + room
    ax.set_ylim(bottom, bottom + (top - bottom) / 0.48)
    ticks = [tick for tick in ax.get_yticks() if bottom <= tick <= top]
    ax.set_yticks(
        ticks, [write.number(float(tick), 0 if float(tick).is_integer() else 1, signed=True) for tick in ticks]
    )
    slanted = max(map(len, names)) * len(names) > 70
    ax.set_xticks(range(len(names)), names, rotation=30 * slanted, ha="right" if slanted else "center")
    for tick in ax.get_xticklabels():
        tick.set_parse_math(False)
    ax.set_xlabel("ratings", color=INK)
    for part in (ax, upper):
        part.set_xlim(-0.5, len(names) - 0.5)
        part.tick_params(colors=INK, length=0)
        for side, spine in part.spines.items():
            spine.set_visible(side == "bottom")
            spine.set_color(RULE)
