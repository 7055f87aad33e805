"""The answer to "when did the answers change?"."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from npsstats.ratings.scales import Metric
from npsstats.results import format as write
from npsstats.results.format import Table
from npsstats.results.protocol import Result, group_columns, group_text
from npsstats.typing import FloatArray, IntArray, Label
from npsstats.version import __version__

__all__ = ["Changes"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Changes(Result):
    """The changes that were detected in series of periods; made by `find_changes`.

    A row is a change. Where none was detected there is no row, and `sentences` says what could have been.

    Attributes
    ----------
    by : tuple of str
        The names of the group columns; the last one holds the periods.
    labels : tuple of tuple
        Of each change: the labels of its series, and the period at which the new level begins.
    earliest, latest : tuple
        The periods between which, at `confidence_level`, it begins.
    n_before, n_after : ndarray of int
        Respondents of the segments on both sides, up to the next change.
    score_before, score_after : ndarray
        Their scores, in points.
    difference : ndarray
        After minus before, in points.
    low, high : ndarray
        The limits of the difference, as if the place of the change had been known.
    statistic, pvalue : ndarray
        The likelihood ratio statistic of the change, and its p-value between the changes beside it.
    series : tuple of tuple
        The label of each series.
    n_periods, series_n : ndarray of int, shape (series,)
        Periods with ratings, and ratings.
    penalty : ndarray, shape (series,)
        What a change had to save, as twice a log likelihood.
    likeliest : tuple
        The period of the largest statistic of a single change of each series, detected or not.
    largest, overall_pvalue : ndarray, shape (series,)
        That statistic, and the test that nothing changed in the series.
    detectable : ndarray, shape (series,)
        How far the score must have moved, halfway through the answers, to be detected in at least about 80 % of such
        series; 0 where all ratings have the same value.
    dispersion : ndarray, shape (series,)
        How many times as much periods vary within segments as chance alone explains.
    on : {"distribution", "ratings"}
        What may change.
    exchange : {"respondents", "periods"}
        What was dealt out at random.
    n_resamples : int
        How many times.
    metric : Metric
        What the score is.
    confidence_level : float
        The level of the penalty and of the intervals.
    references : tuple of str
        Bibliography keys of metric and method.
    notes : tuple of str
        What a reader must know about the counts.
    version : str
        The version of npsstats.
    """

    by: tuple[str, ...]
    labels: tuple[Label, ...]
    earliest: tuple[Hashable, ...]
    latest: tuple[Hashable, ...]
    n_before: IntArray
    n_after: IntArray
    score_before: FloatArray
    score_after: FloatArray
    difference: FloatArray
    low: FloatArray
    high: FloatArray
    statistic: FloatArray
    pvalue: FloatArray
    series: tuple[Label, ...]
    n_periods: IntArray
    series_n: IntArray
    penalty: FloatArray
    likeliest: tuple[Hashable, ...]
    largest: FloatArray
    overall_pvalue: FloatArray
    detectable: FloatArray
    dispersion: FloatArray
    on: str
    exchange: str
    n_resamples: int
    metric: Metric
    confidence_level: float
    references: tuple[str, ...]
    notes: tuple[str, ...] = ()
    version: str = __version__

    def columns(self) -> dict[str, Sequence[Any]]:
        """Give the columns of the frame, unrounded.

        Returns
        -------
        dict
            Group columns, the last with the period at which the new level begins; earliest, latest, n_before,
            n_after, score_before, score_after, difference, low, high, statistic, pvalue.
        """
        places = {"earliest": list(self.earliest), "latest": list(self.latest)}
        sizes = ("n_before", "n_after", "score_before", "score_after")
        names = (*sizes, "difference", "low", "high", "statistic", "pvalue")
        return {**group_columns(self.by, self.labels), **places, **{name: getattr(self, name) for name in names}}

    def provenance(self) -> dict[str, Any]:
        """Give what the numbers rest on.

        Returns
        -------
        dict
        """
        return {
            "metric": self.metric.name,
            "scale": str(self.metric.scale),
            "on": self.on,
            "exchange": self.exchange,
            "n_resamples": self.n_resamples,
            "confidence_level": self.confidence_level,
            "series": [list(map(str, label)) for label in self.series],
            "n_periods": self.n_periods.tolist(),
            "series_n": self.series_n.tolist(),
            "penalty": self.penalty.tolist(),
            "likeliest": list(map(str, self.likeliest)),
            "largest": self.largest.tolist(),
            "overall_pvalue": self.overall_pvalue.tolist(),
            "detectable": self.detectable.tolist(),
            "dispersion": self.dispersion.tolist(),
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
            list(map(write.integer, self.n_before)),
            list(map(write.integer, self.n_after)),
            [write.number(x, places) for x in self.score_before],
            [write.number(x, places) for x in self.score_after],
            *(
                [write.number(x, places, signed=True) for x in column]
                for column in (self.difference, self.low, self.high)
            ),
            [write.number(x, 1) for x in self.statistic],
            list(map(write.pvalue, self.pvalue)),
        ]
        texts = zip(self.labels, self.earliest, self.latest, strict=True)
        groups = [[*map(group_text, label), group_text(first), group_text(last)] for label, first, last in texts]
        rows = [[*group, *rest] for group, *rest in zip(groups, *columns, strict=True)]
        numbers = ["n before", "n after", "before", "after", "difference", "low", "high", "likelihood ratio", "p"]
        return Table(headers=[*self.by, "earliest", "latest", *numbers], rows=rows, text_columns=len(self.by) + 2)

    def heading(self) -> str:
        """Say in one line what the table shows.

        Returns
        -------
        str
        """
        what = self.metric.name if self.on == "distribution" else "the ratings"
        many = len(self)
        found = f"{many} change{'' if many == 1 else 's'} detected" if many else "no change detected"
        return f"Changes of {what} along {self.by[-1]}: {found}, {write.level(self.confidence_level)} intervals"

    def sentences(self) -> list[str]:
        """Say each change in words, and each series without one, ready for a report.

        Returns
        -------
        list of str
        """
        said: list[str] = []
        for block, label in enumerate(self.series):
            rows = [i for i, own in enumerate(self.labels) if own[:-1] == label]
            said += [self._change(i) for i in rows] or [self._without(block)]
        return said

    def _change(self, i: int) -> str:
        places = write.decimals_for(self.metric.bounds)
        *series, begins = self.labels[i]
        of = f" of {group_text(tuple(series))}" if series else ""
        level = write.level(self.confidence_level)
        first, last = group_text(self.earliest[i]), group_text(self.latest[i])
        where = f"not earlier or later at {level}" if first == last else f"{level} interval {first} to {last}"
        p = write.pvalue(self.pvalue[i])
        before, after = (write.number(x, places) for x in (self.score_before[i], self.score_after[i]))
        text = (
            f"The answers{of} changed from {group_text(begins)} on "
            f"({where}; p {'' if p.startswith('<') else '= '}{p}): "
            f"{self.metric.name} {before} before (n = {write.integer(self.n_before[i])}), "
            f"{after} after (n = {write.integer(self.n_after[i])}), a difference of "
            f"{write.number(self.difference[i], places, signed=True)} points ({level} interval "
            f"{write.interval(self.low[i], self.high[i], places)}, as if the place had been known)."
        )
        # Not detected is not the same as not there.
        if self.low[i] <= 0 <= self.high[i]:
            text += " These data do not settle whether the score changed too, nor in which direction."
        return text

    def _without(self, block: int) -> str:
        label, p = self.series[block], write.pvalue(self.overall_pvalue[block])
        likeliest = (
            f"the likeliest place is {group_text(self.likeliest[block])}, p {'' if p.startswith('<') else '= '}{p}"
        )
        if self.on == "distribution" and not self.detectable[block] > 0:
            likeliest = "all ratings have the same value"
        text = (
            f"No change of the answers{' of ' + group_text(label) if label else ''} was detected in "
            f"{self.n_periods[block]} periods (n = {write.integer(self.series_n[block])}; {likeliest})."
        )
        # Not detected is not the same as not there.
        if self.detectable[block] > 0:
            reach = write.number(self.detectable[block], write.decimals_for(self.metric.bounds))
            text += (
                f" That does not rule changes out: of lasting changes of about {reach} points, halfway, at least four "
                "out of five would be detected."
            )
        return text

    def method_text(self) -> str:
        """Say in one sentence how the numbers were made.

        Returns
        -------
        str
        """
        what = "of the values of the metric" if self.on == "distribution" else "of all ratings"
        dealt = "answers" if self.exchange == "respondents" else "periods"
        return (
            f"Changes of the distribution {what} ({self.metric.name}: {self.metric.description or 'custom metric'}) by "
            f"penalised multinomial likelihood, with p-values from {write.integer(self.n_resamples)} random allotments "
            f"of {dealt} and {write.level(self.confidence_level)} intervals"
        )

    def __len__(self) -> int:
        return len(self.labels)
