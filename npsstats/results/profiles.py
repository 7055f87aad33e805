"""The answer to "where does each group stand, on all metrics of the same people?"."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from npsstats.ratings.scales import Metric
from npsstats.results import format as write
from npsstats.results.format import Table
from npsstats.results.protocol import Result, group_columns, group_text
from npsstats.typing import FloatArray, IntArray, Label
from npsstats.version import __version__

__all__ = ["Profile"]

COLUMNS = (
    *("n", "missing", "score", "standard_error", "low", "high", "standard_deviation"),
    *("position", "position_low", "position_high"),
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Profile(Result):
    """The scores of all metrics of the same respondents side by side; made by `profile`.

    One row per group and metric; all metrics of a group stand together. Arrays have one entry per row.

    Attributes
    ----------
    by : tuple of str
        The names of the group columns.
    labels : tuple of tuple
        The label of the group of each row, one entry per group column.
    metric : tuple of str
        The metric of each row.
    n, missing : ndarray of int
        Respondents with a rating of the metric, and without.
    score, standard_error, low, high : ndarray
        The score, its standard error and its interval, in points of the metric.
    standard_deviation : ndarray
        Of the values of single respondents, in points.
    position, position_low, position_high : ndarray
        The score and its limits between the worst possible score, 0, and the best, 1.
    metrics : tuple of Metric
        The metrics.
    method, method_title : str
        The method of the interval, by its key and in words.
    confidence_level : float
        The level of the intervals.
    design : str
        How the sample was drawn, in words; empty for independent respondents who count the same.
    references : tuple of str
        Bibliography keys of metrics and method.
    notes : tuple of str
        What a reader must know about the counts.
    version : str
        The version of npsstats.
    """

    by: tuple[str, ...]
    labels: tuple[Label, ...]
    metric: tuple[str, ...]
    n: IntArray
    missing: IntArray
    score: FloatArray
    standard_error: FloatArray
    low: FloatArray
    high: FloatArray
    standard_deviation: FloatArray
    position: FloatArray
    position_low: FloatArray
    position_high: FloatArray
    metrics: tuple[Metric, ...]
    method: str
    method_title: str
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
            Group columns, metric, n, missing, score, standard_error, low, high, standard_deviation, position,
            position_low, position_high.
        """
        arrays = {name: getattr(self, name) for name in COLUMNS}
        return {**group_columns(self.by, self.labels), "metric": list(self.metric), **arrays}

    def provenance(self) -> dict[str, Any]:
        """Give what the numbers rest on.

        Returns
        -------
        dict
        """
        return {
            "metrics": [metric.name for metric in self.metrics],
            "scales": [str(metric.scale) for metric in self.metrics],
            "favourable": [metric.favourable for metric in self.metrics],
            "interval_method": self.method,
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
        rows = []
        for i, name in enumerate(self.metric):
            places = self._places(i)
            rows.append(
                [
                    *map(group_text, self.labels[i]),
                    name,
                    write.integer(self.n[i]),
                    write.integer(self.missing[i]),
                    write.number(self.score[i], places),
                    write.number(self.standard_error[i], places + 1),
                    write.number(self.low[i], places),
                    write.number(self.high[i], places),
                    write.number(self.standard_deviation[i], places),
                    write.percent(self.position[i]),
                ]
            )
        headers = [*self.by, "metric", "n", "missing", "score", "standard error", "low", "high", "SD", "of the best"]
        return Table(headers=headers, rows=rows, text_columns=len(self.by) + 1)

    def heading(self) -> str:
        """Say in one line what the table shows.

        Returns
        -------
        str
        """
        by = f" by {', '.join(self.by)}" if self.by else ""
        names = ", ".join(metric.name for metric in self.metrics)
        design = f"\n{self.design}" if self.design else ""
        return f"{names} of the same respondents{by}, {write.level(self.confidence_level)} {self.method_title}{design}"

    def sentences(self) -> list[str]:
        """Say each group in words, ready for a report.

        Returns
        -------
        list of str
        """
        size = len(self.metrics)
        return [self._sentence(start, start + size) for start in range(0, len(self), size)]

    def _sentence(self, start: int, stop: int) -> str:
        group = f"{group_text(self.labels[start])}: " if self.labels[start] else ""
        said = []
        for i in range(start, stop):
            places = self._places(i)
            limits = write.interval(self.low[i], self.high[i], places)
            way = write.percent(self.position[i], 0)
            said.append(
                f"{self.metric[i]} {write.number(self.score[i], places)} ({limits}, n = {write.integer(self.n[i])}), "
                f"{way} of the way from its worst to its best score"
            )
        return f"{group}{'; '.join(said)}."

    def method_text(self) -> str:
        """Say in one sentence how the numbers were made.

        Returns
        -------
        str
        """
        names = "; ".join(f"{metric.name}: {metric.description or 'custom metric'}" for metric in self.metrics)
        design = f", {self.design}" if self.design else ""
        level = write.level(self.confidence_level)
        return f"Metrics of the same respondents ({names}), with {level} {self.method_title}{design}"

    def _places(self, i: int) -> int:
        """Find the decimals of a row's metric."""
        return write.decimals_for(self.metrics[i % len(self.metrics)].bounds)

    def __len__(self) -> int:
        return len(self.labels)
