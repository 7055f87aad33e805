"""Which metric tells who had a problem, who left, who spent more?"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np

from npsstats.critique.linearising import covariance_of, critical_value, is_survey
from npsstats.errors import SmallSampleWarning, UndefinedScoreError
from npsstats.inference.methods import check_confidence_level
from npsstats.kernels.dependent_correlations import pearson, spearman
from npsstats.kernels.discrimination import concordance, delong_covariance
from npsstats.kernels.leaving_out import leave_one_out_losses
from npsstats.kernels.transformed_limits import fisher_limits, logit_limits
from npsstats.ratings.checks import check_type
from npsstats.ratings.joint import JointCounts
from npsstats.ratings.scales import Metric
from npsstats.ratings.surveys import SurveyCounts
from npsstats.results.protocol import group_text
from npsstats.results.validities import CriterionValidity
from npsstats.typing import BoolArray, FloatArray, IndexArray, Label

__all__ = [
    "CORRELATIONS",
    "Correlation",
    "Predictor",
    "Respondents",
    "Task",
    "classes_of",
    "criterion_validity",
    "warn_of_few_events",
]

Correlation: TypeAlias = Literal["pearson", "spearman"]
CORRELATIONS = {"pearson": pearson, "spearman": spearman}
EVENTS = ("bad", "good")

# With fewer respondents of one outcome intervals of areas cover less than 90 %.
LEAST_EVENTS = 10


def criterion_validity(
    counts: JointCounts,
    *,
    event_is: Literal["bad", "good"],
    predictors: Sequence[str] | None = None,
    correlation: Correlation = "pearson",
    confidence_level: float = 0.95,
) -> CriterionValidity:
    """Measure how well each metric tells respondents with different outcomes apart.

    Each metric is asked twice where it can be: with all its ratings, such as NPS (0-10), and as it is scored, such as
    NPS (3 classes), so that what the score throws away can be seen. Use `compare_validity` for whether one predicts
    better than the other.

    Parameters
    ----------
    counts : JointCounts
        Respondents by group and combination of ratings, with an outcome: ``tabulate_joint(..., outcome="problem")``.
    event_is : {"bad", "good"}
        Whether an event, an outcome of 1, is bad news (a problem, a complaint, churn) or good news (a renewal, a
        referral); of an outcome with more values whether more of it is.
    predictors : sequence of str, optional
        Which predictors, as the result names them; all by default.
    correlation : {"pearson", "spearman"}, default "pearson"
        Product-moment correlation, or that of ranks, for outcomes with a long tail such as revenue.
    confidence_level : float, default 0.95
        The level of the intervals, each by itself.

    Returns
    -------
    CriterionValidity
        A row for each group and predictor.

    Raises
    ------
    TypeError
        If the counts are of another kind, or an argument has a wrong type.
    ValueError
        If the counts have no outcome, or it has one value only, or two that are not 0 and 1; if a predictor is
        constant in a group; if a metric does not say which end is favourable; if a name is not that of a predictor.
    UndefinedScoreError
        If a group has no respondent with both the rating and the outcome.

    Warns
    -----
    SmallSampleWarning
        If fewer than ten respondents have one of the two outcomes.

    Notes
    -----
    *AUC* is the probability that of two respondents with different outcomes the one with the better outcome gave the
    better rating, ties counted half: 0.5 is a coin toss, below it the metric points the wrong way. Of an outcome of 0
    and 1 it is the area under the ROC curve, its standard error that of DeLong et al. [1]_; of other outcomes it is
    the same share over all pairs with different outcomes, with the standard error by its influence function. Limits
    are on the logit scale [2]_.

    *Log-loss* is the mean of -log(probability given to what happened), lower is better, with the frequency of the event
    in the respondent's class as the probability: no shape is supposed, and steps that do not predict gain nothing.
    Many classes would look better than few by chance alone; so the respondent is left out of the frequency, which
    starts from 1/2 event in 1 (Jeffreys's prior). That is the leave-one-out predictive density [3]_ in closed form,
    with no folds to draw. `log_loss_base` is that of the overall frequency. An outcome with more values has none: the
    answer is nan.

    *Correlations* are positive if better ratings go with better outcomes. Limits are by Fisher's z, with a standard
    error that supposes no normal law: ratings and events have none.

    Of a survey all standard errors follow from the design by linearisation, and the frequencies of the log-loss are
    weighted, with a respondent of average weight left out; respondents of one cluster may resemble each other, which
    it does not know.

    References
    ----------
    .. [1] DeLong, E. R., DeLong, D. M. & Clarke-Pearson, D. L. (1988). Comparing the areas under two or more correlated
       receiver operating characteristic curves: a nonparametric approach. Biometrics 44, 837-845.
    .. [2] Qin, G. & Hotilovac, L. (2008). Comparison of non-parametric confidence intervals for the area under the ROC
       curve of a continuous-scale diagnostic test. Statistical Methods in Medical Research 17, 207-221.
    .. [3] Vehtari, A., Gelman, A. & Gabry, J. (2017). Practical Bayesian model evaluation using leave-one-out
       cross-validation and WAIC. Statistics and Computing 27, 1413-1432. https://doi.org/10.1007/s11222-016-9696-4

    Examples
    --------
    >>> import npsstats as nps
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"r": [9, 10, 8, 3, 6, 9, 7, 10, 2, 8], "csat": [5, 5, 4, 2, 3, 3, 4, 4, 1, 2],
    ...                      "problem": [0, 0, 1, 1, 0, 0, 0, 0, 1, 0]})
    >>> joint = nps.tabulate_joint(pd.concat([rows] * 4), {"r": nps.NPS, "csat": nps.CSAT}, outcome="problem")
    >>> found = nps.criterion_validity(joint, event_is="bad")
    >>> found.predictor
    ('NPS (0-10)', 'NPS (3 classes)', 'CSAT (1-5)', 'CSAT (2 classes)')
    >>> found.auc.round(3).tolist()
    [0.881, 0.857, 0.786, 0.619]
    """
    check_confidence_level(confidence_level)
    task = Task.of(counts, event_is, predictors, correlation)
    rows: dict[str, list[Any]] = {}
    for label, part in zip(counts.labels, task.parts(), strict=True):
        for predictor in task.predictors:
            answer = _answer(part, predictor, task, critical_value(part, confidence_level))
            for name, value in {"labels": label, **answer}.items():
                rows.setdefault(name, []).append(value)
    texts: dict[str, Any] = {name: tuple(rows.pop(name)) for name in ("labels", "predictor", "metric_name")}
    arrays: dict[str, Any] = {name: np.array(column, dtype=np.float64) for name, column in rows.items()}
    warn_of_few_events(arrays["n"], arrays["n_events"], texts["labels"])
    return CriterionValidity(
        by=counts.by,
        **texts,
        n=arrays.pop("n").astype(np.int64),
        **arrays,
        metrics=counts.metrics,
        correlation_kind=correlation,
        confidence_level=confidence_level,
        references=("delong1988", "qin2008", "vehtari2017") if task.binary else ("delong1988", "qin2008"),
        **task.about(),
    )


def warn_of_few_events(n: FloatArray, events: FloatArray, labels: Sequence[Label]) -> None:
    """Warn of rows with few of one outcome, on which their intervals hang (benchmarks/coverage/critique.csv)."""
    fewer = np.fmin(events, n - events)
    few = np.flatnonzero(fewer < LEAST_EVENTS)
    if few.size:
        worst = few[np.argmin(fewer[few])]
        where = f" in {group_text(labels[worst])}" if labels[worst] else ""
        msg = (
            f"intervals are too short with fewer than {LEAST_EVENTS} respondents of one outcome, as in {few.size} of "
            f"{len(labels)} rows (the fewest: {fewer[worst]:.0f}{where})."
        )
        warnings.warn(msg, SmallSampleWarning, stacklevel=3)


@dataclass(frozen=True, slots=True, eq=False)
class Predictor:
    """What a metric says of each combination.

    Attributes
    ----------
    name : str
        As results call it.
    metric : str
        The name of the metric.
    values : ndarray, shape (cells,)
        Higher is more favourable; nan without a rating.
    """

    name: str
    metric: str
    values: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Respondents:
    """The respondents of one group with ratings and an outcome.

    Attributes
    ----------
    part : JointCounts
        The group.
    counts : ndarray, shape (cells,)
        Respondents; 0 in cells that do not take part.
    weights : ndarray, shape (cells,)
        Their weights, with a mean of 1.
    share : float
        Their share in the weight of the group.
    """

    part: JointCounts
    counts: FloatArray
    weights: FloatArray
    share: float

    @property
    def n(self) -> int:
        """How many there are."""
        return int(self.counts.sum())

    def covariance(self, influence: FloatArray) -> FloatArray:
        """Compute the covariance of estimates from their influence, shape (estimates, cells), 0 on average."""
        if is_survey(self.part):
            return covariance_of(self.part, influence[:, None] / self.share)
        product: FloatArray = (influence * self.counts) @ influence.T
        product /= self.n * (self.n - 1) if self.n > 1 else np.nan
        return product

    def covariance_of_areas(self, influence: FloatArray, outcome: FloatArray, binary: bool) -> FloatArray:
        """Compute the covariance of concordances: of respondents who count the same and two outcomes, DeLong's."""
        if not binary or is_survey(self.part):
            return self.covariance(influence)
        covariance: FloatArray = delong_covariance(self.counts[None], outcome, influence[:, None])[0]
        return covariance


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """What is to be predicted, and by what.

    Attributes
    ----------
    counts : JointCounts
        All groups.
    predictors : tuple of Predictor
        By what.
    outcome : ndarray, shape (cells,)
        Higher is better; 0 where it is not known.
    known : ndarray of bool, shape (cells,)
        Where it is known.
    events : ndarray of bool, shape (cells,)
        Where the event happened, if there are only events and none.
    binary : bool
        Whether that is so.
    event_is : {"bad", "good"}
        What the event is.
    correlation : {"pearson", "spearman"}
        Which correlation.
    """

    counts: JointCounts
    predictors: tuple[Predictor, ...]
    outcome: FloatArray
    known: BoolArray
    events: BoolArray
    binary: bool
    event_is: Literal["bad", "good"]
    correlation: Correlation

    @classmethod
    def of(cls, counts: JointCounts, event_is: Any, names: Sequence[str] | None, correlation: Any) -> "Task":
        """Check what is asked."""
        check_type("counts", counts, JointCounts, 'npsstats.tabulate_joint(..., outcome="problem")')
        for name, value, allowed in (("event_is", event_is, EVENTS), ("correlation", correlation, tuple(CORRELATIONS))):
            if value not in allowed:
                msg = f"`{name}` must be {' or '.join(map(repr, allowed))}; got {value!r}."
                raise ValueError(msg)
        if counts.outcome is None:
            msg = (
                "`counts` must have an outcome to predict; these have none. Tabulate it with the ratings: "
                'npsstats.tabulate_joint(..., outcome="problem").'
            )
            raise ValueError(msg)
        known = np.isfinite(counts.outcome)
        outcome = np.where(known, counts.outcome, 0.0)
        # Combinations may be kept that occur in groups left out by `select` alone.
        occurring = known & counts.counts.any(axis=0)
        binary = _is_binary(np.unique(outcome[occurring]), str(counts.outcome_name))
        events = known & (outcome == 1) & binary
        sign = 1.0 if event_is == "good" else -1.0
        chosen = _chosen([p for place in range(len(counts.metrics)) for p in _predictors(counts, place)], names)
        return cls(counts, chosen, sign * outcome, known, events, binary, event_is, correlation)

    def parts(self) -> list[JointCounts]:
        """Give each group by itself."""
        return [self.counts.select(group) for group in self.counts.groups]

    def respondents(self, part: JointCounts, *predictors: Predictor) -> Respondents:
        """Find who has the outcome and all of these ratings, and check that something can be learned from them."""
        there = self.known & np.all([np.isfinite(predictor.values) for predictor in predictors], axis=0)
        counts = np.where(there, part.counts[0], 0).astype(np.float64)
        names = " and ".join(predictor.name for predictor in predictors)
        where = f" in {group_text(part.labels[0])}" if part.labels[0] else ""
        if not counts.any():
            msg = (
                f"no respondent{where} has both {names} and the outcome {self.counts.outcome_name}. Leave the group "
                "out by `select`, or the predictor by `predictors`."
            )
            raise UndefinedScoreError(msg)
        found = np.unique(self.outcome[counts > 0])
        if found.size == 1:
            value = abs(found[0])
            msg = (
                f"the outcome {self.counts.outcome_name} has one value{where}: {value:g}, of all {int(counts.sum())} "
                f"respondents with {names}. Nothing can be told apart; `pool` groups, or leave this one out by "
                "`select`."
            )
            raise ValueError(msg)
        for predictor in predictors:
            if np.unique(predictor.values[counts > 0]).size == 1:
                msg = (
                    f"{predictor.name} is constant{where}: all {int(counts.sum())} respondents with an outcome gave "
                    "the same. Leave it out by `predictors`, or the group by `select`."
                )
                raise ValueError(msg)
        weights = np.where(there, part.shares[0], 0.0)
        share = float(weights.sum())
        return Respondents(part, counts, weights * (counts.sum() / share), share)

    def area(self, who: Respondents, predictor: Predictor) -> tuple[float, FloatArray]:
        """Compute the share of pairs in order, and its influence."""
        found = concordance(who.weights[None], _filled(predictor), self.outcome)
        return float(found.estimate[0]), np.where(who.counts > 0, found.influence[0], 0.0)

    def correlate(self, who: Respondents, first: FloatArray, second: FloatArray) -> tuple[float, FloatArray]:
        """Compute a correlation, and its influence."""
        r, influence = CORRELATIONS[self.correlation](who.weights[None], np.nan_to_num(first), np.nan_to_num(second))
        return float(r[0]), np.where(who.counts > 0, influence[0], 0.0)

    def losses(self, who: Respondents, classes: IndexArray) -> tuple[float, FloatArray]:
        """Compute the leave-one-out log-loss of the classes, and that of each cell; nan without events."""
        if not self.binary:
            return np.nan, np.full(classes.shape, np.nan)
        mean, losses = leave_one_out_losses(who.weights[None], who.counts[None], classes, self.events)
        return float(mean[0]), np.where(who.counts > 0, losses[0], 0.0)

    def n_events(self, who: Respondents) -> float:
        """Count events; nan if there are other outcomes."""
        return float(who.counts[self.events].sum()) if self.binary else np.nan

    def about(self) -> dict[str, Any]:
        """Give what all results say of their origin."""
        cells = self.counts.cells
        return {
            "outcome": str(self.counts.outcome_name),
            "event_is": self.event_is,
            "binary": self.binary,
            "design": cells.design.description if isinstance(cells, SurveyCounts) else "",
            "notes": self.counts.notes,
        }


def classes_of(predictor: Predictor) -> IndexArray:
    """Number the classes of a predictor, from the least favourable; those without a rating count as the least."""
    return np.unique(_filled(predictor), return_inverse=True)[1].ravel().astype(np.intp)


def _filled(predictor: Predictor) -> FloatArray:
    """Put the lowest value where there is none, with no weight."""
    return np.where(np.isfinite(predictor.values), predictor.values, np.nanmin(predictor.values))


def _answer(part: JointCounts, predictor: Predictor, task: Task, critical: float) -> dict[str, Any]:
    """Compute the row of one predictor in one group."""
    who = task.respondents(part, predictor)
    area, slope = task.area(who, predictor)
    error = np.sqrt(who.covariance_of_areas(slope[None], task.outcome, task.binary)[0, 0])
    auc_low, auc_high = logit_limits(np.array(area), error, critical)
    r, influence = task.correlate(who, predictor.values, task.outcome)
    low, high = fisher_limits(np.array(r), np.sqrt(who.covariance(influence[None])[0, 0]), critical)
    return {
        "predictor": predictor.name,
        "metric_name": predictor.metric,
        "n": who.n,
        "n_events": task.n_events(who),
        "auc": area,
        "auc_low": auc_low,
        "auc_high": auc_high,
        "log_loss": task.losses(who, classes_of(predictor))[0],
        "log_loss_base": task.losses(who, np.zeros(len(who.counts), dtype=np.intp))[0],
        "correlation": r,
        "correlation_low": low,
        "correlation_high": high,
    }


def _predictors(counts: JointCounts, place: int) -> list[Predictor]:
    """Make the predictors of one metric: its ratings, and what they count if that is less."""
    metric, answers = counts.metrics[place], counts.answers[:, place]
    there = answers >= 0
    scored = np.where(there, metric.sign * np.asarray(metric.values)[answers], np.nan)
    levels = len(metric.levels)
    if levels == metric.scale.size:
        return [Predictor(_item_name(metric), metric.name, scored)]
    # Ratings run the way that their values do.
    order = np.arange(metric.scale.size)
    way = metric.sign * (1 if np.cov(order, metric.values)[0, 1] >= 0 else -1)
    ratings = np.where(there, way * (answers + 0.0), np.nan)
    return [
        Predictor(_item_name(metric), metric.name, ratings),
        Predictor(f"{metric.name} ({levels} classes)", metric.name, scored),
    ]


def _item_name(metric: Metric) -> str:
    """Name the ratings of a metric, once if its name has them."""
    scale = str(metric.scale)
    return metric.name if metric.name.endswith(f"({scale})") else f"{metric.name} ({scale})"


def _chosen(known: list[Predictor], names: Sequence[str] | None) -> tuple[Predictor, ...]:
    """Choose predictors by name."""
    if names is None:
        return tuple(known)
    if isinstance(names, str) or not isinstance(names, Sequence):
        msg = f"`predictors` must be a sequence of names; got {names!r}."
        raise TypeError(msg)
    by_name = {predictor.name: predictor for predictor in known}
    for name in names:
        if name not in by_name:
            msg = f"`predictors` must be among {', '.join(map(repr, by_name))}; got {name!r}."
            raise ValueError(msg)
    if not names:
        msg = "`predictors` must name at least one predictor; got none."
        raise ValueError(msg)
    return tuple(by_name[name] for name in dict.fromkeys(names))


def _is_binary(values: FloatArray, name: str) -> bool:
    """Whether an outcome is 1 for an event and 0 for none; other outcomes have more than two values."""
    if values.size < 2:
        seen = f"all known ones are {values[0]:g}" if values.size else "none is known"
        msg = f"`outcome` {name} must have two values at least; {seen}. Keep respondents of both kinds when tabulating."
        raise ValueError(msg)
    if values.size == 2 and set(values.tolist()) != {0.0, 1.0}:
        msg = (
            f"an outcome with two values must be 1 for the event and 0 for none; {name} is {values[0]:g} or "
            f"{values[1]:g}. Say which is the event, for example npsstats.tabulate_joint(..., "
            f"outcome_values={{{values[0]:g}: 1, {values[1]:g}: 0}})."
        )
        raise ValueError(msg)
    return values.size == 2
