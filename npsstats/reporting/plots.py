"""Pictures of counts and results. Each function draws on Matplotlib axes and returns them."""

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

import numpy as np

from npsstats.ratings.counts import RatingCounts
from npsstats.results import format as write
from npsstats.results.differences import Differences
from npsstats.results.estimates import Estimates
from npsstats.results.posterior_differences import PosteriorDifference
from npsstats.results.posteriors import Posterior
from npsstats.results.protocol import group_text
from npsstats.typing import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["density", "distribution", "forest"]

INK = "#1f2a33"
POINT = "#1f6f8b"
RULE = "#b8c0c6"
# Detractors, passives, promoters; told apart by lightness too, and by readers with colour-vision deficiency.
THREE_COLOURS = ("#c8553d", "#d9d9d9", "#2a7f9e")
ROW_HEIGHT = 0.34
LONGEST_NAME = 32
MOST_ON_TOP = 5
MOST_BESIDE = 11


def forest(result: Estimates | Differences, *, ax: "Axes | None" = None) -> "Axes":
    """Draw scores or differences with their intervals, one row per group, the first on top.

    Use `distribution` for what lies behind the scores.

    Parameters
    ----------
    result : Estimates or Differences
        What to draw.
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
    >>> sfo = nps.datasets.load("sfo")["recommend"].pool("year")
    >>> axes = nps.plots.forest(nps.estimate(sfo))
    >>> axes.get_xlabel()
    'NPS with 95 % interval'
    """
    if isinstance(result, Estimates):
        centre, label = (
            result.score,
            f"{result.metric.name} with {write.level(result.confidence_level)} interval",
        )
        names = [_named(group) for group in result.labels]
    elif isinstance(result, Differences):
        centre = result.difference
        label = f"difference of {result.metric.name} with {write.level(result.confidence_level)} interval"
        pairs = zip(result.labels, result.reference, strict=True)
        names = [f"{_named(group)} vs {_named(other)}" for group, other in pairs]
    else:
        msg = f"`result` must be Estimates or Differences; got {type(result).__name__}."
        raise TypeError(msg)
    signed = isinstance(result, Differences)
    places = write.decimals_for(result.metric.bounds)
    ax = _axes(ax, len(names))
    rows = np.arange(len(names))
    ax.hlines(rows, result.low, result.high, color=POINT, linewidth=2)
    ax.plot(centre, rows, "o", color=POINT, markersize=6)
    for row, low, value, high in zip(rows, result.low, centre, result.high, strict=True):
        text = f"{write.number(value, places, signed=signed)}  [{write.interval(low, high, places)}]"
        ax.annotate(text, (1.02, row), xycoords=("axes fraction", "data"), va="center", color=INK, fontsize=9)
    if signed:
        ax.axvline(0, color=INK, linewidth=0.8, zorder=0)
    _finish(ax, names, label)
    return ax


def distribution(counts: RatingCounts, *, ax: "Axes | None" = None) -> "Axes":
    """Draw the shares of the categories as diverging stacked bars, one per group, the first on top.

    The middle category is centred on zero: bars with more promoters reach further to the right, bars with more
    detractors further to the left. Two bars with the same score may differ in width.

    Parameters
    ----------
    counts : RatingCounts
        The counts; each group with at least one rating.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure of fitting height.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
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
    if not isinstance(counts, RatingCounts):
        msg = f"`counts` must be RatingCounts; got {type(counts).__name__}."
        raise TypeError(msg)
    if (counts.n == 0).any():
        msg = "`counts` must have a rating in each group; leave the others out with `counts.answered()`."
        raise ValueError(msg)
    names = counts.metric.category_names
    shares = category_shares(counts)
    # Half of the middle category, if there is one, lies on each side of zero.
    half = len(names) / 2
    below = shares[:, : int(half)].sum(axis=1) + (shares[:, int(half)] / 2 if half % 1 else 0)
    starts = np.cumsum(shares, axis=1) - shares - below[:, None]
    ax = _axes(ax, len(counts), legend=True)
    rows = np.arange(len(counts))
    bars = []
    for share, start, colour in zip(shares.T, starts.T, _colours(len(names)), strict=True):
        bars.append(ax.barh(rows, 100 * share, left=100 * start, height=0.68, color=colour, edgecolor="white"))
        for row, width, left in zip(rows.tolist(), share.tolist(), start.tolist(), strict=True):
            if width >= 0.06:
                text = write.percent(width, 0)
                middle = 100 * (left + width / 2)
                ax.text(middle, row, text, ha="center", va="center", fontsize=8, color=_ink(colour))
    ax.axvline(0, color=INK, linewidth=0.8, zorder=0)
    ax.xaxis.set_major_formatter(lambda value, _: write.number(abs(value), 0))
    _finish(ax, [_named(group) for group in counts.labels], "% of respondents with a rating")
    _add_legend(ax, bars, names)
    return ax


def density(posterior: Posterior | PosteriorDifference, *, ax: "Axes | None" = None) -> "Axes":
    """Draw posterior densities of scores or differences, one row per group, the first on top.

    Each has the same area; the line below is the 95 % equal-tailed interval, the point the mean. Use `forest` for
    intervals without a prior.

    Parameters
    ----------
    posterior : Posterior or PosteriorDifference
        What to draw.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure of fitting height.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    TypeError
        If the posterior is of another kind.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> import npsstats as nps
    >>> sfo = nps.datasets.load("sfo")["recommend"].pool("year")
    >>> axes = nps.plots.density(nps.posterior(sfo))
    >>> axes.get_xlabel()
    'NPS: posterior density with 95 % interval'
    """
    if not isinstance(posterior, (Posterior, PosteriorDifference)):
        msg = f"`posterior` must be a Posterior or PosteriorDifference; got {type(posterior).__name__}."
        raise TypeError(msg)
    names, what = [_named(group) for group in posterior.labels], posterior.metric.name
    if isinstance(posterior, PosteriorDifference):
        pairs = zip(names, posterior.reference, strict=True)
        names, what = [f"{name} vs {_named(other)}" for name, other in pairs], f"difference of {what}"
    low, high = posterior.interval(0.95)
    tails = posterior.quantile(0.0005), posterior.quantile(0.9995)
    # Each point of a difference is an integral of its own.
    resolution = 201 if isinstance(posterior, PosteriorDifference) else 801
    points = np.linspace(tails[0].min(), tails[1].max(), resolution)
    curves = posterior.density(points)
    # A density without bound, at an end of the scale, is cut; a point mass has none.
    top = np.quantile(np.where(np.isfinite(curves), curves, 0.0), 0.998, axis=1).max() or 1.0
    ax = _axes(ax, 2 * len(names))
    for row, (curve, left, right, mean) in enumerate(zip(curves, low, high, posterior.mean, strict=True)):
        ridge = row - 0.8 * (curve / top).clip(0, 1)
        ax.fill_between(points, ridge, row, where=np.isfinite(ridge), color=POINT, alpha=0.25, linewidth=0)
        ax.plot(points, ridge, color=POINT, linewidth=1.2)
        ax.hlines(row + 0.08, left, right, color=POINT, linewidth=2.5)
        ax.plot(mean, row + 0.08, "o", color=POINT, markersize=5)
    if isinstance(posterior, PosteriorDifference):
        ax.axvline(0, color=INK, linewidth=0.8, zorder=0)
    _finish(ax, names, f"{what}: posterior density with 95 % interval")
    ax.set_ylim(len(names) - 0.7, -1)
    return ax


def category_shares(counts: RatingCounts) -> FloatArray:
    """Compute the share of each category of the metric, shape (groups, categories)."""
    names = counts.metric.category_names
    member = np.array([[category == name for name in names] for category in counts.metric.categories])
    shares: FloatArray = (counts.counts @ member) / counts.n[:, None]
    return shares


def _axes(ax: "Axes | None", rows: int, *, legend: bool = False) -> "Axes":
    if ax is not None:
        return ax
    from matplotlib import pyplot

    _, made = pyplot.subplots(figsize=figure_size(rows, legend=legend), layout="constrained")
    return made


def figure_size(rows: int, *, legend: bool = False) -> tuple[float, float]:
    """The size of a figure with so many rows, in inches."""
    return 7.5, 0.9 + ROW_HEIGHT * max(rows, 2) + (0.3 if legend else 0)


def _named(label: Hashable) -> str:
    """Write a label so that it leaves room for the picture; tables have it in full."""
    text = group_text(label) if label != () else "all"
    # What tells labels apart may stand first or last.
    half = (LONGEST_NAME - 1) // 2
    return text if len(text) <= LONGEST_NAME else f"{text[:half]}…{text[-half:]}"


def _add_legend(ax: "Axes", bars: list[Any], names: tuple[str, ...]) -> None:
    """Name the colours: few in a line on top, many beside the bars, of very many some."""
    few = len(names) <= MOST_ON_TOP
    chosen = np.unique(np.linspace(0, len(names) - 1, min(len(names), MOST_BESIDE)).round().astype(int))
    handles = [bars[i] for i in chosen]
    place: dict[str, Any] = {"loc": "lower left", "bbox_to_anchor": (0, 1), "ncols": len(names), "fontsize": 9}
    if not few:
        place = {"loc": "center left", "bbox_to_anchor": (1, 0.5), "fontsize": 8, "title": "rating", "reverse": True}
    # Matplotlib would leave out names that begin with an underscore, and set those with dollar signs as formulas.
    legend = ax.legend(handles, [" "] * len(handles), frameon=False, **place)
    shown = [names[i] for i in chosen]
    for text, name in zip(legend.get_texts(), shown if few else shown[::-1], strict=True):
        text.set_text(name)
        text.set_parse_math(False)


def _finish(ax: "Axes", names: list[str], label: str) -> None:
    ax.set_yticks(range(len(names)), names)
    for tick in ax.get_yticklabels():
        tick.set_parse_math(False)  # a label such as "$10 & up$" is text
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.set_xlabel(label, color=INK, parse_math=False)
    ax.grid(axis="x", color=RULE, linewidth=0.5, alpha=0.6)
    ax.set_axisbelow(True)
    ax.tick_params(colors=INK, length=0)
    for side in ("top", "right", "left"):
        ax.spines[side].set_visible(False)
    ax.spines["bottom"].set_color(RULE)


def _colours(size: int) -> list[Any]:
    """From red through grey to blue."""
    if size == 3:
        return list(THREE_COLOURS)
    if size == 2:
        return [THREE_COLOURS[1], THREE_COLOURS[2]]
    from matplotlib.colors import LinearSegmentedColormap

    return list(LinearSegmentedColormap.from_list("ratings", THREE_COLOURS)(np.linspace(0, 1, size)))


def _ink(colour: Any) -> str:
    """White on dark, dark on light: by relative luminance."""
    from matplotlib.colors import to_rgb

    return "white" if np.dot(to_rgb(colour), (0.2126, 0.7152, 0.0722)) < 0.5 else INK
