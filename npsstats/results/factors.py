"""The answer to "which column of the segments does the mix come from?"."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from npsstats.ratings.scales import Metric
from npsstats.results import format as write
from npsstats.results.decompositions import changed, effect_text
from npsstats.results.format import Table
from npsstats.results.protocol import Result, group_columns, group_text
from npsstats.typing import FloatArray, IntArray, Label
from npsstats.version import __version__

__all__ = ["FACTOR_CONTRIBUTIONS", "OTHER_COMPONENTS", "FactorDecomposition"]

# What each row has, in this order.
FACTOR_CONTRIBUTIONS = ("contribution", "contribution_promoters", "contribution_detractors")
ERRORS = ("standard_error", "low", "high")

# What the components are beside the columns of the segments.
OTHER_COMPONENTS = ("rate", "total")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class FactorDecomposition(Result):
    """What the mix of each column of the segments contributes to a change; made by `decompose_factors`.

    For each comparison a row per column of the segments, one for the ratings within the crossed segments, and one for
    the whole change. Contributions are in points.

    Attributes
    ----------
    by : tuple of str
        The name of the column of the periods.
    labels : tuple of tuple
        The period of each row.
    reference : tuple
        The period each row is compared with.
    component : tuple of str
        The column of the segments whose mix the row is about; ``"rate"`` for the ratings, ``"total"`` for the change.
    n_reference, n : ndarray of int
        Respondents with a rating in the reference and in the period.
    score_reference, score : ndarray
        The two scores, in points.
    contribution : ndarray, shape (rows, 3)
        The contribution, and what of it goes through promoters (values above 0) and through detractors (values below
        0), with the sign that makes them add up.
    standard_error, low, high : ndarray, shape (rows, 3)
        Of the contributions; nan where they are not known.
    covariance : tuple of ndarray
        For each comparison the covariance matrix of the parts: component by component, without the total, the
        contribution through promoters and that through detractors.
    segments : ndarray of int
        For each comparison how many crossed segments have ratings.
    factors : tuple of str
        The columns of the segments.
    metric : Metric
        What the score is.
    confidence_level : float
        The level of the intervals.
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
    reference: tuple[Hashable, ...]
    component: tuple[str, ...]
    n_reference: IntArray
    n: IntArray
    score_reference: FloatArray
    score: FloatArray
    contribution: FloatArray
    standard_error: FloatArray
    low: FloatArray
    high: FloatArray
    covariance: tuple[FloatArray, ...]
    segments: IntArray
    factors: tuple[str, ...]
    metric: Metric
    confidence_level: float
    references: tuple[str, ...]
    notes: tuple[str, ...] = ()
    design: str = ""
    version: str = __version__

    @property
    def comparisons(self) -> tuple[slice, ...]:
        """The rows of each comparison, the last of which is that of the whole change."""
        size = len(self.factors) + 2
        return tuple(slice(start, start + size) for start in range(0, len(self), size))

    def columns(self) -> dict[str, Sequence[Any]]:
        """Give the columns of the frame, unrounded.

        Returns
        -------
        dict
            The period, reference, component, n_reference, n, score_reference, score; then contribution,
            contribution_promoters and contribution_detractors, each followed by its standard_error, low and high.
        """
        names = ("n_reference", "n", "score_reference", "score")
        found: dict[str, Any] = {
            **group_columns(self.by, self.labels),
            "reference": list(self.reference),
            "component": list(self.component),
            **{name: getattr(self, name) for name in names},
        }
        for i, name in enumerate(FACTOR_CONTRIBUTIONS):
            found[name] = self.contribution[:, i]
            found.update({f"{name}_{error}": getattr(self, error)[:, i] for error in ERRORS})
        return found

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
            "factors": list(self.factors),
            "segments": self.segments.tolist(),
            "sample_design": self.design,
            "notes": list(self.notes),
            "npsstats_version": self.version,
        }

    @property
    def _splits(self) -> bool:
        return bool(min(self.metric.values) < 0 < max(self.metric.values))

    def table(self) -> Table:
        """Give the rounded table that people read.

        Returns
        -------
        Table
        """
        places = write.decimals_for(self.metric.bounds)
        split = ("through promoters", "detractors") if self._splits else ()
        rows = []
        for i in range(len(self)):
            values = [write.number(x, places, signed=True) for x in self.contribution[i]]
            low, high = self.low[i, 0], self.high[i, 0]
            rows.append(
                [
                    *map(group_text, self.labels[i]),
                    group_text(self.reference[i]),
                    self._name(i),
                    values[0],
                    write.number(self.standard_error[i, 0], places + 1),
                    write.interval(low, high, places) if low == low else "–",
                    *(values[1:] if self._splits else ()),
                ]
            )
        level = f"{write.level(self.confidence_level)} interval"
        headers = [*self.by, "reference", "component", "contribution", "standard error", level, *split]
        return Table(headers=headers, rows=rows, text_columns=3)

    def _name(self, i: int) -> str:
        component = self.component[i]
        return component if component in OTHER_COMPONENTS else f"mix of {component}"

    def heading(self) -> str:
        """Say in one line what the table shows.

        Returns
        -------
        str
        """
        return (
            f"{self.metric.name}: the change by {self.by[0]}, split into the mix of {', '.join(self.factors)} and the "
            f"rate (how they rate)\n{write.level(self.confidence_level)} intervals"
            f"{f'; {self.design}' if self.design else ''}"
        )

    def sentences(self) -> list[str]:
        """Say in words what makes up each change, ready for a report.

        Returns
        -------
        list of str
            One text per comparison.
        """
        return [self._sentence(rows) for rows in self.comparisons]

    def _sentence(self, rows: slice) -> str:
        places, total = write.decimals_for(self.metric.bounds), rows.stop - 1
        change = changed(
            self.metric.name,
            (group_text(self.reference[total]), group_text(self.labels[total][0])),
            (self.score_reference[total], self.score[total]),
            (self.n_reference[total], self.n[total]),
            (self.low[total, 0], self.high[total, 0]),
            places,
            self.confidence_level,
        )
        effects = [
            effect_text(
                self.contribution[i, 0],
                self.standard_error[i, 0],
                (self.low[i, 0], self.high[i, 0]),
                places,
                self.confidence_level,
            )
            for i in range(rows.start, total)
        ]
        mixes = "; ".join(f"of {name} {effect}" for name, effect in zip(self.factors, effects, strict=False))
        return f"{change} Of that, by the mix {mixes}; by the ratings {effects[-1]}."

    def method_text(self) -> str:
        """Say in one sentence how the numbers were made.

        Returns
        -------
        str
        """
        return (
            f"Changes of {self.metric.name} ({self.metric.description or 'custom metric'}) split into mix and rate by "
            f"Kitagawa's method, and the mix among {', '.join(self.factors)} by Shapley's value of counterfactual "
            "shares, averaged over all orders of the columns, with intervals by the delta method"
            f"{f'; {self.design}' if self.design else ''}"
        )

    def __len__(self) -> int:
        return len(self.labels)
