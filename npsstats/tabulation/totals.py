"""Totals of ratings by group, and how they vary from sample to sample."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from npsstats.kernels.linearisation import Stage, presence_patterns, total_covariance, unit_totals
from npsstats.kernels.replication import rao_wu_factors, replicate_scales
from npsstats.ratings.checks import check_rng
from npsstats.ratings.counts import RatingCounts
from npsstats.ratings.designs import SIMPLE, SampleDesign
from npsstats.ratings.surveys import SurveyCounts
from npsstats.ratings.variances import Linearised, Replicates, Variance
from npsstats.tabulation.columns import Columns
from npsstats.tabulation.questioning import SurveyQuestion, SurveyRows
from npsstats.tabulation.replicates import RaoWu, ReplicateWeights
from npsstats.tabulation.weighing import Weighed
from npsstats.typing import FloatArray, IntArray

__all__ = ["estimate_totals"]

# The covariance matrix of so many totals takes 290 MB.
MOST_TOTALS = 6_000

# Factors of clusters that are drawn at a time.
MOST_FACTORS = 20_000_000

# Published replicate weights are rounded; what is left beyond this part of the largest is rounding.
RANK_TOLERANCE = 1e-5


def estimate_totals(
    columns: Columns, rows: SurveyRows, question: SurveyQuestion, weighed: Weighed, stages: list[Stage], lonely: Any
) -> SurveyCounts:
    """Estimate totals, and how they vary."""
    ratings, groups = question.metric.scale.size, len(rows.labels)
    if groups * ratings > MOST_TOTALS and question.replicate_weights is None:
        msg = (
            f"`by` makes {groups:,} groups of {ratings} ratings; the covariance matrix is for up to {MOST_TOTALS:,} of "
            "both together. Take fewer groups at a time, or pass `replicate_weights=npsstats.RaoWu()`."
        )
        raise ValueError(msg)
    rated = rows.rated
    cell = np.where(rated, rows.group * ratings + rows.rating, -1)
    size = groups * ratings
    weight = weighed.final[rated]
    totals = np.bincount(cell[rated], weight, minlength=size).reshape(groups, ratings)
    respondents = RatingCounts(
        np.bincount(cell[rated], minlength=size).reshape(groups, ratings),
        metric=question.metric,
        missing=np.bincount(rows.group[rows.rating < 0], minlength=groups),
        by=tuple(question.by),
        labels=rows.labels,
        notes=_notes(rows, weighed),
    )
    variance, description = _variance(columns, rows, question, weighed, stages, cell, lonely)
    respondents = replace(respondents, notes=respondents.notes + _dropped(variance, respondents))
    rank, ranks = _ranks(columns, rows, question.replicate_weights)
    first = stages[0]
    present = unit_totals(first.unit, first.stratum.size, [(np.where(rated, rows.group, -1), weighed.final)], groups)
    stratum, presence, multiplicity = presence_patterns(present, first.stratum)
    design = SampleDesign(
        description=description,
        rows=rows.kept.size,
        strata=first.drawn.size,
        clusters=first.stratum.size,
        stratum=stratum,
        presence=presence,
        multiplicity=multiplicity,
        products=(present.T @ present).toarray(),
        complete=all((stage.fraction == 1).all() for stage in stages),
        rank=rank,
        ranks=ranks,
    )
    return SurveyCounts(
        totals.astype(np.float64),
        respondents=respondents,
        variance=variance,
        design=design,
        squares=np.bincount(rows.group[rated], weight**2, minlength=groups).astype(np.float64),
        weighting=weighed.summary,
    )


def _variance(
    columns: Columns,
    rows: SurveyRows,
    question: SurveyQuestion,
    weighed: Weighed,
    stages: list[Stage],
    cell: IntArray,
    lonely: Any,
) -> tuple[Variance, str]:
    """Estimate how totals vary, and say how."""
    asked = question.replicate_weights
    shape = (len(rows.labels), question.metric.scale.size)
    size = shape[0] * shape[1]
    words = _words(question, weighed, stages)
    if asked is None:
        covariance = _linearised(weighed, stages, cell, size, lonely)
        return Linearised(covariance), ", ".join(words)
    if isinstance(asked, RaoWu):
        totals = _resampled(weighed, stages[0], asked, cell, size)
        words.append(f"{asked.replicates} replicates by Rao and Wu's bootstrap")
        scales = replicate_scales("other", asked.replicates, scale=1 / asked.replicates)
        return Replicates(totals.reshape(-1, *shape), scales), ", ".join(words)
    sets = (_supplied(columns, rows, weighed, asked, name) for name in asked.columns)
    totals = _replicated(weighed, sets, cell, size)
    words.append(f"{len(asked.columns)} {asked.kind} replicate weights")
    scales = replicate_scales(
        asked.kind,
        len(asked.columns),
        fay=asked.fay or 0.0,
        scale=asked.scale,
        scales=1.0 if asked.scales is None else asked.scales,
    )
    return Replicates(totals.reshape(-1, *shape), scales, asked.centre), ", ".join(words)


def _resampled(weighed: Weighed, first: Stage, asked: RaoWu, cell: IntArray, size: int) -> FloatArray:
    """Draw clusters again and again, some replicates at a time, and estimate the totals."""
    rng, fraction = check_rng(asked.rng), first.fraction[first.stratum]
    block = max(1, MOST_FACTORS // first.stratum.size)
    sizes = [min(block, asked.replicates - start) for start in range(0, asked.replicates, block)]
    draws = (rao_wu_factors(first.stratum, many, rng, fraction) for many in sizes)
    if weighed.margins:
        # Each replicate is calibrated by itself.
        sets = (weighed.base * factor[first.unit] for factors in draws for factor in factors)
        return _replicated(weighed, sets, cell, size)
    of_units = unit_totals(first.unit, first.stratum.size, [(cell, weighed.final)], size)
    return np.concatenate([(of_units.T @ factors.T).T for factors in draws])


def _linearised(weighed: Weighed, stages: list[Stage], cell: IntArray, size: int, lonely: Any) -> FloatArray:
    """Compute the covariance matrix of totals; of calibrated ones, that of w (y - x B)."""
    entries = [(cell, weighed.final)]
    start = size
    for margin in weighed.margins:
        entries.append((margin.codes + start, weighed.final))
        start += margin.totals.size
    covariance = total_covariance(stages, entries, start, lonely)
    if not weighed.margins:
        return covariance
    residual = np.column_stack([np.eye(size), -weighed.coefficients(cell, size).T])
    explained: FloatArray = residual @ covariance @ residual.T
    return explained


def _supplied(columns: Columns, rows: SurveyRows, weighed: Weighed, asked: ReplicateWeights, name: str) -> FloatArray:
    """Read the weights of one replicate."""
    given = columns.numbers[name][rows.kept]
    wrong = np.flatnonzero(~(np.isfinite(given) & (given >= 0)))
    if wrong.size:
        first = int(wrong[0])
        msg = (
            f"`replicate_weights` must be finite numbers, 0 or more; {wrong.size} of {given.size} in {name!r} are not "
            f"(first: {given[first]:g} at {columns.where(int(rows.kept[first]))})."
        )
        raise ValueError(msg)
    if not given.any():
        msg = f"`replicate_weights` must be above 0 for some row; all in {name!r} are 0. Leave this replicate out."
        raise ValueError(msg)
    return given if asked.combined else given * weighed.base


def _replicated(weighed: Weighed, sets: Iterable[FloatArray], cell: IntArray, size: int) -> FloatArray:
    """Estimate the totals with each set of weights."""
    there = cell >= 0
    return np.array(
        [np.bincount(cell[there], weighed.again(weights)[there], minlength=size) for weights in sets], dtype=np.float64
    )


def _ranks(columns: Columns, rows: SurveyRows, asked: object) -> tuple[int, IntArray | None]:
    """Find how many replicates of the data say something new, of all rows and of those with a rating in each group."""
    if not isinstance(asked, ReplicateWeights):
        return 0, None
    groups = len(rows.labels)
    if asked.df is not None:
        return asked.df + 1, np.full(groups, asked.df + 1, dtype=np.int64)
    table = np.column_stack([columns.numbers[name][rows.kept] for name in asked.columns])
    of_groups = [_rank(table[rows.rated & (rows.group == group)]) for group in range(groups)]
    return _rank(table), np.array(of_groups, dtype=np.int64)


def _rank(table: FloatArray) -> int:
    if not table.any():
        return 0
    lengths = np.linalg.svd(table, compute_uv=False)
    return int((lengths > RANK_TOLERANCE * lengths[0]).sum())


def _words(question: SurveyQuestion, weighed: Weighed, stages: list[Stage]) -> list[str]:
    """Say how the sample was drawn and weighted."""
    words = ["weights"] if question.weight is not None or weighed.target.trim is not None else []
    if weighed.target.margins:
        names = " and ".join(known.name for known in weighed.target.margins)
        method = {"linear": "linear calibration", "logit": "logit calibration"}.get(
            weighed.target.calibration, weighed.target.calibration
        )
        words.append(f"{method} to {names}")
    first = stages[0]
    if isinstance(question.replicate_weights, ReplicateWeights):
        return words
    if question.strata:
        words.append(_many(first.drawn.size, "stratum", "strata"))
    if question.cluster:
        words.append(_many(first.stratum.size, "cluster", "clusters"))
        if len(stages) > 1:
            words.append(f"{len(stages)} stages")
    elif question.respondent is not None:
        words.append(f"{_many(first.stratum.size, 'respondent', 'respondents')} as clusters")
    if question.fpc is not None:
        words.append("finite population")
    return words or [SIMPLE]


def _dropped(variance: Variance, respondents: RatingCounts) -> tuple[str, ...]:
    """Say that a group has no weight in some replicates, which tell nothing of it."""
    if not isinstance(variance, Replicates):
        return ()
    without = (variance.totals.sum(axis=2) == 0) & (respondents.n > 0)
    many = without.sum(axis=0)
    if not many.any():
        return ()
    worst = int(many.argmax())
    group = f" of {', '.join(map(str, respondents.labels[worst]))}" if respondents.labels[worst] else ""
    return (
        f"{many[worst]:,} of {len(without):,} replicates have no weight for the ratings{group}, and are left out there",
    )


def _many(number: int, one: str, several: str) -> str:
    return f"{number:,} {one if number == 1 else several}"


def _notes(rows: SurveyRows, weighed: Weighed) -> tuple[str, ...]:
    """Say what was left out."""
    notes = []
    if rows.dropped:
        notes.append(f"{_many(rows.dropped, 'row', 'rows')} of respondents with another one in the same group left out")
    without = int(((rows.weight == 0) & (rows.rating >= 0)).sum())
    if without:
        notes.append(f"{_many(without, 'rating', 'ratings')} with weight 0 counted for nothing")
    if weighed.summary.trimmed:
        notes.append(f"{_many(weighed.summary.trimmed, 'weight', 'weights')} cut off by trimming")
    return tuple(notes)
