"""The answer to "which rank can each unit have under each metric?"."""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal, TypeAlias

import numpy as np

from npsstats.results import format as write
from npsstats.results.format import Table
from npsstats.results.protocol import Result, group_columns, group_text
from npsstats.typing import FloatArray, IntArray, Label
from npsstats.version import __version__

__all__ = ["Errors", "UnitRanks", "listed", "some", "within_errors"]

Errors: TypeAlias = Literal["sampling", "rounding", "sampling and rounding", "none"]

# So many units are named in a sentence.
MOST_NAMED = 5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class UnitRanks(Result):
    """The ranks of units under several metrics, and those that chance leaves open; made by `unit_ranks`.

    One row per unit and metric; units are ranked within the labels of the group columns before the last. Arrays have
    one entry per row.

    Attributes
    ----------
    by : tuple of str
        The names of the group columns; the last holds the units.
    labels : tuple of tuple
        The label of each row, one entry per group column.
    metric : tuple of str
        The metric of each row.
    n_units : ndarray of int
        The units that are ranked together.
    score, standard_error : ndarray
        In points; nan for a unit without a score. Standard errors are nan where they are not known.
    rank : ndarray
        Of the scores, 1 for the best; units that tie share the mean of their ranks. nan for a unit without a score.
    rank_low, rank_high : ndarray
        The best and the worst rank that the unit can have: sets that hold the true ranks of all units together, under
        one metric, with the confidence level. Where units truly tie, all the ranks that they share are meant.
    metrics : tuple of str
        The metrics, in their order.
    decimals : tuple of int
        The decimals of their scores.
    errors : {"sampling", "rounding", "sampling and rounding", "none"}
        What makes scores uncertain, of what is known; ranks allow for this and nothing else.
    confidence_level : float
        The level of the sets; without sampling they hold for certain.
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
    n_units: IntArray
    score: FloatArray
    standard_error: FloatArray
    rank: FloatArray
    rank_low: FloatArray
    rank_high: FloatArray
    metrics: tuple[str, ...]
    decimals: tuple[int, ...]
    errors: Errors
    confidence_level: float
    design: str
    references: tuple[str, ...]
    notes: tuple[str, ...] = ()
    version: str = __version__

    @property
    def blocks(self) -> tuple[Label, ...]:
        """The labels within which units are ranked, each once."""
        return tuple(dict.fromkeys(label[:-1] for label in self.labels))

    def columns(self) -> dict[str, Sequence[Any]]:
        """Give the columns of the frame, unrounded.

        Returns
        -------
        dict
            Group columns, metric, n_units, score, standard_error, rank, rank_low, rank_high.
        """
        names = ("metric", "n_units", "score", "standard_error", "rank", "rank_low", "rank_high")
        return {**group_columns(self.by, self.labels), **{name: getattr(self, name) for name in names}}

    def provenance(self) -> dict[str, Any]:
        """Give what the numbers rest on.

        Returns
        -------
        dict
        """
        return {
            "metrics": list(self.metrics),
            "errors": self.errors,
            "confidence_level": self.confidence_level,
            "sample_design": self.design,
            "notes": list(self.notes),
            "npsstats_version": self.version,
        }

    def table(self) -> Table:
        """Give the rounded table that people read: a row per unit, the best under the first metric on top.

        Returns
        -------
        Table
        """
        places = {
            name: (k, decimals) for k, (name, decimals) in enumerate(zip(self.metrics, self.decimals, strict=True))
        }
        cells: dict[Label, list[str]] = {}
        order: dict[Label, tuple[int, float]] = {}
        blocks = {block: k for k, block in enumerate(self.blocks)}
        for i, label in enumerate(self.labels):
            k, decimals = places[self.metric[i]]
            row = cells.setdefault(label, [""] * 3 * len(places))
            rank = self.rank[i]
            row[3 * k : 3 * k + 3] = [
                write.number(self.score[i], decimals),
                write.number(rank, 0 if rank % 1 == 0 else 1),
                "–" if np.isnan(rank) else f"{self.rank_low[i]:.0f}–{self.rank_high[i]:.0f}",
            ]
            if k == 0:
                order[label] = (blocks[label[:-1]], np.inf if np.isnan(rank) else float(rank))
        rows = [[*map(group_text, label), *cells[label]] for label in sorted(cells, key=lambda label: order[label])]
        headers = [part for name in self.metrics for part in (name, "rank", "can be")]
        return Table(headers=[*self.by, *headers], rows=rows, text_columns=len(self.by))

    def heading(self) -> str:
        """Say in one line what the table shows.

        Returns
        -------
        str
        """
        level = f"{write.level(self.confidence_level)} sets for all ranks of a metric together, "
        level = level if "sampling" in self.errors else ""
        design = f" ({self.design})" if self.design else ""
        return f"Ranks of {self.by[-1]} under {listed(self.metrics)}{design}: {level}{within_errors(self.errors)}"

    def sentences(self) -> list[str]:
        """Say in words who is first and last under each metric, ready for a report.

        Returns
        -------
        list of str
            One text per metric and block.
        """
        return [self._sentence(rows) for rows in self._together()]

    def _together(self) -> Iterator[list[int]]:
        """The rows that are ranked together, with a score."""
        place = {block: k for k, block in enumerate(self.blocks)}
        keys = [
            (place[label[:-1]], self.metrics.index(name)) for label, name in zip(self.labels, self.metric, strict=True)
        ]
        ordered = sorted((i for i in range(len(self)) if not np.isnan(self.rank[i])), key=lambda i: keys[i])
        for _, together in groupby(ordered, key=lambda i: keys[i]):
            yield list(together)

    def _sentence(self, rows: list[int]) -> str:
        first = rows[0]
        block = self.labels[first][:-1]
        where = f"{group_text(block)}: " if block else ""
        best = [i for i in rows if self.rank[i] == self.rank[rows].min()]
        names = some([self.labels[i][-1] for i in best])
        places = self.decimals[self.metrics.index(self.metric[first])]
        score = write.number(self.score[best[0]], places)
        open_to = [self.labels[i][-1] for i in sorted(rows, key=lambda i: self.rank[i]) if self.rank_low[i] == 1]
        sampling = "sampling" in self.errors
        confidence = f"With {write.level(self.confidence_level)} confidence"
        if len(open_to) == 1:
            first_place = f"{confidence} that is its true rank too" if sampling else "Rounding cannot change that"
        else:
            leaves = f"{confidence}, first place belongs" if sampling else "Rounding leaves first place open"
            first_place = f"{leaves} to {'one of ' if sampling else ''}{len(open_to)}: {some(open_to)}"
        fixed = int((self.rank_low[rows] == self.rank_high[rows]).sum())
        text = (
            f"{where}Under {self.metric[first]}, {names} {'ranks' if len(best) == 1 else 'rank'} first of "
            f"{len(rows)} ({score})."
        )
        # Scores that are taken as known leave open only who of those that tie is first.
        settled = f"The rank of {fixed} of {len(rows)} is settled."
        return text if self.errors == "none" else f"{text} {first_place}. {settled}"

    def method_text(self) -> str:
        """Say in one sentence how the numbers were made.

        Returns
        -------
        str
        """
        if "sampling" not in self.errors:
            how = "from the pairs whose order the rounding of the scores does not leave open"
            return f"Ranks of {self.by[-1]} under {listed(self.metrics)}, with the ranks that they can have, {how}"
        rounded = ", allowing for rounding" if "rounding" in self.errors else ""
        design = f"; {self.design}" if self.design else ""
        level = write.level(self.confidence_level)
        return (
            f"Ranks of {self.by[-1]} under {listed(self.metrics)}, with {level} simultaneous confidence sets from the "
            f"signs of all pairwise differences by the maximum of their statistics{rounded}{design}"
        )

    def __len__(self) -> int:
        return len(self.labels)


def within_errors(errors: Errors) -> str:
    """Say what uncertainty is allowed for."""
    if errors == "none":
        return "the scores taken as known exactly"
    return f"within errors of {errors}" + ("; sampling errors are not known" if errors == "rounding" else "")


def listed(names: Sequence[str]) -> str:
    """Write names one after the other."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def some(units: Sequence[Hashable]) -> str:
    """Name the first units of many."""
    named = [group_text(unit) for unit in units[:MOST_NAMED]]
    more = len(units) - len(named)
    return f"{', '.join(named)} and {more} more" if more else listed(named)
