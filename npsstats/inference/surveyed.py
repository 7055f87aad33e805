"""Scores and differences of estimated totals: what the design of a sample makes of them."""

from typing import Any

import numpy as np
from scipy.special import ndtri

from npsstats.errors import UndefinedScoreError
from npsstats.inference.compared import Compared, Limits, Question, apart
from npsstats.inference.contrasts import CONTRAST_METHODS
from npsstats.inference.effective import (
    EffectiveProblem,
    Sides,
    SurveyMethod,
    degrees_of_freedom,
    error_of,
    find_survey_method,
    unit_levels,
)
from npsstats.inference.intervals import ONE_SAMPLE_METHODS
from npsstats.inference.methods import Settings
from npsstats.inference.pairing import (
    Pairing,
    check_reference_given,
    is_label,
    pair_windows,
    pair_with_benchmark,
    pair_with_reference,
)
from npsstats.inference.survey_cautions import warn_of_small_surveys
from npsstats.kernels.effective import critical_values
from npsstats.kernels.restricted import estimate_and_scale
from npsstats.kernels.simultaneous import Contrasts
from npsstats.ratings.checks import check_type, check_whole_number
from npsstats.ratings.counts import RatingCounts
from npsstats.ratings.designs import SIMPLE
from npsstats.ratings.scales import Metric, Scale, mean_rating
from npsstats.ratings.surveys import SurveyCounts
from npsstats.results.protocol import group_text
from npsstats.typing import BoolArray, FloatArray, IndexArray, IntArray

__all__ = ["check_survey", "compare_survey", "scores_of"]

# Directions of chance, relative to the largest: smaller ones are rounding.
LEAST_DIRECTION = 1e-12

# The tail of a usual level.
USUAL_TAIL = 0.025

# A variance below this part of another one is rounding.
NOTHING = 1e-10


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
        counts=(sides.shares * (sides.effective * sides.kept)[:, None])[:, None],
        values=unit_levels(metric),
        weights=np.ones((rows, 1)),
        sizes=sides.n[:, None].astype(np.float64),
        estimate=sides.mean,
        error=np.sqrt(np.diagonal(sides.covariance).clip(min=0)),
        df=sides.df.astype(np.float64),
        effective_df=sides.effective_df,
        largest=_largest(sides.n, sides.effective_df, sides.alike),
    )


def _largest(n: IntArray, df: FloatArray, alike: BoolArray) -> FloatArray:
    """Find the degrees of freedom of as many independent respondents.

    Of ratings with one value the effective size counts clusters already: their few degrees of freedom count once.
    """
    return np.where(alike, df, np.maximum(n - 1.0, 1.0))


def compare_survey(
    counts: SurveyCounts, question: Question, method: str, settings: Settings
) -> tuple[Compared, Metric]:
    """Set up the differences of groups of a survey."""
    metric = check_survey(counts, question.metric)
    _check_question(counts, question)
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


def _check_question(counts: SurveyCounts, question: Question) -> None:
    check_reference_given(counts, question.reference)
    if question.overlap != "none":
        msg = (
            f"`overlap` is for simple counts; got {question.overlap!r}. Counts of a survey have the covariance "
            "of groups. For a part and its whole use reference='total'."
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
    warn_of_small_surveys(method, problem, counts.labels, metric, stacklevel=6)
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
        design=f"a fixed benchmark, {_sample(counts)}",
        notes=counts.notes,
        **apart(rows),
    )


def _of_pairing(
    counts: SurveyCounts, pairing: Pairing, metric: Metric, method: str, settings: Settings, what: str
) -> Compared:
    chosen = find_survey_method(method, CONTRAST_METHODS)
    rows = len(pairing.positions)
    own, other, parts, there = _members(pairing, len(counts))
    distinct, place = np.unique(np.concatenate([own, other, *parts.swapaxes(0, 1)]), axis=0, return_inverse=True)
    at_own, at_other, *at_parts = np.split(place.ravel(), len(place) // rows)
    piece = np.stack(at_parts, axis=1)
    sides = Sides.of(counts, distinct, metric)
    totals = (distinct @ counts.totals).sum(axis=1)
    shares = [_part_of(side, at, parts, piece, there, totals) for side, at in ((own, at_own), (other, at_other))]
    weights = shares[0] - shares[1]
    cross = np.zeros((rows, len(distinct)))
    np.add.at(cross, (np.arange(rows)[:, None], piece), weights)
    variance = _quadratic(cross, sides.covariance)
    excess = _excess(counts, sides, shares, piece, (at_own, at_other), variance)
    # Of a piece in one cluster nothing is known.
    known = (there & (sides.df[piece] < 1)).sum(axis=1) * (not counts.design.complete) == 0
    n, df, effective_df = _of_unions(counts, np.maximum(own, other), known)
    whole = sides.covariance / np.sqrt(np.multiply.outer(sides.kept, sides.kept))
    apart_variances = weights**2 * np.diagonal(whole)[piece]
    factor = _dependence(
        apart_variances.sum(axis=1), _quadratic(cross, whole) + excess, counts.design.clusters, unit_levels(metric)
    )
    effective = np.where(there, (sides.effective * sides.kept)[piece], 0.0) * factor[:, None]
    effective_df = _added_df(apart_variances, sides.effective_df[piece], effective_df)
    most = np.maximum(sides.n - 1.0, 1.0)[piece]
    alike = (sides.alike[piece] | ~there).sum(axis=1) == there.shape[1]
    problem = EffectiveProblem(
        counts=sides.shares[piece] * effective[..., None],
        values=unit_levels(metric),
        weights=weights,
        sizes=sides.n[piece].astype(np.float64),
        estimate=sides.mean[at_own] - sides.mean[at_other],
        error=np.sqrt(variance + excess),
        df=df.astype(np.float64),
        effective_df=effective_df,
        largest=np.where(alike, effective_df, _added_df(apart_variances, most, np.maximum(n - 1.0, 1.0))),
    )
    labels, score = tuple(counts.labels[i] for i in pairing.positions), _points(sides.shares, metric)
    warn_of_small_surveys(method, problem, labels, metric, stacklevel=6)
    return _compared(
        problem,
        chosen,
        metric.bounds[1] - metric.bounds[0],
        0.0,
        by=counts.by,
        labels=labels,
        names=pairing.names,
        n=sides.n[at_own],
        n_reference=sides.n[at_other],
        score=score[at_own],
        score_reference=score[at_other],
        design=what + _sample(counts),
        notes=counts.notes + pairing.notes,
        **_together(cross, sides.covariance),
    )


def _members(pairing: Pairing, size: int) -> tuple[FloatArray, FloatArray, FloatArray, BoolArray]:
    """Find the groups in each group, reference and piece, and which pieces there are.

    A row without a piece of a kind has its own group there instead, to be left out.
    """
    own, other, parts = (
        np.asarray(table[..., :size], dtype=np.float64)
        for table in (pairing.own_counts, pairing.reference_counts, pairing.pieces)
    )
    there = parts.sum(axis=2) > 0
    return own, other, np.where(there[..., None], parts, own[:, None]), there


def _part_of(
    side: FloatArray,
    at: IndexArray,
    parts: FloatArray,
    piece: IndexArray,
    there: BoolArray,
    totals: FloatArray,
) -> FloatArray:
    """Compute what share of a side each piece is; 0 for pieces outside of it. `totals` are those of distinct sides."""
    inside = there & ((parts * side[:, None]).sum(axis=2) > 0)
    share: FloatArray = inside * totals[piece] / totals[at][:, None]
    return share


def _quadratic(cross: FloatArray, covariance: FloatArray) -> FloatArray:
    form: FloatArray = ((cross @ covariance) * cross).sum(axis=1).clip(min=0)
    return form


def _excess(
    counts: SurveyCounts,
    sides: Sides,
    shares: list[FloatArray],
    piece: IndexArray,
    at: tuple[IndexArray, IndexArray],
    variance: FloatArray,
) -> FloatArray:
    """Compute what varying shares of the pieces add to the variance, beyond a simple random sample.

    Simple counts take the shares as they are. Where clusters differ in what share of them a group is, that would leave
    much of the variance out.
    """
    rows, (at_own, at_other) = np.arange(len(piece)), at
    cross = np.zeros((len(piece), len(sides.n)))
    np.add.at(cross, (rows, at_own), 1.0)
    np.add.at(cross, (rows, at_other), -1.0)
    mean = sides.mean[piece]
    slopes = shares[0] * (mean - sides.mean[at_own][:, None]) - shares[1] * (mean - sides.mean[at_other][:, None])
    total = counts.design.rows
    simple = total / max(total - 1, 1) * (slopes**2 / sides.n[piece]).sum(axis=1)
    whole = _quadratic(cross, sides.covariance)
    more = whole - variance - simple
    return np.where(more > NOTHING * whole, more, 0.0)


def _of_unions(counts: SurveyCounts, unions: FloatArray, known: BoolArray) -> tuple[IntArray, IntArray, FloatArray]:
    """Compute respondents and degrees of freedom of group and reference together; none where nothing is known."""
    distinct, place = np.unique(unions, axis=0, return_inverse=True)
    n, df, effective_df = degrees_of_freedom(counts, distinct)
    at = place.ravel()
    return n[at], np.where(known, df[at], 0), np.where(known, effective_df[at], 0.0)


def _added_df(variances: FloatArray, df: FloatArray, most: FloatArray) -> FloatArray:
    """Compute the degrees of freedom of a sum of variances (Satterthwaite 1946, Welch 1947), at most those of all."""
    squared = np.divide(variances**2, df, out=np.zeros_like(variances), where=df > 0).sum(axis=1)
    added = np.divide(variances.sum(axis=1) ** 2, squared, out=np.array(most), where=squared > 0)
    return np.where(most >= 1, np.clip(added, 1, np.maximum(most, 1)), most)


def _dependence(apart: FloatArray, variance: FloatArray, clusters: int, values: FloatArray) -> FloatArray:
    """Compute how many times surer a difference is than one of pieces with other respondents in each.

    Where all common respondents repeat their ratings its variance is 0; that of one of them with another rating bounds
    it then.
    """
    least = (np.diff(values).min() / clusters) ** 2
    known = np.where(variance > NOTHING * apart, variance, least)
    factor: FloatArray = np.divide(apart, known, out=np.ones_like(apart), where=apart > 0)
    return factor


def _compared(problem: EffectiveProblem, chosen: SurveyMethod, width: float, origin: float, **shown: Any) -> Compared:
    def limits(asked: Settings) -> Limits:
        low, high = chosen.limits(problem, asked)
        return width * (low - origin), width * (high - origin)

    def test(null: FloatArray, asked: Settings) -> Limits:
        return chosen.test(problem, null / width + origin, asked)

    _, scale = estimate_and_scale(problem.counts, problem.values, problem.weights)
    # What is detectable takes normal quantiles; few degrees of freedom stretch them.
    stretch = critical_values(USUAL_TAIL, problem.effective_df, problem.largest) / -ndtri(USUAL_TAIL)
    low, high = problem.bounds
    return Compared(
        difference=shown["score"] - shown["score_reference"],
        standard_error=width * error_of(problem.error**2, problem.df),
        scale=width * scale * stretch,
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


def _sample(counts: SurveyCounts) -> str:
    described = counts.design.description
    return f"a {described}" if described == SIMPLE else f"a sample with {described}"


def _points(shares: FloatArray, metric: Metric) -> FloatArray:
    points: FloatArray = shares @ metric.levels
    return points
