"""Shares above each cut point of a scale, group against reference."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from npsstats.ratings.scales import Metric
from npsstats.results import format as write
from npsstats.results.differences import reference_text
from npsstats.results.format import Table
from npsstats.results.protocol import Result, group_columns, group_text
from npsstats.typing import FloatArray, Label
from npsstats.version import __version__

__all__ = ["CutPoints", "cut_text", "equals", "method_of", "provenance_of"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class CutPoints(Result):
    """Shares above each cut point of the scale, group minus reference; made by `dominance`.

    One row per comparison and cut point.

    Attributes
    ----------
    by : tuple of str
        The names of the group columns.
    labels : tuple of tuple
        The label of each compared group, one entry per group column.
    reference : tuple
        What each group is compared with.
    cut : tuple
        The lowest rating above the cut point: a number, or its label on scales with labels.
    share, share_reference : ndarray
        The shares of group and reference with this rating or a higher one, 0-1; of a survey by weight.
    difference : ndarray
        Group minus reference.
    low, high : ndarray
        Limits of the differences that hold at all cut points of a comparison together.
    statistic : ndarray
        The standardised difference: the score statistic, or the normal one with the p-value of the survey's test.
    pvalue, adjusted_pvalue : ndarray
        Of each cut point by itself, and by the joint law of the largest of all; 1 where there are no answers on one
        side of the cut point.
    detectable : ndarray
        How large the true difference must be to be found here with a probability of 80 %, among all cut points, 0-1;
        above 1 if no difference would be, nan where a survey does not tell how much the shares vary.
    shown : tuple of str
        ``"better"`` or ``"worse"`` if the group is shown so, ``"open"`` if not, ``"no answers"`` where nobody of both
        samples is on one side of the cut point.
    metric : Metric
        Which ratings are good, and what the score is.
    confidence_level : float
        The probability that all limits of a comparison hold.
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
    reference: tuple[Hashable, ...]
    cut: tuple[Hashable, ...]
    share: FloatArray
    share_reference: FloatArray
    difference: FloatArray
    low: FloatArray
    high: FloatArray
    statistic: FloatArray
    pvalue: FloatArray
    adjusted_pvalue: FloatArray
    detectable: FloatArray
    shown: tuple[str, ...]
    metric: Metric
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
            Group columns, reference, cut, share, share_reference, difference, low, high, statistic, pvalue,
            adjusted_pvalue, detectable, shown.
        """
        names = (
            *("share", "share_reference", "difference", "low", "high"),
            *("statistic", "pvalue", "adjusted_pvalue", "detectable"),
        )
        first = {"reference": list(self.reference), "cut": list(self.cut)}
        numbers = {name: getattr(self, name) for name in names}
        return {**group_columns(self.by, self.labels), **first, **numbers, "shown": list(self.shown)}

    def provenance(self) -> dict[str, Any]:
        """Give what the numbers rest on.

        Returns
        -------
        dict
        """
        return provenance_of(self.metric, self.confidence_level, self.design, self.notes, self.version)

    def table(self) -> Table:
        """Give the rounded table that people read.

        Returns
        -------
        Table
        """
        rows = [
            [
                *map(group_text, self.labels[i]),
                group_text(self.reference[i]),
                cut_text(self.metric, self.cut[i]),
                self.shown[i],
                write.percent(self.share[i]),
                write.percent(self.share_reference[i]),
                *(write.number(100 * column[i], 1, signed=True) for column in (self.difference, self.low, self.high)),
                write.number(self.statistic[i], 2),
                write.pvalue(self.pvalue[i]),
                write.pvalue(self.adjusted_pvalue[i]),
                write.number(100 * self.detectable[i], 1),
            ]
            for i in range(len(self))
        ]
        numbers = ["share", "of reference", "difference", "low", "high", "z", "p", "adjusted p", "detectable"]
        return Table(
            headers=[*self.by, "reference", "ratings", "shown", *numbers], rows=rows, text_columns=len(self.by) + 3
        )

    def heading(self) -> str:
        """Say in one line what the table shows.

        Returns
        -------
        str
        """
        design = f" ({self.design})" if self.design else ""
        return (
            f"Shares above each cut point of {self.metric.scale}: group minus reference{design}, in points of the "
            f"share, simultaneous {write.level(self.confidence_level)} intervals"
        )

    def sentences(self) -> list[str]:
        """Say each row in words, ready for a report.

        Returns
        -------
        list of str
        """
        return [self._sentence(i) for i in range(len(self))]

    def _sentence(self, i: int) -> str:
        ratings = cut_text(self.metric, self.cut[i])
        group, other = group_text(self.labels[i]) or "the group", reference_text(self.reference[i])
        if self.shown[i] == "no answers":
            return f"{ratings}: all answers of {group} and {other} are on one side."
        shares = f"{write.percent(self.share[i])} against {write.percent(self.share_reference[i])}"
        limits = write.interval(100 * self.low[i], 100 * self.high[i], 1)
        text = f"{ratings}: {shares}, simultaneous interval of the difference {limits} points"
        if self.shown[i] == "open":
            text = f"{text}; which is larger is not settled"
            if not self.detectable[i] < 1:
                return f"{text}, and these samples could hardly have shown any difference."
            far = write.number(100 * self.detectable[i], 1)
            return f"{text}, and {far} points would be found with probability 80 %."
        return f"{text}; {group} is shown {self.shown[i]} than {other} (adjusted p {equals(self.adjusted_pvalue[i])})."

    def method_text(self) -> str:
        """Say in one sentence how the numbers were made.

        Returns
        -------
        str
        """
        return method_of(self.metric, self.confidence_level, self.design)

    def __len__(self) -> int:
        return len(self.labels)


def cut_text(metric: Metric, cut: Hashable) -> str:
    """Write the ratings above a cut point."""
    highest = metric.scale.labels[-1] if metric.scale.labels is not None else int(metric.scale.ratings[-1])
    return group_text(cut) if cut == highest else f"{group_text(cut)} or more"


def equals(pvalue: float) -> str:
    """Write a p-value with its equals sign."""
    text = write.pvalue(pvalue)
    return text if text.startswith("<") else f"= {text}"


def provenance_of(
    metric: Metric, confidence_level: float, design: str, notes: tuple[str, ...], version: str
) -> dict[str, Any]:
    """Give what the numbers rest on."""
    return {
        "metric": metric.name,
        "scale": str(metric.scale),
        "interval_method": "max-z",
        "confidence_level": confidence_level,
        "sample_design": design,
        "notes": list(notes),
        "npsstats_version": version,
    }


def method_of(metric: Metric, confidence_level: float, design: str) -> str:
    """Say in one sentence how the numbers were made."""
    law = design or "the pooled correlations"
    return (
        f"Cumulative shares at all cut points of {metric.scale} by score tests, held together at "
        f"{write.level(confidence_level)} by the joint law of the largest (max-|z|, {law}); dominance at every "
        "cut point by an intersection-union test"
    )
