"""When did the answers change?"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from npsstats.inference.comparison import compare
from npsstats.inference.methods import UnitProblem, check_are_counts, check_confidence_level, check_counts
from npsstats.inference.search import Exchange, Found, On, Question, neighbours, search_series
from npsstats.inference.series import answered_periods, check_order, series_of, times_of
from npsstats.kernels.wald import mean_and_variance
from npsstats.ratings.counts import RatingCounts
from npsstats.ratings.scales import Metric
from npsstats.results.changes import Changes
from npsstats.results.format import number
from npsstats.results.protocol import group_text
from npsstats.typing import BoolArray, FloatArray, IntArray, Label

__all__ = ["find_changes"]

# The normal quantile of a power of 80 %.
Z_POWER = 0.8416


def find_changes(
    counts: RatingCounts,
    *,
    metric: Metric | None = None,
    times: ArrayLike | Sequence[Any] | None = None,
    on: On = "distribution",
    exchange: Exchange = "respondents",
    penalty: float | None = None,
    max_changes: int | None = None,
    rng: Any = None,
    n_resamples: int = 1_999,
    confidence_level: float = 0.95,
) -> Changes:
    """Find the periods at which the answers changed, with where each change may lie and how far the score moved.

    The last group column holds the periods; each combination of labels of the others is a series of its own. The
    periods must be independent samples: other respondents in each. Only their order counts, not the gaps between
    them. Use `trend` for a slope rather than steps, `compare` where the place is known beforehand.

    Parameters
    ----------
    counts : RatingCounts
        Respondents by period and rating, in order of time.
    metric : Metric, optional
        The score; by default the metric of the counts.
    times : array_like, optional
        When each group was asked, as for `trend`; here only the order counts, so that any ascending numbers serve. By
        default the labels themselves are read, as periods or as numbers.
    on : {"distribution", "ratings"}, default "distribution"
        What may change: the shares of the values that the metric tells apart (for NPS detractors, passives,
        promoters), or those of all ratings.
    exchange : {"respondents", "periods"}, default "respondents"
        What is dealt out at random if nothing changes: the answers, or whole periods, which allows for periods that
        vary more than chance makes them.
    penalty : float, optional
        How much twice the log likelihood must gain by a change. By default so much that, where nothing changes, a
        single change is found with a probability of 1 - `confidence_level` at most.
    max_changes : int, optional
        The most changes in a series; as many as pay by default.
    rng : None, int or numpy.random.Generator, optional
        The seed, or the source, of the random numbers.
    n_resamples : int, default 1999
        How many times answers, or periods, are dealt out.
    confidence_level : float, default 0.95
        The level of the default penalty and of the intervals, between 0 and 1.

    Returns
    -------
    Changes
        Per change the period at which the new level begins and ``earliest, latest, n_before, n_after, score_before,
        score_after, difference, low, high, statistic, pvalue``. Without a row if no change was detected;
        ``sentences()`` says what could have been.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ValueError
        If labels cannot be read as periods, are not in order, or there is only one; if `n_resamples` is too small
        for the level; or a metric, name, number or level is not valid.
    UndefinedScoreError
        If no group has a rating.

    Notes
    -----
    A change saves the likelihood ratio statistic of a multinomial distribution on both sides of it [1]_. The
    segments are those with the highest likelihood, each change penalised, found exactly by dynamic programming [2]_.
    The penalty is a quantile of the largest statistic of one change when answers (or periods) are dealt out at random,
    with the numbers of answers by period and the pooled ratings as they are: an exact conditional test of one change,
    for each series by itself. Several false changes at once add little: in simulations of series without a change, one
    or more were found in 3 to 7.5 %, 5.5 % on average; beside a true change, a second one in up to 8 %. Where the
    scores of periods scatter by more than chance, by 15 points, dealing out answers found changes in 96 %, whole
    periods in 5 %.

    The p-value of a change is that of the largest statistic between the change before it and the change after it,
    (b + 1) / (B + 1) with b of B draws as large. It does not know that those were found in the same data.

    The earliest and the latest beginning are the ends of the set of places whose statistic falls short of the largest
    by at most -2 log(1 - sqrt(confidence_level)), 7.35 for 95 %: the limit law of the statistic for changes that are
    small against the spread, where the true place is covered with just that probability; for larger changes it is
    covered more often: in simulations in 96 to 100 %. When whole periods are exchanged, that bound is multiplied by the
    dispersion within segments; coverage was 90 % there.

    The interval of the difference is the score interval of `compare` for the segments on both sides, as if the place
    had been known: a change that was looked for tends to look larger than it is. It takes answers as independent, even
    where whole periods are exchanged.

    References
    ----------
    .. [1] Hinkley, D. V. (1970). Inference about the change-point in a sequence of random variables. Biometrika 57,
       1-17. doi:10.1093/biomet/57.1.1
    .. [2] Killick, R., Fearnhead, P. & Eckley, I. A. (2012). Optimal detection of changepoints with a linear
       computational cost. Journal of the American Statistical Association 107, 1590-1598.
       doi:10.1080/01621459.2012.737745

    Examples
    --------
    >>> import npsstats as nps
    >>> counts = nps.RatingCounts.from_categories(
    ...     promoters=[80, 85, 78, 83, 104, 99, 106, 101],
    ...     passives=[70, 66, 71, 68, 60, 62, 57, 61],
    ...     detractors=[50, 49, 51, 49, 36, 39, 37, 38],
    ...     groups=[f"2024-{month:02d}" for month in range(1, 9)],
    ...     by="month",
    ... )
    >>> changes = nps.find_changes(counts, rng=1)
    >>> changes.labels, changes.earliest, changes.latest
    ((('2024-05',),), ('2024-04',), ('2024-05',))
    >>> changes.to_frame()[["n_before", "n_after", "difference", "low", "high"]].round(1)
       n_before  n_after  difference  low  high
    0       800      800        16.6  8.9  24.3
    """
    check_confidence_level(confidence_level)
    question = Question.of(on, exchange, penalty, max_changes, rng, n_resamples, float(confidence_level))
    counts, answered, notes = answered_periods(check_are_counts(counts), "find_changes")
    counts, metric = check_counts(counts, metric)
    _check_times(counts, times, answered)
    problem = UnitProblem.of(counts.counts, metric)
    cells = problem.counts.astype(np.int64) if on == "distribution" else counts.counts
    found = [search_series(label, rows, cells[rows], question) for label, rows in series_of(counts)]
    return _result(counts, metric, problem, question, found, counts.notes + notes + _dispersion_note(found, question))


def _check_times(counts: RatingCounts, times: ArrayLike | Sequence[Any] | None, answered: BoolArray) -> None:
    """Check that the periods of each series are in order of time; of labels that are numbers that order is known."""
    labels = [label[-1] for label in counts.labels]
    if times is None and all(isinstance(label, (int, float)) for label in labels):
        check_order(counts, np.array(labels, dtype=np.float64))
    else:
        times_of(counts, times, answered)


def _result(
    counts: RatingCounts,
    metric: Metric,
    problem: UnitProblem,
    question: Question,
    found: list[Found],
    notes: tuple[str, ...],
) -> Changes:
    """Put the places into labels, and compare the segments on both sides of each."""
    sides = [
        [counts.counts[series.rows[part]].sum(axis=0) for part in (slice(start, place), slice(place, end))]
        for series in found
        for start, place, end in neighbours(series.changes, series.rows.size)
    ]
    n = counts.n
    moved = _differences(np.array(sides, dtype=np.int64).reshape(-1, 2, counts.scale.size), metric, question)

    def labels(name: str) -> tuple[Label, ...]:
        return tuple(counts.labels[i] for series in found for i in series.rows[getattr(series, name)])

    def joined(name: str) -> FloatArray:
        return np.concatenate([getattr(series, name) for series in found])

    def each(name: str) -> FloatArray:
        return np.array([getattr(series, name) for series in found], dtype=np.float64)

    return Changes(
        by=counts.by,
        labels=labels("changes"),
        earliest=tuple(label[-1] for label in labels("earliest")),
        latest=tuple(label[-1] for label in labels("latest")),
        **moved,
        statistic=joined("statistic"),
        pvalue=joined("pvalue"),
        series=tuple(series.label for series in found),
        n_periods=np.array([series.rows.size for series in found], dtype=np.int64),
        series_n=np.array([n[series.rows].sum() for series in found], dtype=np.int64),
        penalty=each("penalty"),
        likeliest=tuple(counts.labels[series.rows[series.likeliest]][-1] for series in found),
        largest=each("largest"),
        overall_pvalue=each("overall_pvalue"),
        detectable=np.array([_detectable(problem, series, question.exchange) for series in found]),
        dispersion=each("dispersion"),
        on=question.on,
        exchange=question.exchange,
        n_resamples=question.n_resamples,
        metric=metric,
        confidence_level=question.confidence_level,
        references=(*metric.references, "hinkley1970", "killick2012"),
        notes=notes,
    )


def _differences(sides: IntArray, metric: Metric, question: Question) -> dict[str, Any]:
    """Compare the scores of segments, counts of the shape (changes, 2, ratings), after minus before."""
    n_before, n_after = sides.sum(axis=2).T
    names = ("score_before", "score_after", "difference", "low", "high")
    if not len(sides):
        return {"n_before": n_before, "n_after": n_after, **{name: np.zeros(0) for name in names}}
    segments = RatingCounts(
        sides.reshape(-1, sides.shape[2]),
        metric=metric,
        missing=np.zeros(2 * len(sides), dtype=np.int64),
        by=("change", "side"),
        labels=tuple((change, side) for change in range(len(sides)) for side in ("before", "after")),
    )
    answer = compare(segments, reference="before", confidence_level=question.confidence_level)
    scores = answer.score_reference, answer.score, answer.difference, answer.low, answer.high
    return {"n_before": n_before, "n_after": n_after, **dict(zip(names, scores, strict=True))}


def _detectable(problem: UnitProblem, series: Found, exchange: Exchange) -> float:
    """The change of the score, halfway through the answers, that would be found with a probability of 80 % or more.

    The statistic at the place is about (delta / standard error)^2 if the rest of the distribution changes as little as
    it can; places nearby give it more chances.
    """
    pooled = problem.counts[series.rows].sum(axis=0)
    _, variance = mean_and_variance(pooled, problem.values)
    spread = np.sqrt(np.fmax(series.dispersion, 1)) if exchange == "periods" else 1
    # Half of the answers on either side: v (1 / (N / 2) + 1 / (N / 2)).
    return float(problem.width * (np.sqrt(series.penalty) + Z_POWER * spread) * np.sqrt(4 * variance))


def _dispersion_note(found: list[Found], question: Question) -> tuple[str, ...]:
    """Note series whose periods vary more than dealt-out answers can, and what that does."""
    wide = [series for series in found if series.excess > 3]
    if not wide:
        return ()
    where = f" (first: {group_text(wide[0].label)})" if wide[0].label else ""
    effect = {
        "respondents": "too many changes are found, with p-values too small; exchange='periods' allows for it",
        "periods": "places and p-values allow for it, the intervals of the differences do not and are too short",
    }
    return (
        f"within segments, periods of {len(wide)} of {len(found)} series{where} vary more than chance explains, "
        f"{number(wide[0].dispersion, 2)} times as much: {effect[question.exchange]}",
    )
