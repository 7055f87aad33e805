"""Units such as stores or states, seen by several metrics: their scores, and what is known of the order of pairs."""

from collections.abc import Hashable
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.special import ndtri

from npsstats.critique.linearising import covariance_of, is_survey, shares_of
from npsstats.critique.together import check_same_people
from npsstats.inference.comparison import compare
from npsstats.kernels.rank_correlation import SAME, signs_of
from npsstats.kernels.rank_sets import order_quantile, pairs_of
from npsstats.ratings.counts import RatingCounts
from npsstats.ratings.joint import JointCounts
from npsstats.ratings.published import PublishedScores
from npsstats.ratings.surveys import SurveyCounts
from npsstats.results.format import decimals_for
from npsstats.results.protocol import group_text
from npsstats.typing import BoolArray, FloatArray, IndexArray, IntArray, Label

__all__ = [
    "Standing",
    "UnitScores",
    "Units",
    "check_units",
    "decimals_of",
    "left_out",
    "look",
]

UnitScores = JointCounts | PublishedScores

ALMOST_ONE = float(np.nextafter(1.0, 0.0))
# Units of a block: beyond, their pairs take minutes.
MOST_UNITS = 250
# Groups whose covariance is computed at a time.
TOGETHER = 50
# A mean rating on a short scale is written with two decimals, points with one.
SHORT = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The units of one block that have scores under all of some metrics.

    Attributes
    ----------
    block : tuple
        The labels of the group columns before the last.
    units : tuple
        The labels in the last group column.
    score, standard_error : ndarray, shape (metrics, units)
        In points; standard errors are nan where they are not known.
    signs : ndarray of int, shape (metrics, units, units)
        1 where the estimated score of the unit of the row is better than that of the column.
    difference, difference_error : ndarray, shape (metrics, pairs)
        By how many points the first of each pair is better, and the standard error of that.
    statistic : ndarray, shape (metrics, pairs)
        How many standard errors the difference is from what rounding alone explains, 0 or more; by the score test as
        the normal deviate that has its p-value. Infinite where no error is left.
    covariance : ndarray, shape (metrics * units, metrics * units), or None
        Of the scores; None where nothing is known of sampling.
    joint : bool
        Whether the covariance of the metrics is known.
    exact : bool
        Whether scores are taken as known exactly, with their ties.
    """

    block: Label
    units: tuple[Hashable, ...]
    score: FloatArray
    standard_error: FloatArray
    signs: IntArray
    difference: FloatArray
    difference_error: FloatArray
    statistic: FloatArray
    covariance: FloatArray | None
    joint: bool
    exact: bool

    def critical(self, level: float) -> float:
        """Find what a statistic must exceed, so that all signs taken for sure are right with this probability."""
        if self.covariance is None:
            return 0.0
        orders, units = self.score.shape
        if self.joint:
            return order_quantile(self.covariance, orders, level)
        # Whatever the correlation of the metrics: each at its share of the error (Bonferroni).
        each = 1 - (1 - level) / orders
        table = self.covariance.reshape(orders, units, orders, units)
        return max(order_quantile(table[m, :, m], 1, each) for m in range(orders))

    def known(self, critical: float) -> IntArray:
        """Give the signs of the differences that are sure, 0 for the others; shape (metrics, pairs)."""
        sure: IntArray = np.where(self.statistic > critical, np.sign(self.difference), 0.0).astype(np.int64)
        return sure


def check_units(counts: object, *, metrics: int) -> UnitScores:
    """Check that there are units, and enough metrics that say which scores are good news."""
    if isinstance(counts, (RatingCounts, SurveyCounts)):
        msg = (
            "`counts` must be the ratings of the same respondents on several metrics, from `tabulate_joint`, or "
            "published scores, `PublishedScores`; counts of one metric say nothing of another."
        )
        raise TypeError(msg)
    if not isinstance(counts, (JointCounts, PublishedScores)):
        msg = f"`counts` must be JointCounts or PublishedScores; got {type(counts).__name__}."
        raise TypeError(msg)
    if not counts.by:
        msg = "`counts` must have groups, the last column of which holds the units; pass `by` to `tabulate_joint`."
        raise ValueError(msg)
    if len(counts.names) < metrics:
        msg = (
            f"`counts` must have at least {metrics} metrics to compare orders; there is {', '.join(counts.names)} only."
        )
        raise ValueError(msg)
    signs_by_metric(counts)
    if isinstance(counts, JointCounts):
        check_same_people(counts)
    return counts


def signs_by_metric(counts: UnitScores) -> IntArray:
    """Give 1 for each metric whose high scores are good news, -1 where low ones are; an error if it was not said."""
    if isinstance(counts, PublishedScores):
        return counts.sign
    return np.array([metric.sign for metric in counts.metrics], dtype=np.int64)


def decimals_of(counts: UnitScores) -> tuple[int, ...]:
    """The decimals of the scores of each metric."""
    if isinstance(counts, JointCounts):
        return tuple(decimals_for(metric.bounds) for metric in counts.metrics)
    largest = np.nanmax(np.abs(counts.scores), axis=0, initial=0.0)
    return tuple(1 if size >= SHORT else 2 for size in largest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """All units of all blocks, with what is known of their scores; made by `look`.

    Attributes
    ----------
    labels : tuple of tuple
        The label of each unit, one entry per group column.
    unit_column : str
        The last group column.
    names : tuple of str
        The metrics.
    sign : ndarray of int, shape (metrics,)
        1 where high scores are good news, -1 where low ones are.
    scores, errors : ndarray, shape (metrics, units)
        In points; nan where there is none, and where none is known.
    covariance : ndarray, shape (metrics, units, metrics, units), or None
        Of scores from respondents.
    pairs : tuple
        Of each metric with respondents: standard error and statistic of the difference of each two units of a block,
        both of shape (units, units).
    slack : ndarray, shape (metrics,)
        How far rounding can put the difference of two published scores off.
    """

    labels: tuple[Label, ...]
    unit_column: str
    names: tuple[str, ...]
    sign: IntArray
    scores: FloatArray
    errors: FloatArray
    covariance: FloatArray | None
    pairs: tuple[tuple[FloatArray, FloatArray], ...]
    slack: FloatArray

    @property
    def blocks(self) -> list[Label]:
        """The blocks in which units stand together, in their order."""
        return list(dict.fromkeys(label[:-1] for label in self.labels))

    @property
    def metric_pairs(self) -> list[tuple[str, str]]:
        """All pairs of metrics, in their order."""
        return list(combinations(self.names, 2))

    def standing(self, block: Label, *names: str) -> Standing:
        """Look at the units of a block under some metrics: those that have scores under all of them."""
        metrics = np.array([self.names.index(name) for name in names])
        rated = ~np.isnan(self.scores[metrics]).any(axis=0)
        rows = np.array([g for g, label in enumerate(self.labels) if label[:-1] == block and rated[g]], dtype=np.intp)
        self._check_size(rows.size, block, names)
        first, second = pairs_of(rows.size)
        score = self.scores[np.ix_(metrics, rows)]
        better = self.sign[metrics, None] * score
        difference = better[:, first] - better[:, second]
        # Scores that only floating-point numbers tell apart tie.
        difference = np.where(np.abs(difference) <= SAME, 0.0, difference)
        slack = self.slack[metrics, None]
        if self.pairs:
            own = [tuple(part[rows[first], rows[second]] for part in self.pairs[m]) for m in metrics]
            error, statistic = np.array([one for one, _ in own]), np.array([other for _, other in own])
        else:
            error, statistic = _published_statistic(difference, self.errors[np.ix_(metrics, rows)], slack)
        return Standing(
            block=block,
            units=tuple(self.labels[g][-1] for g in rows),
            score=score,
            standard_error=self.errors[np.ix_(metrics, rows)],
            signs=signs_of(better),
            difference=difference,
            difference_error=error,
            statistic=statistic,
            covariance=self._covariance(metrics, rows),
            joint=self.covariance is not None,
            exact=bool(not self.pairs and np.isnan(self.errors).all() and not slack.any()),
        )

    def _covariance(self, metrics: IndexArray, rows: IndexArray) -> FloatArray | None:
        size = metrics.size * rows.size
        if self.covariance is not None:
            return self.covariance[np.ix_(metrics, rows, metrics, rows)].reshape(size, size)
        errors = self.errors[np.ix_(metrics, rows)]
        return None if np.isnan(errors).all() else np.diag(errors.ravel() ** 2)

    def _check_size(self, size: int, block: Label, names: tuple[str, ...]) -> None:
        where = f" in {group_text(block)}" if block else ""
        if size < 2:
            msg = (
                f"at least two units{where} must have scores of {' and of '.join(names)} to be ranked; got {size}. "
                f"Units are the labels of the last group column, {self.unit_column!r}; select blocks with several."
            )
            raise ValueError(msg)
        if size > MOST_UNITS:
            msg = (
                f"at most {MOST_UNITS} units can be ranked together, as each is compared with each; got {size}{where}. "
                "Select some, or put them into blocks by a group column before that of the units."
            )
            raise ValueError(msg)


def look(counts: UnitScores) -> Units:
    """Compute the scores of all units, and what is known of them."""
    common = {"labels": counts.labels, "unit_column": counts.by[-1], "names": counts.names}
    if isinstance(counts, PublishedScores):
        scores = counts.scores.T
        known = counts.standard_errors
        return Units(
            **common,  # type: ignore[arg-type]
            sign=counts.sign,
            scores=scores,
            errors=np.full(scores.shape, np.nan) if known is None else known.T,
            covariance=None,
            pairs=(),
            slack=2 * np.asarray(counts.rounding),
        )
    scores = _scores(counts)
    covariance = _covariance_of_scores(counts, scores)
    size = scores.size
    return Units(
        **common,  # type: ignore[arg-type]
        sign=signs_by_metric(counts),
        scores=scores,
        errors=np.where(
            _tell_spread(counts), np.sqrt(covariance.reshape(size, size).diagonal()).reshape(scores.shape), np.nan
        ),
        covariance=covariance,
        pairs=tuple(_compared(counts, name) for name in counts.names),
        slack=np.zeros(len(scores)),
    )


def left_out(counts: UnitScores, name: str) -> list[Label]:
    """Give the labels of the units that have no score under a metric."""
    place = counts.names.index(name)
    scores = counts.scores[:, place] if isinstance(counts, PublishedScores) else _scores(counts)[place]
    return [label for label, score in zip(counts.labels, scores, strict=True) if np.isnan(score)]


def _scores(counts: JointCounts) -> FloatArray:
    """The score of each metric and unit, of all who gave the rating; nan where nobody did."""
    shares, rows = np.nan_to_num(shares_of(counts)), []
    for value in counts.values:
        rated = ~np.isnan(value)
        size, total = shares @ rated, shares @ np.where(rated, value, 0.0)
        rows.append(np.divide(total, size, out=np.full(len(counts), np.nan), where=size > 0))
    return np.stack(rows)


def _covariance_of_scores(counts: JointCounts, scores: FloatArray) -> FloatArray:
    """Compute the covariance of all scores, shape (metrics, units, metrics, units)."""
    metrics, units = scores.shape
    every = np.arange(metrics)
    answered = np.flatnonzero(counts.n > 0)
    # Groups of a survey may share clusters. Others share nothing, and are taken some at a time to keep arrays small.
    parts = [answered] if is_survey(counts) else np.array_split(answered, -(-units // TOGETHER))
    covariance = np.zeros((metrics, units, metrics, units))
    for rows in parts:
        chosen = counts if rows.size == units else counts.select(*(counts.groups[g] for g in rows))
        influence = _influence(chosen, scores[:, rows])
        size = metrics * rows.size
        own = covariance_of(chosen, influence.reshape(size, rows.size, -1))
        covariance[np.ix_(every, rows, every, rows)] = own.reshape(metrics, rows.size, metrics, rows.size)
    return covariance


def _tell_spread(counts: JointCounts) -> BoolArray:
    """Whether the ratings of each metric and unit tell how much they vary: not one respondent, not one cluster."""
    margins = [counts.margin(name) for name in counts.names]
    return np.stack([each.df >= 1 if isinstance(each, SurveyCounts) else each.n >= 2 for each in margins])


def _influence(counts: JointCounts, scores: FloatArray) -> FloatArray:
    """Differentiate scores by shares: d (sum p v / sum p) / d p = (v - score) / sum p, over who gave the rating."""
    shares = np.nan_to_num(shares_of(counts))
    metrics, units = scores.shape
    influence = np.zeros((metrics, units, units, shares.shape[1]))
    for m, value in enumerate(counts.values):
        rated = ~np.isnan(value)
        centred = np.where(rated, np.where(rated, value, 0.0) - np.nan_to_num(scores[m])[:, None], 0.0)
        size = (shares @ rated)[:, None]
        influence[m, np.arange(units), np.arange(units)] = np.divide(
            centred, size, out=np.zeros_like(centred), where=size > 0
        )
    return influence


def _compared(counts: JointCounts, name: str) -> tuple[FloatArray, FloatArray]:
    """Compare all pairs of units of a block by the score test: standard errors, and the normal deviates of p-values."""
    units = len(counts)
    error, statistic = np.full((units, units), np.nan), np.zeros((units, units))
    margin = counts.margin(name).answered()
    within = [label[:-1] for label in margin.labels]
    if len(set(within)) == len(within):
        # No block has two units with a score; what this means is for `standing` to say.
        return error, statistic
    answer = compare(margin, reference="all-pairs", adjustment="none")
    place = {label: g for g, label in enumerate(counts.labels)}
    one = np.array([place[label] for label in answer.labels])
    other = np.array([place[(*label[:-1], name)] for label, name in zip(answer.labels, answer.reference, strict=True)])
    # Without an answer (a survey whose clusters are too few) nothing is shown.
    pvalue = np.where(np.isnan(answer.pvalue), 1.0, answer.pvalue).clip(max=ALMOST_ONE)
    for rows, columns in ((one, other), (other, one)):
        error[rows, columns], statistic[rows, columns] = answer.standard_error, np.abs(ndtri(pvalue / 2))
    return error, statistic


def _published_statistic(
    difference: FloatArray, errors: FloatArray, slack: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Compute the standard errors of differences, and how many of them are beyond what rounding explains."""
    first, second = pairs_of(errors.shape[1])
    beyond = (np.abs(difference) - slack).clip(min=0)
    beyond = np.where(beyond <= SAME, 0.0, beyond)
    sure = np.where(beyond > 0, np.inf, 0.0)
    error = np.sqrt(errors[:, first] ** 2 + errors[:, second] ** 2)
    return error, np.divide(beyond, error, out=sure, where=error > 0)
