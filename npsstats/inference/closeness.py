"""Are scores close enough?"""

from collections.abc import Hashable
from dataclasses import replace
from typing import Any, get_args

import numpy as np
from numpy.typing import ArrayLike

from npsstats.inference.arrangement import put_side_by_side
from npsstats.inference.compared import Compared, Question
from npsstats.inference.methods import Settings, check_metric, settings_for
from npsstats.ratings.checks import check_number
from npsstats.ratings.counts import RatingCounts
from npsstats.ratings.pairs import PairedCounts
from npsstats.ratings.scales import Metric
from npsstats.ratings.surveys import SurveyCounts
from npsstats.results.equivalences import Claim, Equivalence
from npsstats.typing import FloatArray

__all__ = ["equivalence"]


def equivalence(
    counts: RatingCounts | PairedCounts | SurveyCounts,
    *,
    margin: float,
    claim: Claim = "equivalence",
    reference: Hashable = None,
    metric: Metric | None = None,
    method: str = "score",
    window: int | None = None,
    overlap: str = "none",
    respondents: str = "paired",
    confidence_level: float = 0.95,
    pseudo_counts: ArrayLike | None = None,
    rng: Any = None,
    n_resamples: int | None = None,
) -> Equivalence:
    """Test whether scores differ by less than a margin: equivalence, non-inferiority, non-superiority.

    That no difference was detected does not show that there is none; this does, up to the margin. Use `compare` for the
    differences themselves, `sample_size` with a `margin` to plan.

    Parameters
    ----------
    counts : RatingCounts, PairedCounts or SurveyCounts
        As for `compare`.
    margin : float
        The greatest difference that does not matter, in points, above 0; to be fixed before the data are seen.
    claim : {"equivalence", "non-inferiority", "non-superiority"}, default "equivalence"
        What is to be shown: that the difference, group minus reference, lies between -margin and margin; above
        -margin; below margin.
    reference, metric, method, window, overlap, respondents, pseudo_counts, rng, n_resamples
        As for `compare`.
    confidence_level : float, default 0.95
        1 - alpha, from 0.5 to 1; alpha is the probability of claiming wrongly.

    Returns
    -------
    Equivalence
        Per comparison the difference, its interval of level 1 - 2 alpha, the p-values of both margins, in points, and
        whether the claim is shown.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ValueError
        If the margin is not above 0, or reaches beyond the scale; or as for `compare`.
    UndefinedScoreError
        If a group has no rating.

    Warns
    -----
    SmallSampleWarning, OverlapWarning
        As for `compare`.

    Notes
    -----
    Two one-sided tests [1]_, by inversion of the interval's test at -margin and at margin: the claim is shown exactly
    where the interval lies within the margins. p-values are not adjusted for the number of comparisons.

    References
    ----------
    .. [1] Schuirmann, D. J. (1987). A comparison of the two one-sided tests procedure and the power approach for
       assessing the equivalence of average bioavailability. Journal of Pharmacokinetics and Biopharmaceutics 15,
       657-680. doi:10.1007/BF01068419

    Examples
    --------
    >>> import npsstats as nps
    >>> counts = nps.RatingCounts.from_categories(
    ...     promoters=[800, 812], passives=[800, 790], detractors=[400, 398], groups=["old", "new"], by="site"
    ... )
    >>> print(nps.equivalence(counts, reference="old", margin=5).sentences()[0])  # doctest: +NORMALIZE_WHITESPACE
    NPS of new differs from that of old by less than 5 points, in either direction (difference +0.7, 90 % interval
    −3.2 to 4.6 points; p = 0.035).
    """
    margin = _check_margin(margin)
    if claim not in get_args(Claim):
        msg = f"`claim` must be one of {', '.join(map(repr, get_args(Claim)))}; got {claim!r}."
        raise ValueError(msg)
    settings = settings_for(
        method,
        check_metric(counts, metric),
        confidence_level=confidence_level,
        alternative="two-sided",
        pseudo_counts=pseudo_counts,
        rng=rng,
        n_resamples=n_resamples,
    )
    if settings.confidence_level < 0.5:
        msg = f"`confidence_level` must be at least 0.5, so that alpha is at most 0.5; got {confidence_level!r}."
        raise ValueError(msg)
    question = Question(reference=reference, metric=metric, window=window, overlap=overlap, respondents=respondents)
    answer, metric = put_side_by_side(counts, question, method, settings)
    below, above = (_one_side(answer, side * margin, settings) for side in (-1, 1))
    low, _ = answer.limits(replace(settings, alternative="greater"))
    _, high = answer.limits(replace(settings, alternative="less"))
    lowest, highest = answer.bounds
    asked = {"equivalence": (below, above), "non-inferiority": (below,), "non-superiority": (above,)}[claim]
    nothing = np.full_like(below, np.nan)
    return Equivalence(
        by=answer.by,
        labels=answer.labels,
        reference=answer.names,
        n=answer.n,
        n_reference=answer.n_reference,
        difference=answer.difference,
        standard_error=answer.standard_error,
        low=lowest.copy() if claim == "non-superiority" else low,
        high=highest.copy() if claim == "non-inferiority" else high,
        pvalue_low=nothing if claim == "non-superiority" else below,
        pvalue_high=nothing if claim == "non-inferiority" else above,
        pvalue=np.max(asked, axis=0),
        margin=margin,
        claim=claim,
        metric=metric,
        method=method,
        method_title=answer.title,
        confidence_level=settings.confidence_level,
        design=answer.design,
        references=(*metric.references, "schuirmann1987", *answer.references),
        notes=answer.notes,
    )


def _check_margin(margin: float) -> float:
    number = check_number("margin", margin)
    if not 0 < number < np.inf:
        msg = (
            "`margin` must be a number of points above 0, the greatest difference that does not matter; "
            f"got {margin!r}. For one side only choose `claim`."
        )
        raise ValueError(msg)
    return number


def _one_side(answer: Compared, bound: float, settings: Settings) -> FloatArray:
    """Test against the hypothesis that the difference lies at `bound` or beyond it."""
    lowest, highest = answer.bounds
    if not ((lowest < bound) & (bound < highest)).all():
        msg = (
            f"`margin` {abs(bound):g} points reaches beyond the differences that there can be, "
            f"{lowest.max():g} to {highest.min():g} points; choose a smaller one."
        )
        raise ValueError(msg)
    side = replace(settings, alternative="greater" if bound < 0 else "less")
    return answer.test(np.full(len(lowest), bound), side)[1]
