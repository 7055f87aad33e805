"""The answer to "what is the score under other definitions, and which order do the groups have?"."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from npsstats.ratings.scales import Metric
from npsstats.results import format as write
from npsstats.results.definitions import Definition, definition_columns, named
from npsstats.results.format import Table
from npsstats.results.protocol import Result, group_columns, group_text
from npsstats.typing import FloatArray, IntArray, Label
from npsstats.version import __version__

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ScoreVariants"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class ScoreVariants(Result):
    """Scores under many definitions, with the order of the groups; made by `score_variants`.

    A row is a group under one definition. The first definition is the one whose order is at stake. Arrays of numbers
    have the shape (groups, definitions).

    Attributes
    ----------
    by : tuple of str
        The names of the group columns.
    labels : tuple of tuple
        The label of each group, one entry per group column.
    n : ndarray of int, shape (groups,)
        Respondents with a rating.
    definitions : tuple of Definition
        The definitions.
    score, standard_error, low, high : ndarray
        The scores, their standard errors and intervals, in points of each definition.
    rank : ndarray of int
        The rank of the score among the groups, 1 for the highest; groups with the same score share the better one.
    metric : Metric
        The definition whose order is at stake.
    confidence_level : float
        The level of each interval.
    design : str
        How the sample was drawn, in words; empty for simple counts.
    references : tuple of str
        Bibliography keys.
    notes : tuple of str
        What a reader must know.
    version : str
        The version of npsstats.
    """

    by: tuple[str, ...]
    labels: tuple[Label, ...]
    n: IntArray
    definitions: tuple[Definition, ...]
    score: FloatArray
    standard_error: FloatArray
    low: FloatArray
    high: FloatArray
    rank: IntArray
    metric: Metric
    confidence_level: float
    design: str
    references: tuple[str, ...]
    notes: tuple[str, ...] = ()
    version: str = __version__

    @property
    def flips(self) -> IntArray:
        """How many pairs of groups change places, against the first definition; ties are no change."""
        one, two = np.triu_indices(len(self.labels), k=1)
        # A better rank is a higher score; the same rank is a tie.
        order = np.sign(self.rank[two] - self.rank[one])
        changed: IntArray = (order * order[:, :1] < 0).sum(axis=0)
        return changed

    @property
    def unsettled(self) -> tuple[tuple[int, int], ...]:
        """The pairs of groups, by their places, that stand one way under some definitions, the other under others."""
        one, two = np.triu_indices(len(self.labels), k=1)
        order = np.sign(self.rank[two] - self.rank[one])
        both = (order > 0).any(axis=1) & (order < 0).any(axis=1)
        return tuple(zip(one[both].tolist(), two[both].tolist(), strict=True))

    def columns(self) -> dict[str, Sequence[Any]]:
        """Give the columns of the frame, unrounded.

        Returns
        -------
        dict
            Group columns, definition, family, promoters_from, detractors_to, n, score, standard_error, low, high, rank.
        """
        rows = np.repeat(np.arange(len(self.labels)), len(self.definitions))
        return {
            **group_columns(self.by, tuple(self.labels[i] for i in rows)),
            **definition_columns(self.definitions, len(self.labels)),
            "n": self.n[rows],
            **{name: getattr(self, name).ravel() for name in ("score", "standard_error", "low", "high", "rank")},
        }

    def orders(self) -> "pd.DataFrame":
        """Give what becomes of the order of the groups, a row per definition.

        Returns
        -------
        pandas.DataFrame
            definition, family, first (the group with the highest score), last, pairs (of groups), flipped (how many
            of them stand the other way round than under the first definition).
        """
        import pandas as pd

        many = len(self.labels)
        names = [group_text(label) if label else "all" for label in self.labels]
        return pd.DataFrame(
            {
                "definition": [given.name for given in self.definitions],
                "family": [given.family for given in self.definitions],
                "first": [names[i] for i in self.rank.argmin(axis=0)],
                "last": [names[i] for i in self.rank.argmax(axis=0)],
                "pairs": many * (many - 1) // 2,
                "flipped": self.flips,
            }
        )

    def provenance(self) -> dict[str, Any]:
        """Give what the numbers rest on.

        Returns
        -------
        dict
        """
        return {
            "metric": self.metric.name,
            "scale": str(self.metric.scale),
            "definitions": [given.name for given in self.definitions],
            "confidence_level": self.confidence_level,
            "sample_design": self.design,
            "notes": list(self.notes),
            "npsstats_version": self.version,
        }

    def table(self) -> Table:
        """Give the rounded table that people read: the definitions that people use; the frame has all.

        Returns
        -------
        Table
        """
        known = [j for j, given in enumerate(self.definitions) if given.known]
        rows = [self._row(i, j) for i in range(len(self.labels)) for j in known]
        names = [*self.by, "definition", "score", "low", "high", "rank"]
        return Table(headers=names, rows=rows, text_columns=len(self.by) + 1)

    def _row(self, i: int, j: int) -> list[str]:
        given = self.definitions[j]
        places = write.decimals_for(given.metric.bounds)
        numbers = [write.number(x[i, j], places) for x in (self.score, self.low, self.high)]
        return [*map(group_text, self.labels[i]), given.name, *numbers, write.integer(self.rank[i, j])]

    def heading(self) -> str:
        """Say in one line what the table shows.

        Returns
        -------
        str
        """
        by = f" by {', '.join(self.by)}" if self.by else ""
        sample = f" ({self.design})" if self.design else ""
        level = write.level(self.confidence_level)
        return f"{self.metric.name}{by} under {len(self.definitions)} definitions, {level} intervals{sample}"

    def sentences(self) -> list[str]:
        """Say how far the score of each group moves with the cut points, and whether the order of the groups survives.

        Returns
        -------
        list of str
        """
        told = [self._of_group(i) for i in range(len(self.labels))]
        return told if len(told) == 1 else [*told, self._of_order()]

    def _of_group(self, i: int) -> str:
        places = write.decimals_for(self.metric.bounds)
        of = f" of {group_text(self.labels[i])}" if self.labels[i] else ""
        score = f"{self.metric.name}{of} is {write.number(self.score[i, 0], places)}"
        cuts = [j for j, given in enumerate(self.definitions) if given.promoters_from is not None]
        if len(cuts) < 2:
            return f"{score}."
        low, high = (pick(cuts, key=lambda j: float(self.score[i, j])) for pick in (min, max))
        ends = [f"{write.number(self.score[i, j], 1)} ({self.definitions[j].name})" for j in (low, high)]
        return f"{score}; over {len(cuts)} pairs of cut points it ranges from {ends[0]} to {ends[1]}."

    def _of_order(self) -> str:
        many, definitions = len(self.labels), len(self.definitions)
        if definitions == 1:
            return "No other definition was asked for."
        pairs, turned = many * (many - 1) // 2, self.unsettled
        if not turned:
            which = "No two groups change places" if pairs > 1 else "The two groups do not change places"
            return f"{which} under any of the {definitions} definitions."
        names = [" and ".join(group_text(self.labels[i]) for i in pair) for pair in turned]
        of = f"{len(turned)} of {pairs} pairs of groups" if pairs > 1 else "The two groups"
        return (
            f"{of} stand one way under some of the {definitions} definitions and the other way under others: "
            f"{named(names)}. These are orders in the sample; which of them are shown is for a test to say."
        )

    def method_text(self) -> str:
        """Say in one sentence how the numbers were made.

        Returns
        -------
        str
        """
        return (
            f"{self.metric.name} ({self.metric.description or 'custom metric'}) and {len(self.definitions) - 1} other "
            f"definitions of the score, with {write.level(self.confidence_level)} score intervals"
            f"{f' ({self.design})' if self.design else ''}"
        )

    def __len__(self) -> int:
        return len(self.labels) * len(self.definitions)
