"""The answer to "do two metrics rank the units alike?"."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from npsstats.results import format as write
from npsstats.results.format import Table
from npsstats.results.protocol import Result, group_columns, group_text
from npsstats.results.ranks import Errors, within_errors
from npsstats.typing import FloatArray, IntArray, Label
from npsstats.version import __version__

__all__ = ["RankAgreement"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class RankAgreement(Result):
    """How far two metrics order units alike: Kendall's tau-b and its interval; made by `rank_agreement`.

    One row per pair of metrics and block, the labels of the group columns before that of the units. Arrays have one
    entry per row.

    Attributes
    ----------
    by : tuple of str
        The names of the group columns of the blocks; empty if all units stand together.
    labels : tuple of tuple
        The block of each row.
    metric, other_metric : tuple of str
        The two metrics.
    n_units : ndarray of int
        Units with a score under both.
    tau_b : ndarray
        Kendall's tau-b of the scores: 1 for the same order, -1 for the opposite one; nan if all tie under a metric.
    standard_error : ndarray
        Of tau-b over samples of units; nan for fixed units, whose tau-b has bounds and no standard error.
    low, high : ndarray
        The interval. For fixed units it holds tau-a and tau-b of the true scores; for sampled units tau-b of the scores
        as they are measured, in the population of units.
    concordant, discordant, tied : ndarray of int
        Pairs of units whose scores both metrics order alike, order oppositely, or that tie under one of them.
    shown_concordant, shown_discordant : ndarray of int
        Pairs of which that is shown, for all pairs together and under both metrics, at the level.
    undecided : ndarray of int
        All other pairs: sampling or rounding leaves their order open under one of the metrics at least.
    unit : str
        The name of the group column that holds the units.
    units : {"fixed", "sampled"}
        Whether these units are all there are, or a sample of many.
    errors : {"sampling", "rounding", "sampling and rounding", "none"}
        What makes scores uncertain, of what is known.
    confidence_level : float
        The level of interval and pairs.
    design : str
        How the sample was drawn, in words; empty if that does not apply.
    references : tuple of str
        Bibliography keys of metrics and methods.
    notes : tuple of str
        What a reader must know about the scores.
    version : str
        The version of npsstats.
    """

    by: tuple[str, ...]
    labels: tuple[Label, ...]
    metric: tuple[str, ...]
    other_metric: tuple[str, ...]
    n_units: IntArray
    tau_b: FloatArray
    standard_error: FloatArray
    low: FloatArray
    high: FloatArray
    concordant: IntArray
    discordant: IntArray
    tied: IntArray
    shown_concordant: IntArray
    shown_discordant: IntArray
    undecided: IntArray
    unit: str
    units: Literal["fixed", "sampled"]
    errors: Errors
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
            Group columns, metric, other_metric, n_units, tau_b, standard_error, low, high, concordant, discordant,
            tied, shown_concordant, shown_discordant, undecided.
        """
        names = (
            *("metric", "other_metric", "n_units", "tau_b", "standard_error", "low", "high"),
            *("concordant", "discordant", "tied", "shown_concordant", "shown_discordant", "undecided"),
        )
        return {**group_columns(self.by, self.labels), **{name: getattr(self, name) for name in names}}

    def provenance(self) -> dict[str, Any]:
        """Give what the numbers rest on.

        Returns
        -------
        dict
        """
        return {
            "unit": self.unit,
            "units": self.units,
            "errors": self.errors,
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
        pairs = ("concordant", "discordant", "tied", "shown_concordant", "shown_discordant", "undecided")
        rows = [
            [
                *map(group_text, self.labels[i]),
                self.metric[i],
                self.other_metric[i],
                write.integer(self.n_units[i]),
                write.number(self.tau_b[i], 2),
                write.number(self.low[i], 2),
                write.number(self.high[i], 2),
                *(write.integer(getattr(self, name)[i]) for name in pairs),
            ]
            for i in range(len(self))
        ]
        counted = ["alike", "oppositely", "tied", "shown alike", "shown oppositely", "undecided"]
        headers = [*self.by, "metric", "other", self.unit, "tau-b", "low", "high", *counted]
        return Table(headers=headers, rows=rows, text_columns=len(self.by) + 2)

    def heading(self) -> str:
        """Say in one line what the table shows.

        Returns
        -------
        str
        """
        within = f" within {', '.join(self.by)}" if self.by else ""
        what = f"Do two metrics order {self.unit} alike{within}?"
        if self.units == "sampled":
            return f"{what} Kendall's tau-b, {write.level(self.confidence_level)} interval over sampled units"
        level = f"{write.level(self.confidence_level)} bounds " if "sampling" in self.errors else "bounds "
        return f"{what} Kendall's tau-b, {level}for these units, {within_errors(self.errors)}"

    def sentences(self) -> list[str]:
        """Say each row in words, ready for a report.

        Returns
        -------
        list of str
        """
        return [self._sentence(i) for i in range(len(self))]

    def _sentence(self, i: int) -> str:
        where = f"{group_text(self.labels[i])}: " if self.labels[i] else ""
        one, other = self.metric[i], self.other_metric[i]
        pairs = int(self.concordant[i] + self.discordant[i] + self.tied[i])
        counted = (
            f"{where}Of {write.integer(pairs)} pair{'' if pairs == 1 else 's'} of "
            f"{write.integer(self.n_units[i])} units ({self.unit}), {one} "
            f"and {other} order {write.integer(self.concordant[i])} alike and "
            f"{write.integer(self.discordant[i])} oppositely"
        )
        if np.isnan(self.tau_b[i]):
            return f"{counted}; all units tie under one of them, and tau-b has no value."
        return f"{counted} (tau-b {write.number(self.tau_b[i], 2)}; {self._interval(i)}). {self._finding(i)}"

    def _interval(self, i: int) -> str:
        span = write.interval(self.low[i], self.high[i], 2)
        if self.units == "sampled" and np.isnan(self.low[i]):
            return "no interval over units like these from fewer than three"
        if self.units == "sampled":
            return f"{write.level(self.confidence_level)} interval over units like these {span}"
        if self.errors == "none":
            return "the scores taken as known exactly"
        level = f"{write.level(self.confidence_level)} " if "sampling" in self.errors else ""
        return f"{level}bounds for these units {span}"

    def _finding(self, i: int) -> str:
        shown, opposite = int(self.shown_discordant[i]), int(self.discordant[i])
        one, other = self.metric[i], self.other_metric[i]
        if not opposite:
            return (
                "No pair has scores in opposite orders; the true scores may."
                if self.undecided[i]
                else ("No pair has scores in opposite orders.")
            )
        if self.errors == "none":
            return "How uncertain the scores are is not known, so that none of this is told from chance."
        if shown:
            what = "1 pair is" if shown == 1 else f"{write.integer(shown)} pairs are"
            return f"That {one} and {other} order these units differently is shown: {what} beyond {self.errors}."
        pair = "this pair" if opposite == 1 else "any of these pairs"
        return (
            f"That {pair} is truly ordered oppositely is not shown: {self.errors} can explain it. Nor is it shown that "
            "the two orders are the same."
        )

    def method_text(self) -> str:
        """Say in one sentence how the numbers were made.

        Returns
        -------
        str
        """
        if self.units == "sampled":
            how = "with its interval over sampled units by the variance of a U-statistic on the scale of Fisher's z"
        elif "sampling" in self.errors:
            how = (
                "bounded by the pairs whose order is shown by the maximum of all pairwise statistics under both metrics"
            )
        else:
            how = "bounded by the pairs whose order the rounding of scores does not leave open"
        level = f" (level {write.level(self.confidence_level)})" if "sampl" in f"{self.units} {self.errors}" else ""
        design = f"; {self.design}" if self.design else ""
        return f"Kendall's tau-b of the orders of {self.unit} under two metrics, {how}{level}{design}"

    def __len__(self) -> int:
        return len(self.labels)
