"""The answer to "what can be said of everyone if not everyone answered?"."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from npsstats.ratings.scales import Metric
from npsstats.results import format as write
from npsstats.results.format import Table
from npsstats.results.protocol import Result, group_columns, group_text
from npsstats.typing import FloatArray, IntArray, Label
from npsstats.version import __version__

__all__ = ["Assumption", "NonresponseBounds"]

Assumption: TypeAlias = Literal["none", "no-happier", "no-unhappier"]

ROUNDING = 1e-12

SUPPOSED = {
    "none": "Whatever the others would have said",
    "no-happier": "If the others are, on average, no happier",
    "no-unhappier": "If the others are, on average, no unhappier",
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class NonresponseBounds(Result):
    """Bounds of scores, or of differences, whatever nonrespondents would have said; made by `nonresponse_bounds`.

    Attributes
    ----------
    by : tuple of str
        The names of the group columns.
    labels : tuple of tuple
        The label of each group, one entry per group column.
    reference : tuple
        Of differences the group that each is compared with; empty for scores.
    n, n_reference : ndarray of int
        Respondents with a rating, in the group and in its reference; 0 without one.
    response_rate, response_rate_reference : ndarray
        The share that answered, in the group and in its reference; nan without one.
    observed : ndarray
        The score of respondents, or the difference of the two, in points.
    lower, upper : ndarray
        The lowest and the highest score, or difference, of everyone that the answers allow, in points.
    low, high : ndarray
        The interval of the score, or difference, of everyone, in points (Imbens and Manski).
    low_set, high_set : ndarray
        The interval of all values from the lower to the upper bound, in points.
    assumption : {"none", "no-happier", "no-unhappier"}
        What is supposed of nonrespondents.
    max_difference : float or None
        How far they are supposed to differ from respondents at most, in points.
    rate_known : bool
        Whether the response rate is taken as known, or as estimated from those who were asked.
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
    reference: tuple[Hashable, ...]
    n: IntArray
    n_reference: IntArray
    response_rate: FloatArray
    response_rate_reference: FloatArray
    observed: FloatArray
    lower: FloatArray
    upper: FloatArray
    low: FloatArray
    high: FloatArray
    low_set: FloatArray
    high_set: FloatArray
    assumption: Assumption
    max_difference: float | None
    rate_known: bool
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
            Group columns, n, response_rate, score, lower, upper, low, high, low_set, high_set; of differences also
            reference, n_reference and response_rate_reference, and difference for score.
        """
        ends = {name: getattr(self, name) for name in ("lower", "upper", "low", "high", "low_set", "high_set")}
        groups = group_columns(self.by, self.labels)
        if not self.reference:
            return {**groups, "n": self.n, "response_rate": self.response_rate, "score": self.observed, **ends}
        sizes = ("n", "n_reference", "response_rate", "response_rate_reference")
        sides = {name: getattr(self, name) for name in sizes}
        return {**groups, "reference": list(self.reference), **sides, "difference": self.observed, **ends}

    def provenance(self) -> dict[str, Any]:
        """Give what the numbers rest on.

        Returns
        -------
        dict
        """
        return {
            "metric": self.metric.name,
            "scale": str(self.metric.scale),
            "assumption": self.assumption,
            "max_difference": self.max_difference,
            "rate_known": self.rate_known,
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
        places, signed = write.decimals_for(self.metric.bounds), bool(self.reference)
        rates = [list(map(write.percent, self.response_rate))]
        names = [*self.by, "answered", "among them", "lowest", "highest", "low", "high"]
        if self.reference:
            rates.append(list(map(write.percent, self.response_rate_reference)))
            names[len(self.by) : len(self.by) + 1] = ["reference", "answered", "in reference"]
        numbers = [
            [write.number(x, places, signed=signed) for x in column]
            for column in (self.observed, self.lower, self.upper, self.low, self.high)
        ]
        text = [[*map(group_text, label)] for label in self.labels]
        if self.reference:
            text = [[*label, group_text(other)] for label, other in zip(text, self.reference, strict=True)]
        rows = [[*label, *rest] for label, *rest in zip(text, *rates, *numbers, strict=True)]
        return Table(headers=names, rows=rows, text_columns=len(self.by) + signed)

    def heading(self) -> str:
        """Say in one line what the table shows.

        Returns
        -------
        str
        """
        what = "difference, group minus reference, " if self.reference else ""
        level = write.level(self.confidence_level)
        sample = f" ({self.design})" if self.design else ""
        return f"{self.metric.name}: {what}of everyone, {self._supposed.lower()}; {level} interval{sample}"

    def sentences(self) -> list[str]:
        """Say each row in words, ready for a report.

        Returns
        -------
        list of str
        """
        return [self._of_difference(i) if self.reference else self._of_score(i) for i in range(len(self))]

    def _of_score(self, i: int) -> str:
        places = write.decimals_for(self.metric.bounds)
        of = f" in {group_text(self.labels[i])}" if self.labels[i] else ""
        score, n = write.number(self.observed[i], places), write.integer(self.n[i])
        level = f"{write.level(self.confidence_level)} interval {write.interval(self.low[i], self.high[i], places)}"
        if self.response_rate[i] == 1:
            return f"All{of} answered: {self.metric.name} is {score} (n = {n}; {level}){self._width(i)}."
        who = f"{self.metric.name} of the {write.percent(self.response_rate[i])} who answered{of} is {score} (n = {n})"
        ends = f"{write.number(self.lower[i], places)} and {write.number(self.upper[i], places)}"
        return f"{who}. {self._supposed}, {self.metric.name} of everyone lies between {ends} ({level}){self._width(i)}."

    def _of_difference(self, i: int) -> str:
        places = write.decimals_for(self.metric.bounds)
        group, other = group_text(self.labels[i]), group_text(self.reference[i])
        rates = [write.percent(x) for x in (self.response_rate[i], self.response_rate_reference[i])]
        ends = [write.number(x, places, signed=True) for x in (self.observed[i], self.lower[i], self.upper[i])]
        limits = [write.number(x, places, signed=True) for x in (self.low[i], self.high[i])]
        level = write.level(self.confidence_level)
        if self.response_rate[i] == self.response_rate_reference[i] == 1:
            return (
                f"All in {group} and {other} answered: the difference of {self.metric.name}, {group} minus {other}, is "
                f"{ends[0]} points ({level} interval {limits[0]} to {limits[1]}){self._width(i)}."
            )
        return (
            f"Among those who answered ({rates[0]} in {group}, {rates[1]} in {other}), the difference of "
            f"{self.metric.name}, {group} minus {other}, is {ends[0]} points. {self._supposed}, that of everyone lies "
            f"between {ends[1]} and {ends[2]} ({level} interval {limits[0]} to {limits[1]}){self._width(i)}. "
            f"{self._direction(i)}"
        )

    def _direction(self, i: int) -> str:
        """Say whether the direction of a difference survives."""
        way = "higher" if self.lower[i] + self.upper[i] > 0 else "lower"
        if self.low[i] > 0 or self.high[i] < 0:
            sure = ", whatever nonrespondents would have said" if self._unconditional else ", if so"
            return f"So the score of {group_text(self.labels[i])} is the {way} one{sure}."
        apart = (self.lower[i] > 0 or self.upper[i] < 0) and self.lower[i] < self.upper[i]
        if apart and not self._unknown(i):
            return "Both bounds lie on one side of 0, but with their sampling error the direction is not settled."
        return "So it is not settled which of the two is higher."

    @property
    def _unconditional(self) -> bool:
        return self.assumption == "none" and self.max_difference is None

    def _unknown(self, i: int) -> bool:
        """Whether the interval is all that the scale allows."""
        least, most = self.metric.bounds
        if self.reference:
            least, most = least - most, most - least
        # Limits that the rate has moved end with the last bits.
        slack = ROUNDING * (most - least)
        return bool(self.low[i] <= least + slack and self.high[i] >= most - slack)

    def _width(self, i: int) -> str:
        """Say how much of the width more respondents would not take away."""
        inner, outer = self.upper[i] - self.lower[i], self.high[i] - self.low[i]
        if self._unknown(i):
            return ", which is all that the scale allows: the sample alone leaves it open"
        if inner == 0:
            return ""
        places = write.decimals_for(self.metric.bounds)
        return (
            f": nonresponse makes up {write.number(inner, places)} points of its width, sampling "
            f"{write.number(outer - inner, places)}"
        )

    @property
    def _supposed(self) -> str:
        if self.max_difference is None:
            return SUPPOSED[self.assumption]
        by = f"differ from those who answered by at most {self.max_difference:g} points on average"
        also = {"none": "", "no-happier": ", and are no happier", "no-unhappier": ", and are no unhappier"}
        return f"If the others {by}{also[self.assumption]}"

    def method_text(self) -> str:
        """Say in one sentence how the numbers were made.

        Returns
        -------
        str
        """
        what = "the difference of " if self.reference else ""
        rate = "a known response rate" if self.rate_known else "a response rate estimated from those asked"
        sample = f" ({self.design})" if self.design else ""
        return (
            f"Bounds on {what}{self.metric.name} ({self.metric.description or 'custom metric'}) of everyone, "
            f"{self._supposed.lower()}, with {rate} and {write.level(self.confidence_level)} intervals of the parameter"
            f"{sample}"
        )

    def __len__(self) -> int:
        return len(self.labels)
