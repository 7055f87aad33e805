"""Where does each group stand, on all metrics of the same people?"""

import numpy as np

from npsstats.critique.linearising import shares_of
from npsstats.critique.together import check_same_people
from npsstats.errors import UndefinedScoreError
from npsstats.inference.estimation import estimate
from npsstats.ratings.counts import RatingCounts
from npsstats.ratings.joint import JointCounts
from npsstats.ratings.pairs import PairedCounts
from npsstats.ratings.surveys import SurveyCounts
from npsstats.results.profiles import Profile
from npsstats.results.protocol import group_text
from npsstats.typing import FloatArray

__all__ = ["profile"]


def profile(counts: JointCounts | PairedCounts, *, method: str = "score", confidence_level: float = 0.95) -> Profile:
    """Set the scores of all metrics of the same respondents side by side, group by group.

    Use `contrast` for the changes of the metrics from one group to another, `estimate` for one metric alone.

    Parameters
    ----------
    counts : JointCounts or PairedCounts
        From `tabulate_joint`, `JointCounts.from_table` or `tabulate_pairs`.
    method : str, default "score"
        The interval, as for `estimate`.
    confidence_level : float, default 0.95
        The level of the intervals, between 0 and 1.

    Returns
    -------
    Profile
        Per group and metric ``n, score, standard_error, low, high, standard_deviation, position, position_low,
        position_high``; positions run from 0, where all give the worst rating, to 1, where all give the best.

    Raises
    ------
    TypeError
        If the counts do not say who gave which ratings.
    ValueError
        If a metric does not say which end of its scale is favourable, nobody gave both of two metrics, or a name or
        level is not valid.
    UndefinedScoreError
        If a group has no rating of a metric.

    Warns
    -----
    SmallSampleWarning
        As `estimate`.

    Examples
    --------
    The same 200 people, who find it easy and would not recommend it:

    >>> import npsstats as nps
    >>> ease = nps.effort_score(nps.Scale(1, 3), favourable="low", name="effort")
    >>> joint = nps.JointCounts.from_table([[60, 10, 10], [40, 20, 0], [60, 0, 0]], metrics=[nps.NPS_CATEGORIES, ease])
    >>> nps.profile(joint).to_frame()[["metric", "n", "score", "low", "high", "position"]].round(2)
       metric    n  score    low  high  position
    0     NPS  200 -10.00 -21.41  1.63      0.45
    1  effort  200   1.25   1.18  1.33      0.88
    """
    if isinstance(counts, PairedCounts):
        counts = JointCounts.from_pairs(counts)
    if not isinstance(counts, JointCounts):
        msg = (
            f"`counts` must say who gave which ratings, as from npsstats.tabulate_joint(...); got "
            f"{type(counts).__name__}."
        )
        raise TypeError(msg)
    signs = [metric.sign for metric in counts.metrics]
    check_same_people(counts)
    margins = [counts.margin(name) for name in counts.names]
    _check_rated(counts, margins)
    answers = [estimate(margin, method=method, confidence_level=confidence_level) for margin in margins]
    order = np.arange(len(margins) * len(counts)).reshape(len(margins), -1).T.ravel()

    def column(name: str) -> FloatArray:
        array: FloatArray = np.concatenate([getattr(answer, name) for answer in answers])[order]
        return array

    bounds = [metric.bounds[::sign] for metric, sign in zip(counts.metrics, signs, strict=True)]
    worst, best = np.repeat(np.array(bounds).T, len(counts), axis=1)[:, order]
    limits = [(column(name) - worst) / (best - worst) for name in ("score", "low", "high")]
    spreads = []
    for margin, answer in zip(margins, answers, strict=True):
        values = np.array(margin.metric.values)
        spreads.append(np.sqrt((shares_of(margin) * (values - answer.score[:, None]) ** 2).sum(axis=1)))
    return Profile(
        by=counts.by,
        labels=tuple(label for label in counts.labels for _ in margins),
        metric=counts.names * len(counts),
        n=column("n").astype(np.int64),
        missing=column("missing").astype(np.int64),
        score=column("score"),
        standard_error=column("standard_error"),
        low=column("low"),
        high=column("high"),
        standard_deviation=np.concatenate(spreads)[order],
        position=limits[0],
        position_low=np.minimum(limits[1], limits[2]),
        position_high=np.maximum(limits[1], limits[2]),
        metrics=counts.metrics,
        method=method,
        method_title=answers[0].method_title,
        confidence_level=answers[0].confidence_level,
        design=answers[0].design,
        references=tuple(dict.fromkeys(key for answer in answers for key in answer.references)),
        notes=tuple(dict.fromkeys(note for answer in answers for note in answer.notes)),
    )


def _check_rated(counts: JointCounts, margins: list[RatingCounts | SurveyCounts]) -> None:
    """Check that each group has a rating of each metric."""
    for name, margin in zip(counts.names, margins, strict=True):
        empty = np.flatnonzero(margin.n == 0)
        if empty.size:
            where = f"{empty.size} of {len(counts)} groups have none (first: {group_text(counts.labels[empty[0]])})"
            way = "Leave the groups out with `counts.answered()`, or the metric with `counts.of(...)`."
            msg = f"a score needs at least one rating; of {name} {where if counts.by else 'there is none'}. {way}"
            raise UndefinedScoreError(msg)
