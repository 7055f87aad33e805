"""Does a detractor weigh as much as a promoter?"""

import warnings
from typing import Literal

import numpy as np
from scipy.special import ndtr, stdtr

from npsstats.critique.linearising import covariance_by_group, critical_values, degrees_of_freedom
from npsstats.errors import SmallSampleWarning
from npsstats.inference.methods import check_confidence_level, pvalues
from npsstats.kernels.ratios import fieller
from npsstats.ratings.checks import check_type
from npsstats.ratings.joint import JointCounts
from npsstats.ratings.scales import Metric
from npsstats.ratings.surveys import SurveyCounts
from npsstats.results.detractor_weights import KINDS, DetractorWeight
from npsstats.results.protocol import group_text
from npsstats.typing import BoolArray, FloatArray

__all__ = ["detractor_weight"]

CLASSES = ("detractors", "passives", "promoters")

# Respondents in a class, below which the normal law of its mean is not to be relied on.
LEAST_CLASS = 20


def detractor_weight(
    counts: JointCounts,
    *,
    event_is: Literal["bad", "good"],
    metric: str | None = None,
    confidence_level: float = 0.95,
) -> DetractorWeight:
    """Estimate how many promoters a detractor weighs, by what became of both.

    NPS takes one detractor for as bad as one promoter is good. An outcome of the same people, such as complaint,
    leaving, repurchase or referrals, can say: the weight is what detractors lose against passives, over what promoters
    gain. With a weight of 2, the net score to look at is promoters minus twice the detractors: `net_score` makes it,
    with `detractor_weight`. An outcome is not the harm itself: people who had a problem may both complain and rate low.
    Word of mouth about familiar brands was found to weigh more where it is positive [1]_, so weights below 1 are not
    odd.

    Parameters
    ----------
    counts : JointCounts
        From `tabulate_joint` with an `outcome`: 0 or 1, or an amount.
    event_is : {"bad", "good"}
        Whether more of the outcome is bad news, as complaint, or good, as repurchase.
    metric : str, optional
        The name of the metric with detractors, passives and promoters; can be left out if one metric has three classes.
    confidence_level : float, default 0.95
        The level of the sets of weights, between 0 and 1.

    Returns
    -------
    DetractorWeight
        Per group ``n_detractors, n_passives, n_promoters, mean_detractors, mean_passives, mean_promoters, loss,
        loss_error, gain, gain_error, detractor_weight, low, high, kind, statistic, pvalue``.

    Raises
    ------
    TypeError
        If the counts are not joint counts.
    ValueError
        If there is no outcome, it is the same for all of a group, a class is empty, the metric has no three classes,
        `event_is` or the level is not valid.

    Warns
    -----
    SmallSampleWarning
        If a class has few respondents, or all of them have the same outcome.

    Notes
    -----
    With the mean outcomes m of the classes, the coefficients of a regression on the classes, the weight is
    -(m_det - m_pas) / (m_pro - m_pas). Its set by Fieller's theorem holds all w for which m_pas - m_det =
    w (m_pro - m_pas) is not refused, by the covariance of the means that allows each class a variance of its own. If it
    is not certain that promoters differ from passives, the set is everything outside an interval, or everything; the
    test of weight 1, that 2 m_pas = m_det + m_pro, has an answer even then.

    References
    ----------
    .. [1] East, R., Hammond, K. & Lomax, W. (2008). Measuring the impact of positive and negative word of mouth on
       brand purchase probability. International Journal of Research in Marketing 25, 215-224.
       doi:10.1016/j.ijresmar.2008.04.001

    Examples
    --------
    Of 200 detractors 60 left, of 300 passives 45, of 500 promoters 40:

    >>> import npsstats as nps
    >>> import pandas as pd
    >>> groups = [(3, 1, 60), (3, 0, 140), (8, 1, 45), (8, 0, 255), (10, 1, 40), (10, 0, 460)]
    >>> rows = pd.DataFrame([(r, left) for r, left, n in groups for _ in range(n)], columns=["rating", "left"])
    >>> counts = nps.tabulate_joint(rows, {"rating": nps.NPS}, outcome="left")
    >>> print(nps.detractor_weight(counts, event_is="bad").sentences()[0])
    The share of left is 30.0 % for detractors, 15.0 % for passives and 8.0 % for promoters. A detractor weighs as
    much as 2.14 promoters (95 % interval 0.76 to 8.23). These data cannot tell whether a detractor weighs more or less
    than a promoter (p = 0.137).
    """
    chosen, outcome = _checked(counts, metric, event_is)
    check_confidence_level(confidence_level)
    members = _members(counts, chosen, outcome)
    n = (members @ counts.counts.T).T.astype(np.int64)
    _check_classes(counts, chosen, outcome, members)
    means, covariance = _means(counts, members, np.nan_to_num(outcome))
    loss, gain, covariances = _effects(means, covariance, 1.0 if event_is == "good" else -1.0)
    found = fieller(loss, gain, covariances, critical_values(counts, confidence_level))
    statistic, pvalue = _test(counts, loss - gain, covariances)
    loss_error, gain_error = np.sqrt(np.diagonal(covariances, axis1=1, axis2=2)).T
    cells = counts.cells
    return DetractorWeight(
        by=counts.by,
        labels=counts.labels,
        **{f"n_{name}": n[:, i] for i, name in enumerate(CLASSES)},  # type: ignore[arg-type]
        **{f"mean_{name}": means[:, i] for i, name in enumerate(CLASSES)},  # type: ignore[arg-type]
        loss=loss,
        loss_error=loss_error,
        gain=gain,
        gain_error=gain_error,
        weight=found.estimate,
        low=found.low,
        high=found.high,
        kind=tuple(KINDS[code] for code in found.kind.tolist()),
        statistic=statistic,
        pvalue=pvalue,
        outcome=str(counts.outcome_name),
        event_is=event_is,
        binary=_is_event(counts, members, outcome),
        metric=chosen,
        confidence_level=float(confidence_level),
        references=(*chosen.references, "fieller1954"),
        notes=counts.notes,
        design=cells.design.description if isinstance(cells, SurveyCounts) else "",
    )


def _checked(counts: JointCounts, name: str | None, event_is: object) -> tuple[Metric, FloatArray]:
    """Check the arguments; find the metric and the outcome."""
    check_type("counts", counts, JointCounts, "npsstats.tabulate_joint(...)")
    if event_is not in ("bad", "good"):
        msg = f"`event_is` must be 'bad' or 'good', what more of the outcome means; got {event_is!r}."
        raise ValueError(msg)
    if counts.outcome is None:
        msg = "`counts` must have an outcome, such as complaint or repurchase; use tabulate_joint(..., outcome=...)."
        raise ValueError(msg)
    if name is not None:
        chosen = counts.metrics[counts.position(name)]
        if chosen.levels.size != 3:
            msg = f"`metric` must have three classes, as NPS has; {name} has {chosen.levels.size}."
            raise ValueError(msg)
        return chosen, counts.outcome
    three = [metric for metric in counts.metrics if metric.levels.size == 3]
    if len(three) != 1:
        msg = (
            f"`metric` must name the metric with detractors, passives and promoters; of {', '.join(counts.names)} "
            f"{len(three) or 'none'} {'have' if three else 'has'} three classes."
        )
        raise ValueError(msg)
    return three[0], counts.outcome


def _members(counts: JointCounts, metric: Metric, outcome: FloatArray) -> BoolArray:
    """Say which combinations, with a known outcome, belong to detractors, passives and promoters."""
    values = counts.values[counts.position(metric.name)]
    levels = metric.levels if metric.sign > 0 else metric.levels[::-1]
    members: BoolArray = (values == levels[:, None]) & np.isfinite(outcome)
    return members


def _is_event(counts: JointCounts, members: BoolArray, outcome: FloatArray) -> bool:
    """Whether the outcomes are 0 and 1 alone, so that their means are shares."""
    there = members.any(axis=0) & counts.counts.any(axis=0)
    return bool(np.isin(outcome[there], (0.0, 1.0)).all())


def _check_classes(counts: JointCounts, metric: Metric, outcome: FloatArray, members: BoolArray) -> None:
    """Check that each class of each group has respondents, and that the outcome varies; warn of few."""
    few: list[str] = []
    for label, weights, row in zip(counts.labels, np.nan_to_num(counts.shares), counts.counts, strict=True):
        where = f" in {group_text(label)!r}" if label else ""
        seen = [np.unique(outcome[inside & (weights > 0)]) for inside in members]
        for name, values in zip(CLASSES, seen, strict=True):
            if not values.size:
                msg = (
                    f"the weight of a detractor needs {name} with a known {counts.outcome_name}; of "
                    f"{metric.name} there are none{where}."
                )
                raise ValueError(msg)
        if np.unique(np.concatenate(seen)).size == 1:
            msg = (
                f"the weight of a detractor needs an outcome that varies; {counts.outcome_name} is {seen[0][0]:g} for "
                f"all{where}."
            )
            raise ValueError(msg)
        few += [
            f"{int(row[inside].sum())} {name}{where}{' with one outcome' if values.size == 1 else ''}"
            for name, values, inside in zip(CLASSES, seen, members, strict=True)
            if row[inside].sum() < LEAST_CLASS or values.size == 1
        ]
    if few:
        msg = f"sets of weights are too small with few respondents, or few outcomes, in a class: {'; '.join(few[:3])}."
        warnings.warn(msg, SmallSampleWarning, stacklevel=3)


def _means(counts: JointCounts, members: BoolArray, outcome: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Compute the mean outcomes, shape (groups, classes), and their covariance, (groups, classes, classes)."""
    shares = counts.shares
    sizes = shares @ members.T
    means = (shares * outcome) @ members.T / sizes
    # A mean is a ratio of shares: d mean / d p = (outcome - mean) / size of the class.
    slopes = members * (outcome - means[:, :, None]) / sizes[:, :, None]
    return means, covariance_by_group(counts, slopes.transpose(1, 0, 2))


def _effects(means: FloatArray, covariance: FloatArray, sign: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Compute loss and gain against passives, for the worse and for the better, and their covariance in each group."""
    contrasts = sign * np.array([[-1.0, 1.0, 0.0], [0.0, -1.0, 1.0]])
    loss, gain = contrasts @ means.T
    return loss, gain, contrasts @ covariance @ contrasts.T


def _test(counts: JointCounts, distance: FloatArray, covariances: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Test that loss and gain are of the same size; nan where nothing is known of the variance."""
    variance = covariances[:, 0, 0] + covariances[:, 1, 1] - 2 * covariances[:, 0, 1]
    df = degrees_of_freedom(counts)
    known = variance > 0 if df is None else (variance > 0) & (df >= 1)
    statistic = np.where(known, distance / np.sqrt(np.where(known, variance, 1.0)), np.nan)
    tail = (lambda size: ndtr(-size)) if df is None else (lambda size: stdtr(np.maximum(df, 1), -size))
    return statistic, pvalues(statistic, "two-sided", tail)
