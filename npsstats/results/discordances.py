"""The answer to "which units does one metric put before another, and the other metric behind it?"."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from npsstats.results import format as write
from npsstats.results.format import Table
from npsstats.results.protocol import Result, group_columns, group_text
from npsstats.results.ranks import Errors, within_errors
from npsstats.typing import BoolArray, FloatArray, Label
from npsstats.version import __version__

__all__ = ["DiscordantUnits"]

# So many rows of the table are written; frames have all.
MOST_ROWS = 20


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class DiscordantUnits(Result):
    """Pairs of units that two metrics order oppositely; made by `discordant_units`.

    One row per pair of units, the firmest first within each pair of metrics and block. Arrays have one entry per row.

    Attributes
    ----------
    by : tuple of str
        The names of the group columns of the blocks; empty if all units stand together.
    labels : tuple of tuple
        The block of each row.
    metric, other_metric : tuple of str
        The two metrics.
    unit, other_unit : tuple
        The two units; the first is better under `metric`, the second under `other_metric`.
    difference, standard_error : ndarray
        By how many points the unit is better than the other under `metric`, above 0, and its standard error; nan
        where that is not known.
    other_difference, other_standard_error : ndarray
        The same under `other_metric`, below 0.
    statistic : ndarray
        The smaller of the two test statistics, in standard errors: how sure the less sure of the two orders is, after
        what rounding can explain. Infinite where no sampling error is known and rounding cannot explain it.
    critical_value : ndarray
        What it must exceed to be shown, for all pairs together and under both metrics.
    unit_column : str
        The name of the group column that holds the units.
    compared : tuple of tuple
        The block, the two metrics and the number of pairs of units of each comparison, whether or not any is ordered
        oppositely.
    decimals : dict of str to int
        The decimals of the scores of each metric.
    errors : {"sampling", "rounding", "sampling and rounding", "none"}
        What makes scores uncertain, of what is known.
    confidence_level : float
        The level at which all orders that are shown are right.
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
    unit: tuple[Hashable, ...]
    other_unit: tuple[Hashable, ...]
    difference: FloatArray
    standard_error: FloatArray
    other_difference: FloatArray
    other_standard_error: FloatArray
    statistic: FloatArray
    critical_value: FloatArray
    unit_column: str
    compared: tuple[tuple[Label, str, str, int], ...]
    decimals: dict[str, int]
    errors: Errors
    confidence_level: float
    design: str
    references: tuple[str, ...]
    notes: tuple[str, ...] = ()
    version: str = __version__

    @property
    def shown(self) -> BoolArray:
        """Where both orders are shown, so that the metrics truly order the pair oppositely."""
        shown: BoolArray = self.statistic > self.critical_value
        return shown

    @property
    def verdict(self) -> tuple[str, ...]:
        """``"shown"`` or ``"not shown"``."""
        return tuple("shown" if shown else "not shown" for shown in self.shown)

    def columns(self) -> dict[str, Sequence[Any]]:
        """Give the columns of the frame, unrounded.

        Returns
        -------
        dict
            Group columns, metric, other_metric, the column of the units, other_unit, difference, standard_error,
            other_difference, other_standard_error, statistic, critical_value, verdict.
        """
        names = ("difference", "standard_error", "other_difference", "other_standard_error", "statistic")
        others = {"other_unit": self.other_unit}
        others |= {name: getattr(self, name) for name in (*names, "critical_value", "verdict")}
        if self.unit_column in {"metric", "other_metric", *others}:
            msg = f"a group column cannot be called {self.unit_column!r}, like a column of this answer; rename it."
            raise ValueError(msg)
        return {
            **group_columns(self.by, self.labels),
            "metric": self.metric,
            "other_metric": self.other_metric,
            self.unit_column: self.unit,
            **others,
        }

    def provenance(self) -> dict[str, Any]:
        """Give what the numbers rest on.

        Returns
        -------
        dict
        """
        return {
            "pairs_compared": [[group_text(block), *rest] for block, *rest in self.compared],
            "errors": self.errors,
            "confidence_level": self.confidence_level,
            "sample_design": self.design,
            "notes": list(self.notes),
            "npsstats_version": self.version,
        }

    def table(self) -> Table:
        """Give the rounded table that people read, of all pairs.

        Returns
        -------
        Table
        """
        return self._table(len(self))

    def _table(self, most: int) -> Table:
        rows, sampling = [], "sampling" in self.errors
        for i in range(min(most, len(self))):
            one, other = (self.decimals[name] for name in (self.metric[i], self.other_metric[i]))
            rows.append(
                [
                    *map(group_text, self.labels[i]),
                    self.metric[i],
                    self.other_metric[i],
                    group_text(self.unit[i]),
                    group_text(self.other_unit[i]),
                    write.number(self.difference[i], one, signed=True),
                    *([write.number(self.standard_error[i], one + 1)] if sampling else []),
                    write.number(self.other_difference[i], other, signed=True),
                    *([write.number(self.other_standard_error[i], other + 1)] if sampling else []),
                    *(
                        [write.number(self.statistic[i], 2), write.number(self.critical_value[i], 2)]
                        if sampling
                        else []
                    ),
                    self.verdict[i],
                ]
            )
        error, test = (["standard error"], ["statistic", "needed"]) if sampling else ([], [])
        differences = ["difference", *error, "other difference", *error, *test]
        headers = [*self.by, "metric", "other", self.unit_column, "against", *differences, "ordered oppositely"]
        return Table(headers=headers, rows=rows, text_columns=len(self.by) + 4)

    def heading(self) -> str:
        """Say in one line what the table shows.

        Returns
        -------
        str
        """
        level = f"{write.level(self.confidence_level)} for all pairs together, " if "sampling" in self.errors else ""
        total = sum(pairs for *_, pairs in self.compared)
        return (
            f"Pairs of {self.unit_column} that two metrics order oppositely, {write.integer(len(self))} of "
            f"{write.integer(total)}: {level}{within_errors(self.errors)}"
        )

    def sentences(self) -> list[str]:
        """Say in words what each comparison of two metrics finds, ready for a report.

        Returns
        -------
        list of str
            One text per pair of metrics and block.
        """
        return [self._sentence(*comparison) for comparison in self.compared]

    def _sentence(self, block: Label, one: str, other: str, pairs: int) -> str:
        rows = [
            i for i in range(len(self)) if (self.labels[i], self.metric[i], self.other_metric[i]) == (block, one, other)
        ]
        where = f"{group_text(block)}: " if block else ""
        if not rows:
            return f"{where}{one} and {other} order no pair of {write.integer(pairs)} oppositely by their scores."
        shown = [i for i in rows if self.shown[i]]
        known = f"; of {write.integer(len(shown))} that is shown."
        known = ", which are taken as known exactly." if self.errors == "none" else known
        text = (
            f"{where}{one} and {other} order {write.integer(len(rows))} of {write.integer(pairs)} pairs oppositely by "
            f"their scores{known}"
        )
        first = rows[0]
        both = (
            f"{group_text(self.unit[first])} is "
            f"{write.number(self.difference[first], self.decimals[one])} points better than "
            f"{group_text(self.other_unit[first])} under {one}, and "
            f"{write.number(-self.other_difference[first], self.decimals[other])} points worse under {other}"
        )
        if shown:
            return f"{text} The firmest: {both}."
        if "sampling" in self.errors:
            needed = (
                f"the less sure of the two differences is {write.number(self.statistic[first], 1)} standard errors, "
                f"and {write.number(self.critical_value[first], 1)} would have been needed"
            )
        else:
            needed = "rounding can explain one of the two differences"
        return f"{text} The nearest to it: {both}; {needed}."

    def method_text(self) -> str:
        """Say in one sentence how the numbers were made.

        Returns
        -------
        str
        """
        if "sampling" in self.errors:
            how = (
                f"shown where both differences exceed the {write.level(self.confidence_level)} quantile of the maximum "
                "of all pairwise statistics under both metrics"
            )
        else:
            how = "shown where the rounding of scores leaves neither order open"
        design = f"; {self.design}" if self.design else ""
        return f"Pairs of {self.unit_column} that two metrics order oppositely, {how}{design}"

    def __len__(self) -> int:
        return len(self.labels)

    def __str__(self) -> str:
        more = len(self) - MOST_ROWS
        rest = f"\n... and {write.integer(more)} more; `to_frame` has all." if more > 0 else ""
        return f"{self.heading()}\n\n{self._table(MOST_ROWS).to_text()}{rest}"
