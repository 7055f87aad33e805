"""The answer to "does the conclusion survive another definition of the score?"."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from npsstats.ratings.scales import Metric
from npsstats.results import format as write
from npsstats.results.differences import reference_text
from npsstats.results.format import Table
from npsstats.results.protocol import Result, group_columns, group_text
from npsstats.typing import FloatArray, IntArray, Label
from npsstats.version import __version__

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CUT_POINTS", "NAMED_AT_MOST", "ROUNDING", "Definition", "Sensitivity", "definition_columns", "named"]

CUT_POINTS = "cut points"

# Differences below this part of the width of their scale are rounding.
ROUNDING = 1e-9

# So many definitions are named in a sentence.
NAMED_AT_MOST = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """One way to make a score of the same ratings.

    Attributes
    ----------
    metric : Metric
        The value of each rating; its name is that of the definition.
    family : str
        What it varies: ``"base"`` for the definition that was asked for, ``"cut points"``, ``"detractor weight"``,
        ``"boxes"``, ``"mean"``, ``"recode"``, ``"own"``.
    promoters_from, detractors_to : int or None
        The cut points of a net score.
    known : bool
        Whether people use it, so that tables list it.
    also : tuple of str
        Other definitions with the same value of each rating.
    """

    metric: Metric
    family: str
    promoters_from: int | None = None
    detractors_to: int | None = None
    known: bool = True
    also: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What it is called."""
        return self.metric.name


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Sensitivity(Result):
    """Differences under many definitions of the score; made by `sensitivity`.

    A row is a comparison under one definition. The first definition is the one whose conclusion is at stake. Arrays of
    numbers have the shape (comparisons, definitions).

    Attributes
    ----------
    by : tuple of str
        The names of the group columns.
    labels : tuple of tuple
        The group of each comparison.
    reference : tuple
        What each is compared with.
    n, n_reference : ndarray of int, shape (comparisons,)
        Respondents with a rating.
    definitions : tuple of Definition
        The definitions.
    score, score_reference : ndarray
        The scores, in points of each definition.
    difference, standard_error, low, high : ndarray
        Group minus reference, its standard error and its interval, in points of each definition.
    statistic, pvalue : ndarray
        The test that there is no difference. Statistics have the same unit, standard errors, under all definitions.
    metric : Metric
        The definition whose conclusion is at stake.
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
    reference: tuple[Hashable, ...]
    n: IntArray
    n_reference: IntArray
    definitions: tuple[Definition, ...]
    score: FloatArray
    score_reference: FloatArray
    difference: FloatArray
    standard_error: FloatArray
    low: FloatArray
    high: FloatArray
    statistic: FloatArray
    pvalue: FloatArray
    metric: Metric
    confidence_level: float
    design: str
    references: tuple[str, ...]
    notes: tuple[str, ...] = ()
    version: str = __version__

    @property
    def direction(self) -> IntArray:
        """1 where the group is the higher one under the definition, -1 where it is the lower one, 0 for a tie."""
        widths = np.array([given.metric.bounds[1] - given.metric.bounds[0] for given in self.definitions])
        signs: IntArray = np.where(np.abs(self.difference) > ROUNDING * widths, np.sign(self.difference), 0).astype(int)
        return signs

    @property
    def shown(self) -> IntArray:
        """The direction where the test of the definition shows it, each at its own level; else 0."""
        found: IntArray = np.where(self.pvalue <= 1 - self.confidence_level, self.direction, 0)
        return found

    @property
    def conclusion(self) -> tuple[str, ...]:
        """What becomes of each comparison, over all definitions.

        ``"survives all"``: all show the same direction; ``"sign survives, not always shown"``: none has the other
        direction, some show it; ``"sign survives, never shown"``; ``"flips"``: the direction hangs on the definition;
        ``"shown both ways"``: some definitions show one direction, others the other one; ``"tied"``: none of them has a
        direction in the sample.
        """
        return tuple(map(_conclusion, self.direction, self.shown))

    def columns(self) -> dict[str, Sequence[Any]]:
        """Give the columns of the frame, unrounded.

        Returns
        -------
        dict
            Group columns, reference, definition, family, promoters_from, detractors_to, n, n_reference, score,
            score_reference, difference, standard_error, low, high, statistic, pvalue, shown.
        """
        many = len(self.definitions)
        rows = np.repeat(np.arange(len(self.labels)), many)
        names = ("score", "score_reference", "difference", "standard_error", "low", "high", "statistic", "pvalue")
        return {
            **group_columns(self.by, tuple(self.labels[i] for i in rows)),
            "reference": [self.reference[i] for i in rows],
            **definition_columns(self.definitions, len(self.labels)),
            "n": self.n[rows],
            "n_reference": self.n_reference[rows],
            **{name: getattr(self, name).ravel() for name in names},
            "shown": (self.shown != 0).ravel(),
        }

    def conclusions(self, *, known: bool = False) -> "pd.DataFrame":
        """Give what becomes of each comparison, a row for each.

        Parameters
        ----------
        known : bool, default False
            Count only the definitions that people use, those of the table; not all pairs of cut points.

        Returns
        -------
        pandas.DataFrame
            Group columns, reference, difference and pvalue of the first definition; then, of all, how many there are
            (definitions), under how many the group is higher, lower, or neither (tied), how many show each
            (shown_higher, shown_lower), and the conclusion.

        Raises
        ------
        ValueError
            If a group column has the name of one of the other columns.
        """
        import pandas as pd

        counted = [not known or given.known for given in self.definitions]
        direction, shown = self.direction[:, counted], self.shown[:, counted]
        columns = {
            "reference": list(self.reference),
            "difference": self.difference[:, 0],
            "pvalue": self.pvalue[:, 0],
            "definitions": sum(counted),
            "higher": (direction > 0).sum(axis=1),
            "lower": (direction < 0).sum(axis=1),
            "tied": (direction == 0).sum(axis=1),
            "shown_higher": (shown > 0).sum(axis=1),
            "shown_lower": (shown < 0).sum(axis=1),
            "conclusion": list(map(_conclusion, direction, shown)),
        }
        for name in self.by:
            if name in columns:
                msg = f"a group column cannot be called {name!r}, like a column of this answer; rename it."
                raise ValueError(msg)
        return pd.DataFrame({**group_columns(self.by, self.labels), **columns})

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
        """Give the rounded table that people read.

        Of the pairs of cut points it has those that people use, and the two with the least and the largest statistic;
        the frame has all.

        Returns
        -------
        Table
        """
        rows = [self._row(i, j, name) for i in range(len(self.labels)) for j, name in self._told(i)]
        names = [*self.by, "reference", "definition", "difference", "low", "high", "z", "p", "shown"]
        return Table(headers=names, rows=rows, text_columns=len(self.by) + 2)

    def _told(self, i: int) -> list[tuple[int, str]]:
        """The definitions that the table of a comparison lists, and what it calls them."""
        told = [(j, given.name) for j, given in enumerate(self.definitions) if given.known]
        cuts = [j for j, given in enumerate(self.definitions) if given.promoters_from is not None]
        if any(not self.definitions[j].known for j in cuts):
            order = sorted(cuts, key=lambda j: float(self.statistic[i, j]))
            ends = (("lowest", order[0]), ("highest", order[-1]))
            told += [(j, f"{word} of {len(cuts)} cut points: {self.definitions[j].name}") for word, j in ends]
        return told

    def _row(self, i: int, j: int, name: str) -> list[str]:
        places = write.decimals_for(self.definitions[j].metric.bounds)
        numbers = [write.number(x[i, j], places, signed=True) for x in (self.difference, self.low, self.high)]
        text = [*map(group_text, self.labels[i]), group_text(self.reference[i]), name]
        shown = {1: "higher", -1: "lower", 0: "–"}[int(self.shown[i, j])]
        z = write.number(self.statistic[i, j], 2, signed=True)
        return [*text, *numbers, z, write.pvalue(self.pvalue[i, j]), shown]

    def heading(self) -> str:
        """Say in one line what the table shows.

        Returns
        -------
        str
        """
        sample = f" ({self.design})" if self.design else ""
        return (
            f"{self.metric.name} under {len(self.definitions)} definitions: group minus reference, "
            f"{write.level(self.confidence_level)} intervals, each test by itself{sample}"
        )

    def sentences(self) -> list[str]:
        """Say for each comparison whether its conclusion survives.

        Returns
        -------
        list of str
        """
        return [f"{self._base(i)} {self._fate(i)}" for i in range(len(self.labels))]

    def _base(self, i: int) -> str:
        places = write.decimals_for(self.metric.bounds)
        group, other = group_text(self.labels[i]), reference_text(self.reference[i])
        value, way = self.difference[i, 0], int(self.direction[i, 0])
        low, high = (write.number(x[i, 0], places, signed=True) for x in (self.low, self.high))
        p = write.pvalue(self.pvalue[i, 0])
        sure = f"{write.level(self.confidence_level)} interval {low} to {high}; p {'' if p[0] == '<' else '= '}{p}"
        size = f"{write.number(abs(value), places)} points"
        is_it = {
            1: f"{size} above that of",
            -1: f"{size} below that of",
            0: "in this sample the same number as that of",
        }
        return f"{self.metric.name} of {group} is {is_it[way]} {other} ({sure})."

    def _fate(self, i: int) -> str:
        """Say what becomes of the direction."""
        if len(self.definitions) == 1:
            return "No other definition was asked for."
        if not self.direction[i].any():
            return f"Under none of {len(self.definitions)} definitions is either the higher one in this sample."
        return self._of_flip(i) if self.conclusion[i] in ("shown both ways", "flips") else self._of_survivor(i)

    def _of_flip(self, i: int) -> str:
        up, down = (np.flatnonzero(self.direction[i] == way) for way in (1, -1))
        text = (
            f"The direction hangs on the definition: {group_text(self.labels[i])} is the higher one under {up.size} of "
            f"{len(self.definitions)} ({self._names(up)}) and the lower one under {down.size} ({self._names(down)})."
        )
        higher, lower = (np.flatnonzero(self.shown[i] == way) for way in (1, -1))
        if higher.size and lower.size:
            return (
                f"{text} Both are shown, {self._each}: higher by {self._names(higher)}; lower by {self._names(lower)}."
            )
        if not higher.size + lower.size:
            return f"{text} None of them shows either, {self._each}."
        way, which = ("higher", higher) if higher.size else ("lower", lower)
        return f"{text} That it is the {way} one is shown by {which.size}, {self._each}; the other way by none."

    def _of_survivor(self, i: int) -> str:
        direction, shown, many = self.direction[i], self.shown[i], len(self.definitions)
        way, tied = "higher" if direction.sum() > 0 else "lower", int((direction == 0).sum())
        text = f"It is the {way} one under all {many} definitions"
        if tied:
            text = f"It is the {way} one under {many - tied} of {many} definitions and neither under the others"
        silent = np.flatnonzero(shown == 0)
        if not silent.size:
            return f"{text}, and all of them show it, {self._each}."
        if silent.size == many:
            return f"{text}; none of them shows it, {self._each}: the data settle it under no definition."
        known = np.array([given.known for given in self.definitions])
        used = ""
        # Those that people use first.
        silent = silent[np.argsort(~known[silent], kind="stable")]
        if not known.all():
            told = int((shown[known] != 0).sum())
            used = f", {'all' if told == known.sum() else told} of the {known.sum()} that people use among them"
        showing = many - silent.size
        return (
            f"{text}; {showing} of them {'shows' if showing == 1 else 'show'} it{used}, {self._each}. Not shown under "
            f"{self._names(silent)}."
        )

    @property
    def _each(self) -> str:
        return f"each tested by itself at {write.level(1 - self.confidence_level)}"

    def _names(self, which: Any) -> str:
        return named([self.definitions[j].name for j in which])

    def method_text(self) -> str:
        """Say in one sentence how the numbers were made.

        Returns
        -------
        str
        """
        return (
            f"Differences of {self.metric.name} ({self.metric.description or 'custom metric'}) and of "
            f"{len(self.definitions) - 1} other definitions of the score, with {write.level(self.confidence_level)} "
            f"score intervals and tests, not adjusted: that all show a direction is an intersection-union claim"
            f"{f' ({self.design})' if self.design else ''}"
        )

    def __len__(self) -> int:
        return len(self.labels) * len(self.definitions)


def _conclusion(direction: IntArray, shown: IntArray) -> str:
    """Sum up the directions of one comparison, and those that are shown."""
    if (shown > 0).any() and (shown < 0).any():
        return "shown both ways"
    if (direction > 0).any() and (direction < 0).any():
        return "flips"
    if not direction.any():
        return "tied"
    if shown.all():
        return "survives all"
    return "sign survives, not always shown" if shown.any() else "sign survives, never shown"


def definition_columns(definitions: Sequence[Definition], times: int) -> dict[str, Sequence[Any]]:
    """Give the columns that say what the definitions are, so many times over; nan without cut points."""
    cuts = {
        name: [np.nan if getattr(given, name) is None else getattr(given, name) for given in definitions] * times
        for name in ("promoters_from", "detractors_to")
    }
    return {
        "definition": [given.name for given in definitions] * times,
        "family": [given.family for given in definitions] * times,
        **cuts,
    }


def named(names: Sequence[str]) -> str:
    """Write names for a sentence: all, or the first ones and how many more there are."""
    more = len(names) - NAMED_AT_MOST
    quoted = ", ".join(f'"{name}"' for name in names[:NAMED_AT_MOST])
    return quoted if more <= 0 else f"{quoted} and {more} more"
