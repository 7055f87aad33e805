"""The answer to "what if some of the eights are really promoters?"."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from npsstats.ratings.scales import Metric
from npsstats.results import format as write
from npsstats.results.differences import reference_text
from npsstats.results.format import Table
from npsstats.results.protocol import Result, group_columns, group_text
from npsstats.typing import FloatArray, IntArray, Label
from npsstats.version import __version__

__all__ = ["EightsBounds", "EightsDifference"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class EightsBounds(Result):
    """Scores whatever share of the eights are really promoters; made by `eights`.

    Attributes
    ----------
    by : tuple of str
        The names of the group columns.
    labels : tuple of tuple
        The label of each group, one entry per group column.
    n : ndarray of int
        Respondents with a rating.
    rating : int
        The rating in question.
    least_share, most_share : float
        Between what shares of those who gave it may really be promoters, 0-1.
    share_of_rating : ndarray
        The share of respondents who gave it, 0-1.
    observed : ndarray
        The score as it stands, in points.
    lower, upper : ndarray
        The score with the least and with the largest share, in points.
    low, high : ndarray
        The interval of the score, in points (Imbens and Manski).
    low_set, high_set : ndarray
        The interval of all values from the lower to the upper bound, in points.
    share : ndarray, shape (shares,)
        Shares between the two, for curves.
    curve, curve_low, curve_high : ndarray, shape (groups, shares)
        The score with each of them, and its interval.
    metric : Metric
        What the score is.
    confidence_level : float
        The level of the intervals.
    design : str
        How the sample was drawn, in words; empty for simple counts.
    references : tuple of str
        Bibliography keys.
    notes : tuple of str
        What a reader must know about the counts.
    version : str
        The version of npsstats.
    """

    by: tuple[str, ...]
    labels: tuple[Label, ...]
    n: IntArray
    rating: int
    least_share: float
    most_share: float
    share_of_rating: FloatArray
    observed: FloatArray
    lower: FloatArray
    upper: FloatArray
    low: FloatArray
    high: FloatArray
    low_set: FloatArray
    high_set: FloatArray
    share: FloatArray
    curve: FloatArray
    curve_low: FloatArray
    curve_high: FloatArray
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
            Group columns, n, share_of_rating, score, lower, upper, low, high, low_set, high_set.
        """
        ends = {name: getattr(self, name) for name in ("lower", "upper", "low", "high", "low_set", "high_set")}
        return {
            **group_columns(self.by, self.labels),
            "n": self.n,
            "share_of_rating": self.share_of_rating,
            "score": self.observed,
            **ends,
        }

    def provenance(self) -> dict[str, Any]:
        """Give what the numbers rest on.

        Returns
        -------
        dict
        """
        return _provenance(self)

    def table(self) -> Table:
        """Give the rounded table that people read.

        Returns
        -------
        Table
        """
        places = write.decimals_for(self.metric.bounds)
        columns = (self.observed, self.lower, self.upper, self.low, self.high)
        rows = [
            [
                *map(group_text, self.labels[i]),
                write.percent(self.share_of_rating[i]),
                *(write.number(column[i], places) for column in columns),
            ]
            for i in range(len(self))
        ]
        names = [*self.by, f"rating {self.rating}", self.metric.name, *_ends(self), "low", "high"]
        return Table(headers=names, rows=rows, text_columns=len(self.by))

    def heading(self) -> str:
        """Say in one line what the table shows.

        Returns
        -------
        str
        """
        return f"{self.metric.name} if {_supposed(self)}{_level(self)}"

    def sentences(self) -> list[str]:
        """Say each row in words, ready for a report.

        Returns
        -------
        list of str
        """
        return [self._sentence(i) for i in range(len(self))]

    def _sentence(self, i: int) -> str:
        places = write.decimals_for(self.metric.bounds)
        of = f" of {group_text(self.labels[i])}" if self.labels[i] else ""
        score = f"{self.metric.name}{of} is {write.number(self.observed[i], places)} (n = {write.integer(self.n[i])})"
        if not self.share_of_rating[i]:
            return f"{score}. Nobody gave the rating {self.rating}: nothing hangs on it."
        ends = [write.number(x[i], places) for x in (self.lower, self.upper)]
        return (
            f"{score}, and {write.percent(self.share_of_rating[i])} gave the rating {self.rating}. If "
            f"{_supposed(self)}, it lies between {ends[0]} and {ends[1]} "
            f"({write.level(self.confidence_level)} interval "
            f"{write.interval(self.low[i], self.high[i], places)})."
        )

    def method_text(self) -> str:
        """Say in one sentence how the numbers were made.

        Returns
        -------
        str
        """
        return (
            f"Bounds on {self.metric.name} ({self.metric.description or 'custom metric'}) if {_supposed(self)}, with "
            f"{write.level(self.confidence_level)} intervals of the parameter{_design(self)}"
        )

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class EightsDifference(Result):
    """Differences whatever share of the eights are really promoters; made by `eights_difference`.

    Attributes
    ----------
    by : tuple of str
        The names of the group columns.
    labels : tuple of tuple
        The group of each comparison.
    reference : tuple
        What each is compared with.
    n, n_reference : ndarray of int
        Respondents with a rating.
    rating : int
        The rating in question.
    least_share, most_share : float
        Between what shares of those who gave it may really be promoters, 0-1.
    share_of_rating, share_of_rating_reference : ndarray
        The share of respondents who gave it, 0-1.
    observed, observed_low, observed_high, pvalue : ndarray
        The difference as it stands, group minus reference, in points, with its interval and test.
    lower, upper : ndarray
        The least and the largest difference if the share is the same in both, in points.
    low, high : ndarray
        The interval of the difference if the share is the same in both, in points.
    lower_apart, upper_apart, low_apart, high_apart : ndarray
        The same if each of the two may have a share of its own (interval by Imbens and Manski).
    tipping_estimate : ndarray
        The common share at which the difference is 0, 0-1; nan if it is none of those supposed.
    tipping_limit : ndarray
        The least common share, from `least_share` on, at which the difference is no longer shown, 0-1; nan if it is
        not shown at `least_share`, or always.
    share : ndarray, shape (shares,)
        Shares between the two, for curves.
    curve, curve_low, curve_high : ndarray, shape (comparisons, shares)
        The difference with each of them in both, and its interval.
    metric : Metric
        What the score is.
    confidence_level : float
        The level of the intervals.
    design : str
        How the sample was drawn, in words; empty for simple counts.
    references : tuple of str
        Bibliography keys.
    notes : tuple of str
        What a reader must know about the counts.
    version : str
        The version of npsstats.
    """

    by: tuple[str, ...]
    labels: tuple[Label, ...]
    reference: tuple[Hashable, ...]
    n: IntArray
    n_reference: IntArray
    rating: int
    least_share: float
    most_share: float
    share_of_rating: FloatArray
    share_of_rating_reference: FloatArray
    observed: FloatArray
    observed_low: FloatArray
    observed_high: FloatArray
    pvalue: FloatArray
    lower: FloatArray
    upper: FloatArray
    low: FloatArray
    high: FloatArray
    lower_apart: FloatArray
    upper_apart: FloatArray
    low_apart: FloatArray
    high_apart: FloatArray
    tipping_estimate: FloatArray
    tipping_limit: FloatArray
    share: FloatArray
    curve: FloatArray
    curve_low: FloatArray
    curve_high: FloatArray
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
            Group columns, reference, n, n_reference, share_of_rating, share_of_rating_reference, difference, pvalue,
            lower, upper, low, high, lower_apart, upper_apart, low_apart, high_apart, tipping_estimate, tipping_limit.
        """
        sizes = ("n", "n_reference", "share_of_rating", "share_of_rating_reference")
        ends = ("lower", "upper", "low", "high", "lower_apart", "upper_apart", "low_apart", "high_apart")
        return {
            **group_columns(self.by, self.labels),
            "reference": list(self.reference),
            **{name: getattr(self, name) for name in sizes},
            "difference": self.observed,
            **{name: getattr(self, name) for name in ("pvalue", *ends, "tipping_estimate", "tipping_limit")},
        }

    def provenance(self) -> dict[str, Any]:
        """Give what the numbers rest on.

        Returns
        -------
        dict
        """
        return _provenance(self)

    def table(self) -> Table:
        """Give the rounded table that people read.

        Returns
        -------
        Table
        """
        places = write.decimals_for(self.metric.bounds)
        same, apart = (self.low, self.high), (self.low_apart, self.high_apart)
        rows = [
            [
                *map(group_text, self.labels[i]),
                group_text(self.reference[i]),
                write.percent(self.share_of_rating[i]),
                write.percent(self.share_of_rating_reference[i]),
                *(write.number(x[i], places, signed=True) for x in (self.observed, self.lower, self.upper, *same)),
                *(write.number(x[i], places, signed=True) for x in apart),
                "–" if np.isnan(self.tipping_estimate[i]) else write.percent(self.tipping_estimate[i]),
            ]
            for i in range(len(self))
        ]
        sizes = [f"rating {self.rating}", "in reference"]
        ends = ["lowest", "highest", "low", "high", "low, apart", "high, apart", "0 at"]
        names = [*self.by, "reference", *sizes, "difference", *ends]
        return Table(headers=names, rows=rows, text_columns=len(self.by) + 1)

    def heading(self) -> str:
        """Say in one line what the table shows.

        Returns
        -------
        str
        """
        return f"{self.metric.name}: group minus reference if {_supposed(self)}{_level(self)}"

    def sentences(self) -> list[str]:
        """Say each row in words, ready for a report.

        Returns
        -------
        list of str
        """
        return [f"{self._bounds(i)} {self._tipping(i)} {self._apart(i)}" for i in range(len(self))]

    def _bounds(self, i: int) -> str:
        group, other = group_text(self.labels[i]), reference_text(self.reference[i])
        value, low, high = (self._points(x[i]) for x in (self.observed, self.observed_low, self.observed_high))
        level = write.level(self.confidence_level)
        ends, limits = (
            [self._points(x[i]) for x in pair] for pair in ((self.lower, self.upper), (self.low, self.high))
        )
        lies = f"lies between {ends[0]} and {ends[1]}" if ends[0] != ends[1] else f"is {ends[0]}"
        return (
            f"The difference of {self.metric.name}, {group} minus {other}, is {value} points ({level} interval {low} "
            f"to {high}). If {_supposed(self)}, as many in one as in the other, it {lies} ({level} interval "
            f"{limits[0]} to {limits[1]})."
        )

    def _tipping(self, i: int) -> str:
        """Say whether a share that is the same in both could undo the direction."""
        tip, limit = self.tipping_estimate[i], self.tipping_limit[i]
        until = "" if np.isnan(limit) else f"It is shown only up to a share of {write.percent(limit)}. "
        sides = (self.curve_low[i] > 0, self.curve_high[i] < 0)
        if self.lower[i] < 0 < self.upper[i]:
            turned = sides[int(self.curve[i, 0] > 0)]
            also = f", and with {write.level(self.most_share)} that is shown" if turned[-1] else ""
            return f"{until}At a share of {write.percent(tip)} it is 0, and beyond that it is the other way{also}."
        for way, shown in zip(("higher", "lower"), sides, strict=True):
            if shown.all():
                return f"So {group_text(self.labels[i])} is the {way} one whatever that share."
            if shown.any() and not until:
                return f"Some of these shares show that {group_text(self.labels[i])} is the {way} one, others do not."
        if until:
            return f"{until}Its direction stays."
        return "None of these shares settles which of the two is higher."

    def _apart(self, i: int) -> str:
        """Say what shares that differ could do."""
        low, high = (self._points(x[i]) for x in (self.low_apart, self.high_apart))
        told = f"With a share of its own in each, the interval is {low} to {high}"
        if self.low_apart[i] > 0 or self.high_apart[i] < 0:
            return f"{told}: even so the direction is shown."
        if self.low[i] > 0 or self.high[i] < 0:
            return f"{told}: the direction is shown only if people in both use the scale alike."
        return f"{told}."

    def _points(self, value: float) -> str:
        return write.number(value, write.decimals_for(self.metric.bounds), signed=True)

    def method_text(self) -> str:
        """Say in one sentence how the numbers were made.

        Returns
        -------
        str
        """
        return (
            f"Bounds on differences of {self.metric.name} ({self.metric.description or 'custom metric'}) if "
            f"{_supposed(self)}, with {write.level(self.confidence_level)} intervals{_design(self)}"
        )

    def __len__(self) -> int:
        return len(self.labels)


Either = EightsBounds | EightsDifference


def _supposed(result: Either) -> str:
    """Say what is supposed of those who gave the rating."""
    least, most = (
        {0.0: "none", 1.0: "all"}.get(share, write.level(share)) for share in (result.least_share, result.most_share)
    )
    span = least if least == most else f"{least} to {most}"
    return f"{span} of those who gave {result.rating} are really promoters"


def _ends(result: EightsBounds) -> list[str]:
    return [f"at {write.level(share)}" for share in (result.least_share, result.most_share)]


def _level(result: Either) -> str:
    return f"; {write.level(result.confidence_level)} intervals{_design(result)}"


def _design(result: Either) -> str:
    return f" ({result.design})" if result.design else ""


def _provenance(result: Either) -> dict[str, Any]:
    return {
        "metric": result.metric.name,
        "scale": str(result.metric.scale),
        "rating_at_stake": result.rating,
        "least_share": result.least_share,
        "most_share": result.most_share,
        "confidence_level": result.confidence_level,
        "sample_design": result.design,
        "notes": list(result.notes),
        "npsstats_version": result.version,
    }
