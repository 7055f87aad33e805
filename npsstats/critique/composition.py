"""Two periods as tables of segments and levels: shares and scores vary together."""

from collections.abc import Hashable
from dataclasses import dataclass, replace

import numpy as np

from npsstats.critique.facing import faced, two_groups
from npsstats.critique.linearising import covariance_of, critical_value, shares_of
from npsstats.errors import UndefinedScoreError
from npsstats.inference.comparison import compare
from npsstats.inference.methods import by_level, check_metric
from npsstats.ratings.checks import check_type
from npsstats.ratings.counts import RatingCounts
from npsstats.ratings.scales import Metric, Scale, mean_rating
from npsstats.ratings.surveys import SurveyCounts
from npsstats.ratings.variances import Linearised, Replicates, Variance
from npsstats.results.protocol import group_text
from npsstats.typing import FloatArray, IntArray, Label

__all__ = ["Mix", "check_segmented", "mixes"]

Counts = RatingCounts | SurveyCounts


@dataclass(frozen=True, slots=True, kw_only=True)
class Mix:
    """A period and its reference, each a table of segments and levels of the metric.

    Attributes
    ----------
    period, reference : hashable
        What they are called.
    segments : tuple of tuple
        The labels of the segments that have ratings in either.
    n : ndarray of int, shape (2, segments)
        Their ratings, in the reference and in the period.
    totals : RatingCounts or SurveyCounts
        Reference and period as two groups.
    cells : RatingCounts or SurveyCounts
        The same two groups, with a "rating" for each segment and level.
    table : RatingCounts or SurveyCounts
        All segments of the reference, then all of the period, as groups.
    shares : ndarray, shape (2, segments, levels)
        The shares of the cells.
    parts : ndarray, shape (2, levels)
        The values above 0, and those below.
    """

    period: Hashable
    reference: Hashable
    segments: tuple[Label, ...]
    n: IntArray
    totals: Counts
    cells: Counts
    table: Counts
    shares: FloatArray
    parts: FloatArray

    def covariance(self, gradient: FloatArray) -> FloatArray:
        """Compute the covariance of contributions from their derivatives, shape (..., 2, segments, levels)."""
        return covariance_of(self.cells, gradient.reshape(-1, 2, self.shares[0].size))

    def known(self, errors: FloatArray) -> FloatArray:
        """Give standard errors if there is anything to know them from: two respondents, or clusters, in each period."""
        some = self.totals.n.min() > 1 and np.isfinite(critical_value(self.cells, 0.5))
        return errors if some else np.full_like(errors, np.nan)

    def limits(self, metric: Metric, confidence_level: float) -> tuple[float, float]:
        """Give the limits of the difference of both scores."""
        found = compare(self.totals, reference="reference", metric=metric, confidence_level=confidence_level)
        return float(found.low[0]), float(found.high[0])


def check_segmented(counts: object, metric: Metric | None) -> tuple[Counts, Metric]:
    """Check that counts have segments and periods, and find the metric."""
    if not isinstance(counts, (RatingCounts, SurveyCounts)):
        msg = (
            f"`counts` must be RatingCounts or SurveyCounts; got {type(counts).__name__}. Make them with `tabulate` or "
            "`tabulate_survey`, by the columns of the segments and, last, of the periods."
        )
        raise TypeError(msg)
    asked = check_metric(counts, metric)
    check_type("metric", asked, Metric, "npsstats.NPS")
    if asked.scale != counts.scale:
        msg = f"`metric` {asked.name} is defined on the scale {asked.scale}; the counts are on {counts.scale}."
        raise ValueError(msg)
    if len(counts.by) < 2:
        have = f"these have one, {counts.by[0]!r}" if counts.by else "these have none"
        msg = (
            "`counts` must have group columns for segments and, last, for the periods that are compared; "
            f'{have}. Tabulate by both, as in by=["region", "year"].'
        )
        raise ValueError(msg)
    return counts, asked


def mixes(counts: Counts, metric: Metric, reference: Hashable) -> tuple[list[Mix], tuple[str, ...]]:
    """Put each period and its reference side by side, segment by segment.

    Parameters
    ----------
    counts : RatingCounts or SurveyCounts
        By segments and, last, period.
    metric : Metric
    reference : hashable
        As for `compare`, between periods.

    Returns
    -------
    mixes : list of Mix
    notes : tuple of str
    """
    periods = counts.pool(counts.by[-1])
    # Counts of the periods themselves say which of them are added up.
    size = max(len(periods), 2)
    marks = RatingCounts(
        np.eye(len(periods), size, dtype=np.int64),
        metric=mean_rating(Scale(0, size - 1)),
        missing=np.zeros(len(periods), dtype=np.int64),
        by=periods.by,
        labels=periods.labels,
    )
    comparisons, notes = faced(marks, reference)
    of_period = {label: i for i, label in enumerate(periods.labels)}
    column = np.array([of_period[label[-1:]] for label in counts.labels], dtype=np.intp)
    found = []
    for facing in comparisons:
        inside = facing.counts.counts[:, column].astype(np.float64)
        found.append(_mix(counts, metric, inside, facing.label[-1], facing.reference))
    return found, notes


def _mix(counts: Counts, metric: Metric, inside: FloatArray, period: Hashable, reference: Hashable) -> Mix:
    """Sort groups into segments; `inside` says which groups are in reference and period, 1 or 0."""
    totals = _two_periods(counts, inside)
    for name, n in zip((reference, period), totals.n, strict=True):
        if n == 0:
            msg = f"a score needs at least one rating; {counts.by[-1]} {group_text(name)} has none."
            raise UndefinedScoreError(msg)
    rated = (inside * (counts.n > 0)).sum(axis=0) > 0
    inhabited = {label[:-1] for label, there in zip(counts.labels, rated, strict=True) if there}
    segments = tuple(label for label in dict.fromkeys(label[:-1] for label in counts.labels) if label in inhabited)
    where = {label: i for i, label in enumerate(segments)}
    members = np.zeros((2, len(segments), len(counts)))
    for group in np.flatnonzero(rated):
        members[:, where[counts.labels[group][:-1]], group] = inside[:, group]
    table = _pooled(counts, members.reshape(-1, len(counts)))
    cells = _cells(table, totals, metric, len(segments))
    return Mix(
        period=period,
        reference=reference,
        segments=segments,
        n=table.n.reshape(2, -1),
        totals=totals,
        cells=cells,
        table=table,
        shares=shares_of(cells).reshape(2, len(segments), -1),
        parts=np.stack([metric.levels.clip(min=0), metric.levels.clip(max=0)]),
    )


def _two_periods(counts: Counts, inside: FloatArray) -> Counts:
    if isinstance(counts, RatingCounts):
        return two_groups(counts, inside)
    return two_groups(counts, inside)


def _pooled(counts: Counts, members: FloatArray) -> Counts:
    """Add groups up to segments of the reference and of the period; `members` says which are in each."""
    if isinstance(counts, RatingCounts):
        return _pooled_respondents(counts, members)
    return replace(
        counts,
        totals=members @ counts.totals,
        respondents=_pooled_respondents(counts.respondents, members),
        variance=counts.variance.pooled(members),
        design=counts.design.pooled(members),
        squares=members @ counts.squares,
    )


def _pooled_respondents(counts: RatingCounts, members: FloatArray) -> RatingCounts:
    whole, segments = members.astype(np.int64), len(members) // 2
    return RatingCounts(
        whole @ counts.counts,
        metric=counts.metric,
        missing=whole @ counts.missing,
        by=("segment", "side"),
        labels=tuple((i, side) for side in ("reference", "group") for i in range(segments)),
        notes=counts.notes,
    )


def _cells(table: Counts, totals: Counts, metric: Metric, segments: int) -> Counts:
    """Make one "rating" of each segment and level, in two groups: shares and scores are shares of cells."""
    respondents = table if isinstance(table, RatingCounts) else table.respondents
    size = segments * metric.levels.size
    counted = RatingCounts(
        by_level(respondents.counts, metric).astype(np.int64).reshape(2, size),
        metric=mean_rating(Scale(0, size - 1)),
        missing=np.zeros(2, dtype=np.int64),
        by=("side",),
        labels=(("reference",), ("group",)),
    )
    if isinstance(table, RatingCounts) or isinstance(totals, RatingCounts):
        return counted
    return replace(
        totals,
        totals=by_level(table.totals, metric).reshape(2, size),
        respondents=counted,
        variance=_variance_of_cells(table.variance, metric, segments),
    )


def _variance_of_cells(variance: Variance, metric: Metric, segments: int) -> Variance:
    if isinstance(variance, Replicates):
        totals = by_level(variance.totals, metric)
        return replace(variance, totals=totals.reshape(len(totals), 2, -1))
    groups = 2 * segments
    table = by_level(variance.covariance.reshape(groups, -1, groups, len(metric.values)), metric)
    table = by_level(table.swapaxes(1, 3), metric).swapaxes(1, 3)
    return Linearised(table.reshape(groups * metric.levels.size, -1))
