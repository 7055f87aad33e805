"""The answer to "how far is a score from its reference?"."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from npsstats.ratings.scales import Metric
from npsstats.results import format as write
from npsstats.results.format import Table
from npsstats.results.protocol import Result, group_columns, group_text
from npsstats.typing import Alternative, BoolArray, FloatArray, IntArray, Label
from npsstats.version import __version__

__all__ = ["DETECTION", "Differences", "reference_text"]

# The probability with which a difference of the size `detectable` is found.
DETECTION = 0.8

# The methods whose statistic is Student's.
STUDENT = ("t", "welch")

ADJUSTMENTS = {
    "none": "p-values not adjusted for their number",
    "holm": "p-values adjusted by Holm's method",
    "benjamini-hochberg": "p-values adjusted by Benjamini and Hochberg's method",
    "max-z": "intervals and p-values that hold for all differences together",
}


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
        The reference of each group: a label, ``"rest"``, ``"total"``, or a fixed benchmark in points.
    n, n_reference : ndarray of int
        Respondents with a rating in the group and in its reference; 0 for a fixed benchmark.
    score, score_reference : ndarray
        The two scores, in points.
    difference : ndarray
        Group minus reference, in points. With respondents weighted for least variance it is not that of the scores.
    standard_error : ndarray
        Of the difference, in points, from the observed shares, whatever the method; of a survey by its design, and nan
        where a side lies in one cluster and nothing is known.
    low, high : ndarray
        The limits of the interval of the difference, in points.
    statistic, pvalue : ndarray
        The test of the null difference. A p-value too small for a floating-point number is given as the smallest
        one, 5e-324, an upper bound.
    adjusted_pvalue : ndarray
        The p-values adjusted for the number of comparisons.
    detectable : ndarray
        How far from the null difference the truth must be to be detected with a probability of 80 %, in points, by
        normal theory, at the level adjusted for the number of comparisons; nan if the scale has no such difference.
    metric : Metric
        What the score is.
    method, method_title : str
        The method of interval and test, by its key and in words.
    confidence_level : float
        The level of the interval.
    alternative : {"two-sided", "less", "greater"}
        The alternative to the null difference.
    null_difference : float
        The difference under the hypothesis, in points.
    adjustment : str
        How p-values are adjusted for their number.
    design : str
        Who is compared, in words; empty for groups without common respondents.
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
    adjusted_pvalue: FloatArray
    detectable: FloatArray
    metric: Metric
    method: str
    method_title: str
    confidence_level: float
    alternative: Alternative
    null_difference: float
    adjustment: str
    design: str
    references: tuple[str, ...]
    notes: tuple[str, ...] = ()
    version: str = __version__

    def columns(self) -> dict[str, Sequence[Any]]:
        """Give the columns of the frame, unrounded.

        Returns
        -------
        dict
            Group columns, reference, n, n_reference, difference, standard_error, low, high, statistic, pvalue,
            adjusted_pvalue, detectable.
        """
        names = [
            *("n", "n_reference", "difference", "standard_error", "low", "high"),
            *("statistic", "pvalue", "adjusted_pvalue", "detectable"),
        ]
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
            "null_difference": self.null_difference,
            "adjustment": self.adjustment,
            "comparison_design": self.design,
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
            list(map(write.pvalue, self.adjusted_pvalue)),
            [write.number(x, places) for x in self.detectable],
        ]
        groups = [[*map(group_text, label)] for label in self.labels]
        against = map(group_text, self.reference)
        rows = [[*label, other, *rest] for label, other, *rest in zip(groups, against, *columns, strict=True)]
        names = [
            "n",
            "n reference",
            "difference",
            "standard error",
            "low",
            "high",
            "t" if self.method in STUDENT else "z",
            "p",
            "adjusted p",
            "detectable",
        ]
        return Table(headers=[*self.by, "reference", *names], rows=rows, text_columns=len(self.by) + 1)

    def heading(self) -> str:
        """Say in one line what the table shows.

        Returns
        -------
        str
        """
        sided = "" if self.alternative == "two-sided" else f", one-sided ({self.alternative})"
        null = f", against {write.number(self.null_difference, 2)} points" if self.null_difference else ""
        together = "simultaneous " if self._together else ""
        design = f" ({self.design})" if self.design else ""
        return (
            f"{self.metric.name}: group minus reference{design}, {together}{write.level(self.confidence_level)} "
            f"{self.method_title}{sided}{null}"
        )

    @property
    def detected(self) -> BoolArray:
        """Which differences from the null difference are detected at the level, by their adjusted p-values."""
        found: BoolArray = self.adjusted_pvalue <= 1 - self.confidence_level
        return found

    def reading(self) -> str:
        """Say in plain words what the comparisons tell, first of all together, then each.

        Returns
        -------
        str
            What is not detected is not said to be absent; the smallest difference that would have been found is given.
        """
        return "\n".join([self._summary(), *self.sentences()]) if len(self) > 1 else self.sentences()[0]

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
        other = "the benchmark" if benchmark else reference_text(self.reference[i])
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
        level = f"{'simultaneous ' if self._together else ''}{write.level(self.confidence_level)}"
        if self.alternative == "two-sided":
            limits = f"{level} interval of the difference {write.interval(self.low[i], self.high[i], places)} points"
        elif self.alternative == "less":
            limits = f"one-sided {level} limit of the difference: at most {write.number(self.high[i], places)} points"
        else:
            limits = f"one-sided {level} limit of the difference: at least {write.number(self.low[i], places)} points"
        p = _equals(self.pvalue[i])
        if len(self) > 1 and self.adjustment != "none":
            p += f", adjusted for {len(self)} comparisons {_equals(self.adjusted_pvalue[i])}"
        text = f"{body} ({own}, against {theirs}; {limits}; p {p})."
        return text if self.detected[i] else f"{text} {self._open(i, places)}"

    def _open(self, i: int, places: int) -> str:
        """Say what is not settled: not detected is not the same as not there."""
        null = f"{write.number(self.null_difference, places)}{' points' if self.null_difference else ''}"
        there = "there is a difference" if not self.null_difference else f"the difference is other than {null}"
        question = {
            "two-sided": f"{there}, nor in which direction",
            "less": f"the difference is below {null}",
            "greater": f"the difference is above {null}",
        }[self.alternative]
        size = self.detectable[i]
        side = {"two-sided": "away from", "less": "below", "greater": "above"}[self.alternative]
        apart = (
            f" {side} {write.number(self.null_difference, places)}"
            if side != "away from" or self.null_difference
            else ""
        )
        found = (
            "even the largest that the scale allows would have been missed with a probability above 20 %"
            if size != size
            else "to be found with probability 80 %, it would have to be about "
            f"{write.number(size, places)} points{apart}"
        )
        return f"These data do not settle whether {question}; {found}."

    def _summary(self) -> str:
        found = int(self.detected.sum())
        level = write.level(1 - self.confidence_level)
        how = {
            "none": f"each tested at {level}, without regard to their number",
            "holm": f"with a probability of at most {level} of any error (Holm)",
            "benjamini-hochberg": (
                f"with at most {level} of the detected expected to be errors (Benjamini and Hochberg)"
            ),
            "max-z": f"with a probability of {level} of any error (joint distribution)",
        }[self.adjustment]
        up = int((self.detected & (self.difference > self.null_difference)).sum())
        sides = f": {up} up, {found - up} down" if found else ""
        which = "The others" if found else "They"
        rest = f" {which} may be chance, or too small for these numbers of respondents." if found < len(self) else ""
        return (
            f"{found or 'None'} of {len(self)} differences {'is' if found < 2 else 'are'} detected{sides}, {how}.{rest}"
        )

    @property
    def _together(self) -> bool:
        return self.adjustment == "max-z" and len(self) > 1

    def method_text(self) -> str:
        """Say in one sentence how the numbers were made.

        Returns
        -------
        str
        """
        sided = "two-sided" if self.alternative == "two-sided" else f"one-sided ({self.alternative})"
        together = "simultaneous " if self._together else ""
        # A benchmark has no respondents.
        design = f" {'of' if self.n_reference.any() else 'from'} {self.design}" if self.design else ""
        adjusted = f", {ADJUSTMENTS[self.adjustment]}" if len(self) > 1 else ""
        null = f" of a difference of {write.number(self.null_difference, 2)} points" if self.null_difference else ""
        return (
            f"Differences of {self.metric.name} ({self.metric.description or 'custom metric'}){design} with "
            f"{together}{write.level(self.confidence_level)} {self.method_title} and {sided} tests{null}{adjusted}"
        )

    def __len__(self) -> int:
        return len(self.labels)


def reference_text(reference: Hashable) -> str:
    """Write the name of a reference within a sentence."""
    return f"the {reference}" if reference in ("rest", "total") else group_text(reference)


def _equals(pvalue: float) -> str:
    p = write.pvalue(pvalue)
    return p if p.startswith("<") else f"= {p}"
