"""Does a conclusion survive another definition of the score?"""

from collections.abc import Hashable, Mapping, Sequence
from numbers import Real
from typing import Any

import numpy as np

from npsstats.critique.definitions import DETRACTOR_WEIGHTS, define
from npsstats.inference.comparison import compare
from npsstats.inference.estimation import estimate
from npsstats.inference.methods import check_confidence_level, check_metric
from npsstats.inference.pairing import REFERENCES, is_label
from npsstats.inference.response_rates import warned_before, warned_once
from npsstats.ratings.checks import check_type
from npsstats.ratings.counts import RatingCounts
from npsstats.ratings.scales import Metric
from npsstats.ratings.surveys import SurveyCounts
from npsstats.results.definitions import ROUNDING, Definition, Sensitivity
from npsstats.results.variants import ScoreVariants
from npsstats.typing import FloatArray, IntArray

__all__ = ["score_variants", "sensitivity"]

ONLY_CATEGORIES = (
    "only {names} are known: of the cut points only those between them can be moved, and there is no mean rating"
)


def sensitivity(
    counts: RatingCounts | SurveyCounts,
    *,
    reference: Hashable = None,
    metric: Metric | None = None,
    detractor_weights: Sequence[float] = DETRACTOR_WEIGHTS,
    recodes: Mapping[str, Mapping[int, int]] | None = None,
    definitions: Sequence[Metric] | None = None,
    confidence_level: float = 0.95,
) -> Sensitivity:
    """Compare groups under many definitions of the score: which conclusions survive all of them?

    Use `score_variants` for the scores themselves and the order of several groups, `eights` for people who never give
    the ratings of promoters, `dominance` for all scorings at once.

    Parameters
    ----------
    counts : RatingCounts or SurveyCounts
        Counts by group, on the whole scale of ratings. Of published promoters, passives and detractors only the
        definitions are left that keep these categories together.
    reference : label or word
        What each group is compared with: a label, ``"previous"``, ``"year-before"``, ``"rest"``, ``"total"`` or
        ``"all-pairs"``, as for `compare`.
    metric : Metric, optional
        The definition whose conclusion is at stake; by default the metric of the counts.
    detractor_weights : sequence of float, default (0.5, 2.0)
        What a detractor counts against a promoter, at the cut points of the metric.
    recodes : mapping, optional
        Other scales: what each rating becomes, as ``{"halves": {0: 0, 1: 0, 2: 1, ...}}``; the order of ratings must be
        kept. By default 0-10 is recoded to 1-10 by merging 0 and 1, and longer scales to 1-7 and 1-5, each rating to
        the nearest one in proportion. An empty mapping leaves them out.
    definitions : sequence of Metric, optional
        Metrics to compare under, instead of all built-in definitions.
    confidence_level : float, default 0.95
        The level of each interval.

    Returns
    -------
    Sensitivity
        Per comparison and definition ``difference, low, high, statistic, pvalue, shown``; its `conclusions` say for
        each comparison what becomes of it.

    Raises
    ------
    TypeError
        If an argument has the wrong type, or there is no reference.
    ValueError
        If a name, label, weight, recode or level is not valid, the reference is a number, low scores are favourable, or
        the scale has more than 21 ratings and no `definitions` are given.
    UndefinedScoreError
        If a group has no rating.

    Warns
    -----
    SmallSampleWarning
        As for `compare`, of the metric at stake.

    Notes
    -----
    On 0-10 there are 55 pairs of cut points, and beside them top boxes, the share of detractors, means, weights of
    detractors and recoded scales. Each is compared by `compare`, and its p-value is not adjusted. "All definitions
    show that the group is higher" needs no adjustment: the claim is wrong only if one of them is wrong, and that
    one is tested at its level (intersection-union test) [1]_. "Some definition shows it" would need one: among so
    many, one will. Statistics are standard errors, so that definitions with other units can be held beside each other.

    Among the pairs of cut points are those without passives. If all these have the same sign, the distribution of one
    group lies above that of the other everywhere, and so does its score under every scoring that rises with the
    rating; if they differ in sign, some such scoring turns the order over.

    References
    ----------
    .. [1] Berger, R. L. (1982). Multiparameter hypothesis testing and acceptance sampling. Technometrics 24, 295-300.

    Examples
    --------
    >>> import npsstats as nps
    >>> sfo = nps.datasets.load("sfo")["recommend"].pool("year")
    >>> table = nps.sensitivity(sfo, reference=2017)
    >>> table.conclusions()[["year", "definitions", "lower", "shown_lower", "conclusion"]]
       year  definitions  lower  shown_lower                       conclusion
    0  2018           67     67           64  sign survives, not always shown
    >>> table.conclusions(known=True)[["year", "definitions", "lower", "shown_lower", "conclusion"]]
       year  definitions  lower  shown_lower    conclusion
    0  2018           15     15           15  survives all
    """
    chosen = _definitions(counts, metric, detractor_weights, recodes, definitions, confidence_level)
    _check_reference(counts, reference)
    asked: dict[str, Any] = {"reference": reference, "adjustment": "none", "confidence_level": confidence_level}
    with warned_once():
        found = [compare(counts, metric=chosen[0].metric, **asked)]
        with warned_before():
            found += [compare(counts, metric=given.metric, **asked) for given in chosen[1:]]

    names = ("score", "score_reference", "difference", "standard_error", "low", "high", "statistic", "pvalue")
    numbers: dict[str, Any] = {name: np.stack([getattr(one, name) for one in found], axis=1) for name in names}
    first = found[0]
    return Sensitivity(
        by=first.by,
        labels=first.labels,
        reference=first.reference,
        n=first.n,
        n_reference=first.n_reference,
        definitions=chosen,
        **numbers,
        metric=chosen[0].metric,
        confidence_level=float(confidence_level),
        design=first.design,
        references=(*first.references, "berger1982"),
        notes=(*first.notes, *_of_categories(chosen[0].metric)),
    )


def score_variants(
    counts: RatingCounts | SurveyCounts,
    *,
    metric: Metric | None = None,
    detractor_weights: Sequence[float] = DETRACTOR_WEIGHTS,
    recodes: Mapping[str, Mapping[int, int]] | None = None,
    definitions: Sequence[Metric] | None = None,
    confidence_level: float = 0.95,
) -> ScoreVariants:
    """Score groups under many definitions: how far apart are they, and does the order of the groups survive?

    Use `sensitivity` for differences with their tests.

    Parameters
    ----------
    counts : RatingCounts or SurveyCounts
        Counts by group, on the whole scale of ratings.
    metric : Metric, optional
        The definition whose order is at stake; by default the metric of the counts.
    detractor_weights, recodes, definitions : optional
        The other definitions, as for `sensitivity`.
    confidence_level : float, default 0.95
        The level of each interval.

    Returns
    -------
    ScoreVariants
        Per group and definition ``score, standard_error, low, high, rank``; its `orders` say how many pairs of groups
        change places.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ValueError
        If a name, weight, recode or level is not valid, low scores are favourable, or the scale has more than 21
        ratings and no `definitions` are given.
    UndefinedScoreError
        If a group has no rating.

    Warns
    -----
    SmallSampleWarning
        As for `estimate`, of the metric at stake.

    Notes
    -----
    Ranks are those of the sample, 1 for the highest score; groups with the same score share the better rank. Two groups
    that change places may not differ at all: whether each of the two orders is shown, say
    ``sensitivity(counts, reference="all-pairs")`` and its conclusion ``"shown both ways"``.

    Examples
    --------
    >>> import npsstats as nps
    >>> counts = nps.RatingCounts.from_categories(
    ...     promoters=[300, 200], passives=[600, 800], detractors=[100, 0], groups=["A", "B"]
    ... )
    >>> variants = nps.score_variants(counts)
    >>> variants.orders()[["definition", "first", "last"]].tail(4)
                definition first last
    4  a detractor counts 2     B    A
    5             top-1-box     A    B
    6             top-2-box     B    A
    7     minus % detractor     B    A
    """
    chosen = _definitions(counts, metric, detractor_weights, recodes, definitions, confidence_level)
    with warned_once():
        found = [estimate(counts, metric=chosen[0].metric, confidence_level=confidence_level)]
        with warned_before():
            others = (given.metric for given in chosen[1:])
            found += [estimate(counts, metric=other, confidence_level=confidence_level) for other in others]
    first = found[0]
    score = np.stack([answer.score for answer in found], axis=1)
    return ScoreVariants(
        by=first.by,
        labels=first.labels,
        n=first.n,
        definitions=chosen,
        score=score,
        standard_error=np.stack([answer.standard_error for answer in found], axis=1),
        low=np.stack([answer.low for answer in found], axis=1),
        high=np.stack([answer.high for answer in found], axis=1),
        rank=_ranks(score, chosen),
        metric=chosen[0].metric,
        confidence_level=float(confidence_level),
        design=first.design,
        references=first.references,
        notes=(*first.notes, *_of_categories(chosen[0].metric)),
    )


def _definitions(
    counts: Any, metric: Metric | None, weights: Any, recodes: Any, definitions: Any, confidence_level: float
) -> tuple[Definition, ...]:
    """Check what both questions share, and list the definitions."""
    if not isinstance(counts, SurveyCounts):
        check_type("counts", counts, RatingCounts, "npsstats.tabulate(...)")
    check_confidence_level(confidence_level)
    return define(check_metric(counts, metric), detractor_weights=weights, recodes=recodes, definitions=definitions)


def _check_reference(counts: Any, reference: Hashable) -> None:
    """Refuse what `compare` would take or advise, but many definitions cannot: a number."""
    if not counts.by:
        msg = "`reference` needs groups, and these counts have one only. Tabulate with `by`, or ask `score_variants`."
        raise ValueError(msg)
    # None may be the label of those without one.
    if is_label(counts, reference):
        return
    if reference is None:
        words = ", ".join(map(repr, REFERENCES))
        msg = f"`reference` must be given: the label of a group, or one of {words}."
        raise TypeError(msg)
    if isinstance(reference, (Real, np.number)):
        msg = (
            f"`reference` must be a label or a word such as 'previous'; got the number {reference!r}. A benchmark in "
            "points belongs to one definition of the score."
        )
        raise ValueError(msg)  # noqa: TRY004


def _ranks(score: FloatArray, definitions: Sequence[Definition]) -> IntArray:
    """Rank the groups under each definition: 1 and how many are higher, beyond rounding."""
    widths = np.array([given.metric.bounds[1] - given.metric.bounds[0] for given in definitions])
    ranks = [(score > own + ROUNDING * widths).sum(axis=0) + 1 for own in score]
    return np.array(ranks, dtype=np.int64)


def _of_categories(metric: Metric) -> tuple[str, ...]:
    """Say what cannot be asked of ratings that are categories."""
    if metric.scale.labels is None:
        return ()
    return (ONLY_CATEGORIES.format(names=", ".join(metric.scale.labels)),)
