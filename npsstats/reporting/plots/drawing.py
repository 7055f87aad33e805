"""What all pictures share: axes, colours, names of rows, styles of lines."""

from collections.abc import Hashable, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import numpy as np

from npsstats.reporting.plots.labels import longest
from npsstats.typing import BoolArray, FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "INK",
    "MANY_ROWS",
    "POINT",
    "RULE",
    "STYLES",
    "THREE_COLOURS",
    "WEIGHTS",
    "check_kind",
    "check_series",
    "draw_intervals",
    "draw_sets",
    "draw_side_by_side",
    "figure_size",
    "finish_rows",
    "finish_series",
    "ink_on",
    "legend_of",
    "new_axes",
]

INK = "#1f2a33"
POINT = "#1f6f8b"
RULE = "#b8c0c6"
# Detractors, passives, promoters; told apart by lightness too, and by readers with colour-vision deficiency.
THREE_COLOURS = ("#c8553d", "#d9d9d9", "#2a7f9e")
# What to write for sets of weights that no numbers bound.
WEIGHTS = {"all": "any weight fits", "none": "no weight fits"}
# Colour, marker and dashes of one series after the other: any of the three tells them apart.
STYLES: tuple[tuple[str, str, Any], ...] = (
    (POINT, "o", "-"),
    ("#c8553d", "s", "--"),
    (INK, "^", ":"),
    ("#b7860b", "D", "-."),
    ("#7b4a9e", "v", (0, (5, 1, 1, 1, 1, 1))),
    ("#5f8f3e", "X", (0, (1, 2, 4, 2))),
)
ROW_HEIGHT = 0.34
# With more rows than this they are low and their names small, and the numbers beside them are left to the table.
MANY_ROWS = 60
LOW_ROW, LOW_NAME = 0.17, 7
# How wide the series of a row are spread.
SIDE_BY_SIDE = 0.56
# With still more rows, some are named.
MOST_NAMED = 750
# In inches: a letter of a name, of a label, of a legend, what is left for the picture, the largest figure.
LETTER, LABEL_LETTER, LEGEND_LETTER, PICTURE, WIDEST, HIGHEST = 0.078, 0.0705, 0.068, 3.6, 13.0, 130.0
SERIES_SIZE = (7.5, 3.8)
# So many labels fit below an axis.
MOST_TICKS = 9
# Letters in a line of a legend, and what to do if there are more.
WIDEST_LEGEND = 100
MOST_COLUMNS = 3
# How wide Matplotlib makes axes that are alone in a figure.
ALONE = 0.775


def new_axes(ax: "Axes | None", size: tuple[float, float]) -> "Axes":
    """Take the axes that were given, or those of a new figure."""
    if ax is not None:
        return ax
    from matplotlib import pyplot

    _, made = pyplot.subplots(figsize=size, layout="constrained")
    return made


def figure_size(rows: int, *, legend: bool = False, lines: int = 1, letters: int = 0) -> tuple[float, float]:
    """The size of a figure with so many rows, in inches, so many lines below them, and so many letters beside them."""
    high = max(ROW_HEIGHT * min(max(rows, 2), MANY_ROWS), LOW_ROW * rows)
    wide = min(max(7.5, PICTURE + LETTER * letters), WIDEST)
    return wide, min(0.9 + high + (0.3 if legend else 0) + 0.18 * (lines - 1), HIGHEST)


def check_kind(name: str, given: object, *kinds: type) -> None:
    """Check that a picture is of what it draws."""
    if not isinstance(given, kinds):
        names = [kind.__name__ for kind in kinds]
        article = "a " if names[0] == "Posterior" else ""
        msg = f"`{name}` must be {article}{' or '.join(names)}; got {type(given).__name__}."
        raise TypeError(msg)


def check_series(name: str, many: int) -> None:
    """Check that lines can still be told apart."""
    if many > len(STYLES):
        msg = (
            f"`{name}` must have at most {len(STYLES)} lines to be told apart; got {many}. Ask for fewer, as of "
            "`counts.select(...)`, or draw one picture for each."
        )
        raise ValueError(msg)


def draw_intervals(
    ax: "Axes",
    rows: Any,
    value: FloatArray,
    limits: tuple[FloatArray, FloatArray],
    *,
    colour: str = POINT,
    marker: str = "o",
    filled: BoolArray | None = None,
    many: bool = False,
) -> Any:
    """Draw all intervals and points of a series at once, smaller in many rows; give what stands for it in a legend."""
    ax.hlines(rows, *limits, color=colour, linewidth=1.2 if many else 2)
    style: dict[str, Any] = {"color": colour, "linestyle": "none", "marker": marker, "markersize": 3.5 if many else 6}
    if filled is None:
        return ax.plot(value, rows, **style)[0]
    rows = np.asarray(rows)
    for which, face in ((filled, colour), (~filled, "white")):
        if which.any():
            (drawn,) = ax.plot(value[which], rows[which], markerfacecolor=face, **style)
    return drawn


def draw_side_by_side(
    ax: "Axes",
    cells: Sequence[tuple[Hashable, Hashable]],
    order: tuple[Sequence[Hashable], Sequence[Hashable]],
    value: FloatArray,
    limits: tuple[FloatArray, FloatArray],
) -> tuple[list[Any], FloatArray]:
    """Draw intervals by row and series, the series of a row side by side; give the legend's signs and the places."""
    row_of, series_of = ({name: place for place, name in enumerate(names)} for names in order)
    series = np.array([series_of[one] for _, one in cells])
    many = len(row_of) * len(series_of) > 3 * MANY_ROWS
    shift = (series - (len(series_of) - 1) / 2) * SIDE_BY_SIDE / max(len(series_of) - 1, 1)
    places: FloatArray = np.array([row_of[row] for row, _ in cells]) + shift
    drawn = []
    for place in range(len(series_of)):
        own = series == place
        style: dict[str, Any] = {"colour": STYLES[place % len(STYLES)][0], "marker": STYLES[place % len(STYLES)][1]}
        drawn.append(draw_intervals(ax, places[own], value[own], (limits[0][own], limits[1][own]), many=many, **style))
    return drawn, places


def draw_sets(ax: "Axes", pieces: Sequence[Sequence[tuple[float, float]]], window: tuple[float, float]) -> None:
    """Draw what is in the window of the pieces of a set, a row for each set, with an arrow where a piece goes on."""
    left, right = window
    found = [(row, low, high) for row, own in enumerate(pieces) for low, high in own if high > 0]
    many = len(pieces) > MANY_ROWS
    lines = [(row, max(low, left), min(high, right)) for row, low, high in found if low <= right and high >= left]
    if lines:
        ax.hlines(*np.array(lines).T, color=POINT, linewidth=1.2 if many else 2)
    # Of a piece beside the picture only the arrow is seen. Nothing goes on below a weight of 0.
    for edge, marker, rows in (
        (left, "<", [row for row, low, _ in found if low < left and left > 0]),
        (right, ">", [row for row, _, high in found if high > right]),
    ):
        if rows:
            style: Any = {"linestyle": "none", "color": POINT, "markersize": 3.5 if many else 6, "clip_on": False}
            ax.plot(np.full(len(rows), edge), rows, marker=marker, **style)


def legend_of(ax: "Axes", handles: Sequence[Any], names: Sequence[str], *, beside: int = 6, **place: Any) -> None:
    """Name what is drawn, whatever signs the names hold, in lines on top unless `place` says otherwise.

    `beside` are the letters left of the picture, which a legend on top must do without.
    """
    figure: Any = ax.figure
    # Of several pictures in a figure each has a part of its width; alone it is as wide as Matplotlib's default says.
    part = min(ax.get_position().width / ALONE, 1.0)
    room = min(int((figure.get_size_inches()[0] * part - LETTER * beside) / LEGEND_LETTER), WIDEST_LEGEND)
    columns = len(names)
    if sum(len(name) + 8 for name in names) > room:
        columns = max(1, min(len(names) - 1, MOST_COLUMNS, room // (max(map(len, names)) + 8)))
    where = {"loc": "lower left", "bbox_to_anchor": (0, 1), "ncols": columns, "fontsize": 9, **place}
    # Matplotlib would leave out names that begin with an underscore, and set those with dollar signs as formulas.
    legend = ax.legend(handles, [" "] * len(handles), frameon=False, **where)
    for text, name in zip(legend.get_texts(), names[::-1] if where.get("reverse") else names, strict=True):
        text.set_text(name)
        text.set_parse_math(False)


def finish_rows(ax: "Axes", names: Sequence[str], label: str, *, beside: Sequence[str] = ()) -> None:
    """Name the rows, the first on top, and the axis, and write the numbers of the rows beside them, if not too many."""
    many = len(names) > MANY_ROWS
    step = -(-len(names) // MOST_NAMED)
    ax.set_yticks(range(0, len(names), step), names[::step])
    for tick in ax.get_yticklabels():
        tick.set_fontsize(LOW_NAME if many else tick.get_fontsize())
        tick.set_parse_math(False)  # a label such as "$10 & up$" is text
    ax.set_ylim(len(names) - 0.5, -0.5)
    for row, text in enumerate([] if many else beside):
        ax.annotate(
            text, (1.03, row), xycoords=("axes fraction", "data"), va="center", color=INK, fontsize=9, parse_math=False
        )
    label = _wrapped(ax, label, longest(names), 0 if many else longest(beside))
    if many and beside:
        label += f"\n{len(names)} rows: their numbers are in the table"
    ax.set_xlabel(label, color=INK, parse_math=False)
    ax.grid(axis="x", color=RULE, linewidth=0.5, alpha=0.6)
    _tidy(ax, "left")


def _wrapped(ax: "Axes", label: str, left: int, right: int) -> str:
    """Break lines that would reach beyond the figure, as they stand in the middle of the picture between letters."""
    figure: Any = ax.figure
    beside = LETTER * (left + right - 2 * min(left, right))
    room = max(int((figure.get_size_inches()[0] - beside) / LABEL_LETTER), 30)
    lines = label.split("\n")
    return "\n".join(line if len(line) <= room else "\n".join(wrap(line, room)) for line in lines)


def finish_series(ax: "Axes", labels: tuple[str, str], ticks: tuple[Sequence[float], Sequence[str]] | None) -> None:
    """Name both axes, and some of the places below, so that they do not touch."""
    ax.set_xlabel(labels[0], color=INK, parse_math=False)
    ax.set_ylabel(labels[1], color=INK, parse_math=False)
    if ticks is not None:
        places, names = ticks
        room = min(MOST_TICKS, max(2, 70 // (max(map(len, names)) + 1)))
        step = -(-len(places) // room)
        ax.set_xticks(places[::step], names[::step])
        for tick in ax.get_xticklabels():
            tick.set_parse_math(False)
    ax.grid(axis="y", color=RULE, linewidth=0.5, alpha=0.6)
    _tidy(ax)


def _tidy(ax: "Axes", *hidden: str) -> None:
    ax.set_axisbelow(True)
    ax.tick_params(which="both", colors=INK, length=0)
    for side, spine in ax.spines.items():
        spine.set_visible(side in ("left", "bottom") and side not in hidden)
        spine.set_color(RULE)


def ink_on(colour: Any) -> str:
    """White on dark, dark on light: by relative luminance."""
    from matplotlib.colors import to_rgb

    return "white" if np.dot(to_rgb(colour), (0.2126, 0.7152, 0.0722)) < 0.5 else INK
