"""The answer to "did two metrics of the same respondents move in opposite directions?"."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np

from npsstats.ratings.scales import Metric
from npsstats.results import format as write
from npsstats.results.contrasts import listed, said_errors, said_pvalue
from npsstats.results.differences import reference_text
from npsstats.results.format import Table
from npsstats.results.protocol import Result, group_columns, group_text
from npsstats.typing import FloatArray, Label
from npsstats.version import __version__

__all__ = ["OppositeMoves", "Verdict"]

Verdict: TypeAlias = Literal["opposite", "same", "undecided"]

COLUMNS = (
    *("metric_first", "metric_second", "difference_first", "difference_second", "z_first", "z_second", "correlation"),
    *("probability_opposite", "pvalue_opposite", "pvalue_same"),
    *("effect_difference", "effect_low", "effect_high", "verdict"),
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class OppositeMoves(Result):
    """Whether metrics of the same respondents moved in opposite directions; made by `opposite_moves`.

    One row per comparison and pair of metrics. Arrays have one entry per row.

    Attributes
    ----------
    by : tuple of str
        The names of the group columns.
    labels : tuple of tuple
        The label of each compared group, one entry per group column.
    reference : tuple
        The reference of each group: a label, or ``"rest"``.
    metric_first, metric_second : tuple of str
        The two metrics.
    difference_first, difference_second : ndarray
        Group minus reference on each of them, in points of the metric.
    z_first, z_second : ndarray
        The statistics of `compare`'s score test of the differences, as normal quantiles: in standard errors, positive
        for the better; nan where no error is known.
    correlation : ndarray
        Of the two differences, as estimates from the same respondents, both positive for the better.
    probability_opposite : ndarray
        The probability that one metric moved for the better and the other for the worse: that of a normal law around
        the two estimates, the posterior with a flat prior. nan where a z is.
    pvalue_opposite, pvalue_same : ndarray
        The tests that show that the two moved in opposite directions, and in the same one; 1 where the estimates do
        not.
    effect_difference, effect_low, effect_high : ndarray
        The first move minus the second, in standard deviations and for the better, with its interval.
    z_needed : ndarray
        How far from 0 both z would have to be to show the direction that the estimates have.
    verdict : tuple of str
        ``"opposite"`` or ``"same"`` if that is shown at one minus the confidence level, else ``"undecided"``.
    metrics : tuple of Metric
        The metrics.
    confidence_level : float
        The level of the intervals; one minus it is that of the tests.
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
    metric_first: tuple[str, ...]
    metric_second: tuple[str, ...]
    difference_first: FloatArray
    difference_second: FloatArray
    z_first: FloatArray
    z_second: FloatArray
    z_needed: FloatArray
    correlation: FloatArray
    probability_opposite: FloatArray
    pvalue_opposite: FloatArray
    pvalue_same: FloatArray
    effect_difference: FloatArray
    effect_low: FloatArray
    effect_high: FloatArray
    verdict: tuple[Verdict, ...]
    metrics: tuple[Metric, ...]
    confidence_level: float
    design: str
    references: tuple[str, ...]
    notes: tuple[str, ...] = ()
    version: str = __version__

    def columns(self) -> dict[str, Sequence[Any]]:
        """Give the columns of the frame, unrounded.

        Returns
        -------
        dict
            Group columns, reference, metric_first, metric_second, difference_first, difference_second, z_first,
            z_second, correlation, probability_opposite, pvalue_opposite, pvalue_same, effect_difference, effect_low,
            effect_high, verdict.
        """
        shown = {name: getattr(self, name) for name in COLUMNS}
        return {**group_columns(self.by, self.labels), "reference": list(self.reference), **shown}

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
        rows = [
            [
                *map(group_text, self.labels[i]),
                group_text(self.reference[i]),
                self.metric_first[i],
                self.metric_second[i],
                self.verdict[i],
                *self._differences(i),
                *(write.number(z[i], 2, signed=True) for z in (self.z_first, self.z_second)),
                write.number(self.correlation[i], 2),
                write.probability(self.probability_opposite[i]),
                write.pvalue(self.pvalue_opposite[i]),
                write.pvalue(self.pvalue_same[i]),
                *(
                    write.number(effect[i], 3, signed=True)
                    for effect in (self.effect_difference, self.effect_low, self.effect_high)
                ),
            ]
            for i in range(len(self))
        ]
        numbers = ["first", "second", "z first", "z second", "correlation", "P(opposite)", "p opposite", "p same"]
        headers = [*self.by, "reference", "first metric", "second metric", "directions", *numbers]
        headers += ["difference in SD", "low", "high"]
        return Table(headers=headers, rows=rows, text_columns=len(self.by) + 4)

    def _differences(self, i: int) -> list[str]:
        pairs = ((self.metric_first[i], self.difference_first[i]), (self.metric_second[i], self.difference_second[i]))
        places = {metric.name: write.decimals_for(metric.bounds) for metric in self.metrics}
        return [write.number(difference, places[name], signed=True) for name, difference in pairs]

    def heading(self) -> str:
        """Say in one line what the table shows.

        Returns
        -------
        str
        """
        names = listed([metric.name for metric in self.metrics])
        design = f" ({self.design})" if self.design else ""
        return (
            f"{names} of the same respondents: opposite directions?{design}\ndifferences in points, group minus "
            f"reference; z and standard deviations positive for the better; {write.level(self.confidence_level)} "
            "intervals"
        )

    def reading(self) -> str:
        """Say in plain words what is shown of the directions, first of all together, then each.

        Returns
        -------
        str
            What is not shown is not said to be absent.
        """
        return "\n".join([self._summary(), *self.sentences()]) if len(self) > 1 else self.sentences()[0]

    def _summary(self) -> str:
        many = {verdict: self.verdict.count(verdict) for verdict in ("opposite", "same", "undecided")}
        level = write.level(1 - self.confidence_level)
        return (
            f"Of {len(self)} pairs of moves {many['opposite']} {'is' if many['opposite'] == 1 else 'are'} shown to go "
            f"in opposite directions and {many['same']} in the same one, each tested at {level}, without regard to "
            f"their number; {many['undecided']} {'is' if many['undecided'] == 1 else 'are'} undecided."
        )

    def sentences(self) -> list[str]:
        """Say each row in words, ready for a report.

        Returns
        -------
        list of str
        """
        return [self._sentence(i) for i in range(len(self))]

    def _sentence(self, i: int) -> str:
        group = group_text(self.labels[i]) if self.labels[i] else "the group"
        names = (self.metric_first[i], self.metric_second[i])
        each = zip(names, self._differences(i), (self.z_first[i], self.z_second[i]), strict=True)
        moves = [f"{name} {difference} points ({said_errors(z)})" for name, difference, z in each]
        who = f"{group} against {reference_text(self.reference[i])}: {' and '.join(moves)}."
        return " ".join([who, self._direction(i, names), self._effects(i, names)]).strip()

    def _direction(self, i: int, names: tuple[str, str]) -> str:
        both = " and ".join(names)
        if self.verdict[i] == "opposite":
            better, worse = names if self.z_first[i] > 0 else names[::-1]
            return (
                f"They moved in opposite directions, {better} for the better and {worse} for the worse "
                f"({said_pvalue(self.pvalue_opposite[i])})."
            )
        if self.verdict[i] == "same":
            way = "better" if self.z_first[i] > 0 else "worse"
            return f"Both moved for the {way} ({said_pvalue(self.pvalue_same[i])})."
        chance = self.probability_opposite[i]
        text = f"These data do not settle whether {both} moved in the same direction or in opposite ones"
        if not np.isfinite(chance):
            return f"{text}: of one of the two moves no standard error is known."
        nearer = names[int(abs(self.z_first[i]) > abs(self.z_second[i]))]
        least = write.number(min(abs(self.z_first[i]), abs(self.z_second[i])), 1)
        wanted = write.number(self.z_needed[i], 1)
        return (
            f"{text} (probability of opposite directions {write.probability(chance)}, with a flat prior): the move of "
            f"{nearer} is {least} standard errors from 0, and both would have to be about {wanted}."
        )

    def _effects(self, i: int, names: tuple[str, str]) -> str:
        low, high = self.effect_low[i], self.effect_high[i]
        if not (np.isfinite(low) and np.isfinite(high)):
            return ""
        limits = f"{write.level(self.confidence_level)} interval {write.interval(low, high, 2)}"
        said = write.number(self.effect_difference[i], 2, signed=True)
        text = f"In standard deviations the move of {names[0]} minus that of {names[1]} is {said} ({limits})"
        settled = low > 0 or high < 0
        return f"{text}." if settled else f"{text}: which of the two fared better is not settled."

    def method_text(self) -> str:
        """Say in one sentence how the numbers were made.

        Returns
        -------
        str
        """
        made = "; ".join(f"{metric.name}: {metric.description or 'custom metric'}" for metric in self.metrics)
        return (
            f"Directions of the differences of several metrics of the same respondents ({made}), with the covariance "
            "of the estimates: the probability of opposite signs under their normal law with a flat prior, and "
            "intersection-union tests of opposite and of equal signs, sized for that correlation"
            f"{f'; {self.design}' if self.design else ''}"
        )

    def __len__(self) -> int:
        return len(self.labels)
