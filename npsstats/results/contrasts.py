"""The answer to "do several metrics of the same respondents tell the same story?"."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from npsstats.ratings.scales import Metric
from npsstats.results import format as write
from npsstats.results.differences import reference_text
from npsstats.results.format import Table
from npsstats.results.protocol import Result, group_columns, group_text
from npsstats.typing import BoolArray, FloatArray, IntArray, Label
from npsstats.version import __version__

__all__ = ["Contrast", "listed", "said_errors", "said_pvalue"]

COLUMNS = (
    *("n", "n_reference", "score_reference", "score", "difference", "standard_error", "low", "high", "pvalue"),
    *("in_standard_errors", "effect_size", "effect_low", "effect_high", "share_of_range", "n_needed"),
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Contrast(Result):
    """Several metrics of the same respondents side by side; made by `contrast`.

    One row per comparison and metric; all metrics of a comparison stand together. Arrays have one entry per row unless
    another shape is given.

    Attributes
    ----------
    by : tuple of str
        The names of the group columns.
    labels : tuple of tuple
        The label of each compared group, one entry per group column.
    reference : tuple
        The reference of each group: a label, or ``"rest"``.
    metric : tuple of str
        The metric of each row.
    n, n_reference : ndarray of int
        Respondents who rated the metric, in the group and in its reference.
    score_reference, score : ndarray
        The two scores, in points of the metric.
    difference, standard_error : ndarray
        Group minus reference, in points, and its standard error as `compare` has it.
    low, high, pvalue : ndarray
        Interval of the difference and test that it is 0, as `compare` has them, not adjusted for their number.
    in_standard_errors : ndarray
        The difference in standard errors; this and all that follow are positive for the better. nan where a group has
        one rating or no ratings differ, as no error is known.
    effect_size, effect_low, effect_high : ndarray
        The difference in standard deviations of single ratings, with its interval; nan where all ratings are alike, or
        a group has one.
    share_of_range : ndarray
        The difference as a share of the distance between the lowest and the highest possible score, -1 to 1.
    n_needed : ndarray
        Respondents per group who would detect a difference of this size; infinite for a difference of 0, nan where no
        spread is known.
    correlation : ndarray, shape (comparisons, metrics, metrics)
        Of the differences of the metrics, as estimates from the same respondents; positive if both are good news.
    metrics : tuple of Metric
        The metrics.
    method, method_title : str
        The method of interval and test, by its key and in words.
    confidence_level : float
        The level of the intervals.
    power : float
        The probability of detection that `n_needed` is for.
    design : str
        How the sample was drawn, in words; empty for independent respondents who count the same.
    references : tuple of str
        Bibliography keys of metrics and methods.
    notes : tuple of str
        What a reader must know about the counts.
    version : str
        The version of npsstats.
    """

    by: tuple[str, ...]
    labels: tuple[Label, ...]
    reference: tuple[Hashable, ...]
    metric: tuple[str, ...]
    n: IntArray
    n_reference: IntArray
    score_reference: FloatArray
    score: FloatArray
    difference: FloatArray
    standard_error: FloatArray
    low: FloatArray
    high: FloatArray
    pvalue: FloatArray
    in_standard_errors: FloatArray
    effect_size: FloatArray
    effect_low: FloatArray
    effect_high: FloatArray
    share_of_range: FloatArray
    n_needed: FloatArray
    correlation: FloatArray
    metrics: tuple[Metric, ...]
    method: str
    method_title: str
    confidence_level: float
    power: float
    design: str
    references: tuple[str, ...]
    notes: tuple[str, ...] = ()
    version: str = __version__

    def columns(self) -> dict[str, Sequence[Any]]:
        """Give the columns of the frame, unrounded.

        Returns
        -------
        dict
            Group columns, reference, metric, n, n_reference, score_reference, score, difference, standard_error, low,
            high, pvalue, in_standard_errors, effect_size, effect_low, effect_high, share_of_range, n_needed.
        """
        names = {"reference": list(self.reference), "metric": list(self.metric)}
        return {**group_columns(self.by, self.labels), **names, **{name: getattr(self, name) for name in COLUMNS}}

    def provenance(self) -> dict[str, Any]:
        """Give what the numbers rest on.

        Returns
        -------
        dict
        """
        return {
            "metrics": [metric.name for metric in self.metrics],
            "scales": [str(metric.scale) for metric in self.metrics],
            "favourable": [metric.favourable for metric in self.metrics],
            "interval_method": self.method,
            "confidence_level": self.confidence_level,
            "power": self.power,
            "sample_design": self.design,
            "notes": list(self.notes),
            "npsstats_version": self.version,
        }

    @property
    def detected(self) -> BoolArray:
        """Which differences are detected at the level, each tested by itself."""
        found: BoolArray = self.pvalue <= 1 - self.confidence_level
        return found

    def table(self) -> Table:
        """Give the rounded table that people read.

        Returns
        -------
        Table
        """
        rows = [self._cells(i) for i in range(len(self))]
        points = ["n", "n reference", "reference score", "score", "difference", "low", "high", "p"]
        footing = ["standard errors", "standard deviations", "low", "high", "% of range", "n needed"]
        headers = [*self.by, "reference", "metric", *points, *footing]
        return Table(headers=headers, rows=rows, text_columns=len(self.by) + 2)

    def _cells(self, i: int) -> list[str]:
        places = write.decimals_for(self._metric(i).bounds)
        return [
            *map(group_text, self.labels[i]),
            group_text(self.reference[i]),
            self.metric[i],
            write.integer(self.n[i]),
            write.integer(self.n_reference[i]),
            write.number(self.score_reference[i], places),
            write.number(self.score[i], places),
            *(write.number(getattr(self, name)[i], places, signed=True) for name in ("difference", "low", "high")),
            write.pvalue(self.pvalue[i]),
            write.number(self.in_standard_errors[i], 2, signed=True),
            *(write.number(getattr(self, f"effect_{name}")[i], 3, signed=True) for name in ("size", "low", "high")),
            write.number(100 * self.share_of_range[i], 2, signed=True),
            write.number(self.n_needed[i], 0),
        ]

    def _metric(self, i: int) -> Metric:
        return self.metrics[i % len(self.metrics)]

    def heading(self) -> str:
        """Say in one line what the table shows.

        Returns
        -------
        str
        """
        names = listed([metric.name for metric in self.metrics])
        design = f" ({self.design})" if self.design else ""
        return (
            f"{names} of the same respondents: group minus reference{design}, {write.level(self.confidence_level)} "
            f"{self.method_title}\nfrom standard errors on, positive is for the better; n needed: per group, to detect "
            f"a difference of this size with probability {write.level(self.power)}"
        )

    def reading(self) -> str:
        """Say in plain words what the metrics tell of each comparison.

        Returns
        -------
        str
            What is not detected is not said to be absent.
        """
        return "\n".join(self.sentences())

    def sentences(self) -> list[str]:
        """Say each comparison in words, ready for a report.

        Returns
        -------
        list of str
            One text for all metrics of a comparison.
        """
        size = len(self.metrics)
        return [self._reading(list(range(first, first + size))) for first in range(0, len(self), size)]

    def _reading(self, rows: list[int]) -> str:
        first = rows[0]
        group = group_text(self.labels[first]) if self.labels[first] else "the group"
        moves = "; ".join(self._move(i) for i in rows)
        text = [f"{group} against {reference_text(self.reference[first])}: {moves}.", self._news(rows)]
        open_rows = [i for i in rows if not self.detected[i]]
        if open_rows:
            verb = "has moved, nor" if len(open_rows) == 1 else "have moved, nor"
            names = listed([self.metric[i] for i in open_rows], "or")
            text.append(f"These data do not settle whether {names} {verb} in which direction.")
        text.append(self._needs(rows))
        return " ".join(filter(None, text))

    def _move(self, i: int) -> str:
        places = write.decimals_for(self._metric(i).bounds)
        level, effect = write.level(self.confidence_level), abs(self.effect_size[i])
        deviations = f" and {write.number(effect, 2)} standard deviations" if effect == effect else ""
        return (
            f"{self.metric[i]} {write.number(self.difference[i], places, signed=True)} points ({level} interval "
            f"{write.interval(self.low[i], self.high[i], places)}; {said_pvalue(self.pvalue[i])}), "
            f"{said_errors(self.in_standard_errors[i])}{deviations}"
        )

    def _news(self, rows: list[int]) -> str:
        """Say whether what is detected goes one way."""
        better = [self.metric[i] for i in rows if self.detected[i] and self.share_of_range[i] > 0]
        worse = [self.metric[i] for i in rows if self.detected[i] and self.share_of_range[i] < 0]
        if better and worse:
            return f"The metrics tell opposite stories: {listed(better)} for the better, {listed(worse)} for the worse."
        if not better and not worse:
            return "No move is detected."
        way = "better" if better else "worse"
        found = better or worse
        if len(found) == len(rows):
            return f"All of them moved for the {way}."
        return f"A move of {listed(found)} for the {way} is detected."

    def _needs(self, rows: list[int]) -> str:
        """Say which metric sees its move with the fewest respondents."""
        seen = [i for i in rows if np.isfinite(self.n_needed[i])]
        if not seen:
            return ""
        ordered = sorted(seen, key=lambda i: (self.n_needed[i], i))
        needs = [f"{write.integer(self.n_needed[i])} with {self.metric[i]}" for i in ordered]
        needs[0] = needs[0].replace(" with", " respondents per group with")
        level = write.level(self.power)
        return f"To detect a difference as large as its own with probability {level} takes {listed(needs)}."

    def method_text(self) -> str:
        """Say in one sentence how the numbers were made.

        Returns
        -------
        str
        """
        made = "; ".join(f"{metric.name}: {metric.description or 'custom metric'}" for metric in self.metrics)
        return (
            f"Differences of several metrics of the same respondents ({made}) with "
            f"{write.level(self.confidence_level)} {self.method_title}, not adjusted for their number, and "
            f"standardized by the root of the mean of both variances, with intervals by the delta method"
            f"{f'; {self.design}' if self.design else ''}"
        )

    def __len__(self) -> int:
        return len(self.labels)


def listed(names: Sequence[str], joined: str = "and") -> str:
    """Write names as a list in a sentence."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {joined} {names[-1]}"


def said_pvalue(pvalue: float) -> str:
    """Write a p-value with its equals sign."""
    text = write.pvalue(pvalue)
    return f"p {'' if text.startswith('<') else '= '}{text}"


def said_errors(z: float) -> str:
    """Write a move in standard errors, with its direction."""
    if z != z:
        return "standard error not known"
    size = write.number(abs(z), 1)
    way = "better" if z > 0 else "worse"
    moved = size != write.number(0.0, 1)
    return f"{size} standard errors{f' for the {way}' if moved else ''}"
