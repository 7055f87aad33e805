"""Warnings about answers from surveys that hold less than they seem to."""

import warnings

import numpy as np

from npsstats.errors import SmallSampleWarning
from npsstats.inference.contrasts import CONTRAST_METHODS, ContrastProblem
from npsstats.inference.effective import SURVEY_METHODS, EffectiveProblem
from npsstats.inference.intervals import NOTHING, ONE_SAMPLE_METHODS, Needs
from npsstats.ratings.scales import Metric
from npsstats.results import format as write
from npsstats.results.protocol import group_text
from npsstats.typing import BoolArray, FloatArray, Label

__all__ = ["warn_of_few_clusters", "warn_of_small_surveys"]


def warn_of_small_surveys(
    method: str, problem: EffectiveProblem, labels: tuple[Label, ...], metric: Metric, *, stacklevel: int
) -> None:
    """Warn of scores or differences for which a method needs more effective respondents, or more clusters.

    Where each respondent is a cluster the needs are those of simple counts.
    """
    clustered = problem.df < problem.largest
    chosen = SURVEY_METHODS[method]
    simple = _simple_needs(method, scores=problem.counts.shape[1] == 1)
    shortfall = np.where(clustered, _shortfall(problem, metric, chosen.needs), _shortfall(problem, metric, simple))
    _warn_of_few_respondents(method, shortfall, problem, labels, stacklevel=stacklevel + 1)
    few = clustered & (problem.effective_df < chosen.least_df) & (shortfall <= 1)
    warn_of_few_clusters(method, problem.effective_df, few, chosen.least_df, labels, stacklevel=stacklevel + 1)


def _simple_needs(method: str, *, scores: bool) -> Needs:
    """Find what the method of simple counts needs that is nearest; Student's of a difference is Welch's."""
    if scores:
        return ONE_SAMPLE_METHODS[method].needs
    return CONTRAST_METHODS["welch" if method == "t" else method].needs


def _shortfall(problem: EffectiveProblem, metric: Metric, needs: Needs) -> FloatArray:
    """Compute how many times as many effective respondents are needed."""
    if needs == NOTHING:
        return np.zeros(len(problem.counts))
    width = metric.bounds[1] - metric.bounds[0]
    return ContrastProblem(
        counts=problem.counts, values=problem.values, weights=problem.weights, width=width, name=metric.name
    ).shortfall(needs)


def _warn_of_few_respondents(
    method: str, shortfall: FloatArray, problem: EffectiveProblem, labels: tuple[Label, ...], *, stacklevel: int
) -> None:
    rows = np.flatnonzero(shortfall > 1)
    if not rows.size:
        return
    first = rows[0]
    sizes = " and ".join(write.integer(float(np.floor(n))) for n in problem.counts[first].sum(axis=1) if n)
    many = shortfall[first]
    lack = "all ratings have the same value" if many == np.inf else f"it needs {many:.1f} times as many"
    advice = " Use method='score'." if method != "score" else ""
    msg = (
        f"method {method!r} falls short of its level where respondents count like so few, or are as lopsided, as in "
        f"{_which(rows, labels)}, like {sizes} independent ones; {lack}).{advice}"
    )
    warnings.warn(msg, SmallSampleWarning, stacklevel=stacklevel)


def warn_of_few_clusters(
    method: str, df: FloatArray, few: BoolArray, least: int, labels: tuple[Label, ...], *, stacklevel: int
) -> None:
    """Warn of answers whose variance rests on few degrees of freedom."""
    rows = np.flatnonzero(few)
    if not rows.size:
        return
    number = write.number(max(float(df[rows[0]]), 0.0), 1)
    advice = " Use method='score', which is wide then." if method in ("t", "wald") else ""
    msg = (
        f"method {method!r} rests on too few clusters, or on too unequal ones, in {_which(rows, labels)}: {number} "
        f"degrees of freedom, clusters counted by their size; it needs {least}).{advice}"
    )
    warnings.warn(msg, SmallSampleWarning, stacklevel=stacklevel)


def _which(rows: "np.ndarray[tuple[int], np.dtype[np.intp]]", labels: tuple[Label, ...]) -> str:
    name = group_text(labels[rows[0]]) if labels[rows[0]] else "all"
    return f"this one ({name}" if len(labels) == 1 else f"{rows.size} of these {len(labels)} (first: {name}"
