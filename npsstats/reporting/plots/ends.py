"""Names at the ends of lines, moved apart where they would touch."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from npsstats.reporting.plots.drawing import INK, RULE
from npsstats.typing import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["name_ends", "spread"]

# The height of a name, and what stands above and below the axes, in inches.
NAME, AROUND = 0.165, 1.0


def name_ends(ax: "Axes", heights: FloatArray, names: Sequence[str], colours: Sequence[str]) -> None:
    """Write names to the right of the axes, each beside the end of its line or led to it; the axes grow if need be."""
    figure: Any = ax.figure
    room = max(figure.get_size_inches()[1] - AROUND, 1.0)
    low, high = ax.get_ylim()
    # As many names as fit below each other, or more of the axis.
    needed = len(names) * NAME / room
    apart = (high - low) * NAME / room * max(1.0, needed)
    places = spread(heights, apart)
    ax.set_ylim(min(low, float(places.min()) - apart / 2), max(high, float(places.max()) + apart / 2))
    for name, end, place, colour in zip(names, heights, places, colours, strict=True):
        ax.annotate(
            name, (1, end), xytext=(1.04, place), xycoords=("axes fraction", "data"),
            textcoords=("axes fraction", "data"), va="center", fontsize=8.5, parse_math=False, annotation_clip=False,
            color=colour if colour != RULE else INK,
            arrowprops={"arrowstyle": "-", "color": RULE, "linewidth": 0.7, "shrinkA": 1, "shrinkB": 1},
        )  # fmt: skip


def spread(heights: FloatArray, apart: float) -> FloatArray:
    """Move heights as little as needed (least squares) until all are so far apart: pools of neighbours."""
    order = np.argsort(heights, kind="stable")
    # With y_i - i * apart the distances become the order of an isotonic regression.
    pools: list[list[float]] = []
    for level in heights[order] - apart * np.arange(len(order)):
        pools.append([float(level), 1.0])
        while len(pools) > 1 and pools[-2][0] >= pools[-1][0]:
            (mean, size), (other, more) = pools[-2:]
            pools[-2:] = [[(mean * size + other * more) / (size + more), size + more]]
    placed = np.empty(len(order))
    placed[order] = np.concatenate([np.full(int(size), mean) for mean, size in pools]) + apart * np.arange(len(order))
    return placed
