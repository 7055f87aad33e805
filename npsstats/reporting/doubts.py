"""Where the single number misleads: what other definitions of the score say of the differences that a report tells."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np

from npsstats.critique.flips import score_flips
from npsstats.critique.ordering import dominance
from npsstats.critique.shape import polarisation
from npsstats.inference.pairing import is_label
from npsstats.inference.response_rates import warned_before
from npsstats.ratings.counts import RatingCounts
from npsstats.ratings.scales import Metric
from npsstats.ratings.surveys import SurveyCounts
from npsstats.results import format as write
from npsstats.results.cuts import cut_text
from npsstats.results.differences import Differences, reference_text
from npsstats.results.flips import ScoreFlips
from npsstats.results.orderings import SIDES, Dominance
from npsstats.results.polarisations import Polarisation
from npsstats.results.protocol import Result, group_text
from npsstats.typing import BoolArray

__all__ = ["Doubts", "doubts_of"]

# The joint law of all cut points of a survey takes most of a second for each comparison.
MOST_OF_A_SURVEY = 12
# So many findings of a kind are told.
MOST_TOLD = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubts:
    """What other definitions say of differences; of each result None where the metric or the groups do not allow it.

    Attributes
    ----------
    differences : Differences
        The differences that are told.
    dominance : Dominance
        Whether other scorings agree, for all comparisons together.
    flips : ScoreFlips or None
        Whether detractor weights turn them, for all comparisons together.
    polarisation : Polarisation or None
        What is behind scores that are not told apart.
    """

    differences: Differences
    dominance: Dominance
    flips: ScoreFlips | None
    polarisation: Polarisation | None

    def misleading(self) -> list[str]:
        """Say where the score hides something, or where its definition decides; nothing if nothing of that is shown."""
        hidden = self._hidden()
        turning = [text for text in map(self._turning, range(len(self.dominance))) if text]
        more = sum(max(len(texts) - MOST_TOLD, 0) for texts in (hidden, turning))
        rest = [f"There are {write.integer(more)} more findings of this kind, not told here."] if more > 0 else []
        return [*hidden[:MOST_TOLD], *turning[:MOST_TOLD], *rest]

    def _turning(self, i: int) -> str:
        """Say that the definition decides a comparison, or that it shows what the score does not; else nothing."""
        order, name = self.dominance, self.dominance.metric.name
        group, other = group_text(order.labels[i]), reference_text(order.reference[i])
        tie = self._tie(i)
        if order.verdict[i] == "crossing":
            text = (
                f"{group} is shown better than {other} at {self._cut(i, 'better')}, and shown worse at "
                f"{self._cut(i, 'worse')}: which of the two is ahead depends on how ratings are scored."
            )
            return f"{text} {tie}".strip()
        if order.verdict[i] in SIDES and not self.differences.detected[i]:
            side, reverse = SIDES[order.verdict[i]]
            return (
                f"A difference of {name} between {group} and {other} is not detected, but {group} is shown {side} at "
                f"{self._many(i, side)}, the most at {self._cut(i, side)}, and {reverse} at none. {tie}"
            ).strip()
        return f"{group} and {other}: {tie[0].lower()}{tie[1:]}" if tie else ""

    def _tie(self, i: int) -> str:
        """Say which detractor weight turns a comparison, if it is shown that one does."""
        flips = self.flips
        if flips is None or flips.verdict[i] != "flips":
            return ""
        names = {"group": group_text(flips.labels[i]), "reference": reference_text(flips.reference[i])}
        return (
            f"They tie where a detractor weighs as much as {write.number(flips.tie_weight[i], 2)} promoters "
            f"({write.level(flips.confidence_level)}: {flips.weights_text(i)}): {names[flips.ahead_below[i]]} is ahead "
            f"at smaller weights, {names[flips.ahead_above[i]]} at larger ones."
        )

    def _many(self, i: int, side: str) -> str:
        """Say at how many cut points a group is shown better, or worse."""
        order = self.dominance
        known = write.integer(order.informative[i])
        if order.verdict[i] not in ("dominates", "dominated"):
            return f"{write.integer(getattr(order, side)[i])} of {known} cut points of the scale"
        # By itself each is shown, also where among all together it is not.
        if order.informative[i] == 1:
            return "the only cut point with answers on both sides"
        return f"all {known} cut points of the scale, each by itself"

    def _cut(self, i: int, side: str) -> str:
        """Say where a group is furthest ahead, or behind."""
        size = write.number(100 * getattr(self.dominance, f"largest_{side}")[i], 1)
        return f"{cut_text(self.dominance.metric, getattr(self.dominance, f'cut_{side}')[i])} (by {size} points)"

    def about_level(self) -> str:
        """Say at which level several comparisons are looked at."""
        if len(self.differences) == 1:
            return ""
        level = write.level(self.differences.confidence_level)
        if self.dominance.confidence_level == self.differences.confidence_level:
            return f"Each comparison by itself at {level}."
        return (
            f"Cut points and weights at {write.level(self.dominance.confidence_level)} in each comparison, so that all "
            f"{write.integer(len(self.differences))} hold together at {level}."
        )

    def confirming(self) -> str:
        """Say how many of the detected differences other definitions confirm."""
        found = self.differences.detected
        agree = np.array([verdict in SIDES for verdict in self.dominance.verdict]) & found
        if not found.any():
            return ""
        start = "Other definitions of the score:"
        if len(found) == 1:
            return f"{start} {self._of_one()}" if agree[0] else ""
        text = f"{start} {_of(agree.sum(), found.sum())} shown at a cut point of the scale, and contradicted at none"
        if self.flips is not None:
            text += f"; {_are((self._held() & found).sum())} shown whatever a detractor weighs"
        return f"{text}."

    def _of_one(self) -> str:
        order = self.dominance
        side, reverse = SIDES[order.verdict[0]]
        text = (
            f"{group_text(order.labels[0])} is shown {side} than {reference_text(order.reference[0])} at "
            f"{self._many(0, side)}, and {reverse} at none"
        )
        return f"{text}; and it is shown {side} whatever a detractor weighs." if self._held()[0] else f"{text}."

    def _held(self) -> BoolArray:
        """Which comparisons are shown to hold at every detractor weight."""
        verdicts = self.flips.verdict if self.flips is not None else ("",) * len(self.dominance)
        held: BoolArray = np.array(verdicts) == "holds"
        return held

    def told(self) -> list[Result]:
        """Give the results from which something is told."""
        if not self.misleading() and not self.confirming():
            return []
        results: list[Result] = [self.dominance]
        if self.flips is not None and (self.confirming() or "flips" in self.flips.verdict):
            results.append(self.flips)
        if self.polarisation is not None and self._hidden():
            results.append(self.polarisation)
        return results

    def _hidden(self) -> list[str]:
        """Say what is behind scores that are not told apart."""
        return [] if self.polarisation is None else self.polarisation.sentences()[len(self.polarisation) :]


def doubts_of(
    counts: RatingCounts | SurveyCounts, differences: Differences | None, reference: Hashable
) -> Doubts | None:
    """Ask what other definitions say of differences between groups of different people."""
    if differences is None or not _is_compared(counts, differences, reference):
        return None
    level = differences.confidence_level
    each = level if differences.adjustment == "none" else _of_each(level, len(differences))
    # `compare` has told of small groups.
    with warned_before():
        order = dominance(counts, reference=reference, confidence_level=each)
        asked: dict[str, Any] = {"reference": reference}
        flips = score_flips(counts, **asked, confidence_level=each) if _is_net(counts.metric) else None
        deep = _deep_to(counts.metric)
        shape = polarisation(counts, **asked, deep_to=deep[0], confidence_level=level) if deep else None
    same = (order.labels, order.reference) == (differences.labels, differences.reference)
    return Doubts(differences=differences, dominance=order, flips=flips, polarisation=shape) if same else None


def _of_each(level: float, many: int) -> float:
    """Bonferroni's level of each of many comparisons, of which one would cross by chance; two digits of its error."""
    if many == 1:
        return level
    error = (1 - level) / many
    unit = 10.0 ** (np.floor(np.log10(error)) - 1)
    return float(1 - np.floor(error / unit + 1e-9) * unit)


def _is_compared(counts: RatingCounts | SurveyCounts, differences: Differences, reference: Hashable) -> bool:
    """Whether groups are compared with groups that do not contain them, by a metric that says what is good."""
    if isinstance(counts, SurveyCounts) and len(differences) > MOST_OF_A_SURVEY:
        return False
    groups = counts.respondents if isinstance(counts, SurveyCounts) else counts
    whole = reference == "total" and not is_label(groups, reference)
    return bool((differences.n_reference > 0).all()) and not whole and counts.metric.favourable is not None


def _is_net(metric: Metric) -> bool:
    """Whether a metric has promoters, worth something, and detractors, who cost something."""
    found = dict(zip(metric.categories or (), metric.values, strict=False))
    return metric.levels.size == 3 and found.get("promoter", 0) > 0 > found.get("detractor", 0)


def _deep_to(metric: Metric) -> tuple[int | None] | None:
    """The highest rating of a deep detractor, in the middle of them; None if a metric has no three classes in order."""
    if metric.levels.size != 3 or (np.diff(metric.values) < 0).any():
        return None
    low = metric.scale.ratings[np.array(metric.values) == metric.levels[0]]
    if metric.scale.labels is not None:
        return (None,)
    return (int(low[(low.size - 1) // 2]),) if low.size > 1 else None


def _are(many: int) -> str:
    return f"{write.integer(many)} {'is' if many == 1 else 'are'}"


def _of(many: int, whole: int) -> str:
    return f"{write.integer(many)} of {write.integer(whole)} detected differences {'is' if many == 1 else 'are'}"
