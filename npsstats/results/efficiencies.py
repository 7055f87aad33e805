"""The answer to "how many respondents does the single number throw away?"."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal

from npsstats.ratings.scales import Metric
from npsstats.results import format as write
from npsstats.results.format import Table
from npsstats.results.protocol import Result, group_columns, group_text
from npsstats.typing import FloatArray, IntArray, Label
from npsstats.version import __version__

__all__ = ["MEAN", "ORDINAL", "Efficiency"]

# What the analyses are called that need no metric of their own.
ORDINAL, MEAN = "ordinal analysis", "mean"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Efficiency(Result):
    """What scores see of a shift of all odds alike, beside the mean and an ordinal analysis; made by `efficiency`.

    One row per group and analysis; those of a group stand together. Arrays have one entry per row.

    Attributes
    ----------
    by : tuple of str
        The names of the group columns.
    labels : tuple of tuple
        The label of each row, one entry per group column.
    analysis : tuple of str
        What is looked at: the name of a score, or ``"ordinal analysis"``, the test of the proportional-odds model
        (Wilcoxon's, with mid-ranks).
    n : ndarray of int
        Respondents with a rating.
    slope : ndarray
        By how much the score moves with a unit of log odds, in its points; of the ordinal analysis, the mean of
        2 ridit - 1.
    standard_deviation : ndarray
        Of the values of one respondent, in the same points.
    efficacy : ndarray
        (slope / standard_deviation)^2: what one respondent tells of the shift; nan where all ratings are the same.
    relative_to_mean, relative_to_ordinal : ndarray
        The efficacy over that of the mean rating, and over that of the ordinal analysis.
    low, high : ndarray
        The limits of the relative efficiency to `against`; nan where the data leave them unknown.
    against : {"ordinal", "mean"}
        What the intervals and the sample sizes are held against.
    metric : Metric
        The score that the counts were asked for.
    confidence_level : float
        The level of the intervals.
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
    analysis: tuple[str, ...]
    n: IntArray
    slope: FloatArray
    standard_deviation: FloatArray
    efficacy: FloatArray
    relative_to_mean: FloatArray
    relative_to_ordinal: FloatArray
    low: FloatArray
    high: FloatArray
    against: Literal["ordinal", "mean"]
    metric: Metric
    confidence_level: float
    references: tuple[str, ...]
    notes: tuple[str, ...] = ()
    design: str = ""
    version: str = __version__

    @property
    def sample_size_factor(self) -> FloatArray:
        """How many times as many respondents it takes as with `against`: 1 / relative efficiency."""
        factor: FloatArray = 1 / (self.relative_to_ordinal if self.against == "ordinal" else self.relative_to_mean)
        return factor

    @property
    def factor_low(self) -> FloatArray:
        """The lower limit of the factor."""
        low: FloatArray = 1 / self.high
        return low

    @property
    def factor_high(self) -> FloatArray:
        """The upper limit of the factor."""
        high: FloatArray = 1 / self.low
        return high

    def columns(self) -> dict[str, Sequence[Any]]:
        """Give the columns of the frame, unrounded.

        Returns
        -------
        dict
            Group columns, analysis, n, slope, standard_deviation, efficacy, relative_to_mean, relative_to_ordinal,
            low, high, sample_size_factor, factor_low, factor_high.
        """
        names = ("analysis", "n", "slope", "standard_deviation", "efficacy", "relative_to_mean", "relative_to_ordinal")
        more = ("low", "high", "sample_size_factor", "factor_low", "factor_high")
        return {**group_columns(self.by, self.labels), **{name: getattr(self, name) for name in (*names, *more)}}

    def provenance(self) -> dict[str, Any]:
        """Give what the numbers rest on.

        Returns
        -------
        dict
        """
        return {
            "metric": self.metric.name,
            "scale": str(self.metric.scale),
            "against": self.against,
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
        factor, low, high = self.sample_size_factor, self.factor_low, self.factor_high
        rows = [
            [
                *map(group_text, self.labels[i]),
                self.analysis[i],
                write.integer(self.n[i]),
                write.number(self.slope[i], 2, signed=True),
                write.number(self.standard_deviation[i], 2),
                write.number(self.relative_to_mean[i], 2),
                write.number(self.relative_to_ordinal[i], 2),
                write.number(factor[i], 2),
                "–" if low[i] != low[i] else write.interval(low[i], high[i], 2),
            ]
            for i in range(len(self))
        ]
        sizes = [
            "efficiency to mean",
            "to ordinal",
            "respondents needed",
            f"{write.level(self.confidence_level)} interval",
        ]
        headers = [*self.by, "analysis", "n", "slope", "standard deviation", *sizes]
        return Table(headers=headers, rows=rows, text_columns=len(self.by) + 1)

    def heading(self) -> str:
        """Say in one line what the table shows.

        Returns
        -------
        str
        """
        by = f" by {', '.join(self.by)}" if self.by else ""
        design = f"\n{self.design}" if self.design else ""
        return (
            f"{self.metric.name}{by}: what analyses see of a shift of all odds alike; respondents needed, in multiples "
            f"of those of the {self._reference}{design}"
        )

    def sentences(self) -> list[str]:
        """Say in words what each group's analyses need, ready for a report.

        Returns
        -------
        list of str
            One text for all analyses of a group.
        """
        return [self._reading(list(rows)) for _, rows in groupby(range(len(self)), key=lambda i: self.labels[i])]

    def _reading(self, rows: list[int]) -> str:
        first = rows[0]
        group = f"{group_text(self.labels[first])}: " if self.labels[first] else ""
        if self.efficacy[first] != self.efficacy[first]:
            return f"{group}All ratings count the same for {self.metric.name}; what it would see of a shift is unknown."
        factor = self.sample_size_factor
        level = write.level(self.confidence_level)
        known = self.low[first] == self.low[first]
        limits = write.interval(self.factor_low[first], self.factor_high[first], 2)
        certainty = f" ({level} interval {limits})" if known else ""
        own = (
            f"{group}To see the same shift of all odds, {self.metric.name} needs {write.number(factor[first], 2)} "
            f"times as many respondents as the {self._reference} of the same ratings{certainty}"
        )
        others = [
            f"{self.analysis[i]} {write.number(factor[i], 2)} times"
            for i in rows[1:]
            if self.analysis[i] != self._reference and factor[i] == factor[i]
        ]
        return f"{own}{'; ' if others else ''}{', '.join(others)}.{self._beside_mean(first)}"

    def _beside_mean(self, row: int) -> str:
        """Say whether the score sees more or less than the mean, which can be either, as far as that is known."""
        to_mean = write.number(self.relative_to_mean[row], 2)
        if self.analysis[row] == MEAN or to_mean == "–":
            return ""
        if self.against != "mean":
            return f" Held against the mean, the relative efficiency of {self.metric.name} is {to_mean}."
        figure = f"(relative efficiency {to_mean})"
        if self.low[row] > 1 or self.high[row] < 1:
            than = "more" if self.low[row] > 1 else "less"
            return f" {self.metric.name} sees {than} of it than the mean {figure}."
        return f" These data cannot tell whether {self.metric.name} sees more of it than the mean, or less {figure}."

    @property
    def _reference(self) -> str:
        return ORDINAL if self.against == "ordinal" else MEAN

    def method_text(self) -> str:
        """Say in one sentence how the numbers were made.

        Returns
        -------
        str
        """
        return (
            f"Asymptotic relative efficiency of {self.metric.name} ({self.metric.description or 'custom metric'}) and "
            "others under a proportional-odds shift of the observed ratings, with "
            f"{write.level(self.confidence_level)} intervals by the delta method, taking in those with "
            f"two respondents more, spread over all ratings{f', {self.design}' if self.design else ''}"
        )

    def __len__(self) -> int:
        return len(self.labels)
