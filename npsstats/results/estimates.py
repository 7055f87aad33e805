"""The answer to "what is the score?"."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from npsstats.ratings.scales import Metric
from npsstats.results import format as write
from npsstats.results.format import Table
from npsstats.results.protocol import Result, group_columns, group_text
from npsstats.typing import Alternative, FloatArray, IntArray, Label
from npsstats.version import __version__

__all__ = ["Estimates"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Estimates(Result):
    """Scores with their intervals, one per group; made by `estimate`.

    Attributes
    ----------
    by : tuple of str
        The names of the group columns.
    labels : tuple of tuple
        The label of each group, one entry per group column.
    n, missing : ndarray of int
        Respondents with and without a rating.
    score : ndarray
        The score, in points.
    standard_error : ndarray
        Of the score, in points: sqrt(sum p (c - score)^2 / n) with the observed shares p and the values c,
        whatever the method of the interval; of a survey, by its design, and nan where that leaves it unknown.
    low, high : ndarray
        The limits of the interval, in points.
    metric : Metric
        What the score is.
    method, method_title : str
        The method of the interval, by its key and in words.
    confidence_level : float
        The level of the interval.
    alternative : str
        Two-sided, or "less" for an upper and "greater" for a lower limit only; the other end is that of the scale.
    references : tuple of str
        Bibliography keys of metric and method.
    notes : tuple of str
        What a reader must know about the counts.
    design : str
        How the sample was drawn, in words; empty for independent respondents who count the same.
    version : str
        The version of npsstats.
    """

    by: tuple[str, ...]
    labels: tuple[Label, ...]
    n: IntArray
    missing: IntArray
    score: FloatArray
    standard_error: FloatArray
    low: FloatArray
    high: FloatArray
    metric: Metric
    method: str
    method_title: str
    confidence_level: float
    alternative: Alternative
    references: tuple[str, ...]
    notes: tuple[str, ...] = ()
    design: str = ""
    version: str = __version__

    def columns(self) -> dict[str, Sequence[Any]]:
        """Give the columns of the frame, unrounded.

        Returns
        -------
        dict
            Group columns, n, missing, score, standard_error, low, high.
        """
        names = ("n", "missing", "score", "standard_error", "low", "high")
        return {**group_columns(self.by, self.labels), **{name: getattr(self, name) for name in names}}

    def provenance(self) -> dict[str, Any]:
        """Give what the numbers rest on.

        Returns
        -------
        dict
        """
        return {
            "metric": self.metric.name,
            "scale": str(self.metric.scale),
            "interval_method": self.method,
            "confidence_level": self.confidence_level,
            "alternative": self.alternative,
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
        places = write.decimals_for(self.metric.bounds)
        numbers = [[write.number(x, places) for x in column] for column in (self.score, self.low, self.high)]
        errors = [write.number(x, places + 1) for x in self.standard_error]
        sizes = [[write.integer(x) for x in column] for column in (self.n, self.missing)]
        groups = [map(group_text, label) for label in self.labels]
        rows = [[*label, *rest] for label, *rest in zip(groups, *sizes, numbers[0], errors, *numbers[1:], strict=True)]
        headers = [*self.by, "n", "missing", self.metric.name, "standard error", "low", "high"]
        return Table(headers=headers, rows=rows, text_columns=len(self.by))

    def heading(self) -> str:
        """Say in one line what the table shows.

        Returns
        -------
        str
        """
        by = f" by {', '.join(self.by)}" if self.by else ""
        sided = "" if self.alternative == "two-sided" else f", one-sided ({self.alternative})"
        design = f"\n{self.design}" if self.design else ""
        return f"{self.metric.name}{by}, {write.level(self.confidence_level)} {self.method_title}{sided}{design}"

    def sentences(self) -> list[str]:
        """Say each row in words, ready for a report.

        Returns
        -------
        list of str
        """
        return [self._sentence(i) for i in range(len(self))]

    def _sentence(self, i: int) -> str:
        places = write.decimals_for(self.metric.bounds)
        level = write.level(self.confidence_level)
        if self.alternative == "two-sided":
            limits = f"{level} interval {write.interval(self.low[i], self.high[i], places)}"
        elif self.alternative == "less":
            limits = f"one-sided {level} limit: at most {write.number(self.high[i], places)}"
        else:
            limits = f"one-sided {level} limit: at least {write.number(self.low[i], places)}"
        group = " of " + group_text(self.labels[i]) if self.labels[i] else ""
        score = write.number(self.score[i], places)
        return f"{self.metric.name}{group}: {score} ({limits}; n = {write.integer(self.n[i])})."

    def method_text(self) -> str:
        """Say in one sentence how the numbers were made.

        Returns
        -------
        str
        """
        return (
            f"{self.metric.name} ({self.metric.description or 'custom metric'}) "
            f"with {'' if self.alternative == 'two-sided' else 'one-sided '}{write.level(self.confidence_level)} "
            f"{self.method_title}{f', {self.design}' if self.design else ''}"
        )

    def __len__(self) -> int:
        return len(self.labels)
