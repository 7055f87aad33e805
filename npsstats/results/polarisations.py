"""The answer to "what kind of distribution is behind the score?"."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from npsstats.ratings.scales import Metric
from npsstats.results import format as write
from npsstats.results.format import Table
from npsstats.results.protocol import Result, group_columns, group_text
from npsstats.typing import FloatArray, IntArray, Label
from npsstats.version import __version__

__all__ = ["MEASURES", "Polarisation", "ShapeContrast"]

# What is said of each group, in the order of the limits.
MEASURES = (
    "score",
    "promoters",
    "passives",
    "detractors",
    "deep",
    "shallow",
    "depth",
    "not_passive",
    "standard_deviation",
    "entropy",
    "dispersion",
)

# So many pairs are told of.
MOST_PAIRS = 10

# Readings call a difference detected at this level.
ERROR = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class ShapeContrast:
    """Two groups face to face: their scores, and what lies behind; part of a `Polarisation`, made by `polarisation`.

    Attributes
    ----------
    label : tuple
        The label of the group.
    reference : hashable
        What it is compared with.
    scores : tuple of float
        The scores of group and reference, in points.
    score_pvalue : float
        Of the test that they are equal.
    not_passive, depth : tuple of float
        The shares of promoters and detractors together, and of deep ones among detractors, of both, 0-1.
    not_passive_pvalue, depth_pvalue : float
        Adjusted by Holm's method for all such tests of the result; nan where there is no test.
    """

    label: Label
    reference: Hashable
    scores: tuple[float, float]
    score_pvalue: float
    not_passive: tuple[float, float]
    not_passive_pvalue: float
    depth: tuple[float, float]
    depth_pvalue: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Polarisation(Result):
    """How far apart the ratings behind a score lie; made by `polarisation`.

    Arrays of measures have one entry per group; shares are 0-1.

    Attributes
    ----------
    by : tuple of str
        The names of the group columns.
    labels : tuple of tuple
        The label of each group, one entry per group column.
    n : ndarray of int
        Respondents with a rating.
    score : ndarray
        In points.
    promoters, passives, detractors : ndarray
        Their shares.
    deep, shallow : ndarray
        The shares, among all, of detractors up to `deep_to` and above it; nan where only classes are known.
    depth : ndarray
        The share of the deep ones among detractors; nan without detractors.
    not_passive : ndarray
        Promoters and detractors together.
    standard_deviation : ndarray
        Of the values of one respondent, in points.
    entropy : ndarray
        Of the ratings, as a share of the most there could be: 0 if all give the same, 1 if all ratings are equally
        frequent; corrected for being too low with few respondents.
    dispersion : ndarray
        Blair and Lacy's 1 - l^2: 0 if all give the same rating, 1 if half give the lowest and half the highest.
    low, high : ndarray, shape (groups, measures)
        The limits of the measures, in the order of `measures`; nan where the data leave them unknown.
    measures : tuple of str
        The names of the measures.
    comparisons : tuple of ShapeContrast
        Groups face to face.
    deep_to : int or None
        The highest rating of a deep detractor; None where only classes are known.
    metric : Metric
        What the score is.
    confidence_level : float
        The level of the intervals.
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
    n: IntArray
    score: FloatArray
    promoters: FloatArray
    passives: FloatArray
    detractors: FloatArray
    deep: FloatArray
    shallow: FloatArray
    depth: FloatArray
    not_passive: FloatArray
    standard_deviation: FloatArray
    entropy: FloatArray
    dispersion: FloatArray
    low: FloatArray
    high: FloatArray
    measures: tuple[str, ...] = MEASURES
    comparisons: tuple[ShapeContrast, ...]
    deep_to: int | None
    metric: Metric
    confidence_level: float
    references: tuple[str, ...]
    notes: tuple[str, ...] = ()
    design: str = ""
    version: str = __version__

    def interval(self, measure: str) -> tuple[FloatArray, FloatArray]:
        """Give the limits of a measure.

        Parameters
        ----------
        measure : str
            One of `measures`.

        Returns
        -------
        low, high : ndarray

        Raises
        ------
        ValueError
            If there is no such measure.
        """
        if measure not in self.measures:
            msg = f"`measure` must be one of {', '.join(map(repr, self.measures))}; got {measure!r}."
            raise ValueError(msg)
        place = self.measures.index(measure)
        return self.low[:, place], self.high[:, place]

    def columns(self) -> dict[str, Sequence[Any]]:
        """Give the columns of the frame, unrounded.

        Returns
        -------
        dict
            Group columns, n, and for each measure three columns: itself, and with ``_low`` and ``_high`` its limits.
        """
        named: dict[str, Any] = {**group_columns(self.by, self.labels), "n": self.n}
        for measure in self.measures:
            low, high = self.interval(measure)
            named |= {measure: getattr(self, measure), f"{measure}_low": low, f"{measure}_high": high}
        return named

    def provenance(self) -> dict[str, Any]:
        """Give what the numbers rest on.

        Returns
        -------
        dict
        """
        return {
            "metric": self.metric.name,
            "scale": str(self.metric.scale),
            "deep_to": self.deep_to,
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
                write.integer(self.n[i]),
                write.number(self.score[i], places),
                *(_percent(getattr(self, measure)[i]) for measure in ("promoters", "passives", "detractors")),
                _percent(self.deep[i]),
                self._with_limits("depth", i),
                self._with_limits("not_passive", i),
                write.number(self.standard_deviation[i], places),
                write.number(self.entropy[i], 2),
                self._of_dispersion(i),
            ]
            for i in range(len(self))
        ]
        shape = ["standard deviation", "entropy", "dispersion"]
        headers = [*self.by, "n", self.metric.name, "promoters", "passives", "detractors", self._deep_name]
        return Table(headers=[*headers, "of detractors", "not passive", *shape], rows=rows, text_columns=len(self.by))

    @property
    def _deep_name(self) -> str:
        """The ratings of deep detractors."""
        first = int(self.metric.scale.ratings[0])
        return "deep" if self.deep_to is None else str(first) if self.deep_to == first else f"{first}-{self.deep_to}"

    def _with_limits(self, measure: str, i: int) -> str:
        value, (low, high) = getattr(self, measure)[i], self.interval(measure)
        if low[i] != low[i]:
            return _percent(value)
        return f"{_percent(value)} ({write.interval(100 * low[i], 100 * high[i], 1)})"

    def _of_dispersion(self, i: int) -> str:
        low, high = self.interval("dispersion")
        limits = "" if low[i] != low[i] else f" ({write.interval(low[i], high[i], 2)})"
        return f"{write.number(self.dispersion[i], 2)}{limits}"

    def heading(self) -> str:
        """Say in one line what the table shows.

        Returns
        -------
        str
        """
        by = f" by {', '.join(self.by)}" if self.by else ""
        design = f"\n{self.design}" if self.design else ""
        return (
            f"{self.metric.name}{by}: what lies behind it, with {write.level(self.confidence_level)} intervals{design}"
        )

    def sentences(self) -> list[str]:
        """Say in words what lies behind each score, and where scores hide a difference; ready for a report.

        Returns
        -------
        list of str
            One text for each group, then one for each pair whose scores are not told apart though something else is;
            of many pairs, those with the smallest p-values.
        """
        hidden = sorted((pair for pair in self.comparisons if hides(pair)), key=_smallest)
        more = len(hidden) - MOST_PAIRS
        rest = [f"Of {write.integer(more)} more pairs the same can be said."] if more > 0 else []
        shown = hidden[:MOST_PAIRS] if more > 0 else [pair for pair in self.comparisons if hides(pair)]
        return [*map(self._sentence, range(len(self))), *map(self._hidden, shown), *rest]

    def _sentence(self, i: int) -> str:
        group = f"{group_text(self.labels[i])}: " if self.labels[i] else ""
        places = write.decimals_for(self.metric.bounds)
        text = (
            f"{group}{self.metric.name} {write.number(self.score[i], places)} (n = {write.integer(self.n[i])}): "
            f"{_percent(self.not_passive[i])} are not passive, {_percent(self.promoters[i])} promoters and "
            f"{_percent(self.detractors[i])} detractors"
        )
        if self.depth[i] == self.depth[i]:
            low, high = self.interval("depth")
            limits = "" if low[i] != low[i] else f" ({write.interval(100 * low[i], 100 * high[i], 1)} %)"
            text += f"; of the detractors {_percent(self.depth[i])} gave {self._deep_name}{limits}"
        return f"{text}."

    def _hidden(self, pair: ShapeContrast) -> str:
        places = write.decimals_for(self.metric.bounds)
        own, other = group_text(pair.label), group_text(pair.reference)
        scores = " and ".join(write.number(score, places) for score in pair.scores)
        found = [
            f"{_percent(shares[0])} against {_percent(shares[1])} {what} (adjusted p = {write.pvalue(pvalue)})"
            for shares, pvalue, what in (
                (pair.not_passive, pair.not_passive_pvalue, "are not passive"),
                (pair.depth, pair.depth_pvalue, f"of the detractors gave {self._deep_name}"),
            )
            if pvalue <= ERROR
        ]
        return (
            f"{own} against {other}: a difference of {self.metric.name} is not detected ({scores}; p = "
            f"{write.pvalue(pair.score_pvalue)}), but {' and '.join(found)}: the single number hides it."
        ).replace("p = <", "p < ")

    def method_text(self) -> str:
        """Say in one sentence how the numbers were made.

        Returns
        -------
        str
        """
        return (
            f"Shape of the distribution behind {self.metric.name} ({self.metric.description or 'custom metric'}), with "
            f"{write.level(self.confidence_level)} skewness-corrected score intervals of shares and intervals by the "
            f"delta method for the rest; pairs of groups by score tests with Holm's adjustment"
            f"{f', {self.design}' if self.design else ''}"
        )

    def __len__(self) -> int:
        return len(self.labels)


def hides(pair: ShapeContrast) -> bool:
    """Whether a difference of the scores is not detected, but one behind them is."""
    return pair.score_pvalue > ERROR and (pair.not_passive_pvalue <= ERROR or pair.depth_pvalue <= ERROR)


def _smallest(pair: ShapeContrast) -> float:
    """The smaller of the p-values of what lies behind the scores."""
    return min(p for p in (pair.not_passive_pvalue, pair.depth_pvalue) if p == p)


def _percent(share: float) -> str:
    return "–" if share != share else write.percent(share)
