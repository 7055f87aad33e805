"""The answer to "which metric tells who had a problem, who left, who spent more?"."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from npsstats.ratings.scales import Metric
from npsstats.results import format as write
from npsstats.results.format import Table
from npsstats.results.protocol import Result, group_columns, group_text
from npsstats.typing import FloatArray, IntArray, Label
from npsstats.version import __version__

__all__ = ["CriterionValidity"]

COLUMNS = (
    "n", "n_events", "auc", "auc_low", "auc_high", "log_loss", "log_loss_base", "correlation", "correlation_low",
    "correlation_high",
)  # fmt: skip

COIN_TOSS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class CriterionValidity(Result):
    """How well each metric tells respondents with different outcomes apart; made by `criterion_validity`.

    One row per group and predictor; arrays have one entry per row.

    Attributes
    ----------
    by : tuple of str
        The names of the group columns.
    labels : tuple of tuple
        The label of each row, one entry per group column.
    predictor : tuple of str
        What predicts: a metric with all its ratings, such as NPS (0-10), or as it is scored: NPS (3 classes).
    metric_name : tuple of str
        The metric of each row.
    n : ndarray of int
        Respondents with the rating and the outcome.
    n_events : ndarray
        How many of them had the event; nan if the outcome is not 0 or 1.
    auc, auc_low, auc_high : ndarray
        The probability that of two respondents with different outcomes the one with the better outcome gave the better
        rating, ties counted half, with its interval: 0.5 is a coin toss.
    log_loss : ndarray
        How badly the event is predicted from the respondents of the same class, without oneself, in nats; nan if the
        outcome is not 0 or 1.
    log_loss_base : ndarray
        The same without any metric.
    correlation, correlation_low, correlation_high : ndarray
        The correlation of rating and outcome with its interval, positive if better ratings go with better outcomes.
    outcome : str
        What is predicted.
    event_is : str
        Whether an event, or more of the outcome, is ``"bad"`` or ``"good"``.
    binary : bool
        Whether the outcome is an event: 0 or 1.
    metrics : tuple of Metric
        The metrics.
    correlation_kind : str
        ``"pearson"`` or ``"spearman"``.
    confidence_level : float
        The level of the intervals.
    design : str
        How the sample was drawn, in words; empty for independent respondents who count the same.
    references : tuple of str
        Bibliography keys.
    notes : tuple of str
        What a reader must know about the counts.
    version : str
        The version of npsstats.
    """

    by: tuple[str, ...]
    labels: tuple[Label, ...]
    predictor: tuple[str, ...]
    metric_name: tuple[str, ...]
    n: IntArray
    n_events: FloatArray
    auc: FloatArray
    auc_low: FloatArray
    auc_high: FloatArray
    log_loss: FloatArray
    log_loss_base: FloatArray
    correlation: FloatArray
    correlation_low: FloatArray
    correlation_high: FloatArray
    outcome: str
    event_is: str
    binary: bool
    metrics: tuple[Metric, ...]
    correlation_kind: str
    confidence_level: float
    design: str
    references: tuple[str, ...]
    notes: tuple[str, ...] = ()
    version: str = __version__

    def columns(self) -> dict[str, Sequence[Any]]:
        """Give the columns of the frame, unrounded.

        Returns
        -------
        dict
            Group columns, predictor, metric, n, n_events, auc, auc_low, auc_high, log_loss, log_loss_base,
            correlation, correlation_low, correlation_high.
        """
        texts = {"predictor": self.predictor, "metric": self.metric_name}
        return {**group_columns(self.by, self.labels), **texts, **{name: getattr(self, name) for name in COLUMNS}}

    def provenance(self) -> dict[str, Any]:
        """Give what the numbers rest on.

        Returns
        -------
        dict
        """
        return {
            "metrics": [f"{metric.name} on {metric.scale}" for metric in self.metrics],
            "outcome": self.outcome,
            "event_is": self.event_is,
            "correlation_kind": self.correlation_kind,
            "confidence_level": self.confidence_level,
            "sample_design": self.design,
            "notes": list(self.notes),
            "npsstats_version": self.version,
        }

    def table(self) -> Table:
        """Give the rounded table that people read.

        Returns
        -------
        Table
        """
        rows = [
            [
                *map(group_text, self.labels[i]),
                self.predictor[i],
                write.integer(self.n[i]),
                write.number(self.n_events[i], 0),
                write.number(self.auc[i], 3),
                write.number(self.auc_low[i], 3),
                write.number(self.auc_high[i], 3),
                write.number(self.log_loss[i], 4),
                write.number(self.log_loss_base[i], 4),
                write.number(self.correlation[i], 3),
                write.number(self.correlation_low[i], 3),
                write.number(self.correlation_high[i], 3),
            ]
            for i in range(len(self))
        ]
        limits = ["low", "high"]
        headers = [
            *self.by,
            "predictor",
            "n",
            "events",
            "AUC",
            *limits,
            "log-loss",
            "without it",
            "correlation",
            *limits,
        ]
        return Table(headers=headers, rows=rows, text_columns=len(self.by) + 1)

    def heading(self) -> str:
        """Say in one line what the table shows.

        Returns
        -------
        str
        """
        by = f" by {', '.join(self.by)}" if self.by else ""
        sample = f" ({self.design})" if self.design else ""
        return (
            f"How well ratings tell {self.outcome} ({self.event_is}){by}: AUC 0.5 is a coin toss, 1 is perfect; "
            f"{write.level(self.confidence_level)} intervals{sample}"
        )

    def sentences(self) -> list[str]:
        """Say each row in words, ready for a report.

        Returns
        -------
        list of str
        """
        return [self._sentence(i) for i in range(len(self))]

    def _sentence(self, i: int) -> str:
        where = f"{group_text(self.labels[i])}: " if self.labels[i] else ""
        level = write.level(self.confidence_level)
        interval = f"{level} interval {write.interval(100 * self.auc_low[i], 100 * self.auc_high[i], 1)} %"
        if self.auc_low[i] != self.auc_low[i]:
            interval = "no limits can be told"
        pair = f"Of two respondents with different {self.outcome}"
        if self.binary:
            better, other = ("without", "with") if self.event_is == "bad" else ("with", "without")
            pair = f"Of a respondent {better} {self.outcome} and one {other}"
        who = "the first" if self.binary else "the one with the better outcome"
        text = (
            f"{where}{pair}, {who} gave the better {self.predictor[i]} in {write.percent(self.auc[i])} of all cases, "
            f"ties counted half ({interval}; n = {write.integer(self.n[i])}"
        )
        if self.binary:
            text += f", {write.integer(self.n_events[i])} of them with {self.outcome}"
        return f"{text}); {self._worth(i)}."

    def _worth(self, i: int) -> str:
        """Say whether that is more than a coin toss."""
        if self.auc_low[i] != self.auc_low[i]:
            return "there is no standard error to tell it from a coin toss"
        if self.auc_low[i] > COIN_TOSS:
            return "that is better than a coin toss"
        if self.auc_high[i] < COIN_TOSS:
            return "that is worse than a coin toss: it points the wrong way"
        return "these data do not tell it from a coin toss"

    def method_text(self) -> str:
        """Say in one sentence how the numbers were made.

        Returns
        -------
        str
        """
        kind = "DeLong's standard error" if self.binary and not self.design else "a linearised standard error"
        loss = ", leave-one-out log-loss of the frequencies by class" if self.binary else ""
        r = {"pearson": "product-moment", "spearman": "rank"}[self.correlation_kind]
        sample = f"; {self.design}" if self.design else ""
        return (
            f"Prediction of {self.outcome} by {', '.join(metric.name for metric in self.metrics)}: probability of "
            f"concordance (AUC) with {kind} and logit limits{loss}, {r} correlation with distribution-free limits"
            f"{sample}"
        )

    def __len__(self) -> int:
        return len(self.labels)
