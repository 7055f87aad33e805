"""Promoters, passives and detractors as points in a triangle."""

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from npsstats.inference.methods import check_confidence_level
from npsstats.kernels.simplex import likelihood_region, region_quantile
from npsstats.ratings.counts import RatingCounts
from npsstats.ratings.surveys import SurveyCounts
from npsstats.reporting.plots.drawing import INK, POINT, RULE, STYLES, check_kind, new_axes
from npsstats.reporting.plots.labels import short_names
from npsstats.results import format as write
from npsstats.typing import FloatArray, Label

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["ternary"]

SIZE = (7.5, 6.6)
# The left corner is at -1, the right one at 1, the top one here: all sides are of the same length.
TOP = np.sqrt(3.0)
# With more groups than this only the outermost ones are named.
MOST_NAMED = 12
# Where a name may stand beside its point, in points of print, the best place first.
PLACES = tuple(
    (round(r * np.cos(a), 1), round(r * np.sin(a), 1)) for r in (9, 18, 30) for a in np.pi / 4 * np.arange(8)
)
LETTER = (5.2, 11.0)


def ternary(
    counts: RatingCounts | SurveyCounts,
    *,
    trajectory: bool = False,
    regions: bool = True,
    zoom: bool = False,
    confidence_level: float = 0.95,
    ax: "Axes | None" = None,
) -> "Axes":
    """Draw each group as a point between all promoters (right), all passives (top) and all detractors (left).

    Lines join what has the same score: for NPS they are vertical, so that a point further right has the higher NPS, and
    one further up more passives. Points on one line have the same score and may be different businesses.

    Parameters
    ----------
    counts : RatingCounts or SurveyCounts
        The counts, with a metric of three values; each group with at least one rating. Of a survey the weighted shares
        are drawn.
    trajectory : bool, default False
        Whether arrows lead from each group to the next, in their order; with several group columns within equal labels
        of all but the last. Of more than six such series only the last point of each is named, of very many some.
    regions : bool, default True
        Whether the confidence region of each group is drawn: the shares that a likelihood-ratio test does not refuse,
        which lie within the triangle; of a survey with as many effective respondents as its design makes of them.
    zoom : bool, default False
        Whether only the part of the triangle around the points is drawn.
    confidence_level : float, default 0.95
        The level of the regions, of each by itself.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    TypeError
        If the counts are of another kind.
    ValueError
        If the metric does not have three values, or a group has no rating.

    Notes
    -----
    The region holds the shares q with 2 n sum p log(p / q) up to the quantile of chi-square with two degrees of freedom
    [1]_. Of a survey n is the number of respondents over the mean design effect of the shares, and the quantile one of
    F, as in the test of Rao and Scott [2]_.

    References
    ----------
    .. [1] Owen, A. B. (2001). Empirical Likelihood. Chapman & Hall/CRC. doi:10.1201/9781420036152
    .. [2] Rao, J. N. K. & Scott, A. J. (1984). On chi-squared tests for multiway contingency tables with cell
       proportions estimated from survey data. The Annals of Statistics 12, 46-60. doi:10.1214/aos/1176346391

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> import npsstats as nps
    >>> same_score = nps.RatingCounts.from_categories(
    ...     promoters=[30, 20], passives=[60, 80], detractors=[10, 0], groups=["A", "B"]
    ... )
    >>> axes = nps.plots.ternary(same_score)
    >>> axes.get_xlabel().splitlines()[0]
    'NPS'
    """
    check_kind("counts", counts, RatingCounts, SurveyCounts)
    check_confidence_level(confidence_level)
    shares = _shares_of(counts)
    labels = counts.labels
    series = list(dict.fromkeys(label[:-1] for label in labels))
    ax = new_axes(ax, SIZE)
    places = _places_of(shares)
    colours = _colours(labels, series, trajectory)
    edges = _regions(counts, shares, confidence_level) if regions else []
    box = _box(np.concatenate([places, *edges]) if edges else places) if zoom else (-1.0, 1.0, 0.0, TOP)
    _frame(ax, counts, box, zoom)
    for edge, colour in zip(edges, colours, strict=False):
        ax.fill(*edge.T, facecolor=colour, alpha=min(0.16, 1.6 / len(edges)), edgecolor=colour, linewidth=0.8)
    for place, colour in zip(places, colours, strict=True):
        ax.plot(*place, "o", color=colour, markersize=6, markeredgecolor="white", markeredgewidth=0.8, zorder=4)
    if trajectory:
        _arrows(ax, labels, series, places, colours)
    _name_points(ax, labels, places, colours, series if trajectory else [])
    lines = [counts.metric.name, f"lines: the same {counts.metric.name}; height: share of {_names(counts)[1]}s"]
    if regions:
        lines.append(f"areas: {write.level(confidence_level)} regions")
    ax.set_xlabel("\n".join([lines[0], "; ".join(lines[1:])]), color=INK, parse_math=False, labelpad=4 if zoom else 20)
    return ax


def _names(counts: RatingCounts | SurveyCounts) -> tuple[str, ...]:
    return counts.metric.level_names


def _shares_of(counts: RatingCounts | SurveyCounts) -> FloatArray:
    """Compute the shares of the three values, the lowest first."""
    levels = counts.metric.levels
    if levels.size != 3:
        msg = (
            f"`counts` must have a metric with three values, such as NPS; {counts.metric.name} has {levels.size}. Make "
            "them with metric=net_score(scale, promoters_from=..., detractors_to=...)."
        )
        raise ValueError(msg)
    if (counts.n == 0).any():
        msg = "`counts` must have a rating in each group; leave the others out with `counts.answered()`."
        raise ValueError(msg)
    proportions = counts.proportions if isinstance(counts, SurveyCounts) else counts.counts / counts.n[:, None]
    shares: FloatArray = proportions @ _members(counts)
    return shares


def _members(counts: RatingCounts | SurveyCounts) -> FloatArray:
    member: FloatArray = (np.array(counts.metric.values)[:, None] == counts.metric.levels).astype(np.float64)
    return member


def _places_of(shares: FloatArray) -> FloatArray:
    """Place shares of low, middle and high in the triangle."""
    return np.column_stack([shares[:, 2] - shares[:, 0], TOP * shares[:, 1]])


def _regions(counts: RatingCounts | SurveyCounts, shares: FloatArray, confidence_level: float) -> list[FloatArray]:
    """Find the edges of the regions, as places."""
    if isinstance(counts, RatingCounts):
        sizes, quantiles = counts.n.astype(np.float64), np.full(len(counts), region_quantile(confidence_level))
    else:
        sizes = _effective(counts, shares)
        # Without degrees of freedom nothing is known: the whole triangle.
        quantiles = np.array([region_quantile(confidence_level, df) if df > 0 else np.inf for df in counts.df.tolist()])
    return [
        _places_of(likelihood_region(share, size, quantile))
        for share, size, quantile in zip(shares, sizes.tolist(), quantiles.tolist(), strict=True)
    ]


def _effective(counts: SurveyCounts, shares: FloatArray) -> FloatArray:
    """Compute respondents over the mean design effect of the shares (Rao & Scott 1981): trace(V0^-1 V) / 2."""
    sizes = counts.n.astype(np.float64)
    for i in range(len(counts)):
        kept = shares[i] > 0
        size = int(kept.sum())
        if size < 2:
            continue
        covariance = counts.variance.of_means(counts.totals, np.eye(len(counts))[[i]], _members(counts)[:, kept])
        # With V0 that of independent respondents, trace(V0^-1 V) = n sum_k V_kk / p_k over all shares.
        effect = sizes[i] * float((np.diagonal(covariance) / shares[i, kept]).sum()) / (size - 1)
        sizes[i] = sizes[i] / effect if effect > 0 else sizes[i]
    return sizes


def _colours(labels: Sequence[Label], series: Sequence[Label], trajectory: bool) -> list[str]:
    """Give each series, or each of few groups, a colour of its own."""
    if trajectory:
        # Names at their ends tell more series than colours apart.
        return [STYLES[series.index(label[:-1]) % len(STYLES)][0] for label in labels]
    return [style[0] for style in STYLES[: len(labels)]] if len(labels) <= len(STYLES) else [POINT] * len(labels)


def _box(places: FloatArray) -> tuple[float, float, float, float]:
    """Find the part of the triangle around all places, as wide as it is high."""
    low, high = places.min(axis=0), places.max(axis=0)
    middle, half = (low + high) / 2, max(float((high - low).max()) * 0.65, 0.03)
    bottom = max(float(middle[1]) - half, 0.0)
    return float(middle[0]) - half, float(middle[0]) + half, bottom, bottom + 2 * half


def _frame(ax: "Axes", counts: RatingCounts | SurveyCounts, box: tuple[float, float, float, float], zoom: bool) -> None:
    """Draw the triangle, the lines of the same score and of the same share in the middle, and name the corners."""
    left, right, bottom, top = box
    ax.fill([-1, 1, 0], [0, 0, TOP], facecolor="none", edgecolor=INK, linewidth=1.2, zorder=2)
    low, middle, high = counts.metric.levels
    scores = _round_numbers(low + (high - low) * (left + 1) / 2, low + (high - low) * (right + 1) / 2)
    ticks = []
    for score in scores:
        # From the bottom to the side on which the score can still be had.
        foot = -1 + 2 * (score - low) / (high - low)
        share = (high - score) / (high - middle) if score > middle else (score - low) / (middle - low)
        head = (1 - share if score > middle else share - 1, TOP * share)
        ax.plot([foot, head[0]], [0, head[1]], color=RULE, linewidth=0.8, zorder=1)
        ticks.append(foot + (head[0] - foot) * bottom / head[1] if head[1] > 0 else foot)
    ax.set_xticks(ticks, [write.number(score, 0 if float(score).is_integer() else 1) for score in scores])
    shares = [share for share in _round_numbers(100 * bottom / TOP, 100 * top / TOP) if 0 <= share <= 100]
    for share in shares:
        width = 1 - share / 100
        ax.plot([-width, width], [TOP * share / 100] * 2, color=RULE, linewidth=0.6, linestyle=":", zorder=1)
    ax.set_yticks([TOP * share / 100 for share in shares], [f"{share:g} %" for share in shares])
    names = _names(counts)
    ax.set_ylabel(f"{names[1]}s", color=INK, parse_math=False)
    ax.tick_params(colors=INK, length=0)
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.set_aspect("equal")
    room = 0.0 if zoom else 0.04
    ax.set_xlim(left - room, right + room)
    ax.set_ylim(bottom - (0.02 if not zoom else 0), top + (0.12 if not zoom else 0))
    if not zoom:
        style: dict[str, Any] = {"fontsize": 9, "color": INK, "parse_math": False, "fontweight": "bold"}
        for corner, name, offset in (((-1, 0), names[0], -28), ((1, 0), names[2], -28), ((0, TOP), names[1], 10)):
            ax.annotate(
                f"all {name}s", corner, textcoords="offset points", xytext=(0, offset), ha="center", va="center",
                annotation_clip=False, **style,
            )  # fmt: skip


def _round_numbers(low: float, high: float) -> list[float]:
    """Find some four to nine round numbers from low to high."""
    width = high - low
    unit = 10.0 ** np.floor(np.log10(width))
    step = next(step for step in (unit / 10, unit / 5, unit / 4, unit / 2, unit, 2 * unit) if width / step <= 9)
    return [float(step * k) for k in range(int(np.ceil(low / step - 1e-9)), int(np.floor(high / step + 1e-9)) + 1)]


def _arrows(
    ax: "Axes", labels: Sequence[Label], series: Sequence[Label], places: FloatArray, colours: Sequence[str]
) -> None:
    """Lead from each group to the next of its series."""
    for own in series:
        rows = [i for i, label in enumerate(labels) if label[:-1] == own]
        for here, there in pairwise(rows):
            arrow = {"arrowstyle": "-|>", "color": colours[here], "linewidth": 1.3, "shrinkA": 3, "shrinkB": 3}
            ax.annotate("", places[there], xytext=places[here], arrowprops=arrow, zorder=3)


Box: TypeAlias = tuple[float, float, float, float]
"""Left, bottom, right, top, in points of print."""


def _name_points(
    ax: "Axes", labels: Sequence[Label], places: FloatArray, colours: Sequence[str], series: Sequence[Label]
) -> None:
    """Name the points where there is room: each name takes the first place that touches no other name, point or arrow.

    `series` are those with arrows.
    """
    if labels == ((),):
        return
    figure: Any = ax.figure
    ax.apply_aspect()
    spots = ax.transData.transform(places) * 72 / figure.dpi
    taken: list[Box] = [(x - 4, y - 4, x + 4, y + 4) for x, y in spots.tolist()]
    for own in series:
        for here, there in pairwise([i for i, label in enumerate(labels) if label[:-1] == own]):
            way = spots[here] + np.linspace(0, 1, 12)[1:-1, None] * (spots[there] - spots[here])
            taken += [(x - 3, y - 3, x + 3, y + 3) for x, y in way.tolist()]
    names = short_names(labels)
    for i in _named(labels, places, series):
        text = names[i]
        boxes = [_box_of(spots[i], offset, LETTER[0] * len(text)) for offset in PLACES]
        best = min(range(len(PLACES)), key=lambda k: (_overlap(boxes[k], taken), k))
        taken.append(boxes[best])
        align = {1: "left", -1: "right", 0: "center"}[_side(PLACES[best])]
        ax.annotate(
            text, places[i], textcoords="offset points", xytext=PLACES[best], ha=align, va="center", fontsize=9,
            color=colours[i] if len(set(colours)) > 1 else INK, parse_math=False, zorder=5, annotation_clip=False,
        )  # fmt: skip


def _named(labels: Sequence[Label], places: FloatArray, series: Sequence[Label]) -> list[int]:
    """Choose whom to name: of many groups those at the ends of their series, or the outermost."""
    if len(labels) <= MOST_NAMED:
        return list(range(len(labels)))
    if series:
        rows = [[i for i, label in enumerate(labels) if label[:-1] == own] for own in series]
        if len(series) <= len(STYLES):
            return sorted({end for own in rows for end in (own[0], own[-1])})
        last = np.array([own[-1] for own in rows])
        chosen: list[int] = last[range(len(last)) if len(last) <= MOST_NAMED else _outermost(places[last])].tolist()
        return chosen
    return _outermost(places)


def _outermost(places: FloatArray) -> list[int]:
    """Choose the points that lie furthest to each side."""
    return sorted({int(i) for column in places.T for i in (*column.argsort()[:2], *column.argsort()[-2:])})


def _side(offset: tuple[float, float]) -> int:
    return int(np.sign(round(offset[0])))


def _box_of(spot: FloatArray, offset: tuple[float, float], width: float) -> Box:
    """The room that a name takes beside a point."""
    left = float(spot[0]) + offset[0] - width * (1 - _side(offset)) / 2
    bottom = float(spot[1]) + offset[1] - LETTER[1] / 2
    return left, bottom, left + width, bottom + LETTER[1]


def _overlap(box: Box, others: Sequence[Box]) -> float:
    """Compute the area that a box shares with others."""
    table = np.array(others)
    wide = (np.minimum(box[2], table[:, 2]) - np.maximum(box[0], table[:, 0])).clip(min=0)
    tall = (np.minimum(box[3], table[:, 3]) - np.maximum(box[1], table[:, 1])).clip(min=0)
    return float((wide * tall).sum())
