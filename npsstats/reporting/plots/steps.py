"""The way from one score to the other, step by step."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from npsstats.reporting.plots.drawing import (
    INK,
    POINT,
    RULE,
    THREE_COLOURS,
    check_kind,
    figure_size,
    finish_rows,
    legend_of,
    new_axes,
)
from npsstats.reporting.plots.labels import longest, short_name, short_names
from npsstats.results import format as write
from npsstats.results.decompositions import CONTRIBUTIONS, Decomposition
from npsstats.results.factors import FactorDecomposition
from npsstats.typing import FloatArray, IndexArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["waterfall"]

STEPS = ("rate", "segment")
# So many segments have a step of their own; of more, the smaller ones share one.
MOST_STEPS = 15
# Half the height of the two bars of a step together.
HALF = 0.32


def waterfall(
    result: Decomposition | FactorDecomposition,
    *,
    steps: str = "rate",
    group: Hashable = None,
    ax: "Axes | None" = None,
) -> "Axes":
    """Draw the way from the score of the reference to that of the period, a step for each contribution.

    Each step is two bars, one after the other: above what goes through promoters, below it through detractors. The thin
    line is the interval of the step. Beyond 15 segments the smaller contributions share a step.

    Parameters
    ----------
    result : Decomposition or FactorDecomposition
        The contributions, from `decompose` or `decompose_factors`.
    steps : {"rate", "segment"}, default "rate"
        Of a Decomposition: first the mix of all segments, then the rate of each, steps that do not depend on what the
        mix of a segment is held against; or for each segment mix and rate together.
    group : label, optional
        The period to draw, if there are several comparisons; the first one with this label.
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
        If there is no such period, or there are several and none is chosen, or `steps` is something else.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> import npsstats as nps
    >>> sfo = nps.datasets.load("sfo")["recommend"]
    >>> axes = nps.plots.waterfall(nps.decompose(sfo, reference=2017))
    >>> [label.get_text() for label in axes.get_yticklabels()][:3]
    ['2017', 'mix of area', 'rate of A']
    """
    check_kind("result", result, Decomposition, FactorDecomposition)
    if steps not in STEPS:
        msg = f"`steps` must be one of {', '.join(map(repr, STEPS))}; got {steps!r}."
        raise ValueError(msg)
    place = _comparison(result, group)
    found = _of_factors(result, place) if isinstance(result, FactorDecomposition) else _steps(result, place, steps)
    last = result.comparisons[place].stop - 1
    ends = float(result.score_reference[last]), float(result.score[last])
    before, after = short_names([result.reference[last], result.labels[last][-1]])
    names = [before, *found.names, after]
    metric, level = result.metric, write.level(result.confidence_level)
    split = min(metric.values) < 0 < max(metric.values)
    letters = longest(names) + 24
    ax = new_axes(ax, figure_size(len(names), legend=split, letters=letters))
    _draw(ax, found, ends, split=split)
    places = write.decimals_for(metric.bounds)
    texts = [write.number(ends[0], places)]
    for value, low, high in found.limits:
        interval = f"  [{write.interval(low, high, places)}]" if low == low else ""
        texts.append(f"{write.number(value, places, signed=True)}{interval}")
    texts.append(write.number(ends[1], places))
    finish_rows(ax, names, f"{metric.name}; thin lines and brackets: {level} intervals of the steps", beside=texts)
    if split:
        _explain(ax)
    return ax


@dataclass(frozen=True, slots=True, kw_only=True)
class _Steps:
    """Steps with their names.

    Attributes
    ----------
    names : list of str
    parts : ndarray, shape (steps, 2)
        Through promoters and through detractors.
    limits : ndarray, shape (steps, 3)
        Each step with its limits.
    """

    names: list[str]
    parts: FloatArray
    limits: FloatArray


def _comparison(result: Decomposition | FactorDecomposition, group: Hashable) -> int:
    """Find the comparison to draw."""
    periods = [result.labels[rows.start][-1] for rows in result.comparisons]
    shown = ", ".join(map(repr, periods))
    if group is None and len(periods) > 1:
        msg = f"`group` must say which of {len(periods)} comparisons to draw; the periods are {shown}."
        raise ValueError(msg)
    if group is not None and group not in periods:
        msg = f"`group` must be the label of a period that is compared; got {group!r}. The periods are {shown}."
        raise ValueError(msg)
    return periods.index(group) if group is not None else 0


def _of_factors(result: FactorDecomposition, place: int) -> _Steps:
    """Give the mix of each column, then the rate."""
    rows = slice(result.comparisons[place].start, result.comparisons[place].stop - 1)
    names = [f"mix of {name}" for name in result.factors] + ["rate"]
    limits = np.column_stack([column[rows, 0] for column in (result.contribution, result.low, result.high)])
    return _Steps(names=names, parts=result.contribution[rows, 1:], limits=limits)


def _steps(result: Decomposition, place: int, kind: str) -> _Steps:
    """Give the mix and the rate of each segment, or each segment; the smaller ones of many together."""
    rows = result.comparisons[place]
    segments = rows.stop - rows.start - 1
    column = CONTRIBUTIONS.index("rate" if kind == "rate" else "total")
    value = result.contribution[rows, column][:-1]
    labels = [result.labels[i][:-1] for i in range(rows.start, rows.stop - 1)]
    prefix = "rate of " if kind == "rate" else ""
    chosen = np.arange(segments)
    if kind == "rate":
        # What is in one period only has no rate.
        chosen = np.flatnonzero([result.presence[rows.start + i] == "both" for i in range(segments)])
    rest = np.array([], dtype=np.intp)
    if chosen.size > MOST_STEPS:
        order = chosen[np.argsort(-np.abs(value[chosen]), kind="stable")]
        chosen, rest = np.sort(order[: MOST_STEPS - 1]), order[MOST_STEPS - 1 :]
    said = short_names(labels)
    names = [f"{prefix}{said[i]}" for i in chosen]
    found = [_row(result, rows.start + i, column) for i in chosen]
    if kind == "rate":
        names.insert(0, f"mix of {short_name(result.by[:-1])}")
        found.insert(0, _row(result, rows.stop - 1, CONTRIBUTIONS.index("mix")))
    if rest.size:
        names.append(f"{prefix}{rest.size} others")
        found.append(_together(result, place, rest, column))
    table = np.array(found).reshape(-1, 5)
    return _Steps(names=names, parts=table[:, :2], limits=table[:, 2:])


def _row(result: Decomposition, row: int, column: int) -> list[float]:
    """Give a contribution through promoters and detractors, then as a whole, with its limits."""
    name = CONTRIBUTIONS[column]
    parts = [result.contribution[row, CONTRIBUTIONS.index(f"{name}_{part}")] for part in ("promoters", "detractors")]
    return [*parts, result.contribution[row, column], result.low[row, column], result.high[row, column]]


def _together(result: Decomposition, place: int, segments: IndexArray, column: int) -> list[float]:
    """Add up contributions of several segments."""
    rows = result.comparisons[place]
    # Parts of a segment: mix through promoters and detractors, rate through both.
    chosen = np.array([CONTRIBUTIONS[column] == "total"] * 2 + [True, True])
    members = np.zeros((rows.stop - rows.start - 1, chosen.size))
    members[segments] = chosen
    weights = members.ravel()
    error = float(np.sqrt(max(float(weights @ result.covariance[place] @ weights), 0.0)))
    values = np.sum([_row(result, rows.start + int(i), column)[:3] for i in segments], axis=0)
    # As many standard errors as the limits of all segments are away; nan where nothing is known.
    last, columns = rows.stop - 1, [CONTRIBUTIONS.index(name) for name in ("mix", "rate")]
    spread = result.standard_error[last, columns]
    reach = result.high[last, columns] - result.contribution[last, columns]
    times = float((reach[spread > 0] / spread[spread > 0]).min(initial=np.inf)) if (spread > 0).any() else np.nan
    return [*values.tolist(), float(values[2]) - times * error, float(values[2]) + times * error]


def _draw(ax: "Axes", found: _Steps, ends: tuple[float, float], *, split: bool) -> None:
    """Draw the scores as posts, the steps between them as bars, and the intervals."""
    rows = len(found.names)
    starts = ends[0] + np.concatenate([[0.0], np.cumsum(found.limits[:, 0])])
    for row, end in ((0, ends[0]), (rows + 1, ends[1])):
        ax.plot([end, end], [row - HALF, row + HALF], color=INK, linewidth=3, solid_capstyle="butt")
    for i, (parts, (value, low, high)) in enumerate(zip(found.parts, found.limits, strict=True)):
        row, start = i + 1, starts[i]
        if split:
            ax.barh(row - HALF / 2, parts[0], HALF, left=start, color=THREE_COLOURS[2])
            ax.barh(row + HALF / 2, parts[1], HALF, left=start + parts[0], color=THREE_COLOURS[0])
        else:
            ax.barh(row, value, 2 * HALF, left=start, color=POINT)
        if low == low:
            ax.hlines(row, start + low, start + high, color=INK, linewidth=1.1)
            ax.plot([start + low, start + high], [row, row], "|", color=INK, markersize=6, markeredgewidth=1.1)
    for row, level in enumerate(starts):
        ax.plot([level, level], [row, row + 1], color=RULE, linewidth=1, zorder=0)
    # Bars would have the axis end with them.
    ax.use_sticky_edges = False
    ax.margins(x=0.04)
    ax.autoscale_view(scaley=False)


def _explain(ax: "Axes") -> None:
    from matplotlib.patches import Patch

    handles = [Patch(color=THREE_COLOURS[2]), Patch(color=THREE_COLOURS[0])]
    legend_of(ax, handles, ["through promoters", "through detractors"])
