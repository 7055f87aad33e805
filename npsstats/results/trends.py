"""The answer to "where is the score going?"."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from npsstats.ratings.scales import Metric
from npsstats.results import format as write
from npsstats.results.format import Table
from npsstats.results.protocol import Result, group_columns, group_text
from npsstats.typing import Alternative, FloatArray, IntArray, Label
from npsstats.version import __version__

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Trend"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Trend(Result):
    """Straight lines through the scores of periods, one for each series; made by `trend`.

    A row is a term of the line of a series: its slope, its level, and each effect of the season.

    Attributes
    ----------
    by : tuple of str
        The names of the group columns; the last one holds the periods.
    labels : tuple of tuple
        The series of each row: one entry per group column but the last.
    term : tuple of str
        What each row is: ``"slope per year"``, ``"level in the middle"``, or an effect of the season.
    estimate : ndarray
        In points; the slope in points per year.
    standard_error : ndarray
        Of the estimate, with the overdispersion that was found.
    low, high : ndarray
        The limits of the interval.
    statistic, pvalue : ndarray
        The estimate over its standard error, and the test that it is 0; nan for the level.
    series : tuple of tuple
        The label of each series.
    n_periods, n : ndarray of int, shape (series,)
        Periods with ratings, and ratings.
    df : ndarray of int, shape (series,)
        Periods minus parameters.
    dispersion : ndarray, shape (series,)
        The variance of the scores about the line, relative to what chance makes it.
    season_pvalue : ndarray, shape (series,)
        The test of all effects of the season together; nan without a season.
    middle : ndarray, shape (series,)
        The middle of the time, in years, where the level is that of the line.
    span : ndarray, shape (series,)
        The years from the first period to the last.
    period_labels : tuple of tuple
        The labels of the periods that the lines go through, one entry per group column.
    period_n : ndarray of int, shape (periods,)
        Their respondents.
    period_score, period_fitted, period_low, period_high : ndarray, shape (periods,)
        Their scores, what the line gives for them, and the limits of that; see `fitted`.
    kind : str
        What the periods are: ``"year"``, ``"half"``, ``"quarter"``, ``"month"``, ``"week"``, ``"day"``, or
        ``"period"`` if the times were given as numbers.
    periods_per_year : float
        How many of them there are in a year; nan if the times were given as numbers.
    season : str
        The season in words; empty without one.
    overdispersion : bool
        Whether the intervals allow for more variation than chance explains.
    metric : Metric
        What the score is.
    confidence_level : float
        The level of the intervals.
    alternative : {"two-sided", "less", "greater"}
        The alternative to 0.
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
    term: tuple[str, ...]
    estimate: FloatArray
    standard_error: FloatArray
    low: FloatArray
    high: FloatArray
    statistic: FloatArray
    pvalue: FloatArray
    series: tuple[Label, ...]
    n_periods: IntArray
    n: IntArray
    df: IntArray
    dispersion: FloatArray
    season_pvalue: FloatArray
    middle: FloatArray
    span: FloatArray
    period_labels: tuple[Label, ...]
    period_n: IntArray
    period_score: FloatArray
    period_fitted: FloatArray
    period_low: FloatArray
    period_high: FloatArray
    kind: str
    periods_per_year: float
    season: str
    overdispersion: bool
    metric: Metric
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
            Group columns, term, estimate, standard_error, low, high, statistic, pvalue.
        """
        names = ("estimate", "standard_error", "low", "high", "statistic", "pvalue")
        groups = group_columns(self.by[:-1], self.labels)
        return {**groups, "term": list(self.term), **{name: getattr(self, name) for name in names}}

    def fitted(self) -> "pd.DataFrame":
        """Give the score of each period beside what the line says of it.

        Returns
        -------
        pandas.DataFrame
            Group columns, n, score, fitted, low, high: the limits are those of the line, not of the scores of new
            respondents.
        """
        import pandas as pd

        names = ("n", "score", "fitted", "low", "high")
        groups = group_columns(self.by, self.period_labels)
        return pd.DataFrame({**groups, **{name: getattr(self, f"period_{name}") for name in names}})

    def provenance(self) -> dict[str, Any]:
        """Give what the numbers rest on.

        Returns
        -------
        dict
        """
        return {
            "metric": self.metric.name,
            "scale": str(self.metric.scale),
            "confidence_level": self.confidence_level,
            "alternative": self.alternative,
            "series": [list(label) for label in self.series],
            "n_periods": self.n_periods.tolist(),
            "n": self.n.tolist(),
            "df": self.df.tolist(),
            "dispersion": self.dispersion.tolist(),
            "overdispersion": self.overdispersion,
            "season": self.season,
            "season_pvalue": self.season_pvalue.tolist(),
            "middle": self.middle.tolist(),
            "span": self.span.tolist(),
            "kind": self.kind,
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
        levels = np.array([term.startswith("level") for term in self.term])

        def points(column: FloatArray) -> list[str]:
            return [write.number(x, places, signed=not level) for x, level in zip(column, levels, strict=True)]

        columns = [
            points(self.estimate),
            [write.number(x, places + 1) for x in self.standard_error],
            points(self.low),
            points(self.high),
            [write.number(x, 2) for x in self.statistic],
            list(map(write.pvalue, self.pvalue)),
        ]
        groups = [map(group_text, label) for label in self.labels]
        rows = [[*label, term, *rest] for label, term, *rest in zip(groups, self.term, *columns, strict=True)]
        names = ["estimate", "standard error", "low", "high", "t" if self.overdispersion else "z", "p"]
        return Table(headers=[*self.by[:-1], "term", *names], rows=rows, text_columns=len(self.by))

    def heading(self) -> str:
        """Say in one line what the table shows.

        Returns
        -------
        str
        """
        sided = "" if self.alternative == "two-sided" else f", one-sided ({self.alternative})"
        season = f" and {self.season}" if self.season else ""
        level = write.level(self.confidence_level)
        design = f" ({self.design})" if self.design else ""
        return f"{self.metric.name}: straight line over time{season}, {level} intervals{sided}{design}"

    def sentences(self) -> list[str]:
        """Say each series in words, ready for a report.

        Returns
        -------
        list of str
        """
        slopes = [i for i, term in enumerate(self.term) if term.startswith("slope")]
        return [self._sentence(block, row) for block, row in enumerate(slopes)]

    def _sentence(self, block: int, row: int) -> str:
        kind = {"half": "half-year"}.get(self.kind, self.kind)
        if np.isnan(self.pvalue[row]):
            return self._without_spread(block, row, kind)
        limits, p = self._limits(row), write.pvalue(self.pvalue[row])
        about = f"p {'' if p.startswith('<') else '= '}{p}; {self.n_periods[block]} {kind}s"
        text = f"{self._movement(block, row)} ({limits}; {about}, n = {write.integer(self.n[block])})."
        # Not detected is not the same as not there.
        if not self.pvalue[row] <= 1 - self.confidence_level:
            open_question = {
                "two-sided": "there is a trend, nor in which direction",
                "less": "the score has been falling",
                "greater": "the score has been rising",
            }
            text += f" These data do not settle whether {open_question[self.alternative]}."
        return text + self._about_season(block) + self._about_dispersion(block)

    def _without_spread(self, block: int, row: int, kind: str) -> str:
        of = f" of {group_text(self.series[block])}" if self.series[block] else ""
        level = write.number(self.estimate[row + 1], write.decimals_for(self.metric.bounds))
        return (
            f"{self.metric.name}{of} was {level} in all {self.n_periods[block]} {kind}s "
            f"(n = {write.integer(self.n[block])}): all ratings have the same value, which leaves a trend without an "
            "interval."
        )

    def _movement(self, block: int, row: int) -> str:
        places = write.decimals_for(self.metric.bounds)
        of = f" of {group_text(self.series[block])}" if self.series[block] else ""
        slope = self.estimate[row]
        if write.number(abs(slope), places) == write.number(0.0, places):
            return f"{self.metric.name}{of} moved by less than {10.0**-places:g} points a year"
        size = f"{write.number(abs(slope), places)} points a year"
        kind = {"half": "half-year"}.get(self.kind, self.kind)
        if self.kind in ("half", "quarter", "month"):
            size += f", {write.number(abs(slope) / self.periods_per_year, places + 1)} a {kind}"
        if self.span[block] < 1:
            # Less than a year: points per year say more than was seen.
            size += f", {write.number(abs(slope) * self.span[block], places)} from the first {kind} to the last"
        return f"{self.metric.name}{of} {'rose' if slope > 0 else 'fell'} by {size}"

    def _limits(self, row: int) -> str:
        places = write.decimals_for(self.metric.bounds)
        level = write.level(self.confidence_level)
        if self.alternative == "two-sided":
            return f"{level} interval {write.interval(self.low[row], self.high[row], places)} a year"
        if self.alternative == "less":
            return f"one-sided {level} limit: at most {write.number(self.high[row], places)} a year"
        return f"one-sided {level} limit: at least {write.number(self.low[row], places)} a year"

    def _about_season(self, block: int) -> str:
        if not self.season:
            return ""
        p = write.pvalue(self.season_pvalue[block])
        p = f"p {'' if p.startswith('<') else '= '}{p}"
        if self.season_pvalue[block] <= 1 - self.confidence_level:
            return f" The score changes with the season ({self.season}; {p})."
        return f" These data do not settle whether the score changes with the season ({self.season}; {p})."

    def _about_dispersion(self, block: int) -> str:
        if not self.dispersion[block] > 1:
            return ""
        ratio = write.number(self.dispersion[block], 2)
        allowed = "" if self.overdispersion else "; the interval does not allow for it"
        return f" About the line, the variance of the scores is {ratio} times what chance makes it{allowed}."

    def method_text(self) -> str:
        """Say in one sentence how the numbers were made.

        Returns
        -------
        str
        """
        season = f" with {self.season}" if self.season else ""
        spread = "an overdispersion factor" if self.overdispersion else "no variation but chance"
        sided = "" if self.alternative == "two-sided" else f"one-sided ({self.alternative}) "
        return (
            f"Trend of {self.metric.name} ({self.metric.description or 'custom metric'}) by weighted least squares of "
            f"period scores on time{season}, with {spread} and {sided}{write.level(self.confidence_level)} intervals"
            f"{f'; {self.design}' if self.design else ''}"
        )

    def __len__(self) -> int:
        return len(self.labels)
