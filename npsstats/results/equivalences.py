"""The answer to "are the scores close enough?"."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from npsstats.ratings.scales import Metric
from npsstats.results import format as write
from npsstats.results.differences import reference_text
from npsstats.results.format import Table
from npsstats.results.protocol import Result, group_columns, group_text
from npsstats.typing import BoolArray, FloatArray, IntArray, Label
from npsstats.version import __version__

__all__ = ["Claim", "Equivalence"]

Claim: TypeAlias = Literal["equivalence", "non-inferiority", "non-superiority"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Equivalence(Result):
    """Differences of scores held against a margin; made by `equivalence`.

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
    difference, standard_error : ndarray
        Group minus reference, in points, and its standard error from the observed shares.
    low, high : ndarray
        The interval of level 1 - 2 alpha that lies within the margins where equivalence is shown; for
        non-inferiority and non-superiority the limit that counts, and the end of the scale.
    pvalue_low, pvalue_high : ndarray
        Of the hypothesis that the difference is at most minus the margin, and that it is at least the margin; nan where
        the claim does not ask.
    pvalue : ndarray
        Of the claim: the greater of those that it asks for (two one-sided tests).
    margin : float
        The greatest difference that does not matter, in points.
    claim : {"equivalence", "non-inferiority", "non-superiority"}
        What is to be shown.
    metric : Metric
        What the score is.
    method, method_title : str
        The method of limits and tests, by its key and in words.
    confidence_level : float
        1 - alpha, alpha being the probability of claiming wrongly.
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
    difference: FloatArray
    standard_error: FloatArray
    low: FloatArray
    high: FloatArray
    pvalue_low: FloatArray
    pvalue_high: FloatArray
    pvalue: FloatArray
    margin: float
    claim: Claim
    metric: Metric
    method: str
    method_title: str
    confidence_level: float
    design: str
    references: tuple[str, ...]
    notes: tuple[str, ...] = ()
    version: str = __version__

    @property
    def shown(self) -> BoolArray:
        """Where the claim is shown at the level."""
        found: BoolArray = self.pvalue <= 1 - self.confidence_level
        return found

    def columns(self) -> dict[str, Sequence[Any]]:
        """Give the columns of the frame, unrounded.

        Returns
        -------
        dict
            Group columns, reference, n, n_reference, difference, standard_error, low, high, pvalue_low, pvalue_high,
            pvalue, shown.
        """
        names = [
            *("n", "n_reference", "difference", "standard_error", "low", "high"),
            *("pvalue_low", "pvalue_high", "pvalue", "shown"),
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
            "claim": self.claim,
            "margin": self.margin,
            "interval_method": self.method,
            "confidence_level": self.confidence_level,
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
        columns = [
            list(map(write.integer, self.n)),
            [write.integer(x) if x else "–" for x in self.n_reference],
            [write.number(x, places, signed=True) for x in self.difference],
            [write.number(x, places + 1) for x in self.standard_error],
            [write.number(x, places, signed=True) for x in self.low],
            [write.number(x, places, signed=True) for x in self.high],
            list(map(write.pvalue, self.pvalue)),
            ["yes" if shown else "not settled" for shown in self.shown],
        ]
        rows = [
            [*map(group_text, label), group_text(other), *rest]
            for label, other, *rest in zip(self.labels, self.reference, *columns, strict=True)
        ]
        names = ["n", "n reference", "difference", "standard error", "low", "high", "p", "shown"]
        return Table(headers=[*self.by, "reference", *names], rows=rows, text_columns=len(self.by) + 1)

    def heading(self) -> str:
        """Say in one line what the table shows.

        Returns
        -------
        str
        """
        design = f" ({self.design})" if self.design else ""
        interval = f"{write.level(self._interval_level)} {self.method_title}"
        return f"{self.metric.name}: {self.claim} within {self.margin:g} points{design}, {interval}"

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
        other = "the benchmark" if benchmark else f"that of {reference_text(self.reference[i])}"
        said = {
            "equivalence": f"differs from {other} by less than {self.margin:g} points, in either direction",
            "non-inferiority": f"is not {self.margin:g} points or more below {other}",
            "non-superiority": f"is not {self.margin:g} points or more above {other}",
        }[self.claim]
        limits = {
            "equivalence": f"interval {write.interval(self.low[i], self.high[i], places)} points",
            "non-inferiority": f"limit: at least {write.number(self.low[i], places)} points",
            "non-superiority": f"limit: at most {write.number(self.high[i], places)} points",
        }[self.claim]
        p = write.pvalue(self.pvalue[i])
        facts = (
            f"difference {write.number(self.difference[i], places, signed=True)}, "
            f"{write.level(self._interval_level)} {limits}; p {p if p.startswith('<') else f'= {p}'}"
        )
        if self.shown[i]:
            return f"{self.metric.name} of {group} {said} ({facts})."
        score = f"{self.metric.name} of {group}"
        if self._refuted(i):
            return f"{score} lies beyond the margin of {self.margin:g} points from {other} ({facts})."
        return f"These data do not show that {score} {said} ({facts}); nor do they show that it does not."

    def _refuted(self, i: int) -> bool:
        """Whether the whole interval lies beyond a margin that the claim holds against."""
        below = self.claim != "non-superiority" and self.high[i] <= -self.margin
        above = self.claim != "non-inferiority" and self.low[i] >= self.margin
        return bool(below or above)

    def method_text(self) -> str:
        """Say in one sentence how the numbers were made.

        Returns
        -------
        str
        """
        tests = "Two one-sided tests" if self.claim == "equivalence" else "One-sided tests"
        # A benchmark has no respondents.
        design = f" {'of' if self.n_reference.any() else 'from'} {self.design}" if self.design else ""
        interval = f"{write.level(self._interval_level)} {self.method_title}"
        return (
            f"{tests} of {self.claim} of {self.metric.name} ({self.metric.description or 'custom metric'}){design} "
            f"within {self.margin:g} points, by inversion of the {interval}"
        )

    @property
    def _interval_level(self) -> float:
        # Two one-sided tests at alpha are an interval of 1 - 2 alpha (Schuirmann 1987).
        return 2 * self.confidence_level - 1 if self.claim == "equivalence" else self.confidence_level

    def __len__(self) -> int:
        return len(self.labels)
