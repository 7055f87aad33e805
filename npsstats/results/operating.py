"""The answer to "how well does a method keep its level?"."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from npsstats.ratings.scales import Metric
from npsstats.results import format as write
from npsstats.results.format import Table
from npsstats.results.protocol import Result
from npsstats.typing import Alternative, FloatArray
from npsstats.version import __version__

__all__ = ["OperatingCharacteristics"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class OperatingCharacteristics(Result):
    """Coverage and width of an interval in populations with known shares; made by `operating_characteristics`.

    Attributes
    ----------
    probabilities : ndarray, shape (populations, values)
        The share of each distinct value of the metric, lowest value first.
    score : ndarray, shape (populations,)
        The true score, in points.
    coverage : ndarray
        The probability that the interval holds the true score.
    miss_left, miss_right : ndarray
        The probability that the interval lies to the left of the true score, below it, or to the right.
    expected_width : ndarray
        The mean width of the interval, in points.
    n : int
        Respondents in a sample.
    metric : Metric
        What the score is.
    method, method_title : str
        The method of the interval, by its key and in words.
    confidence_level : float
        The level that the interval should keep.
    alternative : str
        Two-sided, or the side of a one-sided interval.
    references : tuple of str
        Bibliography keys of metric and method.
    version : str
        The version of npsstats.
    """

    probabilities: FloatArray
    score: FloatArray
    coverage: FloatArray
    miss_left: FloatArray
    miss_right: FloatArray
    expected_width: FloatArray
    n: int
    metric: Metric
    method: str
    method_title: str
    confidence_level: float
    alternative: Alternative
    references: tuple[str, ...]
    version: str = __version__

    def columns(self) -> dict[str, Sequence[Any]]:
        """Give the columns of the frame, unrounded.

        Returns
        -------
        dict
            One column of shares for each value, score, coverage, miss_left, miss_right, expected_width.
        """
        names = ("score", "coverage", "miss_left", "miss_right", "expected_width")
        names_of_shares = [f"share_{name}" for name in self.metric.level_names]
        shares = dict(zip(names_of_shares, self.probabilities.T, strict=True))
        return {**shares, **{name: getattr(self, name) for name in names}}

    def provenance(self) -> dict[str, Any]:
        """Give what the numbers rest on.

        Returns
        -------
        dict
        """
        return {
            "metric": self.metric.name,
            "scale": str(self.metric.scale),
            "n": self.n,
            "interval_method": self.method,
            "confidence_level": self.confidence_level,
            "alternative": self.alternative,
            "npsstats_version": self.version,
        }

    def table(self) -> Table:
        """Give the rounded table that people read.

        Returns
        -------
        Table
        """
        places = write.decimals_for(self.metric.bounds)
        shares = [[write.percent(x) for x in column] for column in self.probabilities.T]
        points = [[write.number(x, places) for x in column] for column in (self.score, self.expected_width)]
        rates = [[write.percent(x, 2) for x in column] for column in (self.coverage, self.miss_left, self.miss_right)]
        headers = [*self.metric.level_names, self.metric.name, "coverage", "miss left", "miss right", "expected width"]
        rows = [list(row) for row in zip(*shares, points[0], *rates, points[1], strict=True)]
        return Table(headers=headers, rows=rows, text_columns=0)

    def heading(self) -> str:
        """Say in one line what the table shows.

        Returns
        -------
        str
        """
        sided = "" if self.alternative == "two-sided" else f", one-sided ({self.alternative})"
        return (
            f"{self.metric.name}, {write.level(self.confidence_level)} {self.method_title}{sided} "
            f"of samples of {write.integer(self.n)}"
        )

    def sentences(self) -> list[str]:
        """Say in words what the table shows, ready for a report.

        Returns
        -------
        list of str
        """
        count = len(self)
        if count == 1:
            where = f"In samples of {write.integer(self.n)} it holds the true score"
            return [f"{where} {write.percent(self.coverage[0], 2)} of the time."]
        worst = int(np.argmin(self.coverage))
        shares = ", ".join(
            f"{write.percent(share)} {name}"
            for share, name in zip(self.probabilities[worst], self.metric.level_names, strict=True)
        )
        return [
            f"Over {write.integer(count)} populations and samples of {write.integer(self.n)}, the "
            f"{write.level(self.confidence_level)} {self.method_title} holds the true score "
            f"{write.percent(float(self.coverage.mean()), 2)} of the time on average and "
            f"{write.percent(self.coverage[worst], 2)} in the worst case ({shares})."
        ]

    def method_text(self) -> str:
        """Say in one sentence how the numbers were made.

        Returns
        -------
        str
        """
        return (
            f"Exact coverage of the {write.level(self.confidence_level)} {self.method_title} by complete enumeration "
            f"of the samples of {write.integer(self.n)}"
        )

    def __len__(self) -> int:
        return len(self.coverage)
