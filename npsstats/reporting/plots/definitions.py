"""Pictures of a score under other definitions: cut points, and eights that are really promoters."""

from typing import TYPE_CHECKING, Any

import numpy as np

from npsstats.ratings.checks import check_whole_number
from npsstats.reporting.plots.drawing import (
    INK,
    POINT,
    RULE,
    SERIES_SIZE,
    STYLES,
    check_kind,
    finish_series,
    ink_on,
    legend_of,
    new_axes,
)
from npsstats.reporting.plots.ends import name_ends
from npsstats.reporting.plots.labels import LONGEST_PAIR, longest, pair_names, short_names
from npsstats.results import format as write
from npsstats.results.definitions import Sensitivity
from npsstats.results.styles import EightsBounds, EightsDifference
from npsstats.results.variants import ScoreVariants
from npsstats.typing import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["eights", "sensitivity"]

# Inches of a cell, and of what stands beside and around the map.
CELL = 0.52
BESIDE = 3.8
AROUND = 1.1
# So many definitions fit beside the map; where their names begin and their numbers end, and their lines, in points.
MOST_BESIDE = 20
NAMES = 14
NUMBERS = 250
LINE = 14
LONGEST = 28
POINTS = 72

# So many lines of scores have names at their ends; of more, those that end highest and lowest.
MOST_LINES = 40
TURNING = STYLES[1][0]

# From the colour of the lower side over white to that of the higher one, told apart by lightness towards the ends too.
DIVERGING = ("#b2402a", "#ffffff", "#1f6f8b")


def sensitivity(result: Sensitivity | ScoreVariants, *, row: int = 0, ax: "Axes | None" = None) -> "Axes":
    """Draw a difference, or a score, at every pair of cut points, with the other definitions beside it.

    A cell is a net score: to the right promoters begin at a higher rating, upwards detractors end at a higher one.
    Blue is above 0, red below. A difference that its test shows, by itself, is bold with a frame, one that it does not
    show is grey. The cell of the definition that was asked for has a thick frame.

    Parameters
    ----------
    result : Sensitivity or ScoreVariants
        What to draw.
    row : int, default 0
        Which of its comparisons, or groups, from 0; above the map stands how many there are.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure of fitting size.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    TypeError
        If the result is of another kind, or `row` is no whole number.
    ValueError
        If there is no such row, or fewer than two pairs of cut points.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> import npsstats as nps
    >>> sfo = nps.datasets.load("sfo")["recommend"].pool("year")
    >>> axes = nps.plots.sensitivity(nps.sensitivity(sfo, reference=2017))
    >>> axes.get_xlabel()
    'promoters from'
    """
    check_kind("result", result, Sensitivity, ScoreVariants)
    row = check_whole_number("row", row)
    if not 0 <= row < len(result.labels):
        msg = f"`row` must be one of 0 to {len(result.labels) - 1}, the rows of the result; got {row}."
        raise ValueError(msg)
    places = _cells(result)
    if len(places) < 2:
        msg = "`result` must have at least two pairs of cut points to be drawn; made with `definitions` it has fewer."
        raise ValueError(msg)
    ratings = result.metric.scale.ratings.tolist()
    size = CELL * len(ratings)
    beside = [j for j, given in enumerate(result.definitions) if given.promoters_from is None]
    lines = min(len(beside), MOST_BESIDE) + 1
    ax = new_axes(ax, (size + AROUND + BESIDE, max(size, lines * LINE / POINTS) + AROUND))
    values = result.difference[row] if isinstance(result, Sensitivity) else result.score[row]
    shown = result.shown[row] != 0 if isinstance(result, Sensitivity) else np.ones(len(values), dtype=bool)
    _map(ax, result, places, values, shown)
    names = result.metric.scale.labels or tuple(map(str, ratings))
    ax.set_xticks(range(1, len(ratings)), names[1:])
    ax.set_yticks(range(len(ratings) - 1), names[:-1])
    ax.set_xlabel("promoters from", color=INK)
    ax.set_ylabel("detractors to", color=INK)
    ax.tick_params(colors=INK, length=0)
    for spine in ax.spines.values():
        spine.set_visible(False)
    _list(ax, result, row, beside[:MOST_BESIDE], values)
    title = _title(result, row)
    ax.set_title(title, loc="left", fontsize=10, color=INK, parse_math=False)
    return ax


def _title(result: Sensitivity | ScoreVariants, row: int) -> str:
    """Say what is drawn, and which of how many."""
    others = result.reference if isinstance(result, Sensitivity) else ()
    size, names = len(result.labels), short_names([*result.labels, *others], room=LONGEST_PAIR)
    title = f"{names[row]} − {names[size + row]}" if others else names[row]
    if size > 1:
        title += f"   ({'comparison' if others else 'group'} {row + 1} of {size}: row={row})"
    if others:
        title += f"\nbold: shown, each by itself at {write.level(1 - result.confidence_level)}"
    return title


def _cells(result: Sensitivity | ScoreVariants) -> dict[tuple[int, int], int]:
    """Which definition stands in which cell; a weighted net score only where its cell is not there without."""
    places: dict[tuple[int, int], int] = {}
    for j, given in enumerate(result.definitions):
        if given.promoters_from is None or given.detractors_to is None:
            continue
        cell = given.promoters_from, given.detractors_to
        if cell not in places or given.family == "cut points":
            places[cell] = j
    return places


def _map(
    ax: "Axes",
    result: Sensitivity | ScoreVariants,
    places: dict[tuple[int, int], int],
    values: FloatArray,
    shown: Any,
) -> None:
    """Draw the cells with their numbers."""
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.patches import Rectangle

    colours = LinearSegmentedColormap.from_list("lower, higher", DIVERGING)
    largest = max(abs(float(values[j])) for j in places.values()) or 1.0
    low = int(result.metric.scale.ratings[0])
    signed = isinstance(result, Sensitivity)
    for (start, end), j in places.items():
        x, y = start - low, end - low
        colour = colours(0.5 + 0.5 * float(values[j]) / largest)
        base = result.definitions[j].family == "base"
        marked = signed and bool(shown[j])
        width = 2.4 if base else 1.0 if marked else 0.3
        ax.add_patch(
            Rectangle(
                (x - 0.46, y - 0.46), 0.92, 0.92, facecolor=colour, edgecolor=INK if base or marked else RULE,
                linewidth=width,
            )
        )  # fmt: skip
        pale = signed and not shown[j]
        ax.text(
            x,
            y,
            write.number(float(values[j]), 1, signed=signed),
            ha="center",
            va="center",
            fontsize=8,
            fontweight="bold" if marked else "normal",
            color="#6b757c" if pale and abs(values[j]) < largest / 2 else ink_on(colour),
        )
    size = result.metric.scale.size
    ax.set_xlim(0.4, size - 0.4)
    ax.set_ylim(-0.6, size - 1.4)
    ax.set_aspect("equal", anchor="NW")


def _list(ax: "Axes", result: Sensitivity | ScoreVariants, row: int, beside: list[int], values: FloatArray) -> None:
    """Write the other definitions beside the map: name, value, statistic."""
    signed = isinstance(result, Sensitivity)
    style: dict[str, Any] = {"xycoords": "axes fraction", "textcoords": "offset points", "fontsize": 9, "color": INK}
    head = "other definitions" + (" (difference, z)" if signed else " (score)")
    ax.annotate(head, (1, 1), xytext=(NAMES, 0), va="top", fontstyle="italic", **style)
    for line, j in enumerate(beside, start=1):
        given = result.definitions[j]
        number = write.number(float(values[j]), write.decimals_for(given.metric.bounds), signed=signed)
        bold = False
        if isinstance(result, Sensitivity):
            number += f"  ({write.number(float(result.statistic[row, j]), 1, signed=True)})"
            bold = bool(result.shown[row, j])
        name = given.name if len(given.name) <= LONGEST else f"{given.name[: LONGEST - 1]}…"
        for place, text, side in ((NAMES, name, "left"), (NUMBERS, number, "right")):
            ax.annotate(
                text,
                (1, 1),
                xytext=(place, -line * LINE),
                va="top",
                ha=side,
                fontweight="bold" if bold else "normal",
                parse_math=False,
                **style,
            )


def eights(result: EightsBounds | EightsDifference, *, ax: "Axes | None" = None) -> "Axes":
    """Draw scores, or differences, against the share of the eights that are really promoters.

    Lines of scores that cross are groups whose order hangs on that share, if it is the same in both. More than six
    lines have their names at their ends and no intervals; a difference whose sign turns with the share is dashed.

    Parameters
    ----------
    result : EightsBounds or EightsDifference
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
    ValueError
        If the share is a single one.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> import npsstats as nps
    >>> sfo = nps.datasets.load("sfo")["recommend"].pool("year")
    >>> axes = nps.plots.eights(nps.eights(sfo))
    >>> axes.get_xlabel()
    'share of those who gave 8 that are really promoters, %'
    """
    check_kind("result", result, EightsBounds, EightsDifference)
    if result.least_share == result.most_share:
        msg = "`result` must have more than one share to be drawn; `least_share` and `most_share` are the same."
        raise ValueError(msg)
    many = len(result) > len(STYLES)
    compared = isinstance(result, EightsDifference)
    names = short_names(result.labels)
    if isinstance(result, EightsDifference):
        names = pair_names(result.labels, result.reference, between="−")
    high = max(SERIES_SIZE[1], 1.2 + 0.17 * min(len(result), MOST_LINES)) if many else SERIES_SIZE[1]
    ax = new_axes(ax, (max(SERIES_SIZE[0], 4.5 + 0.07 * longest(names)) if many else SERIES_SIZE[0], high))
    across, level = 100 * result.share, write.level(result.confidence_level)
    drawn: list[Any] = []
    for i, (colour, _, dashes) in zip(range(0 if many else len(result)), STYLES, strict=False):
        drawn += ax.plot(across, result.curve[i], color=colour, linestyle=dashes, linewidth=2)
        ax.fill_between(across, result.curve_low[i], result.curve_high[i], color=colour, alpha=0.15, linewidth=0)
        if isinstance(result, EightsDifference):
            _mark(ax, result, i, colour)
    if compared:
        ax.axhline(0, color=INK, linewidth=0.8, zorder=0)
    what = f"difference of {result.metric.name}" if compared else result.metric.name
    below = f"share of those who gave {result.rating} that are really promoters, %"
    if many:
        below += "\ndashed: the sign turns where the line meets 0" if compared else ""
        below += f"\nnamed: {MOST_LINES} of {len(result)}" if len(result) > MOST_LINES else "\n"
        below += "; intervals: in the table" if len(result) > MOST_LINES else "intervals: in the table"
    finish_series(ax, (below, what if many else f"{what} with {level} interval"), None)
    ax.margins(x=0.01)
    if many:
        _lines(ax, result, names)
    elif len(names) > 1 or compared:
        legend_of(ax, drawn, names)
    return ax


def _lines(ax: "Axes", result: EightsBounds | EightsDifference, names: list[str]) -> None:
    """Draw many lines, and name them at their ends."""
    turning = np.zeros(len(result), dtype=bool)
    if isinstance(result, EightsDifference):
        turning = np.isfinite(result.tipping_estimate)
    colours = [TURNING if turns else POINT for turns in turning]
    width = 1.4 if len(result) <= MOST_LINES else 0.7
    for line, colour, turns in zip(result.curve, colours, turning, strict=True):
        ax.plot(100 * result.share, line, color=colour, linestyle="--" if turns else "-", linewidth=width, alpha=0.8)
    ends = result.curve[:, -1]
    order = np.argsort(-ends, kind="stable")
    if len(order) > MOST_LINES:
        order = order[[*range(MOST_LINES // 2), *range(-(MOST_LINES // 2), 0)]]
    name_ends(ax, ends[order], [names[i] for i in order], [colours[i] for i in order])


def _mark(ax: "Axes", result: EightsDifference, i: int, colour: str) -> None:
    """Mark where the difference vanishes (open), and from where it is no longer shown (filled)."""
    for tip, face in ((result.tipping_limit[i], colour), (result.tipping_estimate[i], "white")):
        if np.isnan(tip):
            continue
        ax.plot(100 * tip, 0, "o", color=colour, markerfacecolor=face, markersize=7, zorder=3, clip_on=False)
        ax.annotate(
            write.percent(float(tip), 0),
            (100 * tip, 0),
            textcoords="offset points",
            xytext=(4, 7),
            fontsize=9,
            color=colour,
        )
