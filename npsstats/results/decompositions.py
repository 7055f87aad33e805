"""The answer to "did customers become less happy, or are they other customers?", segment by segment."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from npsstats.ratings.scales import Metric
from npsstats.results import format as write
from npsstats.results.format import Table
from npsstats.results.protocol import Result, group_columns, group_text
from npsstats.typing import FloatArray, IntArray, Label
from npsstats.version import __version__

__all__ = ["CONTRIBUTIONS", "DETECTED", "Decomposition", "changed", "effect_text"]

# What each row has, in this order.
CONTRIBUTIONS = (
    "mix",
    "rate",
    "total",
    "mix_promoters",
    "mix_detractors",
    "rate_promoters",
    "rate_detractors",
    "total_promoters",
    "total_detractors",
)
ERRORS = ("standard_error", "low", "high")

# Where a segment has ratings, and what its row is about.
BOTH, ENTERING, LEAVING, TOTAL = "both", "entering", "leaving", "total"

# Standard errors from 0 at which an effect is found with probability 80 %: that many more than the critical value.
DETECTED = 0.8416212335729143

# So many segments are named in a sentence.
MOST_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Decomposition(Result):
    """What each segment contributes to a change of a score, by its share and by its ratings; made by `decompose`.

    One row per comparison and segment, and then one for all segments together. Contributions are in points.

    Attributes
    ----------
    by : tuple of str
        The names of the group columns: those of the segments and, last, that of the periods.
    labels : tuple of tuple
        The label of each row in these columns; of all segments together ``"all"``.
    reference : tuple
        The period each row is compared with.
    presence : tuple of str
        Where a segment has ratings: ``"both"`` periods, ``"entering"`` (not in the reference), ``"leaving"`` (only
        there); ``"total"`` for all segments together.
    n_reference, n : ndarray of int
        Respondents with a rating in the reference and in the period.
    share_reference, share : ndarray
        Their shares among all respondents, 0-1; of a survey by weight.
    score_reference, score : ndarray
        The scores, in points; nan without ratings.
    contribution : ndarray, shape (rows, 9)
        The contributions, one column for each of ``contributions``: ``"mix"``, by the change of the share; ``"rate"``,
        by the change of the score; ``"total"``, their sum; then each of the three through promoters (values above 0)
        and through detractors (values below 0), with the sign that makes them add up.
    standard_error, low, high : ndarray, shape (rows, 9)
        Of the contributions; nan where they are not known, as the rate of a segment that is in one period only.
    covariance : tuple of ndarray
        For each comparison the covariance matrix of the parts that all contributions are sums of: segment by segment
        mix_promoters, mix_detractors, rate_promoters, rate_detractors.
    paradox : tuple of str
        For each comparison whether it is Simpson's paradox (all segments move one way, the total the other way):
        ``""`` for no, ``"observed"``, or ``"shown"``, where all these moves are detected.
    paradox_pvalue : ndarray
        For each comparison the largest p-value of the one-sided tests of these moves; nan where there is no paradox.
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
    presence: tuple[str, ...]
    n_reference: IntArray
    n: IntArray
    share_reference: FloatArray
    share: FloatArray
    score_reference: FloatArray
    score: FloatArray
    contribution: FloatArray
    standard_error: FloatArray
    low: FloatArray
    high: FloatArray
    covariance: tuple[FloatArray, ...]
    paradox: tuple[str, ...]
    paradox_pvalue: FloatArray
    metric: Metric
    confidence_level: float
    references: tuple[str, ...]
    notes: tuple[str, ...] = ()
    design: str = ""
    version: str = __version__

    @property
    def contributions(self) -> tuple[str, ...]:
        """The names of the contributions, in the order of their columns."""
        return CONTRIBUTIONS

    @property
    def comparisons(self) -> tuple[slice, ...]:
        """The rows of each comparison, the last of which is that of all segments."""
        ends = [i + 1 for i, presence in enumerate(self.presence) if presence == TOTAL]
        return tuple(slice(start, end) for start, end in zip([0, *ends], ends, strict=False))

    def columns(self) -> dict[str, Sequence[Any]]:
        """Give the columns of the frame, unrounded.

        Returns
        -------
        dict
            Group columns, reference, presence, n_reference, n, share_reference, share, score_reference, score; then
            each contribution, followed by its standard_error, low and high, as in ``mix, mix_standard_error, mix_low,
            mix_high``.
        """
        names = ("n_reference", "n", "share_reference", "share", "score_reference", "score")
        found: dict[str, Any] = {
            **group_columns(self.by, self.labels),
            "reference": list(self.reference),
            "presence": list(self.presence),
            **{name: getattr(self, name) for name in names},
        }
        for i, name in enumerate(CONTRIBUTIONS):
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
            "paradox": list(self.paradox),
            "paradox_pvalue": self.paradox_pvalue.tolist(),
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
        name, level = self.metric.name, f"{write.level(self.confidence_level)} interval"
        split = bool(min(self.metric.values) < 0 < max(self.metric.values))
        headers = [
            *(*self.by, "reference", "share before", "share", f"{name} before", name),
            *("mix", level, "rate", level),
            *(("through promoters", "detractors") if split else ()),
            *("total", level),
        ]
        rows = [
            [
                *map(group_text, self.labels[i]),
                group_text(self.reference[i]),
                write.percent(self.share_reference[i]),
                write.percent(self.share[i]),
                *(write.number(x, self._places) for x in (self.score_reference[i], self.score[i])),
                *self._cells(i, "mix"),
                *self._cells(i, "rate"),
                *((self._cells(i, f"total_{part}")[0] for part in ("promoters", "detractors")) if split else ()),
                *self._cells(i, "total"),
            ]
            for i in range(len(self))
        ]
        return Table(headers=headers, rows=rows, text_columns=len(self.by) + 1)

    @property
    def _places(self) -> int:
        return write.decimals_for(self.metric.bounds)

    def _cells(self, i: int, name: str) -> tuple[str, str]:
        """Write a contribution and its interval; a dash for a rate that one period alone does not tell."""
        alone = self.presence[i] in (ENTERING, LEAVING) or (self.presence[i] == TOTAL and not self._in_both(i))
        if name == "rate" and alone:
            return "–", "–"
        column = CONTRIBUTIONS.index(name)
        low, high = self.low[i, column], self.high[i, column]
        limits = write.interval(low, high, self._places) if low == low else "–"
        return write.number(self.contribution[i, column], self._places, signed=True), limits

    def _in_both(self, i: int) -> bool:
        """Whether a segment of the comparison that a row belongs to has ratings in both periods."""
        rows = next(rows for rows in self.comparisons if i < rows.stop)
        return BOTH in self.presence[rows]

    def heading(self) -> str:
        """Say in one line what the table shows.

        Returns
        -------
        str
        """
        segments, design = ", ".join(self.by[:-1]), f"; {self.design}" if self.design else ""
        return (
            f"{self.metric.name}: the change by {self.by[-1]}, split by {segments} into mix (who answers) and rate "
            f"(how they rate)\n{write.level(self.confidence_level)} intervals{design}"
        )

    def sentences(self) -> list[str]:
        """Say in words what makes up each change, ready for a report.

        Returns
        -------
        list of str
            One text per comparison.
        """
        return [self._sentence(rows, place) for place, rows in enumerate(self.comparisons)]

    def _sentence(self, rows: slice, place: int) -> str:
        total = rows.stop - 1
        name = self.metric.name
        period, reference = group_text(self.labels[total][-1]), group_text(self.reference[total])
        score = (self.score_reference[total], self.score[total])
        n = (self.n_reference[total], self.n[total])
        column = CONTRIBUTIONS.index("total")
        limits = self.low[total, column], self.high[total, column]
        change = changed(name, (reference, period), score, n, limits, self._places, self.confidence_level)
        segments = ", ".join(self.by[:-1])
        if not self._in_both(total):
            text = (
                f"{change} No segment ({segments}) has ratings in both periods: all of the change is entering and "
                "leaving, which counts as mix, and of a change of ratings within segments nothing is known."
            )
            return " ".join([text, *self._others(rows)])
        mix, rate = (self._effect(total, part) for part in ("mix", "rate"))
        text = (
            f"{change} Other shares of {segments} alone would have moved it by {mix}; other ratings within them "
            f"by {rate}."
        )
        return " ".join([text, *self._through(total), *self._largest(rows), *self._others(rows), *self._simpson(place)])

    def _effect(self, i: int, name: str) -> str:
        column = CONTRIBUTIONS.index(name)
        return effect_text(
            self.contribution[i, column],
            self.standard_error[i, column],
            (self.low[i, column], self.high[i, column]),
            self._places,
            self.confidence_level,
        )

    def _through(self, total: int) -> list[str]:
        """Say what share of the rate goes through promoters and detractors."""
        if not min(self.metric.values) < 0 < max(self.metric.values):
            return []
        promoters, detractors = (
            write.number(self.contribution[total, CONTRIBUTIONS.index(f"rate_{part}")], self._places, signed=True)
            for part in ("promoters", "detractors")
        )
        return [f"Of the latter, {promoters} are through promoters and {detractors} through detractors."]

    def _largest(self, rows: slice) -> list[str]:
        """Name the segments whose ratings contribute a detected part, the largest first."""
        column = CONTRIBUTIONS.index("rate")
        low, high = self.low[rows, column][:-1], self.high[rows, column][:-1]
        found = np.flatnonzero((low > 0) | (high < 0))
        if not found.size:
            return ["The ratings of no single segment are detected to have moved it."]
        order = found[np.argsort(-np.abs(self.contribution[rows, column][found]), kind="stable")]
        named = [
            f"{group_text(self.labels[rows.start + i][:-1])} "
            f"({write.number(self.contribution[rows.start + i, column], self._places, signed=True)})"
            for i in order[:MOST_NAMED]
        ]
        more = f" and {order.size - MOST_NAMED} more" if order.size > MOST_NAMED else ""
        return [f"Segments whose ratings are detected to have moved it, each by itself: {', '.join(named)}{more}."]

    def _others(self, rows: slice) -> list[str]:
        """Name the segments of one period only."""
        said = []
        for presence in (ENTERING, LEAVING):
            inside = [i for i in range(rows.start, rows.stop) if self.presence[i] == presence]
            if inside:
                only = self.labels[inside[0]][-1] if presence == ENTERING else self.reference[inside[0]]
                names = [group_text(self.labels[i][:-1]) for i in inside[:MOST_NAMED]]
                more = f" and {len(inside) - MOST_NAMED} more" if len(inside) > MOST_NAMED else ""
                it, its = ("it", "contributes") if len(inside) == 1 else ("they", "contribute")
                said.append(
                    f"In {group_text(only)} only: {', '.join(names)}{more}; what {it} {its} counts as mix, as there is "
                    "no other score to compare with."
                )
        return said

    def _simpson(self, place: int) -> list[str]:
        if not self.paradox[place]:
            return []
        total = self.comparisons[place].stop - 1
        falls = self.score[total] < self.score_reference[total]
        p = write.pvalue(self.paradox_pvalue[place])
        largest = f"largest p {'' if p.startswith('<') else '= '}{p}"
        shown = (
            f"All of these moves are detected ({largest})."
            if self.paradox[place] == "shown"
            else f"That is so in these answers; not all of these moves are detected ({largest})."
        )
        return [
            f"Simpson's paradox: {self.metric.name} {'rises' if falls else 'falls'} in every segment that is in both "
            f"periods, and {'falls' if falls else 'rises'} in total, by the mix. {shown}"
        ]

    def method_text(self) -> str:
        """Say in one sentence how the numbers were made.

        Returns
        -------
        str
        """
        return (
            f"Changes of {self.metric.name} ({self.metric.description or 'custom metric'}) split by Kitagawa's method "
            f"into the mix of {', '.join(self.by[:-1])} and the scores within them, entering and leaving segments "
            "against the mean of both totals, with intervals by the delta method for shares and ratings together"
            f"{f'; {self.design}' if self.design else ''}"
        )

    def __len__(self) -> int:
        return len(self.labels)


def changed(
    name: str,
    who: tuple[str, str],
    score: tuple[float, float],
    n: tuple[int, int],
    limits: tuple[float, float],
    places: int,
    confidence_level: float,
) -> str:
    """Say how far a score is from its reference; reference first in all pairs."""
    size = write.number(abs(score[1] - score[0]), places)
    if size == write.number(0.0, places):
        move = f"{name} of {who[1]} and {who[0]} differ by less than {10.0**-places:g} points"
    else:
        move = f"{name} of {who[1]} is {size} points {'above' if score[1] > score[0] else 'below'} that of {who[0]}"
    own, other = (f"{write.number(score[i], places)}, n = {write.integer(n[i])}" for i in (1, 0))
    interval = f"{write.level(confidence_level)} interval of the difference {write.interval(*limits, places)} points"
    return f"{move} ({own}, against {other}; {interval})."


def effect_text(effect: float, error: float, limits: tuple[float, float], places: int, confidence_level: float) -> str:
    """Write an effect with its interval, and how large it must be to be detected if it is not."""
    said = f"{write.number(effect, places, signed=True)} points"
    low, high = limits
    if low != low:
        return f"{said} (of its interval nothing is known)"
    interval = f"{write.level(confidence_level)} interval {write.interval(low, high, places)}"
    if low > 0 or high < 0 or error == 0:
        return f"{said} ({interval})"
    # (z_{1 - alpha / 2} + z_{0.8}) standard errors
    needed = (high - low) / 2 + DETECTED * error
    return f"{said} ({interval}: not detected; {write.number(needed, places)} would be with a probability of 80 %)"
