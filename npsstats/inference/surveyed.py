"""Scores and differences of estimated totals: what the design of a sample makes of them."""

import warnings
from typing import Any

import numpy as np

from npsstats.errors import SmallSampleWarning, UndefinedScoreError
from npsstats.inference.cautions import warn_of_small_contrasts, warn_of_small_samples
from npsstats.inference.compared import Compared, Limits, Question, apart
from npsstats.inference.contrasts import CONTRAST_METHODS, ContrastProblem
from npsstats.inference.effective import EffectiveProblem, Sides, SurveyMethod, find_survey_method, unit_levels
from npsstats.inference.intervals import ONE_SAMPLE_METHODS
from npsstats.inference.methods import Settings, UnitProblem
from npsstats.inference.pairing import Pairing, is_label, pair_windows, pair_with_benchmark, pair_with_reference
from npsstats.kernels.restricted import estimate_and_scale
from npsstats.kernels.simultaneous import Contrasts
from npsstats.ratings.checks import check_type, check_whole_number
from npsstats.ratings.counts import RatingCounts
from npsstats.ratings.scales import Metric, Scale, mean_rating
from npsstats.ratings.surveys import SurveyCounts
from npsstats.results.protocol import group_text
from npsstats.typing import FloatArray, Label

__all__ = ["check_survey", "compare_survey", "scores_of", "warn_of_few_clusters", "warn_of_small_scores"]

# With fewer, t limits and those from effective respondents rest on a variance that is hardly known.
LEAST_DF = 8

# Directions of chance, relative to the largest: smaller ones are rounding.
LEAST_DIRECTION = 1e-12


def check_survey(counts: SurveyCounts, metric: Metric | None) -> Metric:
    """Find the metric of a question to a survey, and check that each group has ratings."""
    metric = counts.metric if metric is None else check_type("metric", metric, Metric, "npsstats.NPS")
    if metric.scale != counts.scale:
        msg = f"`metric` {metric.name} is defined on the scale {metric.scale}; the counts are on {counts.scale}."
        raise ValueError(msg)
    empty = np.flatnonzero(counts.n == 0)
    if empty.size:
        label = counts.labels[empty[0]]
        where = f"; the first is {group_text(label)!r}" if label else ""
        msg = (
            f"a score needs at least one rating with a weight; {empty.size} of {len(counts)} groups have none{where} "
            f"({counts.missing[empty[0]]} missing). Leave them out with `counts.answered()`."
        )
        raise UndefinedScoreError(msg)
    return metric


def scores_of(counts: SurveyCounts, metric: Metric) -> tuple[Sides, EffectiveProblem]:
    """Set up the scores of all groups."""
    sides = Sides.of(counts, np.eye(len(counts)), metric)
    rows = len(counts)
    return sides, EffectiveProblem(
        counts=(sides.shares * sides.effective[:, None])[:, None],
        values=unit_levels(metric),
        weights=np.ones((rows, 1)),
        sizes=sides.n[:, None].astype(np.float64),
        estimate=sides.mean,
        error=np.sqrt(np.diagonal(sides.covariance).clip(min=0)),
        df=sides.df.astype(np.float64),
        largest=np.maximum(sides.n - 1.0, 1.0),
    )


def compare_survey(
    counts: SurveyCounts, question: Question, method: str, settings: Settings
) -> tuple[Compared, Metric]:
    """Set up the differences of groups of a survey."""
    metric = check_survey(counts, question.metric)
    _check_question(question)
    benchmark = pair_with_benchmark(counts, metric, question.reference)
    if benchmark is not None and question.window is None:
        return _of_benchmark(counts, benchmark, metric, method, settings), metric
    # Pairing adds counts up: counts of the groups themselves say which groups are added.
    size = max(len(counts), 2)
    groups = RatingCounts(
        np.eye(len(counts), size, dtype=np.int64),
        metric=mean_rating(Scale(0, size - 1)),
        missing=np.zeros(len(counts), dtype=np.int64),
        by=counts.by,
        labels=counts.labels,
    )
    if question.window is not None:
        window = check_whole_number("window", question.window)
        pairing, what = pair_windows(groups, question.reference, window), f"windows of {window} periods, "
    else:
        pairing = pair_with_reference(groups, question.reference)
        whole = question.reference == "total" and not is_label(groups, "total")
        what = "parts of a whole, " if whole else ""
    return _of_pairing(counts, pairing, metric, method, settings, what), metric


def _check_question(question: Question) -> None:
    if question.overlap != "none":
        msg = (
            f"`overlap` is for simple counts; got {question.overlap!r}. Counts of a survey know which respondents "
            "groups have in common. For a part and its whole use reference='total'."
        )
        raise ValueError(msg)
    if question.respondents != "paired":
        msg = (
            f"`respondents` is for pairs; got {question.respondents!r}. In a survey all of each wave are compared, "
            "with the covariance of those in both. Leave it out."
        )
        raise ValueError(msg)


def _of_benchmark(counts: SurveyCounts, benchmark: float, metric: Metric, method: str, settings: Settings) -> Compared:
    chosen = find_survey_method(method, ONE_SAMPLE_METHODS)
    sides, problem = scores_of(counts, metric)
    warn_of_small_scores(chosen, method, problem, counts, metric, stacklevel=6)
    warn_of_few_clusters(sides, counts.labels, stacklevel=6)
    low, high = metric.bounds
    origin = (benchmark - low) / (high - low)
    rows = len(counts)
    return _compared(
        problem,
        chosen,
        high - low,
        origin,
        by=counts.by,
        labels=counts.labels,
        names=(benchmark,) * rows,
        n=sides.n,
        n_reference=np.zeros(rows, dtype=np.int64),
        score=_points(sides.shares, metric),
        score_reference=np.full(rows, benchmark),
        design=f"a fixed benchmark, {counts.design.description}",
        notes=counts.notes,
        **apart(rows),
    )


def _of_pairing(
    counts: SurveyCounts, pairing: Pairing, metric: Metric, method: str, settings: Settings, what: str
) -> Compared:
    chosen = find_survey_method(method, CONTRAST_METHODS)
    size = len(counts)
    rows, pieces = pairing.pieces.shape[:2]
    members = [table[..., :size].reshape(-1, size) for table in _tables(pairing)]
    distinct, place = np.unique(np.concatenate(members), axis=0, return_inverse=True)
    own, other, union, *_ = (place.ravel()[i * rows : (i + 1) * rows] for i in range(3))
    piece = place.ravel()[3 * rows :].reshape(rows, pieces)
    sides = Sides.of(counts, distinct.astype(np.float64), metric)
    totals = (distinct @ counts.totals).sum(axis=1)
    # A piece is part of the group, of the reference, or of both.
    inside = [(distinct[piece] * distinct[side][:, None]).sum(axis=2) > 0 for side in (own, other)]
    weights = inside[0] * totals[piece] / totals[own][:, None] - inside[1] * totals[piece] / totals[other][:, None]
    cross = np.zeros((rows, len(distinct)))
    cross[np.arange(rows), own] += 1
    cross[np.arange(rows), other] -= 1
    variance = ((cross @ sides.covariance) * cross).sum(axis=1).clip(min=0)
    apart_variance = (weights**2 * np.diagonal(sides.covariance)[piece]).sum(axis=1)
    # What pieces have in common makes the difference more or less certain than those of other respondents.
    factor = np.divide(apart_variance, variance, out=np.ones(rows), where=(variance > 0) & (apart_variance > 0))
    effective = sides.effective[piece] * factor[:, None]
    problem = EffectiveProblem(
        counts=sides.shares[piece] * effective[..., None],
        values=unit_levels(metric),
        weights=weights,
        sizes=sides.n[piece].astype(np.float64),
        estimate=cross @ sides.mean,
        error=np.sqrt(variance),
        df=sides.df[union].astype(np.float64),
        largest=np.maximum(sides.n[union] - 1.0, 1.0),
    )
    labels = tuple(counts.labels[i] for i in pairing.positions)
    shortfall = _simple(problem, metric).shortfall(chosen.needs)
    warn_of_small_contrasts(method, shortfall, [sides.n[own], sides.n[other]], labels, stacklevel=6)
    warn_of_few_clusters(sides, labels, stacklevel=6, which=union)
    score = _points(sides.shares, metric)
    return _compared(
        problem,
        chosen,
        metric.bounds[1] - metric.bounds[0],
        0.0,
        by=counts.by,
        labels=labels,
        names=pairing.names,
        n=sides.n[own],
        n_reference=sides.n[other],
        score=score[own],
        score_reference=score[other],
        design=what + counts.design.description,
        notes=counts.notes + pairing.notes,
        **_together(cross, sides.covariance),
    )


def _tables(pairing: Pairing) -> tuple[Any, ...]:
    """Which groups are in each group, reference, both together, and each piece."""
    union = ((pairing.own_counts + pairing.reference_counts) > 0).astype(np.int64)
    return pairing.own_counts, pairing.reference_counts, union, pairing.pieces


def _compared(problem: EffectiveProblem, chosen: SurveyMethod, width: float, origin: float, **shown: Any) -> Compared:
    def limits(asked: Settings) -> Limits:
        low, high = chosen.limits(problem, asked)
        return width * (low - origin), width * (high - origin)

    def test(null: FloatArray, asked: Settings) -> Limits:
        return chosen.test(problem, null / width + origin, asked)

    _, scale = estimate_and_scale(problem.counts, problem.values, problem.weights)
    low, high = problem.bounds
    return Compared(
        difference=shown["score"] - shown["score_reference"],
        standard_error=width * problem.error,
        scale=width * scale,
        bounds=(width * (low - origin), width * (high - origin)),
        limits=limits,
        test=test,
        title=chosen.title,
        references=chosen.references,
        **shown,
    )


def _together(cross: FloatArray, covariance: FloatArray) -> dict[str, Any]:
    """Write differences as weights of independent directions of chance."""
    lengths, directions = np.linalg.eigh(covariance)
    kept = lengths > LEAST_DIRECTION * max(lengths.max(initial=0.0), np.finfo(float).tiny)
    weights = cross @ (directions[:, kept] * np.sqrt(lengths[kept]))
    rows, size = weights.shape
    members = np.tile(np.arange(size), (rows, 1))
    contrasts = Contrasts(members, weights, np.full(size, -1), np.zeros(size))
    return {"contrasts": contrasts, "group_errors": np.ones(size)}


def warn_of_small_scores(
    chosen: SurveyMethod,
    method: str,
    problem: EffectiveProblem,
    counts: SurveyCounts,
    metric: Metric,
    *,
    stacklevel: int,
) -> None:
    """Warn of groups whose effective respondents are too few for the method."""
    simple = UnitProblem(problem.counts[:, 0], problem.values, metric.bounds, metric.name)
    effective = np.round(problem.counts.sum(axis=(1, 2)).clip(max=1e15)).astype(np.int64)
    warn_of_small_samples(method, chosen.needs.respondents(simple), effective, counts.labels, stacklevel=stacklevel + 1)


def warn_of_few_clusters(sides: Sides, labels: tuple[Label, ...], *, stacklevel: int, which: Any = slice(None)) -> None:
    """Warn of groups whose variance rests on few degrees of freedom though they have respondents enough."""
    df, n = sides.df[which], sides.n[which]
    rows = np.flatnonzero((df < LEAST_DF) & (df < n - 1))
    if rows.size:
        first = int(rows[0])
        name = f"{group_text(labels[first])}, " if labels[first] else ""
        many = "this one (" if len(labels) == 1 else f"{rows.size} of these {len(labels)} (first: "
        msg = (
            f"the variance of {many}{name}n = {n[first]}) rests on {max(int(df[first]), 0)} degrees of freedom, "
            f"clusters minus strata; with fewer than {LEAST_DF} it is hardly known, and intervals are wide or fall "
            "short."
        )
        warnings.warn(msg, SmallSampleWarning, stacklevel=stacklevel)


def _simple(problem: EffectiveProblem, metric: Metric) -> ContrastProblem:
    """Take effective respondents for respondents, to ask what methods need."""
    return ContrastProblem(
        counts=problem.counts,
        values=problem.values,
        weights=problem.weights,
        width=metric.bounds[1] - metric.bounds[0],
        name=metric.name,
    )


def _points(shares: FloatArray, metric: Metric) -> FloatArray:
    points: FloatArray = shares @ metric.levels
    return points
