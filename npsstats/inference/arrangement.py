"""The ways to a difference: independent groups, parts of wholes, windows, the same people, a benchmark."""

import warnings
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from npsstats.errors import OverlapWarning
from npsstats.inference.cautions import warn_of_small_contrasts, warn_of_small_samples
from npsstats.inference.compared import OVERLAPS, Compared, Limits, Question, apart
from npsstats.inference.contrasts import CONTRAST_METHODS, ContrastProblem
from npsstats.inference.intervals import ONE_SAMPLE_METHODS, OneSampleMethod
from npsstats.inference.methods import (
    Settings,
    UnitProblem,
    by_level,
    check_counts,
    check_pairs,
    find_method,
    score_and_error,
)
from npsstats.inference.overlap import RESPONDENTS, overlapping_waves
from npsstats.inference.paired import PAIRED_METHODS
from npsstats.inference.pairing import (
    REFERENCES,
    Pairing,
    check_reference_given,
    is_label,
    pair_windows,
    pair_with_benchmark,
    pair_with_reference,
)
from npsstats.inference.surveyed import compare_survey
from npsstats.kernels.restricted import estimate_and_scale
from npsstats.ratings.checks import check_whole_number
from npsstats.ratings.counts import RatingCounts
from npsstats.ratings.pairs import PairedCounts
from npsstats.ratings.scales import Metric
from npsstats.ratings.surveys import SurveyCounts
from npsstats.typing import FloatArray, IntArray, Label

__all__ = ["put_side_by_side"]

ONE_ARM = np.ones(1)


def put_side_by_side(
    counts: RatingCounts | PairedCounts | SurveyCounts, question: Question, method: str, settings: Settings
) -> tuple[Compared, Metric]:
    """Find the design that counts and question ask for, and set up the differences."""
    if isinstance(counts, SurveyCounts):
        return compare_survey(counts, question, method, settings)
    if isinstance(counts, PairedCounts):
        _check_for_pairs(question)
        metric = check_pairs(counts, question.metric, twice=question.respondents == "paired")
        return _of_pairs(counts, metric, method, settings, respondents=question.respondents), metric
    counts, metric = check_counts(counts, question.metric)
    _check_for_groups(counts, question)
    benchmark = pair_with_benchmark(counts, metric, question.reference)
    if benchmark is not None and question.overlap != "none":
        msg = (
            "`overlap` is about respondents of the reference, and a fixed benchmark has none; got "
            f"{question.overlap!r} with reference={question.reference!r}. Leave it out."
        )
        raise ValueError(msg)
    if benchmark is not None and question.window is None:
        return _of_benchmark(counts, benchmark, metric, method, settings), metric
    if question.window is not None:
        window = check_whole_number("window", question.window)
        pairing = pair_windows(counts, question.reference, window)
        design = f"windows of {window} periods"
    else:
        contained = question.overlap == "contained"
        pairing = pair_with_reference(counts, question.reference, contained=contained)
        whole = contained or (question.reference == "total" and not is_label(counts, "total"))
        design = "parts of a whole" if whole else ""
    if question.overlap == "unknown":
        _warn_of_overlap()
    return _of_pairing(counts, pairing, metric, method, settings, design=design), metric


def _check_for_pairs(question: Question) -> None:
    if question.reference is not None:
        msg = (
            f"`reference` is for groups with other respondents in each; pairs are compared second with first wave. Got "
            f"{question.reference!r}: leave it out, or swap the waves with `pairs.reversed()`."
        )
        raise ValueError(msg)
    for name, value, default in (("window", question.window, None), ("overlap", question.overlap, "none")):
        if value != default:
            msg = f"`{name}` is for counts of groups; pairs say who answered twice. Leave it out."
            raise ValueError(msg)
    if question.respondents not in RESPONDENTS:
        msg = f"`respondents` must be one of {', '.join(map(repr, RESPONDENTS))}; got {question.respondents!r}."
        raise ValueError(msg)


def _check_for_groups(counts: RatingCounts, question: Question) -> None:
    check_reference_given(counts, question.reference)
    if question.respondents != "paired":
        msg = (
            "`respondents` is for pairs, which say who answered twice; make them with `tabulate_pairs`. Got "
            f"{question.respondents!r} with counts of groups."
        )
        raise ValueError(msg)
    if question.overlap not in OVERLAPS:
        msg = f"`overlap` must be one of {', '.join(map(repr, OVERLAPS))}; got {question.overlap!r}."
        raise ValueError(msg)
    word = question.reference in REFERENCES and not is_label(counts, question.reference)
    if question.overlap == "contained" and (question.window is not None or (word and question.reference != "total")):
        window = "" if question.window is None else f" and window={question.window}"
        msg = (
            "`overlap` 'contained' is for a group that contains the others, or for reference='total'; got "
            f"reference={question.reference!r}{window}. Leave it out."
        )
        raise ValueError(msg)


def _warn_of_overlap() -> None:
    msg = (
        "the groups share respondents, and these counts do not say which: standard errors, limits and p-values are "
        "those of independent groups, and wrong. For the same people use `tabulate_pairs`; for a part against its "
        "whole reference='total' or overlap='contained'; for rolling windows the counts of single periods and `window`."
    )
    warnings.warn(msg, OverlapWarning, stacklevel=4)


def _of_pairing(
    counts: RatingCounts, pairing: Pairing, metric: Metric, method: str, settings: Settings, *, design: str = ""
) -> Compared:
    """Compare groups of counts."""
    low, high = metric.bounds
    problem = ContrastProblem(
        counts=by_level(pairing.pieces, metric),
        values=(metric.levels - low) / (high - low),
        weights=pairing.weights,
        width=high - low,
        name=metric.name,
    )
    score, reference = (_scores(side, metric) for side in (pairing.own_counts, pairing.reference_counts))
    labels = tuple(counts.labels[i] for i in pairing.positions)
    return _of_contrast(
        problem,
        method,
        settings,
        by=counts.by,
        labels=labels,
        names=pairing.names,
        n=pairing.own_counts.sum(axis=1),
        n_reference=pairing.reference_counts.sum(axis=1),
        score=score,
        score_reference=reference,
        difference=score - reference,
        design=design,
        contrasts=pairing.contrasts,
        group_errors=_scale(by_level(counts.counts, metric)[:, None], problem.values),
        notes=counts.notes + pairing.notes,
    )


def _of_pairs(pairs: PairedCounts, metric: Metric, method: str, settings: Settings, *, respondents: str) -> Compared:
    """Compare two waves of the same people, or of partly the same."""
    label = {"by": (*pairs.by, "wave"), "labels": tuple((*label, pairs.second) for label in pairs.labels)}
    common: dict[str, Any] = {**label, "names": (pairs.first,) * len(pairs)}
    if respondents == "paired":
        return _of_stayers(pairs, metric, method, settings, common)
    waves = pairs.margins()
    score_reference, score = (_scores(wave.counts, metric) for wave in waves)
    n_reference, n = (wave.n for wave in waves)
    problem = overlapping_waves(pairs, metric, respondents)
    shared = int(pairs.n.sum())
    how = "" if respondents == "all" else ", weighted for least variance"
    # Of the weights of least variance the difference is not that of the two scores.
    plain = score - score_reference
    answer = _of_contrast(
        problem,
        method,
        settings,
        **common,
        **apart(len(pairs)),
        n=n,
        n_reference=n_reference,
        score=score,
        score_reference=score_reference,
        difference=plain if respondents == "all" else problem.width * problem.moments[0],
        design=f"waves with {shared:,} respondents in both{how}",
        notes=pairs.notes,
    )
    return replace(answer, references=(*answer.references, "derrick2017"))


def _of_stayers(
    pairs: PairedCounts, metric: Metric, method: str, settings: Settings, common: dict[str, Any]
) -> Compared:
    problem = UnitProblem.of_changes(pairs.counts, metric)
    score_reference, score = (_scores(pairs.counts.sum(axis=axis), metric) for axis in (2, 1))
    once = [int(part.sum()) for part in (pairs.first_only, pairs.second_only)]
    left_out = (
        f"only those who answered both waves are compared; {once[0]:,} answered the first only and {once[1]:,} the "
        "second only",
    )
    answer = _of_one_sample(PAIRED_METHODS, problem, method, settings, common["labels"], 0.0, 7)
    return replace(
        answer,
        **common,
        n=pairs.n,
        n_reference=pairs.n,
        score=score,
        score_reference=score_reference,
        difference=score - score_reference,
        design="the same respondents",
        notes=pairs.notes + (left_out if any(once) else ()) + answer.notes,
    )


def _of_benchmark(counts: RatingCounts, benchmark: float, metric: Metric, method: str, settings: Settings) -> Compared:
    """Compare groups with a fixed number of points."""
    problem = UnitProblem.of(counts.counts, metric)
    answer = _of_one_sample(ONE_SAMPLE_METHODS, problem, method, settings, counts.labels, benchmark, 6)
    return replace(
        answer,
        by=counts.by,
        labels=counts.labels,
        names=(benchmark,) * len(counts),
        n=counts.n,
        score_reference=np.full(len(counts), benchmark),
        design="a fixed benchmark",
        notes=counts.notes + answer.notes,
    )


def _of_one_sample(
    methods: Mapping[str, OneSampleMethod],
    problem: UnitProblem,
    method: str,
    settings: Settings,
    labels: tuple[Label, ...],
    origin: float,
    stacklevel: int,
) -> Compared:
    """Make of one score, or of one mean change, the difference from a number."""
    chosen = find_method(methods, method)
    chosen.applies(method, problem, settings)
    n = problem.counts.sum(axis=-1).astype(np.int64)
    warn_of_small_samples(method, chosen.needs.respondents(problem), n, labels, stacklevel=stacklevel)
    lowest, highest = problem.bounds

    def limits(asked: Settings) -> Limits:
        low, high = chosen.limits(problem, asked)
        return problem.to_points(low) - origin, problem.to_points(high) - origin

    def test(null: FloatArray, asked: Settings) -> Limits:
        return chosen.test(problem, (null + origin - lowest) / problem.width, asked)

    score, error = score_and_error(problem)
    rows = len(labels)
    return Compared(
        by=(),
        labels=labels,
        names=(),
        n=n,
        n_reference=np.zeros(rows, dtype=np.int64),
        score=score,
        score_reference=np.zeros(rows),
        difference=score - origin,
        standard_error=error,
        scale=problem.width * _scale(problem.counts[:, None], problem.values),
        **apart(rows),
        bounds=(np.full(rows, lowest - origin), np.full(rows, highest - origin)),
        limits=limits,
        test=test,
        title=chosen.title,
        references=chosen.references,
        notes=chosen.notes(problem, settings),
    )


def _of_contrast(
    problem: ContrastProblem, method: str, settings: Settings, *, notes: tuple[str, ...], **shown: Any
) -> Compared:
    chosen = find_method(CONTRAST_METHODS, method)
    chosen.applies(method, problem, settings)
    sizes = [shown["n"], shown["n_reference"]]
    warn_of_small_contrasts(method, problem.shortfall(chosen.needs), sizes, shown["labels"], stacklevel=6)

    def limits(asked: Settings) -> Limits:
        low, high = chosen.limits(problem, asked)
        return problem.width * low, problem.width * high

    def test(null: FloatArray, asked: Settings) -> Limits:
        return chosen.test(problem, null / problem.width, asked)

    _, variances = problem.moments
    _, scale = estimate_and_scale(problem.counts, problem.values, problem.weights)
    low, high = problem.bounds
    return Compared(
        standard_error=problem.width * np.sqrt(variances.sum(axis=-1)),
        scale=problem.width * scale,
        bounds=(problem.width * low, problem.width * high),
        limits=limits,
        test=test,
        title=chosen.title,
        references=chosen.references,
        notes=notes + chosen.notes(problem, settings),
        **shown,
    )


def _scale(counts: FloatArray, values: FloatArray) -> FloatArray:
    _, scale = estimate_and_scale(counts, values, ONE_ARM)
    return scale


def _scores(counts: IntArray, metric: Metric) -> FloatArray:
    score, _ = score_and_error(UnitProblem.of(counts, metric))
    return score
