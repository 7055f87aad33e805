"""The answer to "do two questions measure the same thing?"."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from npsstats.ratings.scales import Metric
from npsstats.results import format as write
from npsstats.results.format import Table
from npsstats.results.protocol import Result, group_columns, group_text
from npsstats.typing import FloatArray, IntArray, Label
from npsstats.version import __version__

__all__ = ["MEASURES", "ItemAssociation"]

# The columns of the measures, and what they are called.
MEASURES = {"spearman": "Spearman", "tau_b": "Kendall's tau-b", "polychoric": "polychoric"}

# Correlations this close to 1 are 1, to rounding.
PERFECT = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class ItemAssociation(Result):
    """Associations of the ratings that the same respondents gave; made by `item_association`.

    One row for each group and pair of metrics. Arrays have one entry per row. All correlations are positive if
    favourable ratings on one metric go with favourable ratings on the other, whichever ends of the scales these are.

    Attributes
    ----------
    by : tuple of str
        The names of the group columns.
    labels : tuple of tuple
        The label of each row in these columns.
    metric, other_metric : tuple of str
        The names of the two metrics of each row.
    n : ndarray of int
        Respondents who rated both.
    spearman, tau_b, polychoric : ndarray
        Spearman's correlation of mid-ranks, Kendall's tau-b, and the correlation of the two normal variables that the
        ratings would be cuts of; -1 to 1, nan if all respondents give one of the ratings alike.
    spearman_standard_error, tau_b_standard_error, polychoric_standard_error : ndarray
        nan where nothing is known of them, as of a perfect association.
    spearman_low, spearman_high, tau_b_low, tau_b_high, polychoric_low, polychoric_high : ndarray
        The limits of the intervals; -1 and 1 where there is no standard error.
    metrics : tuple of Metric
        The metrics, in their order.
    confidence_level : float
        The level of each interval by itself.
    references : tuple of str
        Bibliography keys.
    notes : tuple of str
        What a reader must know about the counts.
    design : str
        How the sample was drawn, in words; empty for independent respondents who count the same.
    version : str
        The version of npsstats.
    """

    by: tuple[str, ...]
    labels: tuple[Label, ...]
    metric: tuple[str, ...]
    other_metric: tuple[str, ...]
    n: IntArray
    spearman: FloatArray
    spearman_standard_error: FloatArray
    spearman_low: FloatArray
    spearman_high: FloatArray
    tau_b: FloatArray
    tau_b_standard_error: FloatArray
    tau_b_low: FloatArray
    tau_b_high: FloatArray
    polychoric: FloatArray
    polychoric_standard_error: FloatArray
    polychoric_low: FloatArray
    polychoric_high: FloatArray
    metrics: tuple[Metric, ...]
    confidence_level: float
    references: tuple[str, ...]
    notes: tuple[str, ...] = ()
    design: str = ""
    version: str = __version__

    def columns(self) -> dict[str, Sequence[Any]]:
        """Give the columns of the frame, unrounded.

        Returns
        -------
        dict
            Group columns, metric, other_metric, n, and of spearman, tau_b and polychoric the estimate, its
            standard_error, low and high.
        """
        parts = ("", "_standard_error", "_low", "_high")
        names = ("metric", "other_metric", "n", *(f"{measure}{part}" for measure in MEASURES for part in parts))
        return {**group_columns(self.by, self.labels), **{name: getattr(self, name) for name in names}}

    def provenance(self) -> dict[str, Any]:
        """Give what the numbers rest on.

        Returns
        -------
        dict
        """
        return {
            "metrics": [metric.name for metric in self.metrics],
            "scales": [str(metric.scale) for metric in self.metrics],
            "favourable": [str(metric.favourable) for metric in self.metrics],
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
                self.metric[i],
                self.other_metric[i],
                write.integer(self.n[i]),
                *(text for measure in MEASURES for text in (self._value(measure, i), self._interval(measure, i))),
            ]
            for i in range(len(self))
        ]
        level = write.level(self.confidence_level)
        measures = [header for title in MEASURES.values() for header in (title, f"{level} interval")]
        headers = [*self.by, "metric", "with", "n", *measures]
        return Table(headers=headers, rows=rows, text_columns=len(self.by) + 2)

    def heading(self) -> str:
        """Say in one line what the table shows.

        Returns
        -------
        str
        """
        by = f" by {', '.join(self.by)}" if self.by else ""
        design = f"\n{self.design}" if self.design else ""
        names = ", ".join(metric.name for metric in self.metrics)
        return f"Association of {names}{by}, ratings of the same respondents{design}"

    def sentences(self) -> list[str]:
        """Say each row in words, ready for a report.

        Returns
        -------
        list of str
        """
        return [self._sentence(i) for i in range(len(self))]

    def _sentence(self, i: int) -> str:
        group = f"{group_text(self.labels[i])}: " if self.labels[i] else ""
        pair = f"{self.metric[i]} and {self.other_metric[i]} of the same {write.integer(self.n[i])} respondents"
        if not self.n[i]:
            return f"{group}Nobody rated both {self.metric[i]} and {self.other_metric[i]}."
        if self.spearman[i] != self.spearman[i]:
            return f"{group}How {pair} go together cannot be said, as one of the ratings is always the same."
        level = write.level(self.confidence_level)
        known = [measure for measure in MEASURES if getattr(self, measure)[i] == getattr(self, measure)[i]]
        numbers = [f"{MEASURES[measure]} {self._value(measure, i)} ({self._interval(measure, i)})" for measure in known]
        return f"{group}{self._finding(i, pair)}: {', '.join(numbers)}; {level} intervals."

    def _finding(self, i: int, pair: str) -> str:
        if self.spearman_low[i] > 0:
            return f"{pair} tend to go together, favourable with favourable"
        if self.spearman_high[i] < 0:
            return f"{pair} tend to go against each other, favourable with unfavourable"
        if np.isnan(self.spearman_standard_error[i]) and abs(self.spearman[i]) > 1 - PERFECT:
            ways = "go together" if self.spearman[i] > 0 else "go against each other"
            return f"{pair} {ways} without exception; how far beyond them, these intervals cannot say"
        return f"Whether {pair} go together is not settled"

    def method_text(self) -> str:
        """Say in one sentence how the numbers were made.

        Returns
        -------
        str
        """
        names = ", ".join(metric.name for metric in self.metrics)
        return (
            f"Associations of {names}, oriented so that high is favourable, by Spearman's correlation of mid-ranks, "
            "Kendall's tau-b and the two-step polychoric correlation; intervals by the delta method on the scale of "
            f"arctanh{f'; {self.design}' if self.design else ''}"
        )

    def __len__(self) -> int:
        return len(self.labels)

    def _value(self, measure: str, i: int) -> str:
        return write.number(getattr(self, measure)[i], 2)

    def _interval(self, measure: str, i: int) -> str:
        return write.interval(getattr(self, f"{measure}_low")[i], getattr(self, f"{measure}_high")[i], 2)
