"""The answer to "how far is a score from its reference?"."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from npsstats.ratings.scales import Metric
from npsstats.results import format as write
from npsstats.results.format import Table
from npsstats.results.protocol import Result, group_columns, group_text
from npsstats.typing import Alternative, FloatArray, IntArray, Label
from npsstats.version import __version__

__all__ = ["Differences"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Differences(Result):
    """Differences of scores from their references, with interval and test; made by `compare`.

    Attributes
    ----------
    by : tuple of str
        The names of the group columns.
    labels : tuple of tuple
        The label of each compared group, one entry per group column.
    reference : tuple
        The reference of each group: a label, ``"rest"``, or a fixed benchmark in points.
    n, n_reference : ndarray of int
        Respondents with a rating in the group and in its reference; 0 for a fixed benchmark.
    score, score_reference : ndarray
        The two scores, in points.
    difference : ndarray
        Group minus reference, in points.
    standard_error : ndarray
        Of the difference, in points, from the observed shares, whatever the method.
    low, high : ndarray
        The limits of the interval of the difference, in points.
    statistic, pvalue : ndarray
        The test of no difference. A p-value too small for a floating-point number is given as the smallest
        one, 5e-324, an upper bound.
    metric : Metric
        What the score is.
    method, method_title : str
        The method of interval and test, by its key and in words.
    confidence_level : float
        The level of the interval.
    alternative : {"two-sided", "less", "greater"}
        The alternative to no difference.
    references : tuple of str
        Bibliography keys of metric and method.
    notes : tuple of str
        What a reader must know about the counts.
    version : str
        The version of npsstats.
    """

    by: tuple[str, ...]
    labels: tuple[Label, ...]
    reference: tuple[Hashable, ...]
    n: IntArray
    n_reference: IntArray
    score: FloatArray
    score_reference: FloatArray
    difference: FloatArray
    standard_error: FloatArray
    low: FloatArray
    high: FloatArray
    statistic: FloatArray
    pvalue: FloatArray
    metric: Metric
    method: str
    method_title: str
    confidence_level: float
    alternative: Alternative
    references: tuple[str, ...]
    notes: tuple[str, ...] = ()
    version: str = __version__

    def columns(self) -> dict[str, Sequence[Any]]:
        """Give the columns of the frame, unrounded.

        Returns
        -------
        dict
            Group columns, reference, n, n_reference, difference, standard_error, low, high, statistic, pvalue.
        """
        names = ("n", "n_reference", "difference", "standard_error", "low", "high", "statistic", "pvalue")
        groups = group_columns(self.by, self.labels)
        return {**groups, "reference": list(self.reference), **{name: getattr(self, name) for name in names}}

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

        def signed(column: FloatArray) -> list[str]:
            return [write.number(x, places, signed=True) for x in column]

        columns = [
            list(map(write.integer, self.n)),
            [write.integer(x) if x else "–" for x in self.n_reference],
            signed(self.difference),
            [write.number(x, places + 1) for x in self.standard_error],
            signed(self.low),
            signed(self.high),
            [write.number(x, 2) for x in self.statistic],
            list(map(write.pvalue, self.pvalue)),
        ]
        groups = [[*map(group_text, label)] for label in self.labels]
        against = map(group_text, self.reference)
        rows = [[*label, other, *rest] for label, other, *rest in zip(groups, against, *columns, strict=True)]
        names = ["n", "n reference", "difference", "standard error", "low", "high", "z", "p"]
        return Table(headers=[*self.by, "reference", *names], rows=rows, text_columns=len(self.by) + 1)

    def heading(self) -> str:
        """Say in one line what the table shows.

        Returns
        -------
        str
        """
        sided = "" if self.alternative == "two-sided" else f", one-sided ({self.alternative})"
        return (
            f"{self.metric.name}: group minus reference, {write.level(self.confidence_level)} "
            f"{self.method_title}{sided}"
        )

    def sentences(self) -> list[str]:
        """Say each row in words, ready for a report.

        Returns
        -------
        list of str
        """
        return [self._sentence(i) for i in range(len(self))]

    def _sentence(self, i: int) -> str:
        places = write.decimals_for(self.metric.bounds)
        group = group_text(self.labels[i]) if self.labels[i] else "the group"
        benchmark = self.n_reference[i] == 0
        other = "the benchmark" if benchmark else group_text(self.reference[i])
        size = abs(self.difference[i])
        said = write.number(size, places)
        if write.number(size, places) == write.number(0.0, places):
            body = f"{self.metric.name} of {group} and {other} differ by less than {10.0**-places:g} points"
        else:
            way = "above" if self.difference[i] > 0 else "below"
            body = f"{self.metric.name} of {group} is {said} points {way} {'' if benchmark else 'that of '}{other}"
        own = f"{write.number(self.score[i], places)}, n = {write.integer(self.n[i])}"
        theirs = write.number(self.score_reference[i], places)
        theirs += "" if benchmark else f", n = {write.integer(self.n_reference[i])}"
        level = write.level(self.confidence_level)
        if self.alternative == "two-sided":
            limits = f"{level} interval of the difference {write.interval(self.low[i], self.high[i], places)} points"
        elif self.alternative == "less":
            limits = f"one-sided {level} limit of the difference: at most {write.number(self.high[i], places)} points"
        else:
            limits = f"one-sided {level} limit of the difference: at least {write.number(self.low[i], places)} points"
        p = write.pvalue(self.pvalue[i])
        text = f"{body} ({own}, against {theirs}; {limits}; p {'' if p.startswith('<') else '= '}{p})."
        # Not detected is not the same as not there.
        if not self.pvalue[i] <= 1 - self.confidence_level:
            open_question = {
                "two-sided": "there is a difference, nor in which direction",
                "less": "the difference is below 0",
                "greater": "the difference is above 0",
            }
            text += f" These data do not settle whether {open_question[self.alternative]}."
        return text

    def method_text(self) -> str:
        """Say in one sentence how the numbers were made.

        Returns
        -------
        str
        """
        sided = "two-sided" if self.alternative == "two-sided" else f"one-sided ({self.alternative})"
        return (
            f"Differences of {self.metric.name} ({self.metric.description or 'custom metric'}) with "
            f"{write.level(self.confidence_level)} {self.method_title} and {sided} tests"
        )

    def __len__(self) -> int:
        return len(self.labels)
