"""The answer to "does one metric predict better than another, and can these data tell?"."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from npsstats.ratings.scales import Metric
from npsstats.results import format as write
from npsstats.results.differences import DETECTION
from npsstats.results.format import Table
from npsstats.results.protocol import Result, group_columns, group_text
from npsstats.typing import FloatArray, IntArray, Label
from npsstats.version import __version__

__all__ = ["ValidityDifferences"]

COLUMNS = (
    "n", "n_events", "auc", "auc_reference", "difference", "standard_error", "low", "high", "pvalue", "adjusted_pvalue",
    "detectable", "n_needed", "log_loss", "log_loss_reference", "log_loss_difference", "log_loss_low", "log_loss_high",
    "correlation", "correlation_reference", "correlation_difference", "correlation_low", "correlation_high",
    "correlation_pvalue",
)  # fmt: skip

CORRELATION_ERRORS = {
    "distribution-free": "distribution-free standard errors",
    "steiger": "Steiger's test",
    "meng-rosenthal-rubin": "the test of Meng, Rosenthal and Rubin",
}
ADJUSTED = {
    "none": "not adjusted",
    "holm": "adjusted by Holm's method",
    "benjamini-hochberg": "adjusted by Benjamini and Hochberg's method",
}
# What larger numbers of respondents are is not worth telling.
MOST = 1e9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class ValidityDifferences(Result):
    """Pairs of predictors of one outcome of the same respondents, compared; made by `compare_validity`.

    One row per group and pair; differences are those of the predictor minus its reference.

    Attributes
    ----------
    by : tuple of str
        The names of the group columns.
    labels : tuple of tuple
        The label of each row, one entry per group column.
    predictor, reference : tuple of str
        What is compared.
    n : ndarray of int
        Respondents with both ratings and the outcome.
    n_events : ndarray
        How many of them had the event; nan if the outcome is not 0 or 1.
    auc, auc_reference : ndarray
        The probability that of two respondents with different outcomes the one with the better outcome gave the better
        rating, of each predictor.
    difference, standard_error, low, high : ndarray
        Their difference, its standard error and its interval; nan where it has no spread.
    pvalue, adjusted_pvalue : ndarray
        Of equal AUCs: by itself, and adjusted for the number of rows.
    detectable : ndarray
        The true difference of AUCs that would be found with probability 80 %.
    n_needed : ndarray
        How many respondents it takes to find a true difference as large as the observed one with that probability.
    log_loss, log_loss_reference : ndarray
        How badly each predicts the event, respondents left out, in nats; nan if the outcome is not 0 or 1.
    log_loss_difference, log_loss_low, log_loss_high : ndarray
        The difference, with its interval: below 0 the predictor is better than its reference.
    correlation, correlation_reference : ndarray
        The correlation of each with the outcome, positive if better ratings go with better outcomes.
    correlation_difference, correlation_low, correlation_high, correlation_pvalue : ndarray
        The difference, with Zou's interval, and the p-value of equal correlations, not adjusted.
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
    correlation_test : str
        Where the standard errors of correlations come from.
    adjustment : str
        How p-values are adjusted for their number.
    n_resamples : int
        Resamples of each row; 0 where none were drawn.
    confidence_level : float
        The level of the intervals and of the verdict.
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
    reference: tuple[str, ...]
    n: IntArray
    n_events: FloatArray
    auc: FloatArray
    auc_reference: FloatArray
    difference: FloatArray
    standard_error: FloatArray
    low: FloatArray
    high: FloatArray
    pvalue: FloatArray
    adjusted_pvalue: FloatArray
    detectable: FloatArray
    n_needed: FloatArray
    log_loss: FloatArray
    log_loss_reference: FloatArray
    log_loss_difference: FloatArray
    log_loss_low: FloatArray
    log_loss_high: FloatArray
    correlation: FloatArray
    correlation_reference: FloatArray
    correlation_difference: FloatArray
    correlation_low: FloatArray
    correlation_high: FloatArray
    correlation_pvalue: FloatArray
    outcome: str
    event_is: str
    binary: bool
    metrics: tuple[Metric, ...]
    correlation_kind: str
    correlation_test: str
    adjustment: str
    n_resamples: int
    confidence_level: float
    design: str
    references: tuple[str, ...]
    notes: tuple[str, ...] = ()
    version: str = __version__

    @property
    def verdict(self) -> tuple[str, ...]:
        """Whether the predictor is "better" or "worse" than its reference by AUC, or the data "cannot tell"."""
        found = self.adjusted_pvalue <= 1 - self.confidence_level
        words = np.where(found, np.where(self.difference > 0, "better", "worse"), "cannot tell")
        return tuple(words.tolist())

    def columns(self) -> dict[str, Sequence[Any]]:
        """Give the columns of the frame, unrounded.

        Returns
        -------
        dict
            Group columns, predictor, reference, n, n_events, auc, auc_reference, difference, standard_error, low,
            high, pvalue, adjusted_pvalue, detectable, n_needed, log_loss, log_loss_reference, log_loss_difference,
            log_loss_low, log_loss_high, correlation, correlation_reference, correlation_difference, correlation_low,
            correlation_high, correlation_pvalue, verdict.
        """
        texts = {"predictor": self.predictor, "reference": self.reference}
        numbers = {name: getattr(self, name) for name in COLUMNS}
        return {**group_columns(self.by, self.labels), **texts, **numbers, "verdict": self.verdict}

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
            "correlation_test": self.correlation_test,
            "adjustment": self.adjustment,
            "n_resamples": self.n_resamples,
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

        def span(low: FloatArray, high: FloatArray, i: int, places: int) -> str:
            return write.interval(low[i], high[i], places) if low[i] == low[i] else "–"

        rows = [
            [
                *map(group_text, self.labels[i]),
                self.predictor[i],
                self.reference[i],
                self.verdict[i],
                write.integer(self.n[i]),
                write.number(self.difference[i], 3, signed=True),
                span(self.low, self.high, i, 3),
                write.pvalue(self.adjusted_pvalue[i]),
                write.number(self.detectable[i], 3),
                write.number(self.log_loss_difference[i], 4, signed=True),
                span(self.log_loss_low, self.log_loss_high, i, 4),
                write.number(self.correlation_difference[i], 3, signed=True),
                span(self.correlation_low, self.correlation_high, i, 3),
            ]
            for i in range(len(self))
        ]
        measures = ["AUC", "interval", "adjusted p", "detectable", "log-loss", "interval", "correlation", "interval"]
        headers = [*self.by, "predictor", "reference", "verdict", "n", *measures]
        return Table(headers=headers, rows=rows, text_columns=len(self.by) + 3)

    def heading(self) -> str:
        """Say in one line what the table shows.

        Returns
        -------
        str
        """
        by = f" by {', '.join(self.by)}" if self.by else ""
        sample = f" ({self.design})" if self.design else ""
        verdicts = (
            f" of each comparison alone, verdicts by p-values adjusted for {self._compared()} comparisons"
            if self._is_adjusted()
            else ""
        )
        return (
            f"Which predicts {self.outcome} ({self.event_is}) better{by}? Predictor minus reference, "
            f"{write.level(self.confidence_level)} intervals{verdicts}{sample}"
        )

    def _is_adjusted(self) -> bool:
        return self.adjustment != "none" and self._compared() > 1

    def _compared(self) -> int:
        """How many comparisons the p-values are adjusted for: those that have one."""
        return int(np.isfinite(self.pvalue).sum())

    def sentences(self) -> list[str]:
        """Say each row in words, ready for a report.

        Returns
        -------
        list of str
        """
        return [self._sentence(i) for i in range(len(self))]

    def _sentence(self, i: int) -> str:
        where = f"{group_text(self.labels[i])}: " if self.labels[i] else ""
        text = f"{where}{self._finding(i)}"
        beside = [
            f"{name} {write.number(value[i], places, signed=True)} ({write.interval(low[i], high[i], places)})"
            for name, value, low, high, places in (
                ("log-loss by", self.log_loss_difference, self.log_loss_low, self.log_loss_high, 4),
                ("correlation by", self.correlation_difference, self.correlation_low, self.correlation_high, 3),
            )
            if low[i] == low[i]
        ]
        return f"{text} Beside that, they differ in {', in '.join(beside)}." if beside else text

    def _finding(self, i: int) -> str:
        one, two = self.predictor[i], self.reference[i]
        areas = f"AUC {write.number(self.auc[i], 3)} against {write.number(self.auc_reference[i], 3)}"
        if self.pvalue[i] != self.pvalue[i]:
            return f"{one} and {two} ({areas}) cannot be compared: nothing is known of how their difference varies."
        level = write.level(self.confidence_level)
        text = write.pvalue(self.adjusted_pvalue[i])
        name = "adjusted p" if self._is_adjusted() else "p"
        p = f"{name} {'' if text.startswith('<') else '= '}{text}"
        sizes = (
            f"({areas}, n = {write.integer(self.n[i])}; difference {write.number(self.difference[i], 3, signed=True)}, "
            f"{level} interval {write.interval(self.low[i], self.high[i], 3)}; {p})"
        )
        if self.verdict[i] != "cannot tell":
            return f"{one} predicts {self.outcome} {self.verdict[i]} than {two} {sizes}."
        text = f"these data cannot tell whether {one} or {two} predicts {self.outcome} better {sizes}."
        if self._is_adjusted() and (self.low[i] > 0 or self.high[i] < 0):
            text += (
                " The interval, which is of this comparison alone, leaves out 0; the p-value is adjusted for "
                f"{self._compared()} comparisons (alone: p = {write.pvalue(self.pvalue[i])})."
            )
        text += (
            f" To be found with probability {100 * DETECTION:.0f} %, the AUCs would have to differ by about "
            f"{write.number(self.detectable[i], 3)}"
        )
        if self.n_needed[i] < MOST:
            text += (
                f"; if they truly differ by as much as here, it takes about {write.about(self.n_needed[i])} respondents"
            )
        return f"{text if self.labels[i] else text[0].upper() + text[1:]}."

    def method_text(self) -> str:
        """Say in one sentence how the numbers were made.

        Returns
        -------
        str
        """
        error = "DeLong's standard error" if self.binary and not self.design else "a linearised standard error"
        loss = ""
        if self.binary:
            drawn = (
                f"a paired bootstrap ({write.integer(self.n_resamples)} resamples)"
                if self.n_resamples
                else "linearisation"
            )
            loss = f", leave-one-out log-loss with intervals by {drawn}"
        r = {"pearson": "product-moment", "spearman": "rank"}[self.correlation_kind]
        sample = f"; {self.design}" if self.design else ""
        return (
            f"Predictors of {self.outcome} compared on the same respondents: AUC with {error}, p-values "
            f"{ADJUSTED[self.adjustment]}{loss}, {r} correlations with Zou's intervals and "
            f"{CORRELATION_ERRORS[self.correlation_test]}{sample}"
        )

    def __len__(self) -> int:
        return len(self.labels)
