"""The answer to "how different must nonrespondents be to undo a conclusion?"."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from npsstats.ratings.scales import Metric
from npsstats.results import format as write
from npsstats.results.format import Table
from npsstats.results.protocol import Result, group_columns, group_text
from npsstats.typing import FloatArray, IntArray, Label
from npsstats.version import __version__

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["NonresponseSensitivity"]


def _possible(tip: Any, most: Any) -> Any:
    """Whether there is such a delta, and the scale has room for it."""
    return np.isfinite(tip) & (np.abs(tip) <= np.abs(most))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class NonresponseSensitivity(Result):
    """Scores, or differences, by how far nonrespondents are below respondents; made by `nonresponse_sensitivity`.

    A row is a group, or a comparison, with one delta, or one pair of deltas.

    Attributes
    ----------
    by : tuple of str
        The names of the group columns.
    groups : tuple of tuple
        The label of each group, one entry per group column.
    reference : tuple
        Of differences the group that each is compared with; empty for scores.
    n, n_reference : ndarray of int
        Respondents with a rating, in each group and in its reference; 0 without one.
    response_rate, response_rate_reference : ndarray
        The share that answered, in each group and in its reference; nan without one.
    observed, observed_low, observed_high : ndarray
        The score of respondents, or the difference of the two, and its interval, in points; one entry per group.
    group : ndarray of int
        Which of the groups each row is of.
    delta, delta_reference : ndarray
        How far nonrespondents are below respondents, in the group and in its reference, in points; nan without one.
    bias : ndarray
        How far nonresponse puts the score, or difference, of respondents above that of everyone, in points.
    adjusted, low, high : ndarray
        The score, or difference, of everyone with its interval, in points; nan where the scale has no such
        nonrespondents.
    way : tuple of str
        What nonrespondents may do: of scores ``"nonrespondents"``; of differences ``"change of bias"``,
        ``"group only"``, ``"reference only"`` and ``"both alike"``.
    tipping_estimate, tipping_limit : ndarray, shape (groups, ways)
        The delta, or change of bias, at which the value, or the limit of its interval, meets the null; nan where the
        interval holds it already, infinite where no delta does.
    largest_estimate, largest_limit : ndarray, shape (groups, ways)
        The largest delta, or change of bias, of this sign that the scale allows, at the value and at its limit; nan
        where there are no nonrespondents.
    null : float
        What the score, or difference, is to be told from, in points.
    metric : Metric
        What the score is.
    confidence_level : float
        The level of the intervals.
    design : str
        How the sample was drawn, in words; empty for simple counts.
    references : tuple of str
        Bibliography keys of metric and method.
    notes : tuple of str
        What a reader must know about the counts.
    version : str
        The version of npsstats.
    """

    by: tuple[str, ...]
    groups: tuple[Label, ...]
    reference: tuple[Hashable, ...]
    n: IntArray
    n_reference: IntArray
    response_rate: FloatArray
    response_rate_reference: FloatArray
    observed: FloatArray
    observed_low: FloatArray
    observed_high: FloatArray
    group: IntArray
    delta: FloatArray
    delta_reference: FloatArray
    bias: FloatArray
    adjusted: FloatArray
    low: FloatArray
    high: FloatArray
    way: tuple[str, ...]
    tipping_estimate: FloatArray
    tipping_limit: FloatArray
    largest_estimate: FloatArray
    largest_limit: FloatArray
    null: float
    metric: Metric
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
            Group columns, delta, bias, score, low, high; of differences also reference and delta_reference, and
            difference for score.
        """
        groups: dict[str, Any] = group_columns(self.by, tuple(self.groups[i] for i in self.group))
        limits: dict[str, Any] = {"low": self.low, "high": self.high}
        if not self.reference:
            return {**groups, "delta": self.delta, "bias": self.bias, "score": self.adjusted, **limits}
        return {
            **groups,
            "reference": [self.reference[i] for i in self.group],
            "delta": self.delta,
            "delta_reference": self.delta_reference,
            "bias": self.bias,
            "difference": self.adjusted,
            **limits,
        }

    def tipping_points(self) -> "pd.DataFrame":
        """Give the deltas at which conclusions die, a row per group and way.

        Returns
        -------
        pandas.DataFrame
            Group columns, reference, way, tipping_estimate, largest_estimate, tipping_limit, largest_limit, possible:
            whether nonrespondents could undo what the limit of the interval shows.
        """
        import pandas as pd

        ways = len(self.way)
        rows = np.repeat(np.arange(len(self.groups)), ways)
        columns: dict[str, Any] = group_columns(self.by, tuple(self.groups[i] for i in rows))
        if self.reference:
            columns["reference"] = [self.reference[i] for i in rows]
        columns["way"] = list(self.way) * len(self.groups)
        for name in ("tipping_estimate", "largest_estimate", "tipping_limit", "largest_limit"):
            columns[name] = getattr(self, name).ravel()
        columns["possible"] = _possible(self.tipping_limit, self.largest_limit).ravel()
        return pd.DataFrame(columns)

    def provenance(self) -> dict[str, Any]:
        """Give what the numbers rest on.

        Returns
        -------
        dict
        """
        return {
            "metric": self.metric.name,
            "scale": str(self.metric.scale),
            "null": self.null,
            "response_rates": self.response_rate.tolist(),
            "response_rates_reference": self.response_rate_reference.tolist() if self.reference else [],
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
        places, compared = write.decimals_for(self.metric.bounds), bool(self.reference)
        names = [*self.by, "nonrespondents below by", f"{self.metric.name} of everyone", "low", "high"]
        deltas = [self.delta]
        text = [[*map(group_text, self.groups[i])] for i in self.group]
        if compared:
            deltas.append(self.delta_reference)
            names[len(self.by) :] = ["reference", "below by", "in reference by", "difference", "low", "high"]
            text = [[*label, group_text(self.reference[i])] for label, i in zip(text, self.group, strict=True)]
        columns = [[write.number(x, places) for x in column] for column in deltas] + [
            [write.number(x, places, signed=compared) for x in column]
            for column in (self.adjusted, self.low, self.high)
        ]
        rows = [[*label, *rest] for label, *rest in zip(text, *columns, strict=True)]
        return Table(headers=names, rows=rows, text_columns=len(self.by) + compared)

    def heading(self) -> str:
        """Say in one line what the table shows.

        Returns
        -------
        str
        """
        what = ": differences, group minus reference," if self.reference else ""
        sample = f" ({self.design})" if self.design else ""
        return (
            f"{self.metric.name}{what} of everyone, by how far nonrespondents are below respondents, "
            f"{write.level(self.confidence_level)} intervals{sample}"
        )

    def sentences(self) -> list[str]:
        """Say for each group, or comparison, what would undo its conclusion.

        Returns
        -------
        list of str
        """
        return [self._of_difference(i) if self.reference else self._of_score(i) for i in range(len(self.groups))]

    def _of_score(self, i: int) -> str:
        places = write.decimals_for(self.metric.bounds)
        of = f" in {group_text(self.groups[i])}" if self.groups[i] else ""
        rate, null = write.percent(self.response_rate[i]), f"{self.null:g}"
        start = f"{self.metric.name} of the {rate} who answered{of} is {write.number(self.observed[i], places)}"
        if np.isnan(self.tipping_limit[i, 0]):
            return f"{start} ({self._interval(i)}): even of them it is not settled on which side of {null} it lies."
        above = self.observed[i] > self.null
        text = f"{start} ({self._interval(i)}), {'above' if above else 'below'} {null}."
        if self.response_rate[i] == 1:
            return f"{text} There are no nonrespondents."
        limit, point = abs(self.tipping_limit[i, 0]), abs(self.tipping_estimate[i, 0])
        way = "below" if above else "above"
        if not _possible(limit, self.largest_limit[i, 0]):
            end = "lowest" if above else "highest"
            return f"{text} No nonrespondents could undo that, not even if all gave the {end} rating."
        text += (
            f" For everyone that is no longer shown if nonrespondents are {write.number(limit, places)} points or more "
            f"{way} respondents"
        )
        if _possible(point, self.largest_estimate[i, 0]):
            return f"{text}; at {write.number(point, places)} points, the estimate itself reaches {null}."
        return f"{text}; the estimate itself they cannot bring to {null}."

    def _of_difference(self, i: int) -> str:
        places = write.decimals_for(self.metric.bounds)
        pair = f"{group_text(self.groups[i])} minus {group_text(self.reference[i])}"
        value = write.number(self.observed[i], places, signed=True)
        null = f"{self.null:g}"
        start = f"Among those who answered, the difference of {self.metric.name}, {pair}, is {value} points"
        if np.isnan(self.tipping_limit[i, 0]):
            return f"{start} ({self._interval(i)}): even of them it is not settled on which side of {null} it lies."
        if self.response_rate[i] == self.response_rate_reference[i] == 1:
            return f"{start} ({self._interval(i)}). There are no nonrespondents."
        if not _possible(self.tipping_limit[i, 0], self.largest_limit[i, 0]):
            return f"{start} ({self._interval(i)}). No nonrespondents could undo that it differs from {null}."
        limit, point = (write.number(abs(x[i, 0]), places) for x in (self.tipping_limit, self.tipping_estimate))
        reach = f"at {point} points, the estimate itself reaches {null}"
        if not _possible(self.tipping_estimate[i, 0], self.largest_estimate[i, 0]):
            reach = f"the estimate itself they cannot bring to {null}"
        return (
            f"{start} ({self._interval(i)}). That everyone's differs from {null} is no longer shown if the bias from "
            f"nonresponse is {limit} points apart between the two; {reach}. {self._alone(i)}."
            f"{self._alike(i)}"
        )

    def _alone(self, i: int) -> str:
        """Say what nonrespondents of one group alone would have to do."""
        places = write.decimals_for(self.metric.bounds)
        who, does, said = "Nonrespondents", "would do it ", []
        for way, label, rates in (
            (1, self.groups[i], self.response_rate),
            (2, self.reference[i], self.response_rate_reference),
        ):
            name, delta = group_text(label), self.tipping_limit[i, way]
            if rates[i] == 1:
                said.append(f"{name} has no nonrespondents")
            elif not _possible(delta, self.largest_limit[i, way]):
                said.append(f"{who} of {name} alone could not do it")
            else:
                side = "below" if delta > 0 else "above"
                said.append(
                    f"{who} of {name} alone {does}{write.number(abs(delta), places)} points {side} its respondents"
                )
                does = ""
            who = "those"
        return "; ".join(said)

    def _alike(self, i: int) -> str:
        """Say what nonrespondents who differ alike in both groups would have to do."""
        if 1 in (self.response_rate[i], self.response_rate_reference[i]):
            return ""
        delta, most = self.tipping_limit[i, 3], self.largest_limit[i, 3]
        if np.isinf(delta):
            return " As both groups answered alike often, nonrespondents who differ alike in both cancel out."
        if not _possible(delta, most):
            return " Nonrespondents who differ alike in both could not do it."
        size = write.number(abs(delta), write.decimals_for(self.metric.bounds))
        side = "below" if delta > 0 else "above"
        return f" If they differ alike in both, it takes {size} points {side} respondents."

    def _interval(self, i: int) -> str:
        places, signed = write.decimals_for(self.metric.bounds), bool(self.reference)
        low, high = (write.number(x[i], places, signed=signed) for x in (self.observed_low, self.observed_high))
        return f"{write.level(self.confidence_level)} interval {low} to {high}"

    def method_text(self) -> str:
        """Say in one sentence how the numbers were made.

        Returns
        -------
        str
        """
        what = "differences of " if self.reference else ""
        return (
            f"Sensitivity of {what}{self.metric.name} ({self.metric.description or 'custom metric'}) to nonresponse, "
            "by the mean difference of respondents and nonrespondents, with "
            f"{write.level(self.confidence_level)} intervals{f' ({self.design})' if self.design else ''}"
        )

    def __len__(self) -> int:
        return len(self.group)
