"""The answer to "at which detractor weights and cut points does the order turn?"."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from npsstats.ratings.scales import Metric
from npsstats.results import format as write
from npsstats.results.differences import reference_text
from npsstats.results.format import Table
from npsstats.results.protocol import Result, group_columns, group_text
from npsstats.typing import FloatArray, IntArray, Label
from npsstats.version import __version__

__all__ = ["ScoreFlips"]

INFINITE = float("inf")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class ScoreFlips(Result):
    """At which detractor weights and cut points the order of two groups turns; made by `score_flips`.

    One row per comparison.

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
    score_difference, score_low, score_high, score_pvalue : ndarray
        The difference of the scores, in points, as `compare` has it.
    promoter_difference, promoter_low, promoter_high : ndarray
        The difference of the shares of promoters, group minus reference, -1 to 1, with score limits.
    detractor_difference, detractor_low, detractor_high : ndarray
        The same of the detractors.
    tie_weight : ndarray
        The detractor weight at which the groups tie in the samples: promoter difference / detractor difference. At no
        positive weight if it is negative or infinite; nan if both differences are 0, and they tie at every weight.
    tie_low, tie_high : ndarray
        The ends of the set of weights that are not told from a tie.
    tie_set : tuple of str
        ``"bounded"``: from `tie_low` to `tie_high`; ``"outside"``: up to `tie_low`, and from `tie_high` on; ``"all"``:
        every weight.
    ahead_below, ahead_above : tuple of str
        Who is ahead in the samples at smaller, and at larger, positive weights than that of the tie: ``"group"``,
        ``"reference"`` or ``"neither"``; the same twice if no positive weight ties them.
    verdict : tuple of str
        ``"flips"`` if it is shown that each is ahead at some positive weights, ``"holds"`` if one is shown ahead at all
        of them, else ``"undecided"``.
    pairs : ndarray of int
        Pairs of cut points that the scale has.
    pairs_better, pairs_worse : ndarray of int
        Under how many of them the group is ahead, and behind, in the samples, with the detractor weight of the metric.
    pairs_better_shown, pairs_worse_shown : ndarray of int
        Under how many it is shown so, of all pairs of a comparison together.
    cuts_better, cuts_worse : tuple of tuple
        These pairs: (lowest rating of a promoter, highest rating of a detractor).
    metric : Metric
        The net score.
    detractor_weight : float
        What a detractor weighs in it.
    confidence_level : float
        The level of the intervals and sets.
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
    score_difference: FloatArray
    score_low: FloatArray
    score_high: FloatArray
    score_pvalue: FloatArray
    promoter_difference: FloatArray
    promoter_low: FloatArray
    promoter_high: FloatArray
    detractor_difference: FloatArray
    detractor_low: FloatArray
    detractor_high: FloatArray
    tie_weight: FloatArray
    tie_low: FloatArray
    tie_high: FloatArray
    tie_set: tuple[str, ...]
    ahead_below: tuple[str, ...]
    ahead_above: tuple[str, ...]
    verdict: tuple[str, ...]
    pairs: IntArray
    pairs_better: IntArray
    pairs_worse: IntArray
    pairs_better_shown: IntArray
    pairs_worse_shown: IntArray
    cuts_better: tuple[tuple[tuple[Hashable, Hashable], ...], ...]
    cuts_worse: tuple[tuple[tuple[Hashable, Hashable], ...], ...]
    metric: Metric
    detractor_weight: float
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
            *("reference", "n", "n_reference", "score_difference", "score_low", "score_high", "score_pvalue"),
            *("promoter_difference", "promoter_low", "promoter_high"),
            *("detractor_difference", "detractor_low", "detractor_high"),
            *("tie_weight", "tie_low", "tie_high", "tie_set", "ahead_below", "ahead_above", "verdict"),
            *("pairs", "pairs_better", "pairs_worse", "pairs_better_shown", "pairs_worse_shown"),
            *("cuts_better", "cuts_worse"),
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
        return {
            "metric": self.metric.name,
            "scale": str(self.metric.scale),
            "detractor_weight": self.detractor_weight,
            "confidence_level": self.confidence_level,
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
                group_text(self.reference[i]),
                self.verdict[i],
                self.weights_text(i),
                self._ahead(i, self.ahead_below[i]),
                self._ahead(i, self.ahead_above[i]),
                write.number(self.tie_weight[i], 2) if self._ties_at_a_positive_weight(i) else "none",
                write.number(self.score_difference[i], places, signed=True),
                write.number(100 * self.promoter_difference[i], 1, signed=True),
                write.number(100 * self.detractor_difference[i], 1, signed=True),
                f"{write.integer(self.pairs_better[i])} ({write.integer(self.pairs_better_shown[i])})",
                f"{write.integer(self.pairs_worse[i])} ({write.integer(self.pairs_worse_shown[i])})",
                write.integer(self.pairs[i]),
            ]
            for i in range(len(self))
        ]
        words = ["reference", "verdict", "weights that may tie", "ahead below", "ahead above"]
        moves = [f"{self.metric.name} difference", "promoters", "detractors"]
        pairs = ["cut points ahead (shown)", "behind (shown)", "of"]
        return Table(
            headers=[*self.by, *words, "tie at weight", *moves, *pairs],
            rows=rows,
            text_columns=len(self.by) + len(words),
        )

    def heading(self) -> str:
        """Say in one line what the table shows.

        Returns
        -------
        str
        """
        design = f" ({self.design})" if self.design else ""
        return (
            f"What a detractor must weigh to turn the order of group and reference in {self.metric.name}{design}, "
            f"{write.level(self.confidence_level)} sets, and under which cut points it turns"
        )

    def sentences(self) -> list[str]:
        """Say each row in words, ready for a report.

        Returns
        -------
        list of str
        """
        return [f"{self._moves(i)} {self._weights(i)} {self._cuts(i)}" for i in range(len(self))]

    def weights_text(self, row: int) -> str:
        """Write the positive weights that are not told from a tie.

        Parameters
        ----------
        row : int
            Which comparison.

        Returns
        -------
        str
        """
        return write.positive_set(self.tie_set[row], float(self.tie_low[row]), float(self.tie_high[row]), 2)

    def _moves(self, i: int) -> str:
        def moved(what: str) -> str:
            size, low, high = (100 * getattr(self, f"{what}_{part}")[i] for part in ("difference", "low", "high"))
            return f"{what}s {write.number(size, 1, signed=True)} points ({write.interval(low, high, 1)})"

        who = f"{group_text(self.labels[i]) or 'The group'} against {reference_text(self.reference[i])}"
        return f"{who}: {moved('promoter')}, {moved('detractor')}."

    def _weights(self, i: int) -> str:
        level, weights = write.level(self.confidence_level), self.weights_text(i)
        below, above = self._ahead(i, self.ahead_below[i]), self._ahead(i, self.ahead_above[i])
        if self._ties_at_a_positive_weight(i):
            end = "and that is shown." if self.verdict[i] == "flips" else "but that is not settled."
            many = "every weight" if weights == "all" else weights
            return (
                f"They tie where a detractor weighs as much as {write.number(self.tie_weight[i], 2)} promoters "
                f"({level}: {many}): at smaller weights {below} is ahead, at larger ones {above}, {end}"
            )
        if self.ahead_below[i] == "neither":
            return "Both shares are the same in these samples, which tie at every weight; the data settle no order."
        if self.verdict[i] == "holds":
            return f"{below} is shown ahead whatever a detractor weighs ({level})."
        ties = {
            "all": "no weight is told from a tie",
            "none": "all weights are told from a tie, but promoters and detractors by themselves are not both shown to "
            "differ",
        }.get(weights, f"the weights {weights} are not told from a tie")
        return (
            f"In these samples {below} is ahead whatever a detractor weighs; that it is so is not settled ({level}: "
            f"{ties})."
        )

    def _cuts(self, i: int) -> str:
        group, other = group_text(self.labels[i]) or "the group", reference_text(self.reference[i])

        def told(many: int, shown: int, cuts: tuple[tuple[Hashable, Hashable], ...], who: str) -> str:
            start = f"{who} under {write.integer(many)} ({write.integer(shown)} shown)"
            if not cuts:
                return start
            nearest = min(cuts, key=self._oddness)
            return (
                f"{start}, such as promoters from {group_text(nearest[0])} with detractors to {group_text(nearest[1])}"
            )

        ahead = told(self.pairs_better[i], self.pairs_better_shown[i], self.cuts_better[i], f"{group} is ahead")
        behind = told(self.pairs_worse[i], self.pairs_worse_shown[i], self.cuts_worse[i], other)
        return f"Of {write.integer(self.pairs[i])} pairs of cut points {ahead}; {behind}."

    def _oddness(self, pair: tuple[Hashable, Hashable]) -> int:
        """How many ratings a pair of cut points sets otherwise than the metric does."""
        places = {name: k for k, name in enumerate(self.metric.scale.labels or self.metric.scale.ratings.tolist())}
        promoter = [k for k, category in enumerate(self.metric.categories) if category == "promoter"]
        detractor = [k for k, category in enumerate(self.metric.categories) if category == "detractor"]
        return abs(places[pair[0]] - min(promoter)) + abs(places[pair[1]] - max(detractor))

    def _ties_at_a_positive_weight(self, i: int) -> bool:
        return bool(0 < self.tie_weight[i] < INFINITE)

    def _ahead(self, i: int, who: str) -> str:
        names = {"group": group_text(self.labels[i]) or "the group", "reference": reference_text(self.reference[i])}
        return names.get(who, who)

    def method_text(self) -> str:
        """Say in one sentence how the numbers were made.

        Returns
        -------
        str
        """
        design = f"; {self.design}" if self.design else ""
        return (
            f"Detractor weights at which groups tie in {self.metric.name} "
            f"({self.metric.description or 'custom metric'}), with Fieller's {write.level(self.confidence_level)} sets "
            "of weights; all pairs of cut points by score tests with "
            f"p-values adjusted by Holm's method{design}"
        )

    def __len__(self) -> int:
        return len(self.labels)
