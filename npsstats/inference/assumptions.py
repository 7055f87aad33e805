"""What a plan assumes of the ratings to come: shares, an earlier wave, or a pilot, brought to one form."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from npsstats.inference.methods import UnitProblem, check_counts
from npsstats.ratings.checks import check_type
from npsstats.ratings.counts import RatingCounts
from npsstats.ratings.pairs import PairedCounts
from npsstats.ratings.scales import NPS_CATEGORIES, Metric
from npsstats.typing import FloatArray, IntArray

__all__ = ["DESIGNS", "Assumed", "assume", "covariance_of", "is_joint"]

DESIGNS = ("one-sample", "independent", "paired", "overlapping")

# Differences of values that were typed with decimals are the same within rounding, in points.
DIGITS = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumed:
    """Assumed shares of group and reference, with their moments in points.

    Attributes
    ----------
    metric : Metric
        The score.
    shares : ndarray, shape (levels,)
        Of the group, by distinct value of the metric.
    shares_reference : ndarray, shape (levels,), or None
        Of the reference; None where the reference is a benchmark or there is none.
    score, score_reference : float
        The scores; without a reference the second is the first.
    variance, variance_reference : float
        Of one rating.
    covariance : float
        Of the two ratings of one respondent; nan where it is not known.
    changes : tuple of ndarray or None
        The differences that the two ratings of one respondent can have, ascending, and their shares.
    implied : float
        The difference of two assumed populations; nan where one was assumed.
    notes : tuple of str
        What a reader must know about the counts that the shares come from.
    """

    metric: Metric
    shares: FloatArray
    shares_reference: FloatArray | None
    score: float
    score_reference: float
    variance: float
    variance_reference: float
    covariance: float = np.nan
    changes: tuple[FloatArray, FloatArray] | None = None
    implied: float = np.nan
    notes: tuple[str, ...] = ()


def is_joint(shares: Any) -> bool:
    """Tell whether shares are those of pairs of ratings."""
    if isinstance(shares, (PairedCounts, RatingCounts)):
        return isinstance(shares, PairedCounts)
    try:
        return np.ndim(shares) == 2
    except ValueError:
        # Rows of different lengths, which are no shares of any kind.
        return False


def assume(shares: Any, shares_reference: Any, metric: Metric | None, design: str) -> Assumed:
    """Read the shares of a plan.

    Two populations come from `shares` and `shares_reference`, or from a table of joint shares; one population stands
    for both where no reference is given.
    """
    if metric is not None:
        check_type("metric", metric, Metric, "npsstats.NPS")
    if is_joint(shares):
        return _assume_joint(shares, shares_reference, metric, design)
    if metric is None and not isinstance(shares, RatingCounts) and isinstance(shares_reference, RatingCounts):
        metric = shares_reference.metric
    own, metric, notes = _read("shares", shares, metric)
    if shares_reference is None:
        other = None if design == "one-sample" else own
        score, variance = _moments(own, metric)
        return Assumed(
            metric=metric,
            shares=own,
            shares_reference=other,
            score=score,
            score_reference=score,
            variance=variance,
            variance_reference=variance,
            notes=notes,
        )
    if design == "one-sample":
        msg = "`shares_reference` belongs to a comparison of two waves; design 'one-sample' has one."
        raise ValueError(msg)
    other, _, notes_reference = _read("shares_reference", shares_reference, metric)
    (score, variance), (score_reference, variance_reference) = _moments(own, metric), _moments(other, metric)
    return Assumed(
        metric=metric,
        shares=own,
        shares_reference=other,
        score=score,
        score_reference=score_reference,
        variance=variance,
        variance_reference=variance_reference,
        implied=score - score_reference,
        notes=tuple(dict.fromkeys(notes + notes_reference)),
    )


def covariance_of(assumed: Assumed, correlation: FloatArray) -> FloatArray:
    """Compute the covariance of the two ratings of one respondent: that of the table, or from a correlation."""
    if assumed.changes is not None:
        return np.full_like(correlation, assumed.covariance)
    covariance: FloatArray = correlation * np.sqrt(assumed.variance * assumed.variance_reference)
    return covariance


def _moments(shares: FloatArray, metric: Metric) -> tuple[float, float]:
    score = float(shares @ metric.levels)
    return score, float(shares @ (metric.levels - score) ** 2)


def _read(name: str, shares: Any, metric: Metric | None) -> tuple[FloatArray, Metric, tuple[str, ...]]:
    """Read the shares of one population, by distinct value of the metric."""
    if isinstance(shares, RatingCounts):
        counts, metric = check_counts(shares, metric)
        if len(counts) != 1:
            msg = (
                f"`{name}` must be one group of counts; got {len(counts)} (by {', '.join(counts.by)}). Choose one with "
                "`counts.select(...)`, or add them up with `counts.pool()`."
            )
            raise ValueError(msg)
        table = UnitProblem.of(counts.counts, metric).counts[0]
        found, notes = table / table.sum(), counts.notes
    else:
        metric = NPS_CATEGORIES if metric is None else metric
        found, notes = _check_shares(name, shares, metric, joint=False), ()
    return _check_spread(name, found, found), metric, notes


def _assume_joint(shares: Any, shares_reference: Any, metric: Metric | None, design: str) -> Assumed:
    """Read joint shares: rows by the first rating, which is the reference, columns by the second."""
    if design not in ("paired", "overlapping"):
        msg = (
            f"`shares` of the same people in two waves need design='paired' or design='overlapping'; got {design!r}. "
            "Independent waves take `shares` and `shares_reference`."
        )
        raise ValueError(msg)
    if shares_reference is not None:
        msg = "`shares_reference` must not be given beside joint `shares`, which hold both waves."
        raise ValueError(msg)
    if isinstance(shares, PairedCounts):
        table, metric, notes = _table_of(shares, metric)
    else:
        metric = NPS_CATEGORIES if metric is None else metric
        table, notes = _check_shares("shares", shares, metric, joint=True), ()
    first, second = table.sum(axis=1), table.sum(axis=0)
    (score, variance), (score_reference, variance_reference) = _moments(second, metric), _moments(first, metric)
    levels = metric.levels
    change = np.round(levels - levels[:, None], DIGITS)
    values, column = np.unique(change, return_inverse=True)
    law = np.zeros(values.size)
    np.add.at(law, column.ravel(), table.ravel())
    _check_spread("shares", table, law)
    return Assumed(
        metric=metric,
        shares=second,
        shares_reference=first,
        score=score,
        score_reference=score_reference,
        variance=variance,
        variance_reference=variance_reference,
        covariance=float((levels - score_reference) @ table @ (levels - score)),
        changes=(values, law),
        implied=score - score_reference,
        notes=notes,
    )


def _table_of(pairs: PairedCounts, metric: Metric | None) -> tuple[FloatArray, Metric, tuple[str, ...]]:
    """Turn counts of pairs into joint shares by distinct value of the metric."""
    if pairs.metric != pairs.metric_second:
        msg = f"`shares` must hold one metric in both waves; got {pairs.metric.name} and {pairs.metric_second.name}."
        raise ValueError(msg)
    metric = pairs.metric if metric is None else metric
    if metric.scale != pairs.metric.scale:
        msg = f"`metric` {metric.name} is defined on the scale {metric.scale}; the counts are on {pairs.metric.scale}."
        raise ValueError(msg)
    if len(pairs.labels) != 1:
        msg = (
            f"`shares` must be one group of counts; got {len(pairs.labels)} (by {', '.join(pairs.by)}). Choose one "
            "with `pairs.select(...)`, or add them up with `pairs.pool()`."
        )
        raise ValueError(msg)
    counts: IntArray = pairs.counts[0]
    if not counts.sum():
        msg = "`shares` must hold respondents who were rated in both waves; these counts have none."
        raise ValueError(msg)
    levels, column = np.unique(metric.values, return_inverse=True)
    table = np.zeros((levels.size, levels.size))
    np.add.at(table, (column[:, None], column[None, :]), counts)
    return table / table.sum(), metric, pairs.notes


def _check_shares(name: str, shares: ArrayLike, metric: Metric, *, joint: bool) -> FloatArray:
    levels = metric.levels
    order = f"({', '.join(f'{value:g}' for value in levels)} points, in this order)"
    rule = f"`{name}` must hold one share for each of the {levels.size} values of {metric.name} {order}"
    if joint:
        rule = (
            f"`{name}` must hold one share for each pair of the {levels.size} values of {metric.name} {order}, rows by "
            "the first rating"
        )
    try:
        found = np.asarray(shares, dtype=np.float64)
    except (TypeError, ValueError):
        msg = f"{rule}; or counts; got {shares!r}."
        raise TypeError(msg) from None
    shape = (levels.size,) * (2 if joint else 1)
    if found.shape != shape:
        msg = f"{rule}, shape {shape}; got the shape {found.shape}."
        raise ValueError(msg)
    # Shares that were typed with a few decimals add up to 1 within rounding.
    if not ((found >= 0).all() and abs(found.sum() - 1) < 1e-9):
        hint = ""
        if (found >= 0).all() and np.isfinite(found).all() and found.sum() > 1.5:
            hint = " Divide percentages by 100; counts by their sum, or pass RatingCounts."
        elif (found >= 0).all() and abs(found.sum() - 1) < 0.02:
            hint = " Divide rounded shares by their sum."
        msg = f"{rule}, 0 or more and adding up to 1; got {found.tolist()}, which add up to {found.sum():.10g}.{hint}"
        raise ValueError(msg)
    normed: FloatArray = found / found.sum()
    return normed


def _check_spread(name: str, found: FloatArray, law: FloatArray) -> FloatArray:
    if (law > 0).sum() < 2:
        what = "change" if found.ndim == 2 else "value"
        msg = (
            f"`{name}` must leave a spread to plan for; all respondents have the same {what}. Assume shares above 0 "
            f"for another {what} too: a pilot may be too small to have met it."
        )
        raise ValueError(msg)
    return found
