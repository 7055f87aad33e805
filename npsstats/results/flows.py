"""The answer to "who moved?": the flows between the levels of a metric, and how many moved up and down."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from npsstats.kernels.marginal import exact_sign
from npsstats.ratings.scales import Metric
from npsstats.results import format as write
from npsstats.results.format import Table
from npsstats.results.protocol import Result, group_columns, group_text
from npsstats.typing import FloatArray, IntArray, Label
from npsstats.version import __version__

__all__ = ["FLOW_COLUMNS", "Movers", "Transitions"]

FLOW_COLUMNS = ("origin", "destination", "n", "share", "low", "high", "share_of_origin", "points")
MOVER_COLUMNS = (
    *("n", "moved_up", "moved_down", "stayed", "up_down_pvalue", "middle", "middle_up", "middle_down"),
    *("points_up", "points_down", "difference"),
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Transitions(Result):
    """Where the same respondents stood in two waves, a row per flow; made by `transitions`.

    A level is a distinct value of the metric: detractor, passive or promoter for NPS. Of each group there are all
    flows, from each level to each, those who stayed included, from the lowest level to the highest.

    Attributes
    ----------
    by : tuple of str
        The names of the group columns.
    labels : tuple of tuple
        The label of the group of each flow, one entry per group column.
    origin, destination : tuple of str
        The level in the first wave and the level in the second.
    n : ndarray of int
        Respondents who went this way.
    share : ndarray
        Their share of all respondents rated in both waves, in percent.
    low, high : ndarray
        The limits of the interval of the share, in percent.
    share_of_origin : ndarray
        Their share of those who began at the same level, in percent; nan if nobody did.
    points : ndarray
        What the flow adds to the change of the score: n times the difference of the values, by all respondents rated
        in both waves. Over a group they add up to the change.
    first, second : hashable
        What the two waves are called.
    metric : Metric
        What the score is, in both waves.
    method, method_title : str
        The method of the interval, by its key and in words.
    confidence_level : float
        The level of the interval.
    references : tuple of str
        Bibliography keys of metric and methods.
    notes : tuple of str
        What a reader must know about the counts.
    version : str
        The version of npsstats.
    """

    by: tuple[str, ...]
    labels: tuple[Label, ...]
    origin: tuple[str, ...]
    destination: tuple[str, ...]
    n: IntArray
    share: FloatArray
    low: FloatArray
    high: FloatArray
    share_of_origin: FloatArray
    points: FloatArray
    first: Hashable
    second: Hashable
    metric: Metric
    method: str
    method_title: str
    confidence_level: float
    references: tuple[str, ...]
    notes: tuple[str, ...] = ()
    version: str = __version__

    def columns(self) -> dict[str, Sequence[Any]]:
        """Give the columns of the frame, unrounded.

        Returns
        -------
        dict
            Group columns, origin, destination, n, share, low, high, share_of_origin, points.
        """
        return {**group_columns(self.by, self.labels), **{name: getattr(self, name) for name in FLOW_COLUMNS}}

    def provenance(self) -> dict[str, Any]:
        """Give what the numbers rest on.

        Returns
        -------
        dict
        """
        return {
            "metric": self.metric.name,
            "scale": str(self.metric.scale),
            "first": self.first,
            "second": self.second,
            "interval_method": self.method,
            "confidence_level": self.confidence_level,
            "notes": list(self.notes),
            "npsstats_version": self.version,
        }

    def table(self) -> Table:
        """Give the rounded table that people read.

        Returns
        -------
        Table
        """
        places = write.decimals_for(self.metric.bounds) + 1
        percents = [[write.number(x, 1) for x in column] for column in (self.share, self.low, self.high)]
        columns = [
            self.origin,
            self.destination,
            list(map(write.integer, self.n)),
            *percents,
            [write.number(x, 1) for x in self.share_of_origin],
            [write.number(x, places, signed=True) for x in self.points],
        ]
        groups = [map(group_text, label) for label in self.labels]
        rows = [[*label, *rest] for label, *rest in zip(groups, *columns, strict=True)]
        waves = [group_text(self.first), group_text(self.second)]
        headers = [*self.by, *waves, "n", "% of all", "low", "high", "% of origin", "points"]
        return Table(headers=headers, rows=rows, text_columns=len(self.by) + 2)

    def heading(self) -> str:
        """Say in one line what the table shows.

        Returns
        -------
        str
        """
        by = f" by {', '.join(self.by)}" if self.by else ""
        return (
            f"{self.metric.name}: flows from {group_text(self.first)} to {group_text(self.second)}{by}, "
            f"{write.level(self.confidence_level)} {self.method_title} of the share of all"
        )

    def sentences(self) -> list[str]:
        """Say in words, for each group, who moved, and which flows moved the score most.

        Returns
        -------
        list of str
            A text per group.
        """
        size = self.metric.levels.size**2
        return [
            " ".join([text, *self._largest(slice(i * size, (i + 1) * size))])
            for i, text in enumerate(self.movers().sentences())
        ]

    def _largest(self, group: slice) -> list[str]:
        """Describe the flow of a group that raised the score most, and the one that lowered it most."""
        rows = np.arange(len(self))[group]
        chosen = {int(rows[self.points[group].argmax()]): "raised", int(rows[self.points[group].argmin()]): "lowered"}
        return [
            f"The flow that {verb} the score most went from {self.origin[i]} to {self.destination[i]}: "
            f"{write.integer(self.n[i])}, {write.number(self.share[i], 1)} % of all "
            f"({write.level(self.confidence_level)} interval {write.interval(self.low[i], self.high[i], 1)} %)."
            for i, verb in chosen.items()
            if self.points[i] != 0
        ]

    def method_text(self) -> str:
        """Say in one sentence how the numbers were made.

        Returns
        -------
        str
        """
        return (
            f"Flows between the levels of {self.metric.name} ({self.metric.description or 'custom metric'}) of the "
            f"same respondents with {write.level(self.confidence_level)} {self.method_title} of each share, and the "
            "exact sign test of as many moves up as down"
        )

    def __len__(self) -> int:
        return len(self.labels)

    def movers(self) -> "Movers":
        """Count who moved up, who moved down and who stayed, with the exact sign test.

        Returns
        -------
        Movers
            A row per group.
        """
        levels = self.metric.levels
        tables = self.n.reshape(-1, levels.size, levels.size)
        n, level = tables.sum(axis=(1, 2)), np.arange(levels.size)
        up, down, stayed = level[:, None] < level, level[:, None] > level, level[:, None] == level
        middle = ((level > 0) & (level < levels.size - 1))[:, None]
        moved_up, moved_down = tables[:, up].sum(axis=1), tables[:, down].sum(axis=1)
        # Added up before the division, so that whole numbers stay whole.
        points = tables * (levels - levels[:, None])
        points_up, points_down = points[:, up].sum(axis=1), points[:, down].sum(axis=1)
        return Movers(
            by=self.by,
            labels=self.labels[:: levels.size**2],
            n=n,
            moved_up=moved_up,
            moved_down=moved_down,
            stayed=tables[:, stayed].sum(axis=1),
            up_down_pvalue=exact_sign(moved_up, moved_down),
            middle=tables[:, 1:-1].sum(axis=(1, 2)),
            middle_up=tables[:, up & middle].sum(axis=1),
            middle_down=tables[:, down & middle].sum(axis=1),
            points_up=points_up / n,
            points_down=points_down / n,
            difference=(points_up + points_down) / n,
            first=self.first,
            second=self.second,
            metric=self.metric,
            confidence_level=self.confidence_level,
            references=(*self.metric.references, "mcnemar1947"),
            notes=self.notes,
            version=self.version,
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Movers(Result):
    """How many respondents moved up and down between two waves, a row per group; made by `transitions`.

    A move goes from one distinct value of the metric to another: a 9 that becomes a 10 is no move for NPS.

    Attributes
    ----------
    by : tuple of str
        The names of the group columns.
    labels : tuple of tuple
        The label of each group, one entry per group column.
    n : ndarray of int
        Respondents rated in both waves.
    moved_up, moved_down, stayed : ndarray of int
        Those whose second level is above, below or the same as the first.
    up_down_pvalue : ndarray
        The exact sign test, two-sided, that as many move up as down in the population. It counts heads: the score may
        move although as many went up as down, as from detractor to promoter is twice as far as to passive.
    middle, middle_up, middle_down : ndarray of int
        Those who began between the lowest and the highest level, so that both ways were open (the passives of NPS),
        and those of them who moved up and down.
    points_up, points_down : ndarray
        What the moves up and the moves down add to the change of the score.
    difference : ndarray
        The change of the score, second wave minus first, in points: their sum.
    first, second : hashable
        What the two waves are called.
    metric : Metric
        What the score is, in both waves.
    confidence_level : float
        The level below which, as 1 minus it, a p-value settles the question in the sentences.
    references : tuple of str
        Bibliography keys of metric and test.
    notes : tuple of str
        What a reader must know about the counts.
    version : str
        The version of npsstats.
    """

    by: tuple[str, ...]
    labels: tuple[Label, ...]
    n: IntArray
    moved_up: IntArray
    moved_down: IntArray
    stayed: IntArray
    up_down_pvalue: FloatArray
    middle: IntArray
    middle_up: IntArray
    middle_down: IntArray
    points_up: FloatArray
    points_down: FloatArray
    difference: FloatArray
    first: Hashable
    second: Hashable
    metric: Metric
    confidence_level: float
    references: tuple[str, ...]
    notes: tuple[str, ...] = ()
    version: str = __version__

    def columns(self) -> dict[str, Sequence[Any]]:
        """Give the columns of the frame, unrounded.

        Returns
        -------
        dict
            Group columns, n, moved_up, moved_down, stayed, up_down_pvalue, middle, middle_up, middle_down, points_up,
            points_down, difference.
        """
        return {**group_columns(self.by, self.labels), **{name: getattr(self, name) for name in MOVER_COLUMNS}}

    def provenance(self) -> dict[str, Any]:
        """Give what the numbers rest on.

        Returns
        -------
        dict
        """
        return {
            "metric": self.metric.name,
            "scale": str(self.metric.scale),
            "first": self.first,
            "second": self.second,
            "confidence_level": self.confidence_level,
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
        heads = [self.n, self.moved_up, self.moved_down, self.stayed]
        # With two levels nobody begins between them.
        names = self.metric.level_names
        begun = f"from {names[1]}" if len(names) == 3 else "from between"
        inner = [] if len(names) == 2 else [self.middle_up, self.middle_down]
        columns = [
            *([write.integer(x) for x in column] for column in heads),
            list(map(write.pvalue, self.up_down_pvalue)),
            *([write.integer(x) for x in column] for column in inner),
            *([write.number(x, places, signed=True) for x in column] for column in self._points()),
        ]
        groups = [map(group_text, label) for label in self.labels]
        rows = [[*label, *rest] for label, *rest in zip(groups, *columns, strict=True)]
        ways = [f"{begun} up", f"{begun} down"][: len(inner)]
        headers = [*self.by, "n", "up", "down", "stayed", "p", *ways, "points up", "points down", "difference"]
        return Table(headers=headers, rows=rows, text_columns=len(self.by))

    def _points(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        return self.points_up, self.points_down, self.difference

    def heading(self) -> str:
        """Say in one line what the table shows.

        Returns
        -------
        str
        """
        by = f" by {', '.join(self.by)}" if self.by else ""
        return (
            f"{self.metric.name}: who moved from {group_text(self.first)} to {group_text(self.second)}{by}, "
            "exact sign test of up against down"
        )

    def sentences(self) -> list[str]:
        """Say each row in words, ready for a report.

        Returns
        -------
        list of str
        """
        return [self._sentence(i) for i in range(len(self))]

    def _sentence(self, i: int) -> str:
        group = f" of {group_text(self.labels[i])}" if self.labels[i] else ""
        p = write.pvalue(self.up_down_pvalue[i])
        text = (
            f"Of {write.integer(self.n[i])} respondent{'' if self.n[i] == 1 else 's'}{group} rated in "
            f"{group_text(self.first)} and in {group_text(self.second)}, {write.integer(self.moved_up[i])} moved up "
            f"and {write.integer(self.moved_down[i])} down, {write.integer(self.stayed[i])} stayed (exact sign test of "
            f"up against down: p {'' if p.startswith('<') else '= '}{p})."
        )
        # Not detected is not the same as not there.
        if not self.up_down_pvalue[i] <= 1 - self.confidence_level:
            text += " These data do not settle whether more people move up or down."
        names = self.metric.level_names
        if len(names) > 2 and self.middle[i]:
            begun = f"as {names[1]}" if len(names) == 3 else f"between {names[0]} and {names[-1]}"
            text += (
                f" Of the {write.integer(self.middle[i])} who began {begun}, {write.integer(self.middle_up[i])} moved "
                f"up and {write.integer(self.middle_down[i])} down."
            )
        places = write.decimals_for(self.metric.bounds)
        up, down, both = (write.number(column[i], places, signed=True) for column in self._points())
        return f"{text} In points of {self.metric.name}, {up} by moves up and {down} by moves down make {both}."

    def method_text(self) -> str:
        """Say in one sentence how the numbers were made.

        Returns
        -------
        str
        """
        return (
            f"Moves between the levels of {self.metric.name} ({self.metric.description or 'custom metric'}) of the "
            "same respondents, with the exact two-sided sign test of as many moves up as down"
        )

    def __len__(self) -> int:
        return len(self.labels)
