"""Pictures along time: the line of a trend, and the steps of changes."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from npsstats.ratings.periods import read_periods
from npsstats.reporting.plots.drawing import (
    INK,
    SERIES_SIZE,
    STYLES,
    check_kind,
    check_series,
    finish_series,
    legend_of,
    new_axes,
)
from npsstats.reporting.plots.labels import short_names
from npsstats.results import format as write
from npsstats.results.changes import Changes
from npsstats.results.estimates import Estimates
from npsstats.results.protocol import group_text
from npsstats.results.trends import Trend
from npsstats.typing import FloatArray, Label

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["changes", "trend"]

# With more periods than this, points are small and faint.
MANY_PERIODS = 60


def trend(trend: Trend, *, scores: Estimates | None = None, ax: "Axes | None" = None) -> "Axes":
    """Draw the scores of periods, the line through them, and the band of its limits.

    Several series have colours, markers and dashes of their own. Use `changes` for steps.

    Parameters
    ----------
    trend : Trend
        The lines, from `trend`.
    scores : Estimates, optional
        The scores of the same counts, from `estimate`: their intervals are drawn too.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    TypeError
        If the trend or the scores are of another kind.
    ValueError
        If there are more series than can be told apart, or `scores` lack a period.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> import npsstats as nps
    >>> counts = nps.RatingCounts.from_categories(
    ...     promoters=[80, 96, 85, 101, 112, 108],
    ...     passives=[70, 66, 68, 60, 62, 60],
    ...     detractors=[50, 38, 47, 39, 26, 32],
    ...     groups=["2024Q1", "2024Q2", "2024Q3", "2024Q4", "2025Q1", "2025Q2"],
    ...     by="quarter",
    ... )
    >>> axes = nps.plots.trend(nps.trend(counts), scores=nps.estimate(counts))
    >>> axes.get_ylabel()
    'NPS'
    """
    check_kind("trend", trend, Trend)
    check_series("trend", len(trend.series))
    limits = _limits_of(scores, trend.period_labels)
    ax = new_axes(ax, SERIES_SIZE)
    axis = _TimeAxis.of([label[-1] for label in trend.period_labels])
    for style, series in zip(STYLES, trend.series, strict=False):
        rows = np.array([i for i, label in enumerate(trend.period_labels) if label[:-1] == series])
        when = axis.places([trend.period_labels[i][-1] for i in rows])
        _points(ax, style, when, trend.period_score[rows])
        if limits is not None:
            ax.vlines(when, limits[0][rows], limits[1][rows], color=style[0], linewidth=1, alpha=0.6)
        ax.plot(when, trend.period_fitted[rows], color=style[0], linestyle=style[2], linewidth=2)
        _band(ax, style, when, trend.period_low[rows], trend.period_high[rows])
    level = write.level(trend.confidence_level)
    bars = f"; bars: {write.level(scores.confidence_level)} intervals of the scores" if scores is not None else ""
    band = f"band: its {level} interval" if trend.alternative == "two-sided" else f"thin line: its {level} limit"
    season = f" and {trend.season}" if trend.season else ""
    text = f"{trend.by[-1]}\nline: straight trend{season}; {band}{bars}"
    finish_series(ax, (text, trend.metric.name), axis.ticks)
    _name_series(ax, trend.series)
    return ax


def changes(changes: Changes, *, scores: Estimates | None = None, ax: "Axes | None" = None) -> "Axes":
    """Draw the levels between detected changes as steps, with the interval of the place of each change.

    A bar halfway up the step shows between which periods the new level may have begun. Levels end in the open where
    `scores` do not say where the series begins and ends.

    Parameters
    ----------
    changes : Changes
        The changes, from `find_changes`.
    scores : Estimates, optional
        The scores of the same counts, from `estimate`: they are drawn as points, and say which periods there are.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    TypeError
        If the changes or the scores are of another kind.
    ValueError
        If there are more series than can be told apart, `scores` lack a period, or without `scores` the labels cannot
        be read as periods or there is no change to draw.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> import npsstats as nps
    >>> counts = nps.RatingCounts.from_categories(
    ...     promoters=[80, 85, 78, 83, 104, 99, 106, 101],
    ...     passives=[70, 66, 71, 68, 60, 62, 57, 61],
    ...     detractors=[50, 49, 51, 49, 36, 39, 37, 38],
    ...     groups=[f"2024-{month:02d}" for month in range(1, 9)],
    ...     by="month",
    ... )
    >>> axes = nps.plots.changes(nps.find_changes(counts, rng=1), scores=nps.estimate(counts))
    >>> axes.get_ylabel()
    'NPS'
    """
    check_kind("changes", changes, Changes)
    check_series("changes", len(changes.series))
    axis = _axis_of_changes(changes, scores)
    ax = new_axes(ax, SERIES_SIZE)
    for style, series in zip(STYLES, changes.series, strict=False):
        rows = [i for i, label in enumerate(changes.labels) if label[:-1] == series]
        found = [] if scores is None else [i for i, label in enumerate(scores.labels) if label[:-1] == series]
        if scores is not None:
            when = axis.places([scores.labels[i][-1] for i in found])
            _points(ax, style, when, scores.score[found], faint=True)
        _steps(ax, style, axis, changes, rows, _overall(scores, found))
    level = write.level(changes.confidence_level)
    what = f"bar: {level} interval of the place" if len(changes) else "no change detected"
    finish_series(ax, (f"{changes.by[-1]}\nline: level; {what}", changes.metric.name), axis.ticks)
    _name_series(ax, changes.series)
    return ax


@dataclass(frozen=True, slots=True)
class _TimeAxis:
    """Where periods stand below a picture.

    Attributes
    ----------
    position : dict
        The place of each period, by its label; in years if labels read as periods, else their number.
    step : float
        From one period to the next.
    complete : bool
        Whether these are all periods there are, and not some of them.
    """

    position: dict[Hashable, float]
    step: float
    complete: bool

    @classmethod
    def of(cls, labels: Sequence[Hashable], *, complete: bool = True) -> "_TimeAxis":
        distinct = list(dict.fromkeys(labels))
        periods = read_periods(distinct)
        if periods is None:
            return cls({label: float(i) for i, label in enumerate(distinct)}, 1.0, complete)
        return cls(dict(zip(distinct, periods.time.tolist(), strict=True)), 1 / periods.per_year, complete)

    def places(self, labels: Sequence[Hashable]) -> FloatArray:
        return np.array([self.position[label] for label in labels], dtype=np.float64)

    def begins(self, label: Hashable) -> float:
        """Where a period begins: halfway from the one before it."""
        here = self.position[label]
        before = [place for place in self.position.values() if place < here] if self.complete else []
        return (here + max(before)) / 2 if before else here - self.step / 2

    @property
    def ends(self) -> tuple[float, float]:
        """Where the levels begin and end; in the open, if the ends are not known."""
        first, last = min(self.position.values()), max(self.position.values())
        more = self.step / 2 if self.complete else max(4 * self.step, 0.4 * (last - first))
        return first - more, last + more

    @property
    def ticks(self) -> tuple[list[float], list[str]]:
        ordered = sorted(self.position.items(), key=lambda entry: entry[1])
        return [place for _, place in ordered], [group_text(label) for label, _ in ordered]


def _points(ax: "Axes", style: Any, when: FloatArray, score: FloatArray, *, faint: bool = False) -> None:
    many = len(when) > MANY_PERIODS
    ax.plot(
        when,
        score,
        style[1],
        color=style[0],
        markersize=3 if many else 5,
        alpha=0.45 if many or faint else 1,
        markeredgewidth=0,
    )


def _band(ax: "Axes", style: Any, when: FloatArray, low: FloatArray, high: FloatArray) -> None:
    """Fill between the limits of a line; of a one-sided one draw the limit."""
    if np.isfinite(low).all() and np.isfinite(high).all():
        ax.fill_between(when, low, high, color=style[0], alpha=0.15, linewidth=0)
        return
    ax.plot(when, np.where(np.isfinite(low), low, high), color=style[0], linewidth=0.9)


def _limits_of(scores: Estimates | None, labels: tuple[Label, ...]) -> tuple[FloatArray, FloatArray] | None:
    """Find the limits of the scores of periods."""
    if scores is None:
        return None
    check_kind("scores", scores, Estimates)
    where = {label: i for i, label in enumerate(scores.labels)}
    lacking = [label for label in labels if label not in where]
    if lacking:
        raise ValueError(_lack(lacking[0]))
    rows = [where[label] for label in labels]
    return scores.low[rows], scores.high[rows]


def _lack(label: Label) -> str:
    return (
        "`scores` must be those of the same counts, with a score for each period; there is none of "
        f"{group_text(label)}. Make them with `estimate`."
    )


def _axis_of_changes(changes: Changes, scores: Estimates | None) -> _TimeAxis:
    """Place the periods of the changes among those of the scores, or by themselves."""
    named = [*(label[-1] for label in changes.labels), *changes.earliest, *changes.latest]
    if scores is not None:
        check_kind("scores", scores, Estimates)
        known = [label[-1] for label in scores.labels if label]
        lacking: list[Label] = [(label,) for label in [*named, *changes.likeliest] if label not in known]
        lacking += [series for series in changes.series if not any(label[:-1] == series for label in scores.labels)]
        if lacking:
            raise ValueError(_lack(lacking[0]))
        return _TimeAxis.of(known)
    if not named:
        msg = "there is no change to draw; pass `scores`, from `estimate`, for the scores of the periods."
        raise ValueError(msg)
    if read_periods(named) is None:
        msg = (
            "the labels cannot be read as periods, so that their places are not known; pass `scores`, from `estimate`."
        )
        raise ValueError(msg)
    return _TimeAxis.of(named, complete=False)


def _overall(scores: Estimates | None, rows: Sequence[int]) -> float:
    """The score of all periods of a series together."""
    if scores is None:
        return np.nan
    return float(np.average(scores.score[rows], weights=scores.n[rows]))


def _steps(ax: "Axes", style: Any, axis: _TimeAxis, changes: Changes, rows: Sequence[int], overall: float) -> None:
    """Draw the levels of a series, and bars where each new one may begin."""
    colour, _, dashes = style
    begins = [axis.begins(changes.labels[i][-1]) for i in rows]
    left, right = axis.ends
    levels = [changes.score_before[rows[0]], *(changes.score_after[i] for i in rows)] if rows else [overall]
    edges = [left, *begins, right]
    when, score = np.repeat(edges, 2)[1:-1], np.repeat(levels, 2)
    ax.plot(when, score, color=colour, linestyle=dashes, linewidth=2)
    for i, before, after in zip(rows, levels, levels[1:], strict=False):
        ends = axis.begins(changes.earliest[i]), axis.begins(changes.latest[i])
        middle = (before + after) / 2
        ax.hlines(middle, *ends, color=INK, linewidth=5, alpha=0.35)
        ax.plot(ends, (middle, middle), "|", color=INK, markersize=11, markeredgewidth=1.5)


def _name_series(ax: "Axes", series: tuple[Label, ...]) -> None:
    from matplotlib.lines import Line2D

    if len(series) > 1:
        drawn = [
            Line2D([], [], color=colour, marker=marker, linestyle=dashes, linewidth=2, markersize=5)
            for colour, marker, dashes in STYLES[: len(series)]
        ]
        legend_of(ax, drawn, short_names(series))
