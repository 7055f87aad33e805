"""The answer to "do late respondents score lower?"."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from npsstats.ratings.scales import Metric
from npsstats.results import format as write
from npsstats.results.differences import Differences
from npsstats.results.format import Table
from npsstats.results.protocol import Result, group_columns, group_text
from npsstats.typing import FloatArray, IntArray, Label
from npsstats.version import __version__

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Resistance"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Resistance(Result):
    """Scores by step of response, and what they suggest of nonrespondents; made by `resistance`.

    Attributes
    ----------
    by : tuple of str
        The names of the group columns; the last one holds the steps.
    labels : tuple of tuple
        The label of each row, one entry per group column.
    n : ndarray of int
        Respondents with a rating who answered at the step.
    share, cumulative_share : ndarray
        Of the step, and of all steps up to it, in the answers of their table.
    score, standard_error, low, high : ndarray
        The score of the step with standard error and interval, in points.
    cumulative_score, cumulative_low, cumulative_high : ndarray
        The score of all who answered up to the step, with its interval, in points.
    series : tuple of tuple
        The label of each table: one entry per group column but the last.
    differences : Differences
        The last step minus the first, of each table.
    slope, slope_low, slope_high : ndarray
        Of each table the slope along the order of response, in points from the first to the last respondent, with its
        interval.
    response_rate : ndarray
        The share that answered, of each table; nan where it is not known.
    supposed : tuple of str
        What may be supposed of nonrespondents: ``"like all respondents"``, ``"like the last step"``, ``"along the
        line"``; empty without a response rate.
    everyone, everyone_low, everyone_high : ndarray, shape (tables, assumptions)
        The score of everyone under each assumption, with its interval, in points.
    nonrespondents : ndarray, shape (tables, assumptions)
        The score of nonrespondents under each assumption, in points.
    metric : Metric
        What the score is.
    confidence_level : float
        The level of the intervals.
    design : str
        How the sample was drawn, in words; empty for simple counts.
    references : tuple of str
        Bibliography keys of metric and method.
    notes : tuple of str
        What a reader must know about the counts.
    version : str
        The version of npsstats.
    """

    by: tuple[str, ...]
    labels: tuple[Label, ...]
    n: IntArray
    share: FloatArray
    cumulative_share: FloatArray
    score: FloatArray
    standard_error: FloatArray
    low: FloatArray
    high: FloatArray
    cumulative_score: FloatArray
    cumulative_low: FloatArray
    cumulative_high: FloatArray
    series: tuple[Label, ...]
    differences: Differences
    slope: FloatArray
    slope_low: FloatArray
    slope_high: FloatArray
    response_rate: FloatArray
    supposed: tuple[str, ...]
    everyone: FloatArray
    everyone_low: FloatArray
    everyone_high: FloatArray
    nonrespondents: FloatArray
    metric: Metric
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
            Group columns, n, share, score, standard_error, low, high, cumulative_share, cumulative_score,
            cumulative_low, cumulative_high.
        """
        names = [
            *("n", "share", "score", "standard_error", "low", "high"),
            *("cumulative_share", "cumulative_score", "cumulative_low", "cumulative_high"),
        ]
        return {**group_columns(self.by, self.labels), **{name: getattr(self, name) for name in names}}

    def late_minus_early(self) -> "pd.DataFrame":
        """Give the difference of the last step from the first, a row per table.

        Returns
        -------
        pandas.DataFrame
            As of `compare`.
        """
        return self.differences.to_frame()

    def extrapolation(self) -> "pd.DataFrame":
        """Give the score of everyone by what may be supposed of nonrespondents, a row per table and assumption.

        Returns
        -------
        pandas.DataFrame
            Group columns but the last, supposed, nonrespondents (their score), delta (how far they are below
            respondents), score (of everyone), low, high. Empty without a response rate.
        """
        import pandas as pd

        many = len(self.supposed)
        rows = np.repeat(np.arange(len(self.series)), many)
        alike = self.nonrespondents[:, :1]
        return pd.DataFrame(
            {
                **group_columns(self.by[:-1], tuple(self.series[i] for i in rows)),
                "supposed": list(self.supposed) * len(self.series),
                "nonrespondents": self.nonrespondents.ravel(),
                "delta": (alike - self.nonrespondents).ravel(),
                "score": self.everyone.ravel(),
                "low": self.everyone_low.ravel(),
                "high": self.everyone_high.ravel(),
            }
        )

    def provenance(self) -> dict[str, Any]:
        """Give what the numbers rest on.

        Returns
        -------
        dict
        """
        return {
            "metric": self.metric.name,
            "scale": str(self.metric.scale),
            "response_rates": self.response_rate.tolist(),
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
        places = write.decimals_for(self.metric.bounds)
        columns = [
            list(map(write.integer, self.n)),
            list(map(write.percent, self.share)),
            *([write.number(x, places) for x in column] for column in (self.score, self.low, self.high)),
            list(map(write.percent, self.cumulative_share)),
            *(
                [write.number(x, places) for x in column]
                for column in (self.cumulative_score, self.cumulative_low, self.cumulative_high)
            ),
        ]
        rows = [[*map(group_text, label), *rest] for label, *rest in zip(self.labels, *columns, strict=True)]
        names = ["n", "share", self.metric.name, "low", "high", "so far", f"{self.metric.name} so far", "low", "high"]
        return Table(headers=[*self.by, *names], rows=rows, text_columns=len(self.by))

    def heading(self) -> str:
        """Say in one line what the table shows.

        Returns
        -------
        str
        """
        level = write.level(self.confidence_level)
        return f"{self.metric.name} by {self.by[-1]}, in order of response, {level} intervals{self._sample}"

    @property
    def _sample(self) -> str:
        return f" ({self.design})" if self.design else ""

    def sentences(self) -> list[str]:
        """Say for each table how late differ from early respondents, and what that would mean for the others.

        Returns
        -------
        list of str
            Two sentences for each table, and a third one with a response rate.
        """
        made = []
        for i in range(len(self.series)):
            made += [self._late(i), self._along(i)]
            if self.supposed:
                made.append(self._beyond(i))
        return made

    def _late(self, i: int) -> str:
        """Say what `compare` says of the last step and the first."""
        return self.differences.sentences()[i]

    def _along(self, i: int) -> str:
        places = write.decimals_for(self.metric.bounds)
        of = f" in {', '.join(map(group_text, self.series[i]))}" if self.series[i] else ""
        size = write.number(abs(self.slope[i]), places)
        level = f"{write.level(self.confidence_level)} interval"
        limits = write.interval(self.slope_low[i], self.slope_high[i], places)
        start = f"Along the order of response the score{of}"
        if self.slope_low[i] > 0 or self.slope_high[i] < 0:
            way = "rose" if self.slope[i] > 0 else "fell"
            return f"{start} {way} by {size} points from the first to the last respondent ({level} {limits})."
        return (
            f"{start} has a slope of {write.number(self.slope[i], places, signed=True)} points from the first to the "
            f"last respondent ({level} {limits}): it is not settled whether it rises or falls."
        )

    def _beyond(self, i: int) -> str:
        if self.response_rate[i] == 1:
            return "Everyone answered: there are no others to suppose anything of."
        places = write.decimals_for(self.metric.bounds)
        name = self.metric.name
        alike, last, line = (
            f"{write.number(self.everyone[i, k], places)} ("
            f"{write.interval(self.everyone_low[i, k], self.everyone_high[i, k], places)})"
            for k in range(3)
        )
        ends = self.nonrespondents[i, 2] in self.metric.bounds
        cut = ", which ends at the end of the scale" if ends else ""
        return (
            f"{write.percent(1 - self.response_rate[i])} did not answer. If they are like all who did, {name} of "
            f"everyone is {alike}; if like those of the last step, {last}; if they go on along the line{cut}, {line}. "
            f"These are assumptions, not findings: the answers cannot tell which of them holds, if any."
        )

    def method_text(self) -> str:
        """Say in one sentence how the numbers were made.

        Returns
        -------
        str
        """
        beyond = " and extrapolation to nonrespondents by the last step and by a straight line" if self.supposed else ""
        return (
            f"Continuum of resistance of {self.metric.name} ({self.metric.description or 'custom metric'}): scores by "
            f"{self.by[-1]} in order of response{beyond}, with {write.level(self.confidence_level)} intervals"
            f"{self._sample}"
        )

    def __len__(self) -> int:
        return len(self.labels)
