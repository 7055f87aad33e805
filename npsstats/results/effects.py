"""The answer to "how much does the design of the sample cost?"."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from npsstats.ratings.scales import Metric
from npsstats.results import format as write
from npsstats.results.format import Table
from npsstats.results.protocol import Result, group_columns, group_text
from npsstats.typing import FloatArray, IntArray, Label
from npsstats.version import __version__

__all__ = ["DesignEffects"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class DesignEffects(Result):
    """What weights, strata and clusters make of the number of respondents; made by `design_effects`.

    Attributes
    ----------
    by : tuple of str
        The names of the group columns.
    labels : tuple of tuple
        The label of each group, one entry per group column.
    n : ndarray of int
        Respondents with a rating.
    share_of_weight : ndarray
        The share of the group in the weight of all respondents with a rating, 0-1.
    score, standard_error : ndarray
        The score and its standard error by the design, in points.
    design_effect : ndarray
        n / effective_n: how many times as large the variance of the score is as that of n independent respondents.
    effective_n : ndarray
        How many independent respondents would know the score as well; infinite if its variance is 0.
    kish_design_effect, kish_effective_n : ndarray
        The same by unequal weights alone: n sum w^2 / (sum w)^2, and n over it.
    clusters : ndarray of int
        Clusters with ratings in the group; respondents, if nothing else was drawn.
    df : ndarray of int
        Degrees of freedom of the variance: clusters minus strata, those of the replicates if weights came with them.
    metric : Metric
        What the score is.
    design : str
        How the sample was drawn, in words.
    references : tuple of str
        Bibliography keys.
    notes : tuple of str
        What a reader must know about the counts.
    version : str
        The version of npsstats.
    """

    by: tuple[str, ...]
    labels: tuple[Label, ...]
    n: IntArray
    share_of_weight: FloatArray
    score: FloatArray
    standard_error: FloatArray
    design_effect: FloatArray
    effective_n: FloatArray
    kish_design_effect: FloatArray
    kish_effective_n: FloatArray
    clusters: IntArray
    df: IntArray
    metric: Metric
    design: str
    references: tuple[str, ...]
    notes: tuple[str, ...] = ()
    version: str = __version__

    def columns(self) -> dict[str, Sequence[Any]]:
        """Give the columns of the frame, unrounded.

        Returns
        -------
        dict
            Group columns, n, share_of_weight, score, standard_error, design_effect, effective_n, kish_design_effect,
            kish_effective_n, clusters, df.
        """
        names = ("n", "share_of_weight", "score", "standard_error", "design_effect", "effective_n")
        more = ("kish_design_effect", "kish_effective_n", "clusters", "df")
        return {**group_columns(self.by, self.labels), **{name: getattr(self, name) for name in (*names, *more)}}

    def provenance(self) -> dict[str, Any]:
        """Give what the numbers rest on.

        Returns
        -------
        dict
        """
        return {
            "metric": self.metric.name,
            "scale": str(self.metric.scale),
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
        rows = [
            [
                *map(group_text, self.labels[i]),
                write.integer(self.n[i]),
                write.percent(self.share_of_weight[i]),
                write.number(self.score[i], places),
                write.number(self.standard_error[i], places + 1),
                write.number(self.design_effect[i], 2),
                write.number(self.effective_n[i], 0),
                write.number(self.kish_design_effect[i], 2),
                write.number(self.kish_effective_n[i], 0),
                write.integer(self.clusters[i]),
                write.integer(self.df[i]),
            ]
            for i in range(len(self))
        ]
        sizes = ["design effect", "effective n", "Kish's design effect", "Kish's effective n", "clusters", "df"]
        headers = [*self.by, "n", "share of weight", self.metric.name, "standard error", *sizes]
        return Table(headers=headers, rows=rows, text_columns=len(self.by))

    def heading(self) -> str:
        """Say in one line what the table shows.

        Returns
        -------
        str
        """
        by = f" by {', '.join(self.by)}" if self.by else ""
        return f"{self.metric.name}{by}: what the design of the sample costs\n{self.design}"

    def sentences(self) -> list[str]:
        """Say each row in words, ready for a report.

        Returns
        -------
        list of str
        """
        return [self._sentence(i) for i in range(len(self))]

    def _sentence(self, i: int) -> str:
        group = f"{group_text(self.labels[i])}: " if self.labels[i] else ""
        n, effect = write.integer(self.n[i]), write.number(self.design_effect[i], 2)
        name = self.metric.name
        if self.df[i] < 1:
            who = "one respondent tells" if self.n[i] == 1 else f"{n} respondents in one cluster tell"
            return f"{group}Of the variance of {name} {who} nothing."
        if not np.isfinite(self.effective_n[i]):
            return f"{group}The design leaves no room for chance in the {name} of these {n} respondents."
        like = write.number(self.effective_n[i], 0)
        weights = write.number(self.kish_design_effect[i], 2)
        return (
            f"{group}For {name}, {n} respondents count like {like} who count the same and answer independently (design "
            f"effect {effect}; unequal weights alone would make it {weights})."
        )

    def method_text(self) -> str:
        """Say in one sentence how the numbers were made.

        Returns
        -------
        str
        """
        return (
            f"Design effects of {self.metric.name} ({self.metric.description or 'custom metric'}), {self.design}: the "
            "variance by the design over that of as many independent respondents, and Kish's for unequal weights"
        )

    def __len__(self) -> int:
        return len(self.labels)
