"""The answer to "is one group better than another under every scoring?"."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from npsstats.ratings.scales import Metric
from npsstats.results import format as write
from npsstats.results.cuts import CutPoints, cut_text, equals, method_of, provenance_of
from npsstats.results.differences import reference_text
from npsstats.results.format import Table
from npsstats.results.protocol import Result, group_columns, group_text
from npsstats.typing import FloatArray, IntArray, Label
from npsstats.version import __version__

__all__ = ["SIDES", "Dominance"]

# The side that is shown, and the other one.
SIDES = {
    "dominates": ("better", "worse"), "ahead": ("better", "worse"),
    "dominated": ("worse", "better"), "behind": ("worse", "better"),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Dominance(Result):
    """Whether groups are better than their references under every scoring of the ratings; made by `dominance`.

    One row per comparison. Better means: more at the favourable end of the scale.

    Attributes
    ----------
    by : tuple of str
        The names of the group columns.
    labels : tuple of tuple
        The label of each compared group, one entry per group column.
    reference : tuple
        What each group is compared with.
    n, n_reference : ndarray of int
        Respondents with a rating.
    verdict : tuple of str
        ``"dominates"``, ``"dominated"``: the group is shown better, or worse, at every cut point with answers on both
        sides, so that every scoring agrees; ``"ahead"``, ``"behind"``: it is shown better, or worse, at one cut point
        at least, and nowhere the other way round; ``"crossing"``: shown better at one and worse at another;
        ``"undecided"``: nothing of all that is shown.
    observed : tuple of str
        The order in the samples: ``"dominates"``, ``"dominated"``, ``"crossing"``, or ``"alike"`` where all shares are
        the same.
    informative : ndarray of int
        Cut points with answers on both sides.
    better, worse : ndarray of int
        At how many of them the group is shown better, and worse, among all together.
    largest_better, largest_worse : ndarray
        By how much it is better where it is best, and worse where it is worst: shares, 0-1, observed.
    cut_better, cut_worse : tuple
        Where that is: the lowest rating above the cut point; None if it is nowhere better, or worse.
    better_at_most, worse_at_most : ndarray
        The largest advantage and the largest disadvantage at any cut point that the simultaneous limits leave, 0-1.
    pvalue_better, pvalue_worse : ndarray
        The smallest adjusted p-value of a cut point where the group is better, and worse; 1 if there is none. Two-sided
        and simultaneous: the group is ahead, or behind, somewhere if it is at most 1 - `confidence_level`.
    pvalue_dominance : ndarray
        Of the proof of dominance, in the direction of the samples: the largest p-value of all cut points, each by
        itself; 1 if the order turns in the samples.
    critical_value : ndarray
        How many standard errors a difference must have to be shown, among all cut points.
    score_difference, score_low, score_high, score_pvalue : ndarray
        The difference of the scores, in points, as `compare` has it.
    distribution_pvalue : ndarray
        The test of equal distributions of `homogeneity`.
    cut_points : CutPoints
        All cut points: a result of its own.
    metric : Metric
        The score beside, and which ratings are good.
    confidence_level : float
        The probability of no error at any cut point of a comparison.
    references : tuple of str
        Bibliography keys.
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
    n: IntArray
    n_reference: IntArray
    verdict: tuple[str, ...]
    observed: tuple[str, ...]
    informative: IntArray
    better: IntArray
    worse: IntArray
    largest_better: FloatArray
    cut_better: tuple[Hashable, ...]
    largest_worse: FloatArray
    cut_worse: tuple[Hashable, ...]
    better_at_most: FloatArray
    worse_at_most: FloatArray
    pvalue_better: FloatArray
    pvalue_worse: FloatArray
    pvalue_dominance: FloatArray
    critical_value: FloatArray
    score_difference: FloatArray
    score_low: FloatArray
    score_high: FloatArray
    score_pvalue: FloatArray
    distribution_pvalue: FloatArray
    cut_points: CutPoints
    metric: Metric
    confidence_level: float
    references: tuple[str, ...]
    notes: tuple[str, ...] = ()
    design: str = ""
    version: str = __version__

    def columns(self) -> dict[str, Sequence[Any]]:
        """Give the columns of the frame, unrounded.

        Returns
        -------
        dict
            Group columns and all fields that have one entry per comparison, in their order.
        """
        names = (
            *("reference", "n", "n_reference", "verdict", "observed", "informative", "better", "worse"),
            *("largest_better", "cut_better", "largest_worse", "cut_worse", "better_at_most", "worse_at_most"),
            *("pvalue_better", "pvalue_worse", "pvalue_dominance", "critical_value"),
            *("score_difference", "score_low", "score_high", "score_pvalue", "distribution_pvalue"),
        )
        values = {name: getattr(self, name) for name in names}
        listed = {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
        return {**group_columns(self.by, self.labels), **listed}

    def provenance(self) -> dict[str, Any]:
        """Give what the numbers rest on.

        Returns
        -------
        dict
        """
        return provenance_of(self.metric, self.confidence_level, self.design, self.notes, self.version)

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
                group_text(self.reference[i]),
                self.verdict[i],
                self.observed[i],
                f"{write.integer(self.better[i])} of {write.integer(self.informative[i])}",
                f"{write.integer(self.worse[i])} of {write.integer(self.informative[i])}",
                write.pvalue(self.pvalue_better[i]),
                write.pvalue(self.pvalue_worse[i]),
                write.pvalue(self.pvalue_dominance[i]),
                write.number(self.score_difference[i], places, signed=True),
                write.pvalue(self.score_pvalue[i]),
                write.pvalue(self.distribution_pvalue[i]),
            ]
            for i in range(len(self))
        ]
        words = ["reference", "verdict", "observed"]
        numbers = [
            *("shown better", "shown worse", "p better", "p worse", "p every cut point"),
            *(f"{self.metric.name} difference", "p", "p distribution"),
        ]
        return Table(headers=[*self.by, *words, *numbers], rows=rows, text_columns=len(self.by) + len(words))

    def heading(self) -> str:
        """Say in one line what the table shows.

        Returns
        -------
        str
        """
        design = f" ({self.design})" if self.design else ""
        return (
            f"Group against reference under every scoring of {self.metric.scale}{design}: all cut points together at "
            f"{write.level(self.confidence_level)}"
        )

    def sentences(self) -> list[str]:
        """Say each row in words, ready for a report.

        Returns
        -------
        list of str
        """
        return [f"{self._who(i)}: {self._finding(i)} {self._beside(i)}" for i in range(len(self))]

    def _who(self, i: int) -> str:
        return f"{group_text(self.labels[i]) or 'The group'} against {reference_text(self.reference[i])}"

    def _finding(self, i: int) -> str:
        up, down = (self._where(i, side) for side in ("better", "worse"))
        if self.verdict[i] == "crossing":
            return (
                f"shown better at {up}, and shown worse at {down}: which of the two is ahead depends on how ratings "
                "are scored."
            )
        if self.verdict[i] == "undecided":
            return self._open(i)
        if self.verdict[i] in ("dominates", "dominated"):
            return self._proven(i)
        side, other = SIDES[self.verdict[i]]
        many = f"{write.integer(getattr(self, side)[i])} of {write.integer(self.informative[i])}"
        at_most = write.number(100 * getattr(self, f"{other}_at_most")[i], 1)
        text = f"shown {side} at {many} cut points, the most at {up if side == 'better' else down}, and nowhere shown"
        text = f"{text} {other}; if it is {other} anywhere, then by {at_most} points of the share at most."
        turned = (
            f"in the samples the order turns at {down if side == 'better' else up}"
            if self.observed[i] == "crossing"
            else f"p {equals(self.pvalue_dominance[i])} at the weakest cut point"
        )
        return f"{text} That every scoring puts it {self.verdict[i]} is not shown ({turned})."

    def _proven(self, i: int) -> str:
        """Say that every cut point shows the order, and what follows."""
        side, _ = SIDES[self.verdict[i]]
        order = "ahead" if side == "better" else "behind"
        end = "higher" if self.metric.sign > 0 else "lower"
        p, where = equals(self.pvalue_dominance[i]), self._where(i, side)
        start = (
            f"shown {side} at all {write.integer(self.informative[i])} cut points, each by itself (p {p} at the "
            f"weakest), the most at {where}"
            if self.informative[i] > 1
            else f"shown {side} at the only cut point with answers on both sides (p {p}), {where}"
        )
        return f"{start}: every scoring by which {end} is better puts it {order}."

    def _open(self, i: int) -> str:
        """Say what would have been needed where nothing is shown."""
        start = "these data do not settle at any cut point which is better"
        cuts = len(self.cut_points) // len(self)
        known = [k for k in range(i * cuts, (i + 1) * cuts) if self.cut_points.shown[k] != "no answers"]
        if not known:
            return f"{start}: all answers have the same rating."
        far = max(known, key=lambda k: abs(self.cut_points.difference[k]))
        detectable = self.cut_points.detectable[far]
        ratings = cut_text(self.metric, self.cut_points.cut[far])
        size = write.number(100 * abs(self.cut_points.difference[far]), 1)
        text = f"{start}. The shares are furthest apart at {ratings}, by {size} points"
        # A difference of shares is 100 points at most, whatever a formula for large samples says.
        if not detectable < 1:
            return f"{text}; these samples could hardly have shown any difference there."
        needed = write.number(100 * detectable, 1)
        return f"{text}; to be found with probability 80 %, it would have to be about {needed} points there."

    def _where(self, i: int, side: str) -> str:
        """Say where the group is furthest ahead, or behind."""
        size = getattr(self, f"largest_{side}")[i]
        cut = getattr(self, f"cut_{side}")[i]
        return f"{cut_text(self.metric, cut)} (by {write.number(100 * size, 1)} points)" if size > 0 else ""

    def _beside(self, i: int) -> str:
        places = write.decimals_for(self.metric.bounds)
        moved = write.number(self.score_difference[i], places, signed=True)
        limits = write.interval(self.score_low[i], self.score_high[i], places)
        return (
            f"The {self.metric.name} beside it: {moved} points ({limits}; p {equals(self.score_pvalue[i])}); test of "
            f"the whole distribution: p {equals(self.distribution_pvalue[i])}."
        )

    def method_text(self) -> str:
        """Say in one sentence how the numbers were made.

        Returns
        -------
        str
        """
        return method_of(self.metric, self.confidence_level, self.design)

    def __len__(self) -> int:
        return len(self.labels)
