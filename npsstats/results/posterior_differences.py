"""The answer to "what do the data, and a prior, say about a difference of scores?"."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from npsstats.kernels.contour import BoolArray, Law, Support
from npsstats.kernels.dirichlet import difference_law, difference_support, has_one_mode
from npsstats.ratings.scales import Metric
from npsstats.results import format as write
from npsstats.results.distributions import LEVEL, Distribution, distribution_provenance
from npsstats.results.format import Table
from npsstats.results.protocol import group_columns, group_text
from npsstats.typing import FloatArray, IntArray, Label
from npsstats.version import __version__

__all__ = ["PosteriorDifference"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class PosteriorDifference(Distribution):
    """Exact posterior distributions of differences, group minus reference; made by `posterior_difference`.

    Attributes
    ----------
    by : tuple of str
        The names of the group columns.
    labels : tuple of tuple
        The label of each compared group, one entry per group column.
    reference : tuple
        The reference of each group.
    n, n_reference : ndarray of int
        Respondents with a rating in the group and in its reference.
    metric : Metric
        What the score is.
    levels : ndarray, shape (levels,)
        The distinct values of the metric, in points, ascending.
    concentration, concentration_reference : ndarray, shape (rows, levels)
        The parameters of the posterior Dirichlet distributions of group and reference.
    prior : str
        The prior, in words.
    references : tuple of str
        Bibliography keys of the metric.
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
    metric: Metric
    levels: FloatArray
    concentration: FloatArray
    concentration_reference: FloatArray
    prior: str
    references: tuple[str, ...]
    notes: tuple[str, ...] = ()
    version: str = __version__

    @property
    def probability_greater(self) -> FloatArray:
        """The posterior probability that the group's score is higher than that of its reference."""
        return self.probability(greater_than=0.0)

    def columns(self) -> dict[str, Sequence[Any]]:
        """Give the columns of the frame, unrounded.

        Returns
        -------
        dict
            Group columns, reference, n, n_reference, mean, sd, low, high, probability_greater, with the 95 %
            equal-tailed interval.
        """
        low, high = self.interval()
        groups = {**group_columns(self.by, self.labels), "reference": list(self.reference)}
        numbers: dict[str, Any] = {"mean": self.mean, "sd": self.sd, "low": low, "high": high}
        numbers["probability_greater"] = self.probability_greater
        sizes: dict[str, Any] = {"n": self.n, "n_reference": self.n_reference}
        return {**groups, **sizes, **numbers}

    def provenance(self) -> dict[str, Any]:
        """Give what the numbers rest on.

        Returns
        -------
        dict
        """
        return distribution_provenance(self.metric, self.prior, self.notes, self.version)

    def table(self) -> Table:
        """Give the rounded table that people read.

        Returns
        -------
        Table
        """
        columns = self.columns()
        places = write.decimals_for(self.metric.bounds)
        cells = [[write.integer(x) for x in columns[name]] for name in ("n", "n_reference")]
        cells += [
            [write.number(x, places + (name == "sd"), signed=name != "sd") for x in columns[name]]
            for name in ("mean", "sd", "low", "high")
        ]
        cells.append([write.probability(x) for x in columns["probability_greater"]])
        rows = [
            [*map(group_text, label), group_text(other), *rest]
            for label, other, *rest in zip(self.labels, self.reference, *cells, strict=True)
        ]
        names = ["n", "n reference", "mean", "sd", "low", "high", "P(greater)"]
        return Table(headers=[*self.by, "reference", *names], rows=rows, text_columns=len(self.by) + 1)

    def heading(self) -> str:
        """Say in one line what the table shows.

        Returns
        -------
        str
        """
        return (
            f"Posterior of {self.metric.name}: group minus reference, {self.prior}, "
            f"{write.level(LEVEL)} equal-tailed interval"
        )

    def sentences(self) -> list[str]:
        """Say each row in words, ready for a report.

        Returns
        -------
        list of str
        """
        places = write.decimals_for(self.metric.bounds)
        low, high = self.interval()
        rows = zip(self.labels, self.reference, self.mean, low, high, self.probability_greater, strict=True)
        return [
            f"{self.metric.name} of {group_text(label)} minus that of {group_text(other)}: posterior mean "
            f"{write.number(mean, places, signed=True)} points ({write.level(LEVEL)} credible interval "
            f"{write.interval(below, above, places)}); the probability that it is higher is {write.probability(p)}."
            for label, other, mean, below, above, p in rows
        ]

    def method_text(self) -> str:
        """Say in one sentence how the numbers were made.

        Returns
        -------
        str
        """
        return (
            f"Exact posterior of differences of {self.metric.name} ({self.metric.description or 'custom metric'}) "
            f"with {self.prior} and {write.level(LEVEL)} equal-tailed intervals"
        )

    def __len__(self) -> int:
        return len(self.labels)

    def _arms(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        return self.concentration, self.concentration_reference, (self.levels - self.metric.bounds[0]) / self._width

    def _law(self) -> Law:
        return difference_law(*self._arms())

    def _support(self) -> Support:
        return difference_support(*self._arms())

    def _one_mode(self) -> BoolArray:
        return has_one_mode(self.concentration) & has_one_mode(self.concentration_reference)
