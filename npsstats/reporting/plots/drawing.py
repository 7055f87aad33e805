"""What all pictures share: axes, colours, names of rows, styles of lines."""

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from npsstats.results.protocol import group_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "INK",
    "POINT",
    "RULE",
    "STYLES",
    "THREE_COLOURS",
    "check_kind",
    "check_series",
    "figure_size",
    "finish_rows",
    "finish_series",
    "ink_on",
    "legend_of",
    "new_axes",
    "short_name",
]

INK = "#1f2a33"
POINT = "#1f6f8b"
RULE = "#b8c0c6"
# Detractors, passives, promoters; told apart by lightness too, and by readers with colour-vision deficiency.
THREE_COLOURS = ("#c8553d", "#d9d9d9", "#2a7f9e")
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
LONGEST_NAME = 32
SERIES_SIZE = (7.5, 3.8)
# So many labels fit below an axis.
MOST_TICKS = 9
# Letters in a line of a legend, and what to do if there are more.
WIDEST_LEGEND = 100
MOST_COLUMNS = 3


def new_axes(ax: "Axes | None", size: tuple[float, float]) -> "Axes":
    """Take the axes that were given, or those of a new figure."""
    if ax is not None:
        return ax
    from matplotlib import pyplot

    _, made = pyplot.subplots(figsize=size, layout="constrained")
    return made


def figure_size(rows: int, *, legend: bool = False, lines: int = 1) -> tuple[float, float]:
    """The size of a figure with so many rows, in inches, and so many lines below them."""
    return 7.5, 0.9 + ROW_HEIGHT * max(rows, 2) + (0.3 if legend else 0) + 0.18 * (lines - 1)


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
            f"`{name}` must have at most {len(STYLES)} lines to be told apart; got {many}. Ask for fewer, or draw one "
            "picture for each."
        )
        raise ValueError(msg)


def short_name(label: Hashable) -> str:
    """Write a label so that it leaves room for the picture; tables have it in full."""
    text = group_text(label) if label != () else "all"
    # What tells labels apart may stand first or last.
    half = (LONGEST_NAME - 1) // 2
    return text if len(text) <= LONGEST_NAME else f"{text[:half]}…{text[-half:]}"


def legend_of(ax: "Axes", handles: Sequence[Any], names: Sequence[str], **place: Any) -> None:
    """Name what is drawn, whatever signs the names hold, in a line on top unless `place` says otherwise."""
    columns = len(names) if sum(len(name) + 8 for name in names) <= WIDEST_LEGEND else MOST_COLUMNS
    where = {"loc": "lower left", "bbox_to_anchor": (0, 1), "ncols": columns, "fontsize": 9, **place}
    # Matplotlib would leave out names that begin with an underscore, and set those with dollar signs as formulas.
    legend = ax.legend(handles, [" "] * len(handles), frameon=False, **where)
    for text, name in zip(legend.get_texts(), names[::-1] if where.get("reverse") else names, strict=True):
        text.set_text(name)
        text.set_parse_math(False)


def finish_rows(ax: "Axes", names: Sequence[str], label: str) -> None:
    """Name the rows, the first on top, and the axis."""
    ax.set_yticks(range(len(names)), names)
    for tick in ax.get_yticklabels():
        tick.set_parse_math(False)  # a label such as "$10 & up$" is text
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.set_xlabel(label, color=INK, parse_math=False)
    ax.grid(axis="x", color=RULE, linewidth=0.5, alpha=0.6)
    _tidy(ax, "left")


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
